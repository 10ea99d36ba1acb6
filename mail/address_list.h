// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address lists of header fields: To, Cc, Bcc (RFC 5322 3.4 and its obsolete forms, 4.4).

#include <cstddef>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/domain.h"
#include "mail/parsed.h"

namespace tenax::mail {

/// The addresses of an address-list: groups opened, comments and display names dropped, quoted
/// strings and source routes understood, obsolete empty elements skipped. Unqualified ones get
/// `default_domain`. Local parts may have their dots in pairs and at the end if a domain follows.
/// Fails, naming the element (escaped), on anything that is no address; at most
/// `limit` addresses. Time is linear in the length of `value`.
[[nodiscard]] Parsed<std::vector<Address>> parse_address_list(std::string_view value,
                                                              const Domain& default_domain,
                                                              std::size_t limit = 100'000);

/// Where the addresses of an address-list that have no domain end: the offsets in `value` at which
/// "@" and a domain would complete them, ascending. An encoded word alone is a name that lost its
/// address, and completed by nothing. Fails where parse_address_list does.
[[nodiscard]] Parsed<std::vector<std::size_t>> unqualified_ends(std::string_view value);

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address lists of header fields: To, Cc, Bcc (RFC 5322 3.4 and its obsolete forms, 4.4).

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/domain.h"
#include "mail/parsed.h"

namespace tenax::mail {

/// Addresses, each once: case counts in the local part only (RFC 5321 2.4). At most so many.
/// Concurrency: value.
class AddressSet {
 public:
  explicit AddressSet(std::size_t limit) : limit_{limit} {}

  /// False when it is one more than the limit, and so not taken.
  bool add(Address address);
  [[nodiscard]] bool overflowed() const { return overflowed_; }

  /// In the order in which they came.
  [[nodiscard]] const std::vector<Address>& all() const { return all_; }

 private:
  std::size_t limit_;
  std::vector<Address> all_;
  std::set<std::string> keys_;
  bool overflowed_ = false;
};

/// The addresses of an address-list: groups opened, comments and display names dropped, quoted
/// strings and source routes understood, obsolete empty elements and "Name <>" skipped. Unqualified
/// ones get `default_domain`. Local parts may have their dots in pairs and at the end if a domain
/// follows. As people write lists, addresses that are whole ("a@x", "<a@x>") may follow each other
/// behind blanks alone, and those with a domain, also with a name, behind a ";" outside of groups.
/// Fails, naming the element (escaped), on anything that is no address; at most
/// `limit` addresses. Time is linear in the length of `value`.
[[nodiscard]] Parsed<std::vector<Address>> parse_address_list(std::string_view value,
                                                              const Domain& default_domain,
                                                              std::size_t limit = 100'000);

/// The same into a set that may hold some already. How many there are, repeated ones among them;
/// the reading stops where the set overflows.
[[nodiscard]] Parsed<std::size_t> read_address_list(std::string_view value,
                                                    const Domain& default_domain, AddressSet& into);

/// Where the addresses of an address-list that have no domain end: the offsets in `value` at which
/// "@" and a domain would complete them, ascending. An encoded word alone is a name that lost its
/// address, and completed by nothing. Fails where parse_address_list does.
[[nodiscard]] Parsed<std::vector<std::size_t>> unqualified_ends(std::string_view value);

}  // namespace tenax::mail

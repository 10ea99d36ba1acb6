// SPDX-License-Identifier: Apache-2.0
#pragma once
// One header field as text: folded, and in ASCII where RFC 2047 can say the same.

#include <string>
#include <string_view>

#include "mail/header.h"

namespace tenax::queue {

/// The field with no line over 998 octets: long ones fold at a blank, address lists also between
/// two addresses, or hard where there is neither. Blanks before the colon go. Addresses without a
/// domain get `domain` (RFC 6409 8.1) if their list can be read and all of them together add no
/// more than `room` octets. What is UTF-8 in free text (Subject, Comments) or in the names beside
/// addresses becomes encoded words, so that servers without SMTPUTF8 take it; elsewhere it stays.
/// All else stays octet for octet.
[[nodiscard]] std::string field_text(const mail::HeaderField& field, const mail::Domain& domain,
                                     std::size_t room);

/// "From: Ann Example <ann@example.org>" with its CRLF, the name quoted or encoded as it needs, and
/// folded so that it fits whatever the name is.
[[nodiscard]] std::string author_field(std::string_view name, const mail::Address& address);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words for a person: the first part of a notice.

#include <string>

#include "bounce/notice.h"

namespace tenax::bounce {

/// What the message is called: its Subject field decoded, printable, at most 200 octets; "" if it
/// has none.
[[nodiscard]] std::string subject_of(const Order& order);

/// CRLF lines of at most 76 columns where the words allow. UTF-8 where somebody's words need it.
/// `encloses`: what follows behind the fields, "message", "header" or "" (nothing).
[[nodiscard]] std::string person_text(const Order& order, std::string_view encloses);

}  // namespace tenax::bounce

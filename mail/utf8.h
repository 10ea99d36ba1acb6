// SPDX-License-Identifier: Apache-2.0
#pragma once
// UTF-8, one code point at a time and strictly (RFC 3629): what is overlong, a surrogate, past
// U+10FFFF or cut short is no character.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenax::mail {

/// What stands at the start of some text.
struct CodePoint {
  char32_t value = 0;      // the byte itself when invalid
  std::size_t length = 1;  // bytes it takes; 1 when invalid
  bool valid = false;
};

/// The first code point of `text`, which must not be empty.
[[nodiscard]] CodePoint first_code_point(std::string_view text);

/// Appends `value` as UTF-8; what is no scalar value becomes U+FFFD.
void append_code_point(std::string& out, char32_t value);

[[nodiscard]] bool is_utf8(std::string_view text);

/// Invalid bytes become U+FFFD each.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Characters of an address embedded in ASCII: "j\x{F6}rg@example.net" (RFC 6533 3).

#include <optional>
#include <string>
#include <string_view>

namespace tenax::mail {

void append_embedded(std::string& out, char32_t value);

/// The code point at the start of "\x{3B1}..."; takes it off `text`.
[[nodiscard]] std::optional<char32_t> take_embedded(std::string_view& text);

/// With the characters themselves. A text that embeds nothing printable comes back as it is.
[[nodiscard]] std::string without_embedding(std::string_view text);

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/embedded.h"

#include "mail/ascii.h"
#include "mail/printable.h"
#include "mail/utf8.h"

namespace tenax::mail {

namespace {

constexpr std::string_view kEmbedded = "\\x{";  // and hexadecimal digits, and "}"
constexpr std::size_t kMostDigits = 6;

}  // namespace

void append_embedded(std::string& out, char32_t value) {
  out.append(kEmbedded).append(hex_digits(value, 2)).append("}");
}

std::optional<char32_t> take_embedded(std::string_view& text) {
  if (!text.starts_with(kEmbedded)) return std::nullopt;
  const std::size_t end = text.substr(0, kEmbedded.size() + kMostDigits + 1).find('}');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(kEmbedded.size(), end - kEmbedded.size());
  if (digits.empty()) return std::nullopt;
  char32_t value = 0;
  for (const char c : digits) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<char32_t>(digit);
  }
  text.remove_prefix(end + 1);
  return value;
}

std::string without_embedding(std::string_view text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    if (const auto value = take_embedded(rest)) {
      append_code_point(out, *value);
      continue;
    }
    out += rest.front();
    rest.remove_prefix(1);
  }
  return is_printable(out) ? out : std::string{text};
}

}  // namespace tenax::mail

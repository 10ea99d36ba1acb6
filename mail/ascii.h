// SPDX-License-Identifier: Apache-2.0
#pragma once
// ASCII letters and digits as the mail RFCs know them: no locale has a say, and bytes above 127 are
// left alone.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace tenax::mail {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Space or tab: WSP (RFC 5234 B.1).
[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A control of C0, or DEL.
[[nodiscard]] constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

[[nodiscard]] constexpr bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

[[nodiscard]] constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

[[nodiscard]] inline bool is_ascii(std::string_view text) {
  std::uint64_t seen = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    seen |= word;
  }
  for (; at < text.size(); ++at) seen |= static_cast<unsigned char>(text[at]);
  return (seen & 0x8080808080808080ULL) == 0;
}

/// Whether `holds` is true of every character. All of them are looked at, without a branch for
/// each: of text that is nearly always as it should be that is a fraction of the work. So write
/// `holds` with & and |.
template <typename Holds>
[[nodiscard]] constexpr bool is_every(std::string_view text, Holds holds) {
  bool all = true;
  for (const char c : text) all &= holds(c);
  return all;
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) c = to_lower(c);
  return lower;
}

[[nodiscard]] constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] inline std::string to_upper(std::string_view text) {
  std::string upper{text};
  for (char& c : upper) c = to_upper(c);
  return upper;
}

[[nodiscard]] inline bool equal_in_any_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

/// Without the blanks at either end.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the next word off `rest`; "" at the end.
[[nodiscard]] constexpr std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

/// The value of a hexadecimal digit of either case; -1 when it is none.
[[nodiscard]] constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

inline constexpr std::string_view kHexDigits = "0123456789ABCDEF";

/// "1B" for the escape character: two digits, upper case.
inline void append_hex_byte(std::string& out, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  out += kHexDigits[value >> 4];
  out += kHexDigits[value & 15];
}

/// Upper case, with leading zeros up to `least` digits.
[[nodiscard]] inline std::string hex_digits(char32_t value, std::size_t least) {
  std::string digits;
  for (; value != 0 || digits.size() < least; value >>= 4) {
    digits.insert(digits.begin(), kHexDigits[value & 15]);
  }
  return digits;
}

/// A whole decimal number without sign, blanks or (beyond "0" itself) leading zeros, at most
/// `most`.
[[nodiscard]] inline std::optional<int> parse_number(std::string_view text, int most) {
  if (text.empty() || !is_digit(text.front()) || (text.front() == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || stopped != end || value > most) return std::nullopt;
  return value;
}

}  // namespace tenax::mail

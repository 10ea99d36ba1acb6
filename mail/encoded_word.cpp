// SPDX-License-Identifier: Apache-2.0
#include "mail/encoded_word.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mail/ascii.h"
#include "mail/grammar.h"
#include "mail/printable.h"
#include "mail/utf8.h"

namespace tenax::mail {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// "=?charset?encoding?text?=" in its parts.
struct Word {
  std::string_view charset;
  char encoding = 0;
  std::string_view text;
  std::size_t length = 0;
};

std::optional<Word> word_at(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find_first_of("? \t\r\n", 2);
  // Behind the charset: "?B?" or "?Q?", the text, "?=".
  if (charset_end == std::string_view::npos || charset_end == 2 || charset_end + 5 > text.size() ||
      text[charset_end] != '?' || text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const char encoding = to_lower(text[charset_end + 1]);
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find_first_of("? \t\r\n", begin);
  if (end == std::string_view::npos || text.substr(end, 2) != "?=") return std::nullopt;
  return Word{text.substr(2, charset_end - 2), encoding, text.substr(begin, end - begin), end + 2};
}

std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;  // how many of them are not written yet
  for (const char c : text) {
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xFF);
  }
  return out;
}

/// RFC 2047 4.2.
std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) append_code_point(out, static_cast<unsigned char>(c));
  return out;
}

/// As UTF-8, not checked yet: a character may be split between two words, and often is.
std::optional<std::string> decode(const Word& word) {
  // "utf-8*en" names a language as well (RFC 2231 5).
  const std::string charset = to_lower(word.charset.substr(0, word.charset.find('*')));
  const bool latin1 = charset == "iso-8859-1" || charset == "latin1";
  if (!latin1 && charset != "utf-8" && charset != "utf8" && charset != "us-ascii") {
    return std::nullopt;
  }
  auto bytes = word.encoding == 'b' ? decode_base64(word.text) : decode_q(word.text);
  if (bytes && latin1) return from_latin1(*bytes);
  return bytes;
}

bool all_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= bytes.size() ? kBase64[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

/// As many whole characters from the front of `utf8` as one word of `room` characters holds, and
/// one at least.
std::string_view fitting(std::string_view utf8, std::size_t room) {
  constexpr std::size_t kAround = 12;  // "=?UTF-8?B?" and "?="
  const std::size_t most = room > kAround ? (room - kAround) / 4 * 3 : 0;
  std::size_t length = 0;
  while (length < utf8.size()) {
    const std::size_t next = first_code_point(utf8.substr(length)).length;
    if (length > 0 && length + next > most) break;
    length += next;
  }
  return utf8.substr(0, length);
}

}  // namespace

std::size_t encoded_word_length(std::string_view text) {
  const auto word = word_at(text);
  return word ? word->length : 0;
}

std::string decoded_for_people(std::string_view value, std::size_t limit) {
  std::string out;
  bool behind_word = false;
  // printable() never shortens, so more than `limit` bytes are not needed.
  while (!value.empty() && out.size() <= limit) {
    const std::size_t start = std::min(value.find("=?"), value.size());
    const std::string_view between = value.substr(0, start);
    value.remove_prefix(start);
    const auto word = word_at(value);
    const auto text = word ? decode(*word) : std::nullopt;
    // Blanks between two words only keep them apart (RFC 2047 6.2).
    if (!(text && behind_word && all_blank(between))) out += between;
    const std::size_t length = word ? word->length : std::min<std::size_t>(2, value.size());
    out += text ? *text : std::string{value.substr(0, length)};
    value.remove_prefix(length);
    behind_word = text.has_value();
  }
  return printable(out, limit);
}

std::string encoded_word(std::string_view utf8) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::all_of(utf8.begin(), utf8.end(), plain) && utf8.find("=?") == std::string_view::npos) {
    return std::string{utf8};
  }
  return encoded_words(utf8);
}

std::string encoded_words(std::string_view utf8, std::size_t first) {
  constexpr std::size_t kLongestWord = 75;  // RFC 2047 2
  std::string text = to_valid_utf8(utf8);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return is_control(c); }, ' ');
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part =
        fitting(rest, out.empty() ? std::min(first, kLongestWord) : kLongestWord);
    if (!out.empty()) out += ' ';
    out += "=?UTF-8?B?" + encode_base64(part) + "?=";
    rest.remove_prefix(part.size());
  }
  return out;
}

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "bounce/lines.h"

#include <algorithm>
#include <cstdint>

#include "mail/ascii.h"
#include "mail/ip_literal.h"
#include "mail/reply.h"
#include "mail/utf8.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kColumns = 76;
constexpr std::size_t kLongestWord = 900;  // a line has at most 998 octets (RFC 5322 2.1.1)
constexpr std::size_t kLongestLine = 998;
constexpr std::size_t kLongestValue = 8192;

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The next word of `rest`, taken from it; never inside a character.
std::string_view next_word(std::string_view& rest) {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  std::size_t end = std::min(rest.find(' '), rest.size());
  if (end > kLongestWord) {
    end = kLongestWord;
    while ((static_cast<unsigned char>(rest[end]) & 0xC0) == 0x80) --end;
  }
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// Unfolded, the value is again what it was: lines are broken in front of its own blanks only.
std::string fold(std::string_view name, std::string_view value) {
  std::string out = std::string{name} + ": ";
  std::size_t column = columns(out);
  bool first = true;
  while (!value.empty()) {
    std::size_t blanks = std::min(value.find_first_not_of(' '), value.size());
    if (blanks == value.size()) break;  // a line of blanks alone would end the header for some
    value.remove_prefix(blanks);
    const std::string_view word = next_word(value);
    // Behind a word that had to be broken stands no blank of its own; and no line is all blanks.
    blanks = std::clamp<std::size_t>(blanks, first ? 0 : 1, kColumns);
    if (!first && column + blanks + columns(word) > kColumns) {
      out += "\r\n";
      column = 0;
    }
    out.append(blanks, ' ').append(word);
    column += blanks + columns(word);
    first = false;
  }
  return out + "\r\n";
}

/// A line may be broken between characters of these scripts, and each takes two columns.
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// No line begins with these (JIS X 4051), and none ends with those.
bool holds_on(char32_t c) {
  constexpr std::u32string_view kClosing =
      U"、。，．・：；？！）」』】〕〉》］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}";
  return kClosing.find(c) != std::u32string_view::npos;
}
bool leans_on(char32_t c) {
  constexpr std::u32string_view kOpening = U"（「『【〔〈《［｛([{";
  return kOpening.find(c) != std::u32string_view::npos;
}

/// What stands on one line: a word, or of a word in a script without blanks a character.
struct Piece {
  std::string_view text;
  std::size_t width = 0;
};

Piece first_piece(std::string_view word) {
  Piece piece;
  std::size_t at = 0;
  bool breaks = false;   // behind what was taken
  bool leaning = false;  // what was taken wants the next one
  while (at < word.size()) {
    const mail::CodePoint next = mail::first_code_point(word.substr(at));
    const bool wide = is_wide(next.value);
    if (at > 0 && (breaks || wide) && !leaning && !holds_on(next.value)) break;
    leaning = leans_on(next.value) && (wide || leaning || breaks || at == 0);
    breaks = wide;
    piece.width += wide ? 2 : 1;
    at += next.length;
  }
  piece.text = word.substr(0, at);
  return piece;
}

/// The words of `text`, in lines that begin with `margin`.
std::string wrap(std::string_view text, std::string_view margin) {
  std::string out{margin};
  std::size_t column = margin.size();
  bool first = true;  // in this line
  while (true) {
    std::string_view word = next_word(text);
    if (word.empty()) break;
    bool blank = true;
    while (!word.empty()) {
      const Piece piece = first_piece(word);
      const std::size_t between = blank && !first ? 1 : 0;
      if (!first && column + between + piece.width > kColumns) {
        out.append("\r\n").append(margin);
        column = margin.size();
      } else {
        out.append(between, ' ');
        column += between;
      }
      out += piece.text;
      column += piece.width;
      first = false;
      blank = false;
      word.remove_prefix(piece.text.size());
    }
  }
  return out + "\r\n";
}

}  // namespace

std::string field(std::string_view name, std::string_view value) {
  return fold(name, mail::printable(value, kLongestValue));
}

std::string ascii_field(std::string_view name, std::string_view value) {
  return fold(name, ascii_only(mail::printable(value, kLongestValue)));
}

std::string paragraph(std::string_view text, std::size_t indent) {
  return wrap(mail::printable(text, kLongestValue), std::string(indent, ' '));
}

std::string ascii_only(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    const mail::CodePoint point = mail::first_code_point(utf8);
    if (mail::is_ascii(utf8.front())) {
      out += utf8.front();
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      std::string hex;
      for (auto rest = static_cast<std::uint32_t>(point.value); rest != 0; rest /= 16) {
        hex.insert(hex.begin(), kDigits[rest % 16]);
      }
      out += "\\x{" + hex + "}";
    }
    utf8.remove_prefix(point.length);
  }
  return out;
}

std::string tidy_header(std::string_view header) {
  std::string out;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find('\n'), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) break;  // the end of the section
    std::string tidy{line.substr(0, kLongestLine)};
    std::ranges::replace_if(
        tidy, [](char c) { return c == '\r' || c == '\0'; }, ' ');
    out += tidy + "\r\n";
  }
  return out;
}

bool is_tidy(std::string_view contents) {
  while (!contents.empty()) {
    const std::size_t end = contents.find("\r\n");
    if (end == std::string_view::npos) return false;
    const std::string_view line = contents.substr(0, end);
    constexpr std::string_view kNever{"\r\n\0", 3};
    if (line.size() > kLongestLine || line.find_first_of(kNever) != std::string_view::npos) {
      return false;
    }
    contents.remove_prefix(end + 2);
  }
  return true;
}

bool is_ascii(std::string_view text) { return mail::is_ascii(text); }

bool is_ip(std::string_view name) {
  return mail::canonical_ipv4(name).has_value() || mail::canonical_ipv6(name).has_value();
}

}  // namespace tenax::bounce

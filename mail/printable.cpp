// SPDX-License-Identifier: Apache-2.0
#include "mail/printable.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"
#include "mail/utf8.h"

namespace tenax::mail {

namespace {

struct Span {
  char32_t first;
  char32_t last;
};

// Beside the controls proper: what reorders, breaks or hides the text around it.
// The joiners U+200C and U+200D stay: Persian names and half of all emoji are written with them.
constexpr std::array<Span, 12> kCommands = {{
    {0x0000, 0x001F},    // C0
    {0x007F, 0x009F},    // DEL, C1: some terminals obey C1 in UTF-8 as well
    {0x061C, 0x061C},    // Arabic letter mark
    {0x200B, 0x200B},    // zero-width space
    {0x200E, 0x200F},    // left-to-right and right-to-left marks
    {0x2028, 0x202E},    // line and paragraph separators, embeddings and overrides
    {0x2060, 0x2064},    // the word joiner and invisible operators
    {0x2066, 0x206F},    // isolates, deprecated formatting
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF9, 0xFFFB},    // interlinear annotation
    {0xFFFE, 0xFFFF},    // no characters
    {0xE0000, 0xE007F},  // tags: a whole invisible alphabet
}};

bool is_command(CodePoint point) {
  return !point.valid || std::any_of(kCommands.begin(), kCommands.end(), [&](Span span) {
    return point.value >= span.first && point.value <= span.last;
  });
}

bool is_plain_ascii(char c) { return (c >= ' ') & (c <= '~'); }

void append_escaped(std::string& out, CodePoint point) {
  if (point.length == 1) {
    out += "\\x";
    append_hex_byte(out, static_cast<char>(point.value));
    return;
  }
  out += "\\u{" + hex_digits(point.value, 4) + "}";
}

constexpr std::string_view kCut = "...";

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  if (text.size() <= limit && is_every(text, is_plain_ascii)) return std::string{text};
  std::string out;
  out.reserve(std::min(text.size(), limit));
  std::size_t cut_at = 0;  // the last place between two characters with room left for "..."
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (is_plain_ascii(text.front())) {
      out += text.front();
    } else if (is_command(next)) {
      append_escaped(out, next);
    } else {
      out += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
    if (out.size() + kCut.size() <= limit) cut_at = out.size();
    if (out.size() > limit) {
      out.resize(cut_at);
      return out.append(kCut.substr(0, std::min(kCut.size(), limit)));
    }
  }
  return out;
}

bool is_printable(std::string_view text) {
  if (is_every(text, is_plain_ascii)) return true;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (!is_plain_ascii(text.front()) && is_command(next)) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace tenax::mail

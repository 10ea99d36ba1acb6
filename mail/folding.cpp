// SPDX-License-Identifier: Apache-2.0
#include "mail/folding.h"

#include "mail/ascii.h"

namespace tenax::mail {

namespace {

// U+00C0 to U+00FF and U+0100 to U+017F, a letter each; "?" is none, "+" and "&" are two.
constexpr std::string_view kLatin1 =
    "aaaaaa+ceeeeiiiidnooooo?ouuuuyt&aaaaaa+ceeeeiiiidnooooo?ouuuuyty";
constexpr std::string_view kLatinA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1.size() == 0x40 && kLatinA.size() == 0x80);

void append_latin(std::string& out, char letter) {
  if (letter == '+') {
    out += "ae";
  } else if (letter == '&') {
    out += "ss";
  } else {
    out += letter == '?' ? ' ' : letter;
  }
}

/// Marks and blanks that mean the same as one of ASCII; 0 for others.
constexpr char ascii_of(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFF01 + '!');
  switch (c) {
    case 0x3002: return '.';
    case 0x3001: return ',';
    case 0x2018:
    case 0x2019: return '\'';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014: return '-';
    case 0xA0:
    case 0x202F:
    case 0x3000: return ' ';
    default: return (c >= 0x2000 && c <= 0x200B) ? ' ' : '\0';
  }
}

constexpr char32_t lower_cyrillic(char32_t c) {
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c == 0x401 || c == 0x451) return 0x435;
  return c >= 0x400 && c <= 0x40F ? c + 0x50 : c;
}

}  // namespace

CodePoint first_letter(std::string_view text) {
  CodePoint c = first_code_point(text);
  if (!c.valid && c.value < 0xC0) c.value = ' ';
  return c;
}

void append_folded(std::string& out, char32_t c) {
  if (c < 0x80) {
    const char ascii = static_cast<char>(c);
    out += is_control(ascii) ? ' ' : to_lower(ascii);
  } else if (const char same = ascii_of(c); same != 0) {
    out += to_lower(same);
    if (same == '.' || same == ',') out += ' ';  // no blank follows the full-width ones
  } else if (c >= 0xC0 && c <= 0xFF) {
    append_latin(out, kLatin1[c - 0xC0]);
  } else if (c >= 0x100 && c <= 0x17F) {
    append_latin(out, kLatinA[c - 0x100]);
  } else if (c >= 0xA1 && c <= 0xBF) {
    out += ' ';
  } else {
    append_code_point(out, lower_cyrillic(c));
  }
}

}  // namespace tenax::mail

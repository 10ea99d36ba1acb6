// SPDX-License-Identifier: Apache-2.0
#pragma once
// The small words of RFC 5321 4.1.2 and RFC 5322 3.2.3 that paths and header fields share.

#include <cstddef>
#include <optional>
#include <string_view>

#include "mail/ascii.h"

namespace tenax::mail {

/// atext; every byte of a UTF-8 character counts as one (RFC 6531 3.3, RFC 6532 3.2).
[[nodiscard]] constexpr bool is_atom_character(char c) {
  return is_letter(c) || is_digit(c) || !is_ascii(c) ||
         std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

/// Atoms joined by single dots; never empty.
[[nodiscard]] constexpr bool is_dot_string(std::string_view text) {
  bool atom = false;  // the last character belongs to one
  for (const char c : text) {
    if (!is_atom_character(c) && (c != '.' || !atom)) return false;
    atom = c != '.';
  }
  return atom;
}

/// The same, but dots may also stand behind each other and at the end, as in "a..b.": no RFC allows
/// that outside quotes, but there are mailboxes of such names.
[[nodiscard]] constexpr bool is_loose_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.') return false;
  for (const char c : text) {
    if (!is_atom_character(c) && c != '.') return false;
  }
  return true;
}

/// How much of the front of `text` is blanks, folds and comments, which may hold comments (CFWS,
/// RFC 5322 3.2.2); nullopt when a comment does not end. A count instead of recursion: the depth is
/// the sender's choice.
[[nodiscard]] constexpr std::optional<std::size_t> comments_in_front(std::string_view text) {
  std::size_t depth = 0;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(') {
      ++depth;
    } else if (depth == 0) {
      if (!is_blank(c) && c != '\r' && c != '\n') break;
    } else if (c == ')') {
      --depth;
    } else if (c == '\\') {
      ++i;
    }
  }
  if (depth > 0) return std::nullopt;
  return i;
}

}  // namespace tenax::mail

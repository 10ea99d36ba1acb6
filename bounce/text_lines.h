// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strangers' text line by line.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "mail/ascii.h"

namespace tenax::bounce {

/// Takes the first line off, without its end.
inline std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Without any of `marks` around it.
inline std::string_view stripped(std::string_view text, std::string_view marks) {
  const std::size_t first = text.find_first_not_of(marks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(marks) - first + 1);
}

/// "----- Transcript of session follows -----"
inline bool is_bar(std::string_view line) {
  const std::string_view words = mail::trimmed(line);
  return words.starts_with("---") || words.starts_with("***") || words.starts_with("===") ||
         words.starts_with("___") || words.starts_with("|---");
}

}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
#include "bounce/plain_words.h"

#include <algorithm>

namespace tenax::bounce {

namespace {

constexpr std::size_t kMost = 2000;  // servers put what matters first

char plain(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool counts =
      (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
  return counts ? c : ' ';
}

void append(std::string& words, std::string_view token) {
  if (token.find('@') != std::string_view::npos) return;
  for (const char c : token) {
    const char next = plain(c);
    if (next != ' ' || words.back() != ' ') words += next;
  }
  if (words.back() != ' ') words += ' ';
}

}  // namespace

std::string plain_words(std::string_view text) {
  constexpr std::string_view kBetween = " \t\r\n<>()[]\"',;";
  text = text.substr(0, kMost);
  std::string words = " ";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    append(words, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace tenax::bounce

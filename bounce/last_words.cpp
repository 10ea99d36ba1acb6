// SPDX-License-Identifier: Apache-2.0
#include "bounce/last_words.h"

#include <array>

namespace tenax::bounce {

std::optional<AroundLastWords> around_last_words(std::string_view text) {
  constexpr std::array<std::string_view, 4> kLastWords = {
      "I'm not going to try again", "retry timeout exceeded", "Message could not be delivered for",
      "Message will be deleted from queue"};
  const auto told = [](std::string_view part) {
    return part.find_first_not_of(" \t\r\n/:.;") == std::string_view::npos ? std::string_view{}
                                                                           : part;
  };
  for (const std::string_view words : kLastWords) {
    const std::size_t at = text.find(words);
    if (at == std::string_view::npos) continue;
    return AroundLastWords{told(text.substr(0, at)), told(text.substr(at + words.size()))};
  }
  return std::nullopt;
}

}  // namespace tenax::bounce

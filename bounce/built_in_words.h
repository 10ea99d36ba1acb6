// SPDX-License-Identifier: Apache-2.0
#pragma once
// bounce/words/*.words, as the build puts them into the program.

#include <span>
#include <string_view>

namespace tenax::bounce {

struct WordsFile {
  std::string_view tag;   // "de"
  std::string_view text;  // the whole file
};

/// English first.
[[nodiscard]] std::span<const WordsFile> built_in_words();

}  // namespace tenax::bounce

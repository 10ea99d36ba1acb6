// SPDX-License-Identifier: Apache-2.0
#pragma once
// How data gets into a program: the build reads a file with the code that will use it, stops at
// its mistakes, and writes it down as a source file of constants.

#include <span>
#include <string>
#include <string_view>

namespace tenax::embed {

struct DataFile {
  std::string name;
  std::string text;
};

/// A source file; or what is wrong with the data, a line for each mistake.
struct Source {
  std::string text = {};
  std::string wrong = {};
};

/// bounce/cause.rules and its table (docs/causes.md).
[[nodiscard]] Source cause_rules(std::span<const DataFile> files);
/// bounce/words/*.words, in this order.
[[nodiscard]] Source words(std::span<const DataFile> files);
/// bounce/returned.marks.
[[nodiscard]] Source marks(std::span<const DataFile> files);

/// A text as a literal of C++.
[[nodiscard]] inline std::string literal(std::string_view text) {
  return "R\"DATA(" + std::string{text} + ")DATA\"";
}

}  // namespace tenax::embed

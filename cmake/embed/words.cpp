// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include "bounce/phrases.h"
#include "cmake/embed/embed.h"

namespace tenax::embed {

Source words(std::span<const DataFile> files) {
  std::string rows;
  std::string wrong;
  for (const DataFile& file : files) {
    const std::string tag = std::filesystem::path{file.name}.stem().string();
    std::vector<bounce::PhraseProblem> problems;
    (void)bounce::Phrases::read(tag, file.text, problems);
    for (const bounce::PhraseProblem& problem : problems) {
      wrong += wrong.empty() ? "" : "\n";
      wrong += file.name + ":" + std::to_string(problem.line) + ": " + problem.what;
    }
    rows += "    WordsFile{\"" + tag + "\", " + literal(file.text) + "},\n";
  }
  if (!wrong.empty()) return {.wrong = wrong};
  return {.text =
              "#include <array>\n\n"
              "#include \"bounce/built_in_words.h\"\n\n"
              "namespace tenax::bounce {\n\n"
              "std::span<const WordsFile> built_in_words() {\n"
              "  static constexpr std::array kWords = {\n" +
              rows +
              "  };\n"
              "  return kWords;\n"
              "}\n\n"
              "}  // namespace tenax::bounce\n"};
}

}  // namespace tenax::embed

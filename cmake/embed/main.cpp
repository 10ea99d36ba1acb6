// SPDX-License-Identifier: Apache-2.0
// Run by the build:
//
//   embed_data cause_rules OUT.cpp bounce/cause.rules
//   embed_data words OUT.cpp bounce/words/en.words ...
//   embed_data marks OUT.cpp bounce/returned.marks

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "cmake/embed/embed.h"

namespace tenax::embed {

namespace {

// Every compiler we know takes a literal of any length, though none has to.
constexpr std::string_view kHead =
    "// Written by the build: cmake/embed.\n"
    "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n";

std::string text_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Source source_of(std::string_view kind, const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    if (file.text.empty()) return {.wrong = file.name + ": cannot be read"};
    if (file.text.find(")DATA\"") != file.text.npos) {
      return {.wrong = file.name + ": )DATA\" would end its literal"};
    }
  }
  if (kind == "cause_rules") return cause_rules(files);
  if (kind == "words") return words(files);
  if (kind == "marks") return marks(files);
  return {.wrong = "unknown kind of data: " + std::string{kind}};
}

bool write(const std::string& file, const std::string& source) {
  // What is as it was need not be compiled again.
  if (text_of(file) == source) return true;
  std::ofstream out{file, std::ios::binary};
  out << source;
  return static_cast<bool>(out.flush());
}

}  // namespace

}  // namespace tenax::embed

int main(int argc, char** argv) {
  using namespace tenax::embed;
  const std::vector<std::string> given{argv + 1, argv + argc};
  if (given.size() < 3) return 2;
  std::vector<DataFile> files;
  for (std::size_t i = 2; i < given.size(); ++i) files.push_back({given[i], text_of(given[i])});
  const Source source = source_of(given[0], files);
  if (!source.wrong.empty()) {
    std::fprintf(stderr, "%s\n", source.wrong.c_str());
    return 1;
  }
  if (!write(given[1], std::string{kHead} + source.text)) {
    std::fprintf(stderr, "%s: cannot be written\n", given[1].c_str());
    return 1;
  }
  return 0;
}

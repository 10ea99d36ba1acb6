// SPDX-License-Identifier: Apache-2.0
// Phrases that are looked for in returned mail, as arrays of constants and their indexes.

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmake/embed/embed.h"

namespace tenax::embed {

namespace {

constexpr std::size_t kShortest = 3;  // bounce::indexed looks phrases up by so many octets

struct MarkSection {
  std::string name;
  std::vector<std::string_view> phrases;
};

/// The lists of one file, and the first mistake of each line.
struct MarkFile {
  std::vector<MarkSection> sections;
  std::set<std::string_view> seen;  // of the last section
  std::string wrong;

  void read(const DataFile& file) {
    std::size_t number = 0;
    for (std::string_view rest = file.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view problem = line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      if (!problem.empty()) say(file.name + ":" + std::to_string(number), problem);
    }
  }

  void say(const std::string& where, std::string_view what) {
    wrong += (wrong.empty() ? "" : "\n") + where + ": " + std::string{what};
  }

 private:
  std::string_view line(std::string_view text) {
    if (text.empty() || text.front() == '#') return {};
    if (text.front() == '[') return heading(text);
    if (sections.empty()) return "a phrase before the first [list]";
    if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    } else if (text.front() == ' ' || text.back() == ' ') {
      return "a phrase with a space at its edge wants \"quotes\"";
    }
    if (text.size() < kShortest) return "a phrase has three octets at least";
    const auto no_good = [](char c) { return (c >= 'A' && c <= 'Z') || c == '\\' || c == '"'; };
    if (std::ranges::any_of(text, no_good)) return "a phrase has no capitals, \\ or \"";
    if (!seen.insert(text).second) return "this phrase is in the list already";
    sections.back().phrases.push_back(text);
    return {};
  }

  std::string_view heading(std::string_view text) {
    const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const std::string name{text.substr(1, text.size() - std::min<std::size_t>(text.size(), 2))};
    if (text.back() != ']' || name.empty() || !std::ranges::all_of(name, in_name)) {
      return "a list is named as [some_words]";
    }
    const auto same = [&name](const MarkSection& section) { return section.name == name; };
    if (std::ranges::any_of(sections, same)) return "this list is there already";
    sections.push_back({name, {}});
    seen.clear();
    return {};
  }
};

std::string code(const MarkSection& section) {
  std::string code = "MarkList " + section.name +
                     "() {\n"
                     "  using namespace std::string_view_literals;\n"
                     "  static constexpr MarkIndex kIndex = indexed(std::array{\n";
  for (const std::string_view phrase : section.phrases) {
    code += "      \"" + std::string{phrase} + "\"sv,\n";
  }
  return code + "  });\n  return kIndex;\n}\n\n";
}

}  // namespace

Source marks(std::span<const DataFile> files) {
  MarkFile read;
  for (const DataFile& file : files) read.read(file);
  if (read.wrong.empty()) {
    for (const MarkSection& section : read.sections) {
      if (section.phrases.empty()) read.say("[" + section.name + "]", "no phrases");
    }
  }
  if (!read.wrong.empty()) return {.wrong = read.wrong};
  Source source{.text =
                    "#include <array>\n\n"
                    "#include \"bounce/returned_marks.h\"\n\n"
                    "namespace tenax::bounce {\n\n"};
  for (const MarkSection& section : read.sections) source.text += code(section);
  source.text += "}  // namespace tenax::bounce\n";
  return source;
}

}  // namespace tenax::embed

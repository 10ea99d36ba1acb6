// SPDX-License-Identifier: Apache-2.0
#include "bounce/built_in_words.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bounce/phrases.h"

namespace tenax::bounce {

namespace {

PhrasesPtr read(const WordsFile& words) {
  std::vector<PhraseProblem> none;  // the build looked for them
  return std::make_shared<const Phrases>(Phrases::read(std::string{words.tag}, words.text, none));
}

}  // namespace

std::span<const std::string_view> languages() {
  static const std::vector<std::string_view> tags = [] {
    std::vector<std::string_view> found;
    for (const WordsFile& words : built_in_words()) found.push_back(words.tag);
    return found;
  }();
  return tags;
}

PhrasesPtr built_in(std::string_view tag) {
  const std::span<const WordsFile> all = built_in_words();
  // English alone: a program that is started for one mail speaks nothing else.
  static const PhrasesPtr english = read(all.front());
  if (english->tag() == tag) return english;
  static const std::vector<PhrasesPtr> others = [&] {
    std::vector<PhrasesPtr> some;
    for (const WordsFile& words : all.subspan(1)) some.push_back(read(words));
    return some;
  }();
  const auto found =
      std::ranges::find_if(others, [tag](const PhrasesPtr& one) { return one->tag() == tag; });
  return found == others.end() ? nullptr : *found;
}

}  // namespace tenax::bounce

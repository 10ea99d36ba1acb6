// SPDX-License-Identifier: Apache-2.0
// Run by the build: is every language whole? Names the file and the line where it is not.

#include <cstdio>
#include <string>

#include "bounce/phrases.h"

int main() {
  int wrong = 0;
  for (const std::string_view tag : tenax::bounce::languages()) {
    std::vector<tenax::bounce::PhraseProblem> problems;
    (void)tenax::bounce::built_in(tag, &problems);
    for (const tenax::bounce::PhraseProblem& problem : problems) {
      std::fprintf(stderr, "bounce/words/%s.words:%d: %s\n", std::string{tag}.c_str(), problem.line,
                   problem.what.c_str());
      ++wrong;
    }
  }
  return wrong == 0 ? 0 : 1;
}

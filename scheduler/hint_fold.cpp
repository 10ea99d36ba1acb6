// SPDX-License-Identifier: Apache-2.0
// One spelling for each letter: the lexicon has no capitals and no accents.
#include <string>
#include <string_view>
#include <vector>

#include "mail/folding.h"

#include "scheduler/hint_words.h"

namespace tenax::scheduler::hints {

std::string folded(const std::vector<std::string>& lines, std::size_t most) {
  std::string out;
  std::size_t left = most;
  for (const std::string& line : lines) {
    std::string_view rest = std::string_view{line}.substr(0, left);
    const bool cut = rest.size() < line.size();
    left -= rest.size();
    while (!rest.empty()) {
      const mail::CodePoint c = mail::first_letter(rest);
      mail::append_folded(out, c.value);
      rest.remove_prefix(c.length);
    }
    if (cut || left == 0) {
      // What was cut in two may be the first digits of a number.
      const std::size_t last_whole = out.rfind(' ');
      out.resize(last_whole == out.npos ? 0 : last_whole);
      break;
    }
    out += ' ';
    --left;
  }
  return out;
}

}  // namespace tenax::scheduler::hints

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What servers mean by their codes and words, as tables. The order within a table is the order of
// asking: the first row that fits decides.

#include <span>
#include <string_view>

#include "bounce/cause.h"

namespace tenax::bounce {

/// Words as they stand in a reply made plain (see plain_words): lower case, single blanks, no
/// addresses. A phrase begins at the start of a word; a blank at its end makes it end with a word.
/// Where `also` is given, both must occur.
struct WordRule {
  Cause cause;
  std::string_view words;
  std::string_view also = {};
};

/// `subject.detail` of an enhanced code; -1 stands for any detail, class 0 for any class.
struct StatusRule {
  Cause cause;
  int subject;
  int detail;
  int klass = 0;
};

/// A reply code, at one stage or (Stage::quit) at any.
struct CodeRule {
  Cause cause;
  int code;
  mail::Stage stage = mail::Stage::quit;
};

/// Words that mean one thing whatever code stands before them: many servers put any code there.
[[nodiscard]] std::span<const WordRule> clear_words();
/// Codes that mean one thing.
[[nodiscard]] std::span<const StatusRule> clear_statuses();
/// Words that mean something where the code says little.
[[nodiscard]] std::span<const WordRule> helpful_words();
[[nodiscard]] std::span<const CodeRule> codes();
/// Codes that say little, for the end; and after them, what bare codes mostly mean.
[[nodiscard]] std::span<const StatusRule> vague_statuses();
[[nodiscard]] std::span<const CodeRule> last_codes();

}  // namespace tenax::bounce

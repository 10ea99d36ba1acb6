// SPDX-License-Identifier: Apache-2.0
#pragma once
// One sentence of a reply as the rules for limits ask about it: which words stand in it, which
// number belongs to what, and whom it speaks of.

#include <cstddef>
#include <initializer_list>
#include <optional>

#include "scheduler/hint.h"
#include "scheduler/hint_words.h"

namespace tenax::scheduler::hints {

/// A message, a connection, recipients, a transaction.
[[nodiscard]] bool is_counted(const Token& token);

/// A limit that names no period of its own: "the maximum is 100".
struct StatedLimit {
  int count = 0;
  Word counted = Word::other;  // what of, when it says so
};

/// A look at `said`, which must live longer. Concurrency: pure.
class Sentence {
 public:
  Sentence(const Said& said, Clause where) : said_(said), where_(where) {}

  [[nodiscard]] std::size_t begin() const { return where_.begin; }
  [[nodiscard]] std::size_t end() const { return where_.end; }
  [[nodiscard]] bool inside(std::size_t i) const { return i >= where_.begin && i < where_.end; }
  [[nodiscard]] const Token& at(std::size_t i) const { return said_.at(i); }
  [[nodiscard]] bool is(std::size_t i, std::initializer_list<Word> words) const {
    return said_.is(i, words);
  }
  [[nodiscard]] bool any(std::initializer_list<Word> words) const {
    return said_.any(where_.begin, where_.end, words);
  }
  /// The tokens from `before` ones before i to `behind` ones behind it, of this sentence.
  [[nodiscard]] Clause around(std::size_t i, std::size_t before, std::size_t behind) const;
  [[nodiscard]] bool near(std::size_t i, std::size_t before, std::size_t behind,
                          std::initializer_list<Word> words) const;
  /// "Too many", in one word or two, at i.
  [[nodiscard]] bool too_many_at(std::size_t i) const;
  [[nodiscard]] bool says_too_many() const;

  // Numbers; 0: there is none.

  /// "100 SMTP messages [per ...]": the number before i, over what is counted.
  [[nodiscard]] int count_before(std::size_t i) const;
  /// "[per hour] (150/150", "limit: 100", "exceeded (max 10)".
  [[nodiscard]] int count_behind(std::size_t i) const;
  /// Is it one of a limit: "max 100 messages [per ...]"? Not in "you sent 120 messages".
  [[nodiscard]] bool is_limit_before(std::size_t i) const;
  /// What is counted there; `otherwise`, if it does not say.
  [[nodiscard]] Word noun_before(std::size_t i, Word otherwise) const;
  /// In this sentence, the next one, or the one before a sentence of what was sent.
  [[nodiscard]] std::optional<StatedLimit> stated_limit() const;
  /// "max 10", "limit is 20", "20 max", anywhere in it or in the next sentence, unless of others
  /// than `counted`.
  [[nodiscard]] int count_of_limit(Word counted) const;

  // Whose; nullopt: it does not say.

  [[nodiscard]] bool is_ours() const;
  [[nodiscard]] std::optional<HintScope> scope_of_rate() const;
  [[nodiscard]] std::optional<HintScope> scope_of_crowd() const;

 private:
  [[nodiscard]] int count_at(std::size_t i) const;
  [[nodiscard]] std::size_t place_before(std::size_t i) const;
  [[nodiscard]] bool is_of_limit(std::size_t number) const;
  [[nodiscard]] std::optional<StatedLimit> stated_limit_in(Clause where) const;

  const Said& said_;
  Clause where_;
};

}  // namespace tenax::scheduler::hints

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_sentence.h"

#include <algorithm>

#include "scheduler/hint_time.h"

namespace tenax::scheduler::hints {

namespace {

using namespace std::chrono_literals;
using Kind = Token::Kind;

constexpr std::int64_t kLargestCount = 1'000'000'000;

}  // namespace

bool is_counted(const Token& token) {
  return token.is(Word::message) || token.is(Word::connection) || token.is(Word::recipients) ||
         token.is(Word::transaction);
}

Clause Sentence::around(std::size_t i, std::size_t before, std::size_t behind) const {
  return {std::max(where_.begin, i > before ? i - before : 0),
          std::min(where_.end, i + behind + 1)};
}

bool Sentence::near(std::size_t i, std::size_t before, std::size_t behind,
                    std::initializer_list<Word> words) const {
  const Clause span = around(i, before, behind);
  return said_.any(span.begin, span.end, words);
}

bool Sentence::too_many_at(std::size_t i) const {
  return at(i).is(Word::too_many) || (at(i).is(Word::too) && at(i + 1).is(Word::many));
}

bool Sentence::says_too_many() const {
  for (std::size_t i = begin(); i < end(); ++i) {
    if (too_many_at(i)) return true;
  }
  return false;
}

int Sentence::count_at(std::size_t i) const {
  const Token& token = at(i);
  if (!token.is(Kind::number) && !token.is(Word::numeral)) return 0;
  if (token.value % kThousandths != 0) return 0;  // a measured rate, 12.4 / 1h
  const std::int64_t count = token.value / kThousandths;
  if (count <= 0 || count > kLargestCount) return 0;
  const bool of_time = unit(at(i + 1).is(Kind::word) ? at(i + 1).word : Word::other) > 0ms;
  return of_time || at(i + 1).is(Word::size) ? 0 : static_cast<int>(count);
}

int Sentence::count_before(std::size_t i) const {
  constexpr int kMostBetween = 5;
  for (int steps = 0; steps < kMostBetween && inside(i - 1); ++steps) {
    --i;
    if (const int count = count_at(i)) return count;
    const Token& token = at(i);
    // "Only one message per connection"
    const bool alone = i == where_.begin || said_.at(i - 1).is_mark('=') ||
                       said_.is(i - 1, {Word::only, Word::max, Word::than, Word::about});
    if (token.is(Word::one) && alone && is_counted(at(i + 1))) return 1;
    const bool part = is_counted(token) || token.is(Word::other) || token.is(Word::about) ||
                      token.is(Word::concurrent) || token.is(Word::mailbox) ||
                      token.is(Word::sending) || token.is(Word::many) || token.is_mark('-');
    if (!part) return 0;
  }
  return 0;
}

int Sentence::count_behind(std::size_t i) const {
  constexpr int kMostBetween = 6;
  for (int steps = 0; steps < kMostBetween && inside(i); ++steps, ++i) {
    int count = count_at(i);
    if (count > 0) {
      if (at(i + 1).is_mark('/') && count_at(i + 2) > 0) count = count_at(i + 2);
      return count;
    }
    const Token& token = at(i);
    const bool part = token.is_mark('(') || token.is_mark('=') || token.is_mark(',') ||
                      token.is(Word::limit) || token.is(Word::max) || token.is(Word::exceed) ||
                      token.is(Word::quota) || token.is(Word::sending) || token.is(Word::about) ||
                      token.is(Word::only) || is_counted(token) || token.is(Word::concurrent) ||
                      token.is(Word::number) || token.is(Word::other);
    if (!part) return 0;
  }
  return 0;
}

int Sentence::count_of_limit(Word counted) const {
  // "Too many connections. Maximum is 10"
  const std::size_t next = where_.end + 1;
  std::size_t end = where_.end;
  if (said_.is(next, {Word::max, Word::limit}) && !is_counted(at(next + 1))) end = next + 5;
  for (std::size_t i = where_.begin; i < end; ++i) {
    const int count = count_at(i);
    if (count == 0 || (is_counted(at(i + 1)) && at(i + 1).word != counted)) continue;
    if (i > next && said_.any(next, i, {Word::max, Word::limit})) return count;
    if (near(i, 3, 0, {Word::max, Word::limit, Word::only, Word::than}) ||
        said_.is(i + 1, {Word::max})) {
      return count;
    }
  }
  return 0;
}

bool Sentence::is_ours() const {
  if (any({Word::ip})) return true;
  for (std::size_t i = where_.begin; i < where_.end; ++i) {
    if (at(i).is(Kind::address)) return true;
    if (!near(i, 0, 3, {Word::host})) continue;
    if (at(i).is(Word::your)) return true;
    // "from this host" is ours, "to this host" is theirs.
    if (at(i).is(Word::this_) && near(i, 1, 0, {Word::from, Word::for_, Word::per})) return true;
    if (said_.is(i, {Word::from, Word::per, Word::every}) && said_.is(i + 1, {Word::host})) {
      return true;
    }
  }
  return false;
}

std::optional<HintScope> Sentence::scope_of_rate() const {
  if (any({Word::receiving, Word::their})) return HintScope::recipient;
  if (is_ours()) return HintScope::address;
  if (any({Word::sender})) return HintScope::pair;
  if (any({Word::domain})) return HintScope::destination;
  if (any({Word::mailbox}) && !any({Word::sending, Word::your})) return HintScope::recipient;
  return std::nullopt;
}

std::optional<HintScope> Sentence::scope_of_crowd() const {
  if (is_ours() || any({Word::your, Word::from})) return HintScope::address;
  return std::nullopt;
}

}  // namespace tenax::scheduler::hints

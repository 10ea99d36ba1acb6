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
  const std::size_t place = place_before(i);
  return place == i ? 0 : std::max(count_at(place), 1);  // 1: "one message"
}

/// The number of count_before(); i: there is none.
std::size_t Sentence::place_before(const std::size_t i) const {
  constexpr std::size_t kMostBetween = 5;
  std::size_t place = i;
  while (i - place < kMostBetween && inside(place - 1)) {
    --place;
    if (count_at(place) > 0) return place;
    const Token& token = at(place);
    // "Only one message per connection"
    const bool alone = place == where_.begin || said_.at(place - 1).is_mark('=') ||
                       said_.is(place - 1, {Word::only, Word::max, Word::than, Word::about});
    if (token.is(Word::one) && alone && is_counted(at(place + 1))) return place;
    // "20 messages allowed each hour"
    const bool limit = place + 1 == i && said_.is(place, {Word::limit, Word::accepted});
    const bool part = is_counted(token) || token.is(Word::other) || token.is(Word::about) ||
                      token.is(Word::concurrent) || token.is(Word::mailbox) ||
                      token.is(Word::sending) || token.is(Word::many) || token.is_mark('-');
    if (!part && !limit) return i;
  }
  return i;
}

bool Sentence::is_limit_before(std::size_t i) const {
  const std::size_t place = place_before(i);
  return place != i && is_of_limit(place);
}

Word Sentence::noun_before(std::size_t i, Word otherwise) const {
  constexpr std::size_t kReach = 5;
  for (std::size_t j = i; j > 0 && i - j < kReach && !at(j - 1).is_mark('.');) {
    if (is_counted(at(--j))) return at(j).word;
  }
  return otherwise;
}

/// "limit: 100", "maximum is 100", "the permitted 300", "20 max".
bool Sentence::is_of_limit(std::size_t number) const {
  std::size_t before = number;
  while (before > 0 && (said_.is(before - 1, {Word::is, Word::about, Word::from}) ||
                        said_.at(before - 1).is_mark('=') || said_.at(before - 1).is_mark('('))) {
    --before;
  }
  if (before > 0 && said_.is(before - 1, {Word::limit, Word::max, Word::only, Word::than,
                                          Word::quota, Word::accepted})) {
    return true;
  }
  const std::size_t behind = number + (is_counted(at(number + 1)) ? 2 : 1);
  return said_.is(behind, {Word::max, Word::limit, Word::accepted});
}

std::optional<StatedLimit> Sentence::stated_limit_in(Clause where) const {
  for (std::size_t i = where.begin; i < where.end; ++i) {
    const int count = count_at(i);
    if (count == 0 || !is_of_limit(i)) continue;
    const bool noun = is_counted(at(i + 1));
    std::size_t behind = i + (noun ? 2 : 1);
    if (said_.is(behind, {Word::max, Word::limit, Word::accepted})) ++behind;
    // "Limit 10/minute", "5 concurrent ..": of something else
    const bool other =
        at(behind).is_mark('/') || at(behind).is_mark('-') ||
        said_.is(behind, {Word::per, Word::in, Word::within, Word::every, Word::over, Word::one,
                          Word::this_, Word::hourly, Word::daily, Word::concurrent, Word::sending,
                          Word::mailbox, Word::at, Word::failure});
    // "too many recipients (20 max), 100 messages per hour"
    if (!other) return StatedLimit{count, noun ? at(i + 1).word : noun_before(i, Word::other)};
  }
  return std::nullopt;
}

std::optional<StatedLimit> Sentence::stated_limit() const {
  if (const auto here = stated_limit_in(where_)) return here;
  constexpr std::size_t kReach = 8;
  const std::size_t next = where_.end + 1;
  std::size_t end = next;
  while (end < next + kReach && !at(end).is_mark('.')) ++end;
  if (const auto behind = stated_limit_in({next, end})) return behind;
  if (where_.begin < 2 || !any({Word::sending, Word::seen})) return std::nullopt;
  std::size_t begin = where_.begin - 1;
  while (begin > 0 && where_.begin - begin < kReach && !at(begin - 1).is_mark('.')) --begin;
  return stated_limit_in({begin, where_.begin - 1});
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
    // "limit of 100", "Limit von 100"; but "per hour from 3 hosts"
    const bool joint = said_.is(i, {Word::is, Word::from}) &&
                       said_.is(i - 1, {Word::limit, Word::max, Word::quota});
    if (!part && !joint) return 0;
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

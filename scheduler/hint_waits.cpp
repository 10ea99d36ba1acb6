// SPDX-License-Identifier: Apache-2.0
// "Try again in 300 seconds", "greylisted for 5 minutes", "come back at 14:30 UTC". A length or a
// moment alone says nothing: what stands before and behind it makes it a wait.
#include <algorithm>
#include <optional>

#include "scheduler/hint_rules.h"
#include "scheduler/hint_time.h"

namespace tenax::scheduler::hints {

namespace {

using namespace std::chrono_literals;
using Kind = Token::Kind;

constexpr double kAskedBehind = 0.9;     // "in 5 minutes try again"
constexpr double kSecondsAssumed = 0.5;  // "retry=300"
constexpr double kTooShort = 0.5;        // "retry in 5": seconds, minutes?
constexpr double kVeryLong = 0.5;        // of more than two days; few mean it

bool asks_to_retry(const Said& said, std::size_t begin, std::size_t end) {
  return said.any(
      begin, end,
      {Word::again, Word::retry, Word::try_, Word::attempt, Word::back, Word::later, Word::wait});
}

bool says_blocked(const Said& said, std::size_t begin, std::size_t end) {
  return said.any(begin, end,
                  {Word::greylisted, Word::blocked, Word::delayed, Word::rejected, Word::throttled,
                   Word::delay});
}

/// What stands before a length or a moment, fillers skipped.
struct Before {
  std::size_t at = 0;    // one behind the token meant; 0: nothing stands before it
  bool of_past = false;  // "the last 10 minutes"
};

Before before(const Said& said, std::size_t i) {
  Before found{i, false};
  bool at_least = false;
  while (found.at > 0) {
    const Token& token = said.at(found.at - 1);
    if (token.is(Word::last)) {
      found.of_past = true;
    } else if (token.is(Word::about) || token.is(Word::next)) {
      at_least = true;
    } else if (token.is(Word::from) && said.at(found.at - 2).is(Word::about)) {
      at_least = true;  // "nach Ablauf von"
    } else if (!(token.is(Word::at) && at_least) && !token.is_mark(',')) {
      break;
    }
    --found.at;
  }
  return found;
}

class WaitReader {
 public:
  WaitReader(const Said& said, std::size_t i, std::size_t end)
      : said_(said), before_(before(said, i)), clause_(said.clause(i)), i_(i) {
    last_ = end;
    end_ = end;
    while (said_.at(end_).is_mark(')') || said_.at(end_).is_mark(',')) ++end_;
    const std::size_t near = i_ > kNear ? i_ - kNear : 0;
    near_ = std::max(near, clause_.begin);
    retry_ = asks_to_retry(said_, clause_.begin, clause_.end);
    retry_before_ = asks_to_retry(said_, near_, i_);
    retry_behind_ = asks_to_retry(said_, end_, std::min(end_ + kNear, clause_.end));
    blocked_ = says_blocked(said_, clause_.begin, clause_.end);
  }

  /// How surely the length at i is one to wait for; 0: not at all.
  [[nodiscard]] double of_length() const {
    if (is_of_something_else()) return 0;
    const double by_word = before_.at == 0 ? 0 : by_word_before(said_.at(before_.at - 1));
    return std::max(by_word, by_word_behind());
  }

  /// The same for the moment at i.
  [[nodiscard]] double of_moment() const {
    if (is_of_something_else() || before_.at == 0) return 0;
    const bool meant = retry_ || blocked_ || greylisted() || accepted() || limited();
    if (joins({Word::until, Word::before}) || is_no_sooner()) return meant ? kCertain : 0;
    if (joins({Word::after})) return meant && is_asked_for(true) ? kCertain : 0;
    if (!is_asked_for(false)) return is_named_value() ? kCertain : 0;
    if (joins({Word::at, Word::from})) return kCertain;
    if (is_named_value()) return kCertain;  // "Retry-After: Tue, 24 Nov .."
    // "on Tue, 24 Nov ..", "try again tomorrow", "resets 2026-11-24 14:30"
    return (retry_ || accepted() || limited()) &&
                   (said_.at(i_).is(Word::tomorrow) || said_.at(i_).is(Kind::date))
               ? kLikely
               : 0;
  }

  /// A number without unit: "retry=300", "retry after 300".
  [[nodiscard]] double of_number() const {
    if (before_.at != i_ || i_ == 0 || is_of_something_else()) return 0;
    const Token& behind = said_.at(end_);
    if (!behind.is(Kind::mark) || behind.is_mark('-') || behind.is_mark('/')) return 0;
    if (joins({Word::in, Word::in_a, Word::after, Word::for_})) {
      return said_.is(i_ - 2, {Word::retry, Word::again, Word::wait, Word::back, Word::greylisted,
                               Word::try_, Word::attempt})
                 ? kSecondsAssumed
                 : 0;
    }
    return is_named_value() || joins({Word::wait}) ? kSecondsAssumed : 0;
  }

  [[nodiscard]] bool joined_by(Word word) const {
    return before_.at > 0 && said_.at(before_.at - 1).is(word);
  }

  /// "wait till 08:59", said at 09:03: by the server's clock it is not over yet.
  [[nodiscard]] bool is_just_over(const Stretch& moment) const {
    constexpr mail::Duration kSkew = 10min;
    return moment.any_day && moment.length > 24h - kSkew &&
           joins({Word::until, Word::after, Word::before});
  }

 private:
  static constexpr std::size_t kNear = 5;

  [[nodiscard]] bool joins(std::initializer_list<Word> words) const {
    return before_.at > 0 && said_.is(before_.at - 1, words);
  }
  [[nodiscard]] bool greylisted() const {
    return said_.any(0, said_.tokens.size(), {Word::greylisted});
  }
  [[nodiscard]] bool accepted() const {
    return said_.any(clause_.begin, clause_.end, {Word::accepted, Word::expires});
  }
  /// "Rate limited until 14:30"
  [[nodiscard]] bool limited() const {
    return said_.any(clause_.begin, clause_.end,
                     {Word::limit, Word::exceed, Word::quota, Word::rate, Word::too_many});
  }
  [[nodiscard]] bool is_of_something_else() const {
    // "delayed: not delivered for 4 hours" tells how long it lay.
    const bool lay = !retry_ && said_.any(near_, i_, {Word::delivered});
    return lay || is_of_a_count() || is_late() || before_.of_past || said_.is(end_, {Word::ago}) ||
           expires() || is_of_another_matter() || is_end_of_window();
  }

  /// "timed out after 5 minutes", "valid for 4 hours"; not "timeout, retry in 10 minutes".
  [[nodiscard]] bool is_of_another_matter() const {
    bool blocked = false;  // "wrong password, blocked for 5 minutes"
    for (std::size_t i = i_; i-- > near_;) {
      if (asks(i)) return false;
      if (said_.is(i, {Word::timeout, Word::ago})) return true;
      blocked = blocked || says_blocked(said_, i, i + 1);
      const bool due = said_.is(i, {Word::due}) && !said_.is(i + 1, {Word::about});  // "due to"
      if ((due || said_.is(i, {Word::valid})) && !blocked) return true;
    }
    return false;
  }

  /// "after 5 minutes and before 4 hours"
  [[nodiscard]] bool is_end_of_window() const {
    return joins({Word::before, Word::until}) && before_.at > 1 &&
           said_.is(before_.at - 2, {Word::and_});
  }

  /// "try again at 14:30"; not "deferred at 08:15", "first attempt at 08:40": what stands next to
  /// the moment tells. `otherwise`, if nothing does.
  [[nodiscard]] bool is_asked_for(bool otherwise) const {
    bool others = false;  // "try again later, we had a problem at 08:15"
    for (std::size_t i = i_; i-- > clause_.begin;) {
      if (said_.at(i).is_mark(',') && others) break;
      others = others || said_.is(i, {Word::other});
      if (said_.is(i, {Word::attempt})) {
        return said_.any(i - std::min<std::size_t>(i, 2), i,
                         {Word::next, Word::again, Word::retry, Word::try_});
      }
      if (asks(i)) return true;
      if (tells(i)) return false;
    }
    // "At 14:30, please try again", but not "a problem at 08:15, please try again"
    const bool opens = before_.at <= clause_.begin + 2;
    if (said_.at(last_).is_mark(',') && !opens) return otherwise;
    for (std::size_t i = end_; i < clause_.end && !said_.at(i).is_mark(','); ++i) {
      if (asks(i) || said_.is(i, {Word::attempt})) return true;
      if (tells(i)) return false;
    }
    return otherwise;
  }
  [[nodiscard]] bool asks(std::size_t i) const {
    return asks_to_retry(said_, i, i + 1) ||
           said_.is(i, {Word::accepted, Word::expires, Word::ends, Word::remaining}) ||
           // "limit reached, next window starts at 14:30"; not "maintenance starts"
           (said_.is(i, {Word::begins}) && limited());
  }
  [[nodiscard]] bool tells(std::size_t i) const {
    return says_blocked(said_, i, i + 1) ||
           said_.is(i, {Word::delivered, Word::seen, Word::receiving, Word::closing, Word::listed,
                        Word::failure, Word::last, Word::exceed});
  }

  /// "blocked: 412 complaints in 24 hours" tells how much came in that time; so do "3 bad logins in
  /// 10 minutes", whatever is asked for behind it.
  [[nodiscard]] bool is_of_a_count() const {
    constexpr std::size_t kReach = 4;
    if (!joins({Word::in, Word::in_a})) return false;
    const std::size_t joint = before_.at - 1;
    bool failures = false;
    for (std::size_t back = 1; back <= kReach && joint >= clause_.begin + back; ++back) {
      const Token& token = said_.at(joint - back);
      if (token.is(Kind::number)) {
        return back > 1 && (failures || (!retry_ && !greylisted() && !accepted()));
      }
      if (!token.is(Kind::word) || asks(joint - back)) return false;
      failures = failures || token.is(Word::failure);
    }
    return false;
  }

  /// "delivery has been delayed 4 hours": so long already. Minutes are what a server makes of it.
  [[nodiscard]] bool is_late() const {
    if (retry_ || greylisted() || accepted() || last_ == 0) return false;
    const Token& unit_at = said_.at(last_ - 1);
    const mail::Duration one =
        unit_at.is(Kind::length) ? mail::Duration{unit_at.value} : unit(unit_at.word);
    return one >= 1h && said_.any(near_, i_, {Word::delayed}) &&
           said_.any(clause_.begin, i_, {Word::message});
  }

  /// "Your password expires in 5 days"; but a block or a limit may.
  [[nodiscard]] bool expires() const {
    const std::size_t all = said_.tokens.size();
    if (!said_.any(near_, i_, {Word::expires})) return false;
    if (said_.any(near_, i_, {Word::credential})) return true;
    if (says_blocked(said_, 0, all)) return false;
    const bool listing = said_.any(near_, i_, {Word::listed});
    const bool quota =
        said_.any(0, all, {Word::quota}) && !said_.any(0, all, {Word::mailbox, Word::size});
    return !listing && !quota && !said_.any(0, all, {Word::limit, Word::exceed, Word::rate});
  }
  /// "not earlier than", "no sooner than"
  [[nodiscard]] bool is_no_sooner() const {
    return joins({Word::than}) && before_.at > 1 && said_.is(before_.at - 2, {Word::before});
  }

  /// "retry=", "wait: ", "greylisting delay: "
  [[nodiscard]] bool is_named_value() const {
    if (before_.at < 2) return false;
    const Token& joint = said_.at(before_.at - 1);
    if (!joint.is_mark('=') && !joint.is(Word::is)) return false;
    std::size_t name = before_.at - 2;
    if (said_.at(name).is(Word::other) && name > 0) --name;  // "ban time: "
    return said_.is(name, {Word::retry, Word::blocked, Word::delayed, Word::wait, Word::delay,
                           Word::remaining, Word::after, Word::greylisted, Word::again, Word::in,
                           Word::in_a, Word::later, Word::throttled});
  }

  [[nodiscard]] double by_word_before(const Token& word) const {
    if (is_named_value()) return kClear;
    if (word.is_mark('(') || (word.is_mark('-') && greylisted()))
      return greylisted() || retry_ ? kLikely : 0;
    if (!word.is(Kind::word)) return 0;
    switch (word.word) {
      case Word::in:
      case Word::in_a:
      case Word::after:
        if (retry_before_) return kCertain;
        if (retry_behind_) return kAskedBehind;
        if (retry_) return kLikely;  // "100 messages in a 1h window, please retry"
        if (accepted() || greylisted()) return kClear;
        // Who suspends a user speaks of bills and deletions.
        return blocked_ && !said_.any(clause_.begin, clause_.end, {Word::mailbox}) ? kClear : 0;
      case Word::later:  // Chinese: "later 30 minutes again"
        return said_.is(end_, {Word::retry, Word::again, Word::try_}) ? kClear : 0;
      case Word::between:  // and no later than
      case Word::over:     // Dutch, Romanian
      case Word::at:       // Swedish: "om 5 minuter"
        return retry_ ? kLikely : 0;
      case Word::for_:
      case Word::per:  // Spanish, Italian
        if (blocked_) return kCertain;
        if (greylisted() || said_.any(near_, i_, {Word::wait, Word::listed})) return kClear;
        return word.word == Word::per && retry_ ? kClear : 0;
      case Word::than: return retry_ && is_no_sooner() ? kClear : 0;
      case Word::until:
      case Word::before: return retry_ ? kClear : 0;
      case Word::wait: return kCertain;
      case Word::remaining: return retry_ || blocked_ ? kClear : 0;
      case Word::delay: return retry_ || greylisted() ? kClear : kGuess;
      case Word::blocked:
      case Word::delayed:  // "delayed 10 minutes"
      case Word::greylisted:
      case Word::retry:
      case Word::again: return kClear;
      case Word::every: return retry_ ? kLikely : 0;
      default: return 0;
    }
  }

  [[nodiscard]] double by_word_behind() const {
    if (said_.is(end_, {Word::remaining})) {
      const bool meant = retry_ || says_blocked(said_, 0, said_.tokens.size());
      return meant ? kClear : 0;
    }
    // "not before 3 minutes have passed"
    const bool must_pass = joins({Word::before, Word::until, Word::after, Word::than}) &&
                           said_.any(end_, end_ + 2, {Word::passed});
    if (must_pass && !is_late()) return kClear;
    const bool behind = said_.is(end_, {Word::later, Word::after}) || said_.is(last_, {Word::wait});
    if (behind) return retry_ ? kClear : 0;
    const bool from_now = said_.is(end_, {Word::from}) && said_.is(end_ + 1, {Word::now});
    const bool before_retry =
        said_.is(end_, {Word::before}) && asks_to_retry(said_, end_ + 1, end_ + 4);
    if (from_now || before_retry) return retry_ ? kClear : 0;
    // "300 Sekunden warten", "5 minutes until retry"
    return said_.is(end_, {Word::until}) && asks_to_retry(said_, end_ + 1, end_ + 4) ? kClear : 0;
  }

  const Said& said_;
  Before before_;
  Clause clause_;
  std::size_t i_ = 0;
  std::size_t last_ = 0;  // the token behind the length; end_: behind its brackets and commas
  std::size_t end_ = 0;
  std::size_t near_ = 0;
  bool retry_ = false;
  bool retry_before_ = false;
  bool retry_behind_ = false;
  bool blocked_ = false;
};

/// "after 14:30:00" names a time of day; "after 00:04:59" cannot.
bool is_length_of_clock(const Said& said, std::size_t i, const WaitReader& read) {
  constexpr std::int64_t kHour = 3'600'000;
  if (said.at(i).of_day || said.at(i + 1).is(Kind::zone)) return false;
  if (said.at(i + 1).is(Kind::word) && said.at(i + 1).zone) return false;
  if (read.joined_by(Word::at) || read.joined_by(Word::until)) return false;
  if (read.joined_by(Word::before) || read.joined_by(Word::from)) return false;
  if (read.joined_by(Word::between)) return false;
  return !read.joined_by(Word::after) || (said.at(i).parts == 3 && said.at(i).value < kHour);
}

void add(std::vector<Hint>& found, mail::Duration wait, double confidence) {
  if (confidence <= 0 || wait <= 0ms || wait > kLongestWait) return;
  if (wait > 48h) confidence *= kVeryLong;
  found.push_back({HintKind::wait, HintScope::recipient, wait, 0, confidence});
}

std::size_t read_clock(const Said& said, std::size_t i, mail::WallTime now,
                       std::vector<Hint>& found) {
  const WaitReader as_length{said, i, i + 1};
  if (is_length_of_clock(said, i, as_length)) {
    if (const auto length = clock_as_length(said, i)) {
      add(found, length->length, as_length.of_length() * length->sure);
      return length->end;
    }
  }
  const auto moment = moment_at(said, i, now);
  if (!moment) return i + 1;
  const WaitReader read{said, i, moment->end};
  if (read.is_just_over(*moment)) return moment->end;
  add(found, moment->length, read.of_moment() * moment->sure);
  return moment->end;
}

/// "between 5 minutes and 24 hours": behind the second length, of a window's end.
std::size_t behind_window(const Said& said, const WaitReader& read, std::size_t end) {
  if (!read.joined_by(Word::between) || !said.at(end).is(Word::and_)) return end;
  const auto second = length_at(said, end + 1);
  return second ? second->end : end;
}

void read_number(const Said& said, std::size_t i, mail::WallTime now, std::vector<Hint>& found) {
  constexpr std::int64_t kFewSeconds = 30;
  const std::int64_t seconds = said.at(i).value / kThousandths;
  const WaitReader read{said, i, i + 1};
  // "reset at 1748737501": of 1970 on
  if (const mail::WallTime then{std::chrono::seconds{seconds}}; then > now) {
    add(found, then - now, read.of_moment());
    return;
  }
  const double sure = read.of_number();
  if (seconds <= 0 || seconds > std::chrono::seconds{kLongestWait / 1s}.count()) return;
  add(found, std::chrono::seconds{seconds}, seconds < kFewSeconds ? sure * kTooShort : sure);
}

}  // namespace

void read_waits(const Said& said, const Taken& taken, mail::WallTime now,
                std::vector<Hint>& found) {
  std::size_t i = 0;
  while (i < said.tokens.size()) {
    if (taken[i]) {
      ++i;
    } else if (const auto length = length_at(said, i)) {
      const WaitReader read{said, i, length->end};
      add(found, length->length, read.of_length() * length->sure);
      i = behind_window(said, read, length->end);
    } else if (said.at(i).is(Kind::clock)) {
      i = read_clock(said, i, now, found);
    } else if (const auto moment = moment_at(said, i, now)) {
      add(found, moment->length, WaitReader{said, i, moment->end}.of_moment() * moment->sure);
      i = moment->end;
    } else {
      if (said.at(i).is(Kind::number)) read_number(said, i, now, found);
      if (said.at(i).is(Word::in_a) && unit(said.at(i + 1).word) >= 1min &&
          said.at(i + 2).is(Kind::mark) && !said.at(i + 2).is_mark('-')) {
        add(found, unit(said.at(i + 1).word), WaitReader{said, i + 1, i + 2}.of_length() * kLikely);
      }
      if (said.at(i).is(Word::next) && unit(said.at(i + 1).word) > 0ms) {
        // "in the next hour"
        add(found, unit(said.at(i + 1).word), WaitReader{said, i + 1, i + 2}.of_length() * kLikely);
      }
      ++i;
    }
  }
}

}  // namespace tenax::scheduler::hints

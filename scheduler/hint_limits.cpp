// SPDX-License-Identifier: Apache-2.0
// "Max 100 messages per hour", "too many connections from your IP", "10 per connection". Read
// sentence by sentence.
#include <algorithm>
#include <optional>

#include "scheduler/hint_rules.h"
#include "scheduler/hint_sentence.h"
#include "scheduler/hint_time.h"

namespace tenax::scheduler::hints {

namespace {

using namespace std::chrono_literals;
using Kind = Token::Kind;

/// What was found, and which of it nothing says whom it counts for.
struct Limits {
  std::vector<Hint>& found;
  std::vector<std::size_t> unplaced;
};

/// "100 messages per hour": where the period stands, and whether its words leave room for doubt.
struct Period {
  Clause at;
  mail::Duration length{};
  bool strict = false;  // per, a slash; not "in", "within"
};

class LimitReader : private Sentence {
 public:
  LimitReader(const Said& said, Clause sentence, Taken& taken, Limits& limits)
      : Sentence(said, sentence), said_(said), taken_(taken), limits_(limits) {}

  void read() {
    limited_ = any({Word::too_many, Word::exceed, Word::limit, Word::max, Word::only, Word::than,
                    Word::throttled}) ||
               says_too_many();
    // Asked once: a long sentence that a hostile server wrote may ask a thousand times.
    rated_ = any({Word::rate});
    rate_scope_ = scope_of_rate();
    crowd_scope_ = scope_of_crowd();
    stated_ = stated_limit();
    read_periods();
    read_caps();
    if (!capped_) read_crowds();
    read_speed();
  }

 private:
  /// Enough of one reply, before they are weighed.
  [[nodiscard]] bool full() const { return limits_.found.size() >= 64; }

  void add(HintKind kind, std::optional<HintScope> scope, mail::Duration period, int count,
           double confidence) {
    if (full()) return;
    if (!scope) limits_.unplaced.push_back(limits_.found.size());
    // A limit of rate is most often one of the client, one of connections of the server.
    const HintScope usual = kind == HintKind::rate ? HintScope::address : HintScope::host;
    limits_.found.push_back({kind, scope.value_or(usual), period, count, confidence});
  }

  // --- so many in a period --------------------------------------------------------------------

  /// At i begins the name of a period: "per hour", "/h", "in 60 seconds", "this hour", "hourly".
  [[nodiscard]] std::optional<Period> period_at(std::size_t i) const {
    if (at(i).is(Word::hourly)) return Period{{i, i + 1}, 1h, false};
    if (at(i).is(Word::daily)) return Period{{i, i + 1}, 24h, false};
    // "its 24-hour sending limit"
    if (const auto length = length_at(said_, i);
        length && is(length->end, {Word::limit, Word::sending, Word::rate})) {
      return Period{{i, length->end}, length->length, false};
    }
    const bool strict = at(i).is(Word::per) || at(i).is_mark('/');
    const bool loose =
        is(i, {Word::in, Word::within, Word::over, Word::last, Word::this_, Word::every}) ||
        (at(i).is(Word::one) && inside(i - 1) && is_counted(at(i - 1)));
    if (!strict && !loose) return std::nullopt;
    std::size_t start = i + 1;
    while (is(start, {Word::about, Word::last, Word::this_, Word::next})) ++start;
    if (const auto length = length_at(said_, start)) {
      return Period{{i, length->end}, length->length, strict};
    }
    if (!at(start).is(Kind::word)) return std::nullopt;
    const mail::Duration one = unit(at(start).word);
    // "in hours" is none; "in the last hour" is one.
    if (one < 1s || (at(i).is(Word::in) && start == i + 1)) return std::nullopt;
    return Period{{i, start + 1}, one, strict};
  }

  /// "Too many connections, try again in 5 minutes" is no rate.
  [[nodiscard]] bool asks_to_wait_before(std::size_t i) const {
    return near(i, 6, 0,
                {Word::again, Word::retry, Word::try_, Word::attempt, Word::wait, Word::back,
                 Word::later, Word::blocked, Word::delayed, Word::greylisted});
  }

  /// "Zu viele Nachrichten, bitte in 60 Minuten erneut versuchen"
  [[nodiscard]] bool asks_to_wait_behind(std::size_t i) const {
    return at(i).is(Word::again) && is(i + 1, {Word::try_, Word::attempt, Word::retry});
  }

  [[nodiscard]] bool counts_before(std::size_t i) const {
    constexpr std::size_t kReach = 12;
    const Clause span = around(i, kReach, 0);
    return said_.any(span.begin, span.end,
                     {Word::message, Word::connection, Word::recipients, Word::transaction,
                      Word::rate, Word::limit, Word::sending, Word::quota});
  }

  void read_periods() {
    for (std::size_t i = begin(); i < end(); ++i) {
      const auto period = period_at(i);
      if (!period || period->length <= 0ms || period->length > kLongestWait) continue;
      if (read_period(*period)) {
        for (std::size_t t = period->at.begin; t < period->at.end; ++t) taken_[t] = true;
        has_period_ = true;
        i = period->at.end - 1;
      }
    }
  }

  /// "Max 100 messages per hour". Of "120 messages in the last hour, limit: 100" the limit: the
  /// other number tells what was sent.
  [[nodiscard]] int count_in(const Period& period) const {
    const std::size_t begin = period.at.begin;
    const int before = count_before(begin);
    if (before > 0 && is_limit_before(begin)) return before;
    if (stated_ && (stated_->counted == Word::other ||
                    stated_->counted == noun_before(begin, Word::message))) {
      return stated_->count;
    }
    return before > 0 ? before : count_behind(period.at.end);
  }

  /// "100 messages in the last hour were spam"
  [[nodiscard]] bool were_failures(std::size_t i) const {
    for (std::size_t j = i; j < i + 3 && at(j).is(Kind::word); ++j) {
      if (at(j).is(Word::failure)) return true;
    }
    return false;
  }

  bool read_period(const Period& period) {
    const std::size_t begin = period.at.begin;
    if (near(begin, 3, 0, {Word::failure, Word::size, Word::timeout})) return false;
    const int count = count_in(period);
    if (period.strict) {
      if (count == 0 && !limited_ && !rated_) return false;
    } else {
      if (asks_to_wait_before(begin) || asks_to_wait_behind(period.at.end)) return false;
      if (!counts_before(begin + 3)) return false;
      const bool counted = near(begin, 4, 0, {Word::message, Word::connection, Word::recipients});
      if (were_failures(period.at.end)) return false;
      if (!limited_ && (count == 0 || !counted)) return false;
    }
    double sure = count > 0 ? (period.strict ? kCertain : kClear) : kLikely;
    // "Your name changed 3 times per hour": perhaps too often, perhaps not.
    if (!limited_ && !rated_ && !counts_before(begin)) sure = kGuess;
    add(HintKind::rate, rate_scope_, period.length, count, sure);
    return true;
  }

  // --- so many in one connection, or of one message ---------------------------------------------

  void read_caps() {
    for (std::size_t i = begin(); i < end(); ++i) {
      const bool each = is(i, {Word::per, Word::every}) || at(i).is_mark('/');
      if (!each && !is(i, {Word::this_, Word::one})) continue;
      std::size_t of = i + 1;
      while (of - i <= 3 && is(of, {Word::other, Word::this_, Word::one, Word::about})) ++of;
      if (of - i > 3 || !inside(of)) continue;
      if (near(i, 4, 0, {Word::failure, Word::size, Word::rate, Word::closing})) continue;
      if (at(of).is(Word::connection)) {
        read_cap(HintKind::per_connection, i, of, each);
      } else if (at(of).is(Word::transaction) || at(of).is(Word::message)) {
        read_cap(HintKind::per_transaction, i, of, each);
      }
    }
  }

  void read_cap(HintKind kind, std::size_t i, std::size_t of, bool each) {
    int count = each ? count_before(i) : 0;
    const Clause span = around(i, 6, 0);
    const bool counted =
        kind == HintKind::per_connection
            ? said_.any(span.begin, i, {Word::message, Word::recipients, Word::transaction})
            : said_.any(span.begin, i, {Word::recipients});
    if (count == 0 && !(counted && limited_)) return;
    if (count > 0 && kind == HintKind::per_transaction && !counted && at(of).is(Word::message) &&
        !limited_) {
      return;  // "5 per message" of what?
    }
    std::size_t noun = i;  // "20 messages for this connection"
    while (inside(noun - 1) && is(noun - 1, {Word::for_, Word::in, Word::other})) --noun;
    if (count == 0) count = count_before(noun);
    if (count == 0) count = count_behind(of + 1);
    add(kind, HintScope::host, 0ms, count, count > 0 ? kCertain : kClear);
    capped_ = true;
  }

  // --- too many of them -------------------------------------------------------------------------

  /// Is the noun at i one there are too many of?
  [[nodiscard]] bool is_crowd(std::size_t i) const {
    if (near(i, 2, 0, {Word::closing}) ||
        is(i + 1, {Word::rate, Word::size, Word::timeout, Word::failure})) {
      return false;
    }
    const Clause before = around(i, 6, 0);
    bool ran_into = false;  // "exceeded the limit of connections"
    for (std::size_t j = i; j-- > before.begin;) {
      if (is(j, {Word::failure, Word::size, Word::quota, Word::rate, Word::timeout})) {
        return false;
      }
      if (at(j).is_mark('(') || at(j).is_mark(')') || is_counted(at(j))) break;
      if (is(j, {Word::too_many, Word::max, Word::number, Word::concurrent})) {
        return !near(j, 1, 0, {Word::failure, Word::size}) || at(j).is(Word::too_many);
      }
      if (at(j).is(Word::many) && near(j, 1, 0, {Word::too})) return true;
      ran_into = ran_into || (is(j, {Word::limit, Word::exceed}) && i - j <= 4);
    }
    if (ran_into && !at(i).is(Word::message)) return true;
    const Clause behind = around(i, 0, 4);
    for (std::size_t j = i + 1; j < behind.end; ++j) {
      if (is(j, {Word::failure, Word::size, Word::quota, Word::rate})) return false;
      // "Connections: too many"; but in "your message has too many recipients" others are.
      if (too_many_at(j)) {
        return !is_counted(at(j + 1)) && !is_counted(at(j + 2)) && !is_counted(at(j + 3));
      }
      if (is(j, {Word::limit, Word::number}) && j - i <= 2) return limited_;
      if (at(j).is(Word::exceed) && !at(i).is(Word::message)) return j - i <= 2;
    }
    return false;
  }

  /// "(max 10)", "10 connections", "too many connections from your address (10)"
  [[nodiscard]] int count_of_crowd(std::size_t i) const {
    constexpr std::size_t kReach = 6;
    if (const int count = count_of_limit(at(i).word)) return count;
    if (const int count = count_before(i)) return count;
    for (std::size_t j = i + 1; inside(j) && j <= i + kReach; ++j) {
      if (at(j).is_mark('(')) return count_behind(j);
    }
    return 0;
  }

  void read_crowds() {
    for (std::size_t i = begin(); i < end(); ++i) {
      if (!is_counted(at(i)) || !limited_ || full() || !is_crowd(i)) continue;
      if (has_period_) continue;
      const int count = count_of_crowd(i);
      const double sure = count > 0 ? kCertain : kClear;
      if (at(i).is(Word::connection)) {
        add(HintKind::concurrency, crowd_scope_, 0ms, count, sure);
        crowded_ = true;
      } else if (at(i).is(Word::recipients)) {
        // "from": not of this message, but of all that came from us lately.
        if (near(i, 0, 2, {Word::from}) && rate_scope_) {
          add(HintKind::rate, rate_scope_, 0ms, 0, kClear);
        } else {
          add(HintKind::per_transaction, HintScope::host, 0ms, count, sure);
        }
      } else {
        add(HintKind::rate, rate_scope_, 0ms, 0, kClear);
      }
    }
  }

  // --- too fast ---------------------------------------------------------------------------------

  void read_speed() {
    for (std::size_t i = begin(); i < end(); ++i) {
      if (const double sure = speed_at(i); sure > 0) {
        add(HintKind::rate, rate_scope_, 0ms, 0, sure);
      }
    }
  }

  /// "Too many connections, slow down" means the connections.
  [[nodiscard]] double slower() const { return crowded_ ? 0 : kLikely; }

  [[nodiscard]] double speed_at(std::size_t i) const {
    const Token& token = at(i);
    if (!token.is(Kind::word)) return 0;
    switch (token.word) {
      case Word::rate:
        if (near(i, 1, 0, {Word::failure})) return 0;
        if (near(i, 5, 0, {Word::receiving})) return kClear;
        if (near(i, 3, 6,
                 {Word::limit, Word::exceed, Word::unusual, Word::max, Word::throttled,
                  Word::too_many})) {
          return kClear;
        }
        return 0;
      case Word::throttled: return kClear;
      case Word::unusual: return near(i, 0, 4, {Word::volume, Word::number}) ? kClear : 0;
      case Word::fast: return near(i, 1, 0, {Word::too, Word::too_many}) ? kLikely : 0;
      case Word::slow: return at(i + 1).is(Word::down) ? slower() : 0;
      case Word::slower: return slower();
      case Word::sending:
        return near(i, 2, 2, {Word::limit, Word::max, Word::quota}) && near(i, 2, 4, {Word::exceed})
                   ? kLikely
                   : 0;
      case Word::message:
        if (near(i, 5, 5, {Word::size, Word::failure, Word::mailbox, Word::connection})) return 0;
        return near(i, 2, 2, {Word::limit}) && near(i, 3, 3, {Word::exceed}) ? kLikely : 0;
      case Word::volume: return near(i, 2, 2, {Word::exceed, Word::too_many}) ? kLikely : 0;
      default: return 0;
    }
  }

  const Said& said_;
  Taken& taken_;
  Limits& limits_;
  bool limited_ = false;
  bool rated_ = false;
  std::optional<HintScope> rate_scope_;
  std::optional<HintScope> crowd_scope_;
  std::optional<StatedLimit> stated_;
  bool has_period_ = false;
  bool capped_ = false;
  bool crowded_ = false;
};

/// "Too many connections from your IP. Connection limit reached": one sentence says whose.
void place_the_unplaced(Limits& limits, const std::vector<Hint>& known) {
  std::vector<Hint> placed;
  for (std::size_t i = 0; i < limits.found.size(); ++i) {
    const bool unplaced = std::binary_search(limits.unplaced.begin(), limits.unplaced.end(), i);
    if (!unplaced) placed.push_back(limits.found[i]);
  }
  placed.insert(placed.end(), known.begin(), known.end());
  for (const std::size_t i : limits.unplaced) {
    Hint& hint = limits.found[i];
    const auto same = std::find_if(placed.begin(), placed.end(),
                                   [&hint](const Hint& other) { return other.kind == hint.kind; });
    if (same != placed.end()) hint.scope = same->scope;
  }
}

}  // namespace

void read_limits(const Said& said, const std::vector<Hint>& known, Taken& taken,
                 std::vector<Hint>& found) {
  Limits limits{found, {}};
  std::size_t begin = 0;
  while (begin < said.tokens.size()) {
    std::size_t end = begin;
    while (end < said.tokens.size() && !said.at(end).is_mark('.')) ++end;
    LimitReader{said, {begin, end}, taken, limits}.read();
    begin = end + 1;
  }
  place_the_unplaced(limits, known);
}

}  // namespace tenax::scheduler::hints

// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many messages per period a site takes from us, and what to do while it takes none.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mail/time.h"

#include "scheduler/limits.h"

namespace tenax::scheduler {

class LessonForm;

/// What a refusal said of rates and times.
struct Refusal {
  bool of_rate = false;                // in so many words
  bool may_be_rate = true;             // it does not speak of something else
  bool hung_up = false;                // it may as well be us whom it shuts out for a time
  std::optional<Rate> told;            // "(50/h)"
  std::optional<mail::Duration> wait;  // when to come back, if that is believed
};

/// A door that closes when the site refuses everybody, is knocked at by one at a time, and opens
/// with the first that is taken. From what was taken before it closed and from when it opened, the
/// limit is found that is kept to from then on. Concurrency: value.
class Quota {
 public:
  /// `who`: the sender and the destination, for some limits hold for one of them only.
  void accepted(std::uint64_t who, mail::WallTime when);
  void refused(const Refusal& refusal, std::uint64_t who, mail::WallTime when, mail::WallTime now);
  [[nodiscard]] bool closed() const { return closed_since_.has_value(); }

  /// Again and again others were taken while one was refused: its limit is its own.
  [[nodiscard]] bool for_each_his_own() const { return others_passed_ >= 2; }

  [[nodiscard]] bool allows(mail::WallTime now, int in_flight) const;
  /// When allows() may become true by time alone; nullopt: it is, or time does not help.
  [[nodiscard]] std::optional<mail::WallTime> opens(mail::WallTime now, int in_flight) const;

  [[nodiscard]] std::optional<Rate> rate() const { return limits_.narrowest(); }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  /// It said so often when to come back, and that was not true, that it is no longer followed.
  [[nodiscard]] bool words_doubted() const { return broken_words_ >= kWordsToDoubt; }
  [[nodiscard]] std::optional<mail::WallTime> closed_since() const { return closed_since_; }
  [[nodiscard]] mail::WallTime next_knock() const { return probe_at_; }
  [[nodiscard]] mail::Duration gap() const { return gap_; }
  void ask_now(mail::WallTime now) { probe_at_ = std::min(probe_at_, now); }
  void shift(mail::Duration step);
  void describe(LessonForm& form);
  /// Nobody was there for so long: what is known of the moment, and then of the rate, is no more.
  void grow_old(mail::Duration untouched);

 private:
  static constexpr mail::Duration kLongestGap = std::chrono::hours{1};
  static constexpr mail::Duration kLongestProbe = std::chrono::hours{4};
  // Fewer taken before a refusal are no sign of a limit.
  static constexpr int kEnoughToCount = 3;
  static constexpr int kWordsToDoubt = 2;

  void close(const Refusal& refusal, std::uint64_t who, mail::WallTime when, mail::WallTime now);
  void open(mail::WallTime when);
  void note_refused(std::uint64_t who);
  void plan_probe(const Refusal& refusal, mail::WallTime now);
  [[nodiscard]] mail::WallTime next_probe(mail::WallTime now) const;
  [[nodiscard]] mail::WallTime usual_moment(mail::WallTime now) const;
  [[nodiscard]] mail::WallTime after_gap() const;

  /// What there is to learn from, if who was refused is taken, too.
  struct Closure {
    mail::WallTime closed;
    mail::WallTime asked;
    mail::WallTime opened;
    int least = 1;
  };

  Limits limits_;
  std::optional<Closure> lesson_;
  std::uint64_t refused_who_ = 0;  // it closed for
  bool other_opened_ = false;      // and somebody else was taken since, who was refused was not
  int others_passed_ = 0;          // so often that was so, and who was refused was so again
  std::optional<mail::WallTime> closed_since_;
  mail::WallTime last_asked_;    // began, and was refused
  mail::WallTime last_refused_;  // its answer
  mail::WallTime probe_at_;
  mail::Duration pause_{0};  // before the probe
  int refusals_ = 0;         // since it closed
  bool of_rate_ = false;     // one of them said so
  bool may_be_rate_ = true;
  bool hung_up_ = false;  // the last refusal
  bool known_ = false;    // it closed for a limit that is known
  bool by_word_ = false;  // the probe comes when the site said
  int broken_words_ = 0;  // times that it said and that were not true
  // Not kept in lessons: another life checks once more.
  bool words_hold_ = false;                // one was true
  std::optional<mail::WallTime> checked_;  // the moment it named; the probe comes before it
  int run_ = 2;                            // taken since it opened last
  int short_runs_ = 0;                     // openings in a row that ended after one was taken
  mail::Duration last_closure_{0};
  mail::Duration gap_{0};  // between two, at least
  // Not kept in lessons: another life seeks it once more.
  mail::Duration too_short_{0};  // the last gap at which it closed
  mail::Duration::rep narrows_by_ = 8;
  int opening_ = 0;  // after it was closed: so many at once, until it is wide open
};

}  // namespace tenax::scheduler

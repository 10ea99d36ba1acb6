// SPDX-License-Identifier: Apache-2.0
#pragma once
// Something is down: since when, and when it is asked again.

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "mail/time.h"

#include "scheduler/moment.h"

namespace tenax::scheduler {

class LessonForm;

/// Those that are over. Concurrency: value.
struct PastOutages {
  int count = 0;
  mail::Duration last{0};
  mail::Duration longest{0};
  mail::WallTime ended;  // the last one

  void shift(mail::Duration step) { move_along(ended, step); }
};

/// How patiently something that is down is asked: after `share` of the time it has been down.
struct ProbePace {
  mail::Duration first;
  double share;
  mail::Duration longest;

  [[nodiscard]] mail::Duration after(mail::Duration down) const {
    const double part = share * static_cast<double>(down.count());
    if (part >= static_cast<double>(longest.count())) return longest;
    return std::max(first, mail::Duration{static_cast<mail::Duration::rep>(part)});
  }
};

/// A firewall's ban may begin anew with each knock: then nothing but silence ends it. So what has
/// been down for that long is left alone once for so long.
struct Silence {
  mail::Duration down;
  mail::Duration length;
};
inline constexpr std::array<Silence, 2> kSilences = {
    {{std::chrono::hours{6}, std::chrono::minutes{61}},
     {std::chrono::hours{12}, std::chrono::minutes{121}}}};

/// For what mail is to be brought to.
inline constexpr ProbePace kReceiverPace{std::chrono::seconds{30}, 0.12, std::chrono::minutes{12}};

/// What has been down for long will be down for a while longer (the lengths of outages have a heavy
/// tail), so probes grow rarer in proportion: the delay they cause stays a fixed part of the
/// outage, and their number grows with its logarithm. Concurrency: value.
class Outage {
 public:
  void failed(mail::WallTime started, mail::WallTime now, const ProbePace& pace) {
    if (!since_) since_ = started;
    next_probe_ = now + pace.after(now - *since_);
    ++failures_;
  }
  /// It has just failed: is it time to leave it alone? `helped`: such a silence ended its last
  /// outage.
  void keep_silent(mail::WallTime now, mail::Duration helped) {
    const mail::Duration before = std::exchange(down_, now - *since_);
    rest_ = mail::Duration{0};
    const auto is_time = [&](mail::Duration down) { return before < down && down_ >= down; };
    for (const Silence& one : kSilences) {
      if (is_time(one.down)) rest_ = one.length;
    }
    if (helped.count() > 0 && is_time(kSoon)) rest_ = helped;
    if (rest_.count() > 0) next_probe_ = now + rest_;
  }
  static constexpr mail::Duration kSoon = std::chrono::minutes{5};
  void ended() {
    since_.reset();
    failures_ = 0;
    down_ = mail::Duration{0};
  }
  void ask_at(mail::WallTime when) { next_probe_ = when; }
  void shift(mail::Duration step) {
    move_along(since_, step);
    move_along(next_probe_, step);
  }

  void describe(LessonForm& form);

  [[nodiscard]] bool under_way() const { return since_.has_value(); }
  [[nodiscard]] std::optional<mail::WallTime> since() const { return since_; }
  [[nodiscard]] mail::WallTime next_probe() const { return next_probe_; }
  [[nodiscard]] int failures() const { return failures_; }
  /// How long it has been left alone until now; 0: it was asked as usual.
  [[nodiscard]] mail::Duration rest() const { return rest_; }

 private:
  std::optional<mail::WallTime> since_;
  mail::WallTime next_probe_;
  int failures_ = 0;
  // Not kept in lessons: another life is silent once more.
  mail::Duration down_{0};  // when it failed last
  mail::Duration rest_{0};
};

}  // namespace tenax::scheduler

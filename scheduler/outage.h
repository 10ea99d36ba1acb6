// SPDX-License-Identifier: Apache-2.0
#pragma once
// Something is down: since when, and when it is asked again.

#include <algorithm>
#include <chrono>
#include <optional>

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
  void ended() {
    since_.reset();
    failures_ = 0;
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

 private:
  std::optional<mail::WallTime> since_;
  mail::WallTime next_probe_;
  int failures_ = 0;
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A rate the operator has set, kept: when one more may begin (GCRA, the leaky bucket of ATM).

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "mail/time.h"

namespace tenax::scheduler {

/// So many in each period, evenly, and up to `burst` of them at once after a rest.
struct PaceLimit {
  int count = 1;             // >= 1
  mail::Duration period{1};  // > 0
  int burst = 1;             // >= 1
  friend bool operator==(const PaceLimit&, const PaceLimit&) = default;
};

/// In any time T there begin at most burst + T * count / period, whatever the limits were in
/// between, as long as none was wider. Concurrency: value.
class Pace {
 public:
  /// When the next one may begin.
  [[nodiscard]] mail::WallTime opens(const PaceLimit& limit) const {
    return up(earned_ - (limit.burst - 1) * gap(limit));
  }
  /// When the one may begin that has `others` before it.
  [[nodiscard]] mail::WallTime slot(const PaceLimit& limit, int others, mail::WallTime now) const {
    return std::max(up(earned_ + (others + 1 - limit.burst) * gap(limit)), now);
  }
  [[nodiscard]] bool allows(const PaceLimit& limit, mail::WallTime now) const {
    return opens(limit) <= now;
  }
  /// `cost` began together. More than the burst is paid for afterwards.
  void took(const PaceLimit& limit, int cost, mail::WallTime now) {
    earned_ = std::max(earned_, Moment{now}) + cost * gap(limit);
  }
  /// From then on forgetting it would lose nothing.
  [[nodiscard]] mail::WallTime rests_at() const { return up(earned_); }
  void shift(mail::Duration step) { earned_ += step; }

 private:
  // Finer than the dates we give, or 600 a second would be 500.
  using Fine = std::chrono::nanoseconds;
  using Moment = std::chrono::sys_time<Fine>;

  static Fine gap(const PaceLimit& limit) {
    const Fine period = limit.period;
    return Fine{(period.count() + limit.count - 1) / limit.count};
  }
  static mail::WallTime up(Moment when) { return std::chrono::ceil<mail::Duration>(when); }

  Moment earned_{};  // at this moment all that began is paid for
};

}  // namespace tenax::scheduler

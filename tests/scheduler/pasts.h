// SPDX-License-Identifier: Apache-2.0
#pragma once
// What might be recorded of a recipient: written by hand, or by dice under some schedule.

#include <chrono>
#include <optional>
#include <random>
#include <vector>

#include "scheduler/forecast.h"
#include "scheduler/replay.h"

namespace tenax::scheduler {

inline const mail::WallTime kAccepted{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

/// Without jitter, for five days.
inline Schedule listed(std::vector<mail::Duration> delays) {
  Schedule schedule{.policy = {}, .delays = std::move(delays)};
  schedule.policy.jitter = 0.0;
  return schedule;
}

/// Attempts that took no time, at these ages; still waiting where there was no answer.
inline Past a_past(const std::vector<mail::Duration>& deferrals,
                   std::optional<mail::Duration> answer) {
  Past past{.message = mail::QueueId{77},
            .accepted = kAccepted,
            .deferrals = {},
            .answer = {},
            .delivered = answer.has_value(),
            .expired = false,
            .until = kAccepted};
  for (const mail::Duration age : deferrals) {
    past.deferrals.push_back({kAccepted + age, kAccepted + age});
    past.until = kAccepted + age;
  }
  if (answer) {
    past.answer = Past::Try{kAccepted + *answer, kAccepted + *answer};
    past.until = kAccepted + *answer;
  }
  return past;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_{seed} {}

  double part() { return std::uniform_real_distribution<double>{0.0, 1.0}(generator_); }
  mail::Duration upto(mail::Duration most) {
    return mail::Duration{static_cast<std::int64_t>(part() * static_cast<double>(most.count()))};
  }

  Schedule schedule() {
    using namespace std::chrono_literals;
    Schedule schedule;
    schedule.policy.first_delay = 1min + upto(30min);
    schedule.policy.longest_delay = schedule.policy.first_delay + upto(6h);
    schedule.policy.growth = 1.0 + 2.0 * part();
    schedule.policy.jitter = part();
    schedule.policy.lifetime = 1h + upto(72h);
    if (part() < 0.5) return schedule;
    for (int i = 0; i < 1 + static_cast<int>(part() * 6); ++i) {
      schedule.delays.push_back(1min + upto(3h));
    }
    return schedule;
  }

  /// A recipient tried under it and nothing else, at a server that opens its door once, perhaps
  /// never; looked at at some later moment.
  Past recorded_under(const Schedule& schedule) {
    using namespace std::chrono_literals;
    Past past = a_past({}, std::nullopt);
    past.message = mail::QueueId{1 + static_cast<std::int64_t>(part() * 1e12)};
    const mail::WallTime opens = kAccepted + (part() < 0.2 ? 10'000h : upto(80h));
    const mail::WallTime looked_at = kAccepted + (part() < 0.3 ? upto(90h) : 100h);
    std::optional<mail::WallTime> now = kAccepted + upto(2min);
    for (int attempt = 1; now; ++attempt) {
      if (attempt > 1 && *now > looked_at) break;
      const Past::Try one{*now, *now + upto(5min)};
      if (*now >= opens) {
        past.answer = one;
        past.delivered = part() < 0.9;
        past.until = one.finished;
        return past;
      }
      past.deferrals.push_back(one);
      past.until = one.finished;
      now = next_attempt(schedule, {kAccepted, attempt}, one.finished,
                         roll_for(past.message, attempt));
    }
    past.expired = !now.has_value();
    if (!past.expired) past.until = std::max(past.until, looked_at);
    return past;
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace tenax::scheduler

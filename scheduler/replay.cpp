// SPDX-License-Identifier: Apache-2.0
#include "scheduler/replay.h"

#include <algorithm>
#include <cassert>

#include "scheduler/forecast.h"

namespace tenax::scheduler {

namespace {

// Seconds between attempts for weeks: nobody means that, and nothing is learnt from it.
constexpr int kMostAttempts = 10'000;

constexpr mail::Duration kAfterTheDeferral{1};

mail::Duration took(const Past& past, int attempt) {
  const std::vector<Past::Try>& tries = past.deferrals;
  if (tries.empty()) return past.answer->took();
  const auto number = static_cast<std::size_t>(attempt - 1);
  return tries[std::min(number, tries.size() - 1)].took();
}

}  // namespace

std::optional<mail::WallTime> next_attempt(const Schedule& schedule, const History& history,
                                           mail::WallTime now, double roll) {
  if (schedule.delays.empty()) return next_attempt(schedule.policy, history, now, roll);
  RetryPolicy fixed = schedule.policy;
  fixed.schedule = schedule.delays;
  return next_attempt(fixed, history, now, roll);
}

std::optional<mail::WallTime> door_of(const Past& past, Guess guess) {
  if (!past.answer) return std::nullopt;
  const mail::WallTime latest = past.answer->started;
  if (past.deferrals.empty() || guess == Guess::worst) return latest;
  // A clock that was set back meanwhile leaves no gap.
  const mail::WallTime earliest =
      std::min(past.deferrals.back().finished + kAfterTheDeferral, latest);
  if (guess == Guess::best) return earliest;
  return earliest + (latest - earliest) / 2;
}

Replayed replay(const Schedule& schedule, const Past& past, std::optional<mail::WallTime> door) {
  assert(!past.deferrals.empty() || past.answer);
  Replayed result;
  mail::WallTime now =
      past.deferrals.empty() ? past.answer->started : past.deferrals.front().started;
  while (result.attempts < kMostAttempts) {
    if (!door && now > past.until) return result;
    const int attempt = ++result.attempts;
    if (door && now >= *door) {
      result.end = Replayed::End::answered;
      result.when = now + past.answer->took();
      return result;
    }
    const std::optional<mail::WallTime> next =
        next_attempt(schedule, {past.accepted, attempt}, now + took(past, attempt),
                     roll_for(past.message, attempt));
    if (!next) {
      result.end = Replayed::End::expired;
      return result;
    }
    now = *next;
  }
  return result;
}

}  // namespace tenax::scheduler

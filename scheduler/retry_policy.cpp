// SPDX-License-Identifier: Apache-2.0
#include "scheduler/retry_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tenax::scheduler {

namespace {

using Seconds = std::chrono::duration<double>;

// A policy of zeros must still let time pass between two attempts.
constexpr mail::Duration kShortestDelay{1};

mail::Duration delay_after(const RetryPolicy& policy, int attempts, double roll) {
  const double steps = std::max(attempts - 1, 0);
  // Past some hundred attempts the power is infinite, and the longest delay is the smaller one.
  const Seconds grown = Seconds{policy.first_delay} * std::pow(policy.growth, steps);
  const Seconds delay =
      std::min(grown, Seconds{policy.longest_delay}) * (1.0 + policy.jitter * roll);
  return std::max(kShortestDelay, std::chrono::duration_cast<mail::Duration>(delay));
}

}  // namespace

std::optional<mail::WallTime> next_attempt(const RetryPolicy& policy, const History& history,
                                           mail::WallTime now, double roll) {
  assert(history.attempts >= 0);
  assert(roll >= 0.0 && roll < 1.0);

  const mail::WallTime end = end_of_life(policy, history.accepted);
  if (now >= end) return std::nullopt;
  return std::min(now + delay_after(policy, history.attempts, roll), end);
}

std::optional<mail::WallTime> next_delay_notice(const RetryPolicy& policy, mail::WallTime accepted,
                                                mail::WallTime now) {
  const mail::WallTime end = end_of_life(policy, accepted);
  std::optional<mail::WallTime> next;
  for (const mail::Duration age : policy.delay_notices) {
    const mail::WallTime when = accepted + age;
    if (when > now && when < end && (!next || when < *next)) next = when;
  }
  return next;
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/retry_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace tenax::scheduler {

namespace {

using Seconds = std::chrono::duration<double>;

// A policy of zeros must still let time pass between two attempts.
constexpr mail::Duration kShortestDelay{1};

Seconds unstretched(const RetryPolicy& policy, int attempts) {
  const auto steps = static_cast<std::size_t>(std::max(attempts - 1, 0));
  const std::vector<mail::Duration>& fixed = policy.schedule;
  if (!fixed.empty()) return Seconds{fixed[std::min(steps, fixed.size() - 1)]};
  // Past some hundred attempts the power is infinite, and the longest delay is the smaller one.
  const Seconds grown =
      Seconds{policy.first_delay} * std::pow(policy.growth, static_cast<double>(steps));
  return std::min(grown, Seconds{policy.longest_delay});
}

mail::Duration delay_after(const RetryPolicy& policy, int attempts, double roll) {
  const Seconds delay = unstretched(policy, attempts) * (1.0 + policy.jitter * roll);
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

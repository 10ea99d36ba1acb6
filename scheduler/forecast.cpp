// SPDX-License-Identifier: Apache-2.0
#include "scheduler/forecast.h"

#include <algorithm>

#include "scheduler/mix.h"

namespace tenax::scheduler {

double roll_for(mail::QueueId message, int attempts) {
  const auto id = static_cast<std::uint64_t>(message.value);
  return fraction(mix(id) ^ static_cast<std::uint64_t>(attempts));
}

Forecast forecast(const RetryPolicy& policy, const Outlook& outlook, mail::WallTime now,
                  std::size_t limit) {
  Forecast result;
  result.end = std::max(end_of_life(policy, outlook.accepted), now);

  if (outlook.next_attempt) {
    // The last attempt stands exactly at the end of the lifetime, or is the first one if that
    // comes later: so the end is known even where the list is cut.
    std::optional<mail::WallTime> when = std::max(*outlook.next_attempt, now);
    result.end = std::max(result.end, *when);
    for (int attempts = outlook.attempts; when;) {
      if (result.attempts.size() == limit) {
        result.more = true;
        break;
      }
      result.attempts.push_back({*when});
      // What the answer will teach decides about the one after it.
      if (policy.learns && *when < result.end) {
        result.more = true;
        break;
      }
      ++attempts;
      when = next_attempt(policy, {outlook.accepted, attempts}, *when,
                          roll_for(outlook.message, attempts));
    }
  }

  for (std::optional<mail::WallTime> due = outlook.next_notice; due;) {
    const mail::WallTime when = std::max(*due, now);
    if (when >= result.end) break;
    result.delay_notices.push_back(when);
    due = next_delay_notice(policy, outlook.accepted, when);
  }
  return result;
}

}  // namespace tenax::scheduler

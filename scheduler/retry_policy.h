// SPDX-License-Identifier: Apache-2.0
#pragma once
// When to try again. One formula, five numbers; no clock and no dice of its own.

#include <chrono>
#include <optional>
#include <vector>

#include "mail/time.h"

namespace tenax::scheduler {

/// How patiently a recipient is retried after transient failures (RFC 5321 4.5.4.1).
struct RetryPolicy {
  mail::Duration first_delay = std::chrono::minutes{5};
  mail::Duration longest_delay = std::chrono::hours{3};
  double growth = 2.0;                        // each delay is the last one times this; >= 1
  std::vector<mail::Duration> schedule = {};  // given: these delays instead of that curve, of which
                                              // the last one repeats
  double jitter = 0.1;  // stretches a delay by up to this part; never shortens it
  mail::Duration lifetime =
      std::chrono::hours{24 * 5};  // the RFC asks for "at least 4-5 days"; counted on the message
  std::vector<mail::Duration> delay_notices = {
      std::chrono::hours{24}};  // ascending; ages at which the sender is told
  bool learns = false;          // what sites taught us decides instead (rehearsal.h)
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

/// What is known about a recipient that has just failed transiently.
struct History {
  mail::WallTime accepted;  // when we took responsibility for the message
  int attempts = 0;         // counted attempts finished, this one included; >= 0
};

/// The time of the next attempt, or nullopt when the recipient has failed.
///
/// An attempt that would fall behind the end of the lifetime is placed at the end, so the last
/// chance is used rather than lost; only a failure at or after the end is final (promise 8). On
/// nullopt report the last status the server gave; use 4.4.7 ("delivery time expired") only if no
/// server ever answered, as RFC 3463 asks.
///
/// `roll` is uniform in [0, 1) and comes from the caller, so that a seed replays a schedule.
/// Concurrency: pure.
[[nodiscard]] std::optional<mail::WallTime> next_attempt(const RetryPolicy& policy,
                                                         const History& history, mail::WallTime now,
                                                         double roll);

/// When the sender is next told of a delay: the first age in `delay_notices` after `now`, if it
/// falls before the end of the lifetime. Concurrency: pure.
[[nodiscard]] std::optional<mail::WallTime> next_delay_notice(const RetryPolicy& policy,
                                                              mail::WallTime accepted,
                                                              mail::WallTime now);

/// When delivery is given up. Concurrency: pure.
[[nodiscard]] inline mail::WallTime end_of_life(const RetryPolicy& policy,
                                                mail::WallTime accepted) {
  return accepted + policy.lifetime;
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would have become of a recipient under another schedule, as far as what is recorded of it
// can tell.
//
// An attempt that was deferred says that the door was closed then; one that was answered for good
// says that it was open then. In between it opened, once, at a moment nobody saw. Before the last
// deferral it is taken to have been closed throughout, from the answer on open throughout.

#include <optional>
#include <vector>

#include "mail/ids.h"
#include "mail/time.h"

#include "scheduler/retry_policy.h"

namespace tenax::scheduler {

/// When to try again: the curve of the policy, or delays of which the last one repeats. Jitter and
/// lifetime are the policy's in both cases. Concurrency: value.
struct Schedule {
  RetryPolicy policy;
  std::vector<mail::Duration> delays;  // empty: the policy's curve
};

/// As next_attempt() of the policy. Concurrency: pure.
[[nodiscard]] std::optional<mail::WallTime> next_attempt(const Schedule& schedule,
                                                         const History& history, mail::WallTime now,
                                                         double roll);

/// What is recorded of one recipient; attempts of ours that count, oldest first. There is at least
/// one. Concurrency: value.
struct Past {
  struct Try {
    mail::WallTime started;
    mail::WallTime finished;
    [[nodiscard]] mail::Duration took() const { return finished - started; }
  };
  mail::QueueId message;
  mail::WallTime accepted;
  std::vector<Try> deferrals;  // the attempt at which it expired is one of them
  std::optional<Try> answer;   // delivered, or refused for good
  bool delivered = false;
  bool expired = false;
  mail::WallTime until;  // nothing is known of what came after
};

/// Where in the gap between the last deferral and the answer the door is taken to open.
enum class Guess { best, middle, worst };

/// nullopt: there was no answer, it was closed as far as is known. Concurrency: pure.
[[nodiscard]] std::optional<mail::WallTime> door_of(const Past& past, Guess guess);

struct Replayed {
  enum class End {
    answered,  // at `when`
    expired,   // the schedule gave it up before
    open,      // still closed when what is recorded ends, or after 10,000 attempts
  };
  End end = End::open;
  int attempts = 0;
  mail::WallTime when;
};

/// Follows the schedule from the first recorded attempt on; no schedule moves that one. Each
/// attempt takes as long as the recorded one of its number (or the last) took. What was recorded
/// under the same schedule, and under nothing else, is met again exactly. Concurrency: pure.
[[nodiscard]] Replayed replay(const Schedule& schedule, const Past& past,
                              std::optional<mail::WallTime> door);

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What will happen to a recipient if every attempt from now on is deferred at once. The scheduler
// follows the same functions with the same rolls, so every date shown anywhere is a date that will
// be kept (promise 10).

#include <cstdint>
#include <optional>
#include <vector>

#include "mail/ids.h"
#include "mail/time.h"

#include "scheduler/reason.h"
#include "scheduler/retry_policy.h"

namespace tenax::scheduler {

/// The roll for the attempt that follows `attempts` finished ones of a message: a hash, uniform in
/// [0, 1), the same whenever it is asked for. Recipients of one message share it, so they stay
/// together in one transaction. Concurrency: pure.
[[nodiscard]] double roll_for(mail::QueueId message, int attempts);

/// An attempt that is going to be made, and why then.
struct Coming {
  mail::WallTime when;
  Reason reason = Reason::schedule;
  friend bool operator==(const Coming&, const Coming&) = default;
};

struct Forecast {
  std::vector<Coming> attempts;               // in order; the first is next_attempt
  bool more = false;                          // cut at `limit`
  std::vector<mail::WallTime> delay_notices;  // when the sender will be told of the delay
  mail::WallTime end;                         // when it is given up, if nothing succeeds before
};

struct Outlook {
  mail::QueueId message;
  mail::WallTime accepted;
  int attempts = 0;                            // finished and counted
  std::optional<mail::WallTime> next_attempt;  // unset while held: no attempts are forecast
  std::optional<mail::WallTime> next_notice;
};

/// At most `limit` attempts. Attempts in the past are shown at `now`. Of a policy that learns only
/// the next one: rehearse() knows the others. Concurrency: pure.
[[nodiscard]] Forecast forecast(const RetryPolicy& policy, const Outlook& outlook,
                                mail::WallTime now, std::size_t limit = 200);

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The forecast of a scheduler that learns. A copy of what is known of one recipient's site is led
// through the coming days in virtual time, by the functions that lead the real one: what happens if
// every attempt from now on is answered as the last one was, at once, and nobody else's mail
// teaches the site anything.

#include <cstddef>
#include <optional>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/verdict.h"

#include "scheduler/forecast.h"

namespace tenax::scheduler {

class Memory;

/// More than five days bring, unless all of them are looks at what is down.
inline constexpr std::size_t kMostRehearsed = 200;

/// A recipient that waits. Concurrency: value.
struct Role {
  mail::QueueId message;
  mail::ReversePath sender;
  mail::WallTime accepted;
  mail::Destination destination;
  mail::Address recipient;
  int attempts = 0;  // finished and counted
  mail::WallTime due;
  mail::Knocks knocks = {};
  bool insisted = false;                   // the operator wants it tried when it is due
  std::optional<mail::Verdict> last = {};  // what its last attempt came to; unset: it had none
  std::optional<mail::WallTime> end = {};  // after that answer it is given up so early
};

/// What will be claimed for it. Concurrency: pure.
[[nodiscard]] mail::DeliveryRequest request_of(const Role& role);

struct Rehearsal {
  std::vector<Coming> attempts;  // in order; the last of all stands at the end of the lifetime
  bool more = false;             // cut at the limit
};

/// `known`: Memory::known_of() the role's request, or a memory of nothing. Who was never
/// answered, or whose last attempt failed by our own fault, is taken to be put off without a word;
/// our own network is taken to be well. Concurrency: pure.
[[nodiscard]] Rehearsal rehearse(Memory known, const Role& role, mail::WallTime now,
                                 std::size_t limit = kMostRehearsed);

/// The same by a schedule. Concurrency: pure.
[[nodiscard]] Rehearsal by_schedule(const RetryPolicy& policy, const Role& role, mail::WallTime now,
                                    std::size_t limit = kMostRehearsed);

/// How many attempts of it may be rehearsed while others wait: its last reply is read at each of
/// them, and a hostile one takes 0.5 ms a KiB. At least 5. Concurrency: pure.
[[nodiscard]] std::size_t affordable(const Role& role);

/// The forecast with the attempts of a rehearsal in place of the schedule's. Concurrency: pure.
[[nodiscard]] Forecast forecast(const RetryPolicy& policy, const Outlook& outlook,
                                Rehearsal rehearsal, mail::WallTime now);

}  // namespace tenax::scheduler

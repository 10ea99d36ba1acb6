// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds a message right now: one of five different waits for each of its open recipients.

#include <functional>

#include "tools/tenax/findings.h"
#include "tools/tenax/prospects.h"

namespace tenax::cli {

/// What the daemon goes by, as far as the configuration tells.
struct Rules {
  scheduler::RetryPolicy retry;
  int sessions = 0;  // of all destinations together
  scheduler::Overrides overrides = {};
};

/// When the last of these would be given up, if nothing succeeds; unset: all have ended or are
/// held, and what is held does not expire. Concurrency: pure.
[[nodiscard]] std::optional<mail::WallTime> end_of(
    const std::vector<queue::RecipientRow>& recipients, const Rules& rules);

/// Asked only for recipients that wait for nothing but their turn.
using CountBefore = std::function<queue::Before(const queue::RecipientRow&)>;

/// Open recipients whom the same holds share a reason; 200 reasons are looked for. What is not due
/// is held by what gave it its date, whether or not a daemon runs; whoever learns tells of that
/// date why it is then. Concurrency: pure.
[[nodiscard]] Reasons reasons_of(const queue::MessageDetails& message, DaemonState daemon,
                                 const Rules& rules, mail::WallTime now,
                                 const CountBefore& count_before, const Foretell& foretell = {});

}  // namespace tenax::cli

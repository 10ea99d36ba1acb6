// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is going to happen to a message, by the forecast the scheduler itself follows (promise 10).

#include <functional>
#include <optional>
#include <vector>

#include "tools/tenax/findings.h"

namespace tenax::cli {

/// What will be done by whoever learns; nullopt: the schedule decides.
using Foretell = std::function<std::optional<std::vector<scheduler::Rehearsal>>(
    const std::vector<scheduler::Role>& roles)>;

/// A recipient that waits or is under way, as whoever learns is asked about it.
[[nodiscard]] scheduler::Role role_of(const queue::RecipientRow& row, mail::WallTime now);

/// Open recipients with the same past share a prospect. For those in delivery the first attempt is
/// the one under way; while all is `paused` nobody has another. Of the first 200 prospects all is
/// foretold, of the others the next attempt. Concurrency: pure.
[[nodiscard]] Prospects prospects_of(const queue::MessageDetails& message,
                                     const scheduler::RetryPolicy& policy, mail::WallTime now,
                                     const scheduler::Overrides& overrides = {},
                                     const Foretell& foretell = {}, bool paused = false);

}  // namespace tenax::cli

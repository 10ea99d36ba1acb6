// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config -> scheduler. What is going to happen to a recipient that waits, by whatever
// decides for its destination: what was learnt there, or a schedule of its own.

#include <cstddef>
#include <functional>

#include "scheduler/overrides.h"
#include "scheduler/rehearsal.h"
#include "scheduler/retry_policy.h"

namespace tenax::engine {

/// The coming attempts of one recipient, at most `limit`.
using Rehearse =
    std::function<scheduler::Rehearsal(const scheduler::Role& role, std::size_t limit)>;

/// `everybody`: what holds without an entry. `learnt`: asked only where what was learnt decides.
/// Concurrency: pure.
[[nodiscard]] scheduler::Rehearsal foretell(scheduler::Role role,
                                            const scheduler::RetryPolicy& everybody,
                                            const scheduler::Override* entry, mail::WallTime now,
                                            std::size_t limit, const Rehearse& learnt);

}  // namespace tenax::engine

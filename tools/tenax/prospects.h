// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is going to happen to a message, by the forecast the scheduler itself follows (promise 10).

#include "tools/tenax/findings.h"

namespace tenax::cli {

/// Open recipients with the same past share a prospect. For those in delivery the first attempt is
/// the one under way. Concurrency: pure.
[[nodiscard]] Prospects prospects_of(const queue::MessageDetails& message,
                                     const scheduler::RetryPolicy& policy, mail::WallTime now,
                                     const scheduler::Overrides& overrides = {});

}  // namespace tenax::cli

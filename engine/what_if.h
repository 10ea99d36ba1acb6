// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> scheduler. The recorded history of the queue under another schedule.

#include <cstdint>
#include <optional>

#include "queue/reader.h"
#include "scheduler/what_if.h"

namespace tenax::engine {

/// What the replay may go by; nullopt when nothing was counted, or when the oldest attempts are no
/// longer remembered. Concurrency: pure.
[[nodiscard]] std::optional<scheduler::Past> past_of(const queue::RecipientHistory& history,
                                                     mail::WallTime now);

struct WhatIfAnswer {
  scheduler::WhatIf counted;
  std::int64_t left_out = 0;  // recipients of which past_of() has nothing
};

/// Of messages accepted since then. Read-only, blocking; memory does not grow with the history.
[[nodiscard]] io::Result<WhatIfAnswer> what_if(queue::Reader& reader, scheduler::Schedule in_force,
                                               scheduler::Schedule other,
                                               scheduler::Overrides overrides, mail::WallTime since,
                                               mail::WallTime now);

}  // namespace tenax::engine

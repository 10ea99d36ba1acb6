// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine's own time.

#include "io/clock.h"

namespace tenax::io {

/// Now, on CLOCK_BOOTTIME: what every deadline is compared with.
[[nodiscard]] Instant boot_now() noexcept;

/// Sleeps on a timer of the kernel that goes on counting while the machine is suspended, so a sleep
/// that ended meanwhile ends on resume. Sleepers wait on the executor of their own coroutine.
/// Concurrency: thread-safe (stateless).
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
  Async<Result<>> sleep_until(Instant when) override;
};

}  // namespace tenax::io

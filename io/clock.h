// SPDX-License-Identifier: Apache-2.0
#pragma once
// Time as a capability: steady instants for waiting, calendar time for promises. The two do not
// mix.

#include <chrono>

#include "io/async.h"
#include "io/result.h"

namespace tenax::io {

/// Length in nanoseconds.
using Span = std::chrono::nanoseconds;

/// A moment on a clock that never steps and counts the time the machine was suspended
/// (CLOCK_BOOTTIME).
struct BootClock {
  using duration = Span;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

/// A moment on the calendar, UTC; may step. The same type as mail::WallTime.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Concurrency: thread-safe (stateless or locked inside).
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;

  /// Succeeds at `when` or later; Errc::cancelled when the awaiting coroutine is cancelled.
  virtual Async<Result<>> sleep_until(Instant when) = 0;
};

}  // namespace tenax::io

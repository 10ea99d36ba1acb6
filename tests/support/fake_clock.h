// SPDX-License-Identifier: Apache-2.0
#pragma once
// Virtual time. Nobody waits; time moves only when somebody moves it, and run() does that when
// everyone waits.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "io/clock.h"

namespace tenax::testing {

/// Starts at 2026-01-01T00:00:00Z. Sleepers due at the same instant wake in the order in which they
/// lay down. Coroutines that still sleep when the clock dies may be destroyed later.
///
/// Concurrency: now(), wall(), elapsed() and step_wall() are thread-safe; everything else belongs
/// to the one thread that runs the context.
class FakeClock final : public io::Clock {
 public:
  explicit FakeClock(io::asio::io_context& context, io::WallTime start = default_start());
  ~FakeClock() override;

  [[nodiscard]] io::Instant now() const override;
  [[nodiscard]] io::WallTime wall() const override;
  io::Async<io::Result<>> sleep_until(io::Instant when) override;

  /// Virtual time passed since the clock was made; steps of the calendar do not count.
  [[nodiscard]] io::Span elapsed() const;

  /// When the next sleeper wants to wake; nullopt when nobody sleeps.
  [[nodiscard]] std::optional<io::Instant> next_wakeup() const;

  /// Moves to the next sleeper's time and wakes all who are due then; false when nobody sleeps.
  bool advance_to_next();

  /// Moves on by `length`. Sleepers on the way are woken at their own time, in order, and what they
  /// do then (also falling asleep again) is run before time goes on. Not from inside the context.
  void advance_by(io::Span length);

  /// The calendar jumps; steady time does not notice.
  void step_wall(io::WallTime::duration by);

  static io::WallTime default_start();

 private:
  struct State;
  io::asio::io_context& context_;
  std::shared_ptr<State> state_;
};

}  // namespace tenax::testing

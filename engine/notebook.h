// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: scheduler -> queue, and back at the start. What receivers taught outlives the daemon;
// nothing waits for it, and nothing else is lost when it cannot be written.

#include <optional>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

#include "engine/observer.h"
#include "engine/world.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// Concurrency: the engine's strand.
class Notebook {
 public:
  Notebook(World world, scheduler::Scheduler& scheduler, Observer& observer)
      : world_{std::move(world)}, scheduler_{scheduler}, observer_{observer} {}

  /// Before anything is claimed: the scheduler remembers. What cannot be read is not known.
  io::Async<> read(mail::WallTime now);

  /// Is it time to write, and nobody does?
  [[nodiscard]] bool wants_to_write(mail::WallTime now) const;
  /// When it will be, as far as is known; `now` is the same moment on both clocks.
  [[nodiscard]] std::optional<io::Instant> next(mail::WallTime now) const;

  /// One commit's worth of what has changed. Fails only with what concerns others too
  /// (closed_intake); everything else costs the lessons until they change again.
  io::Async<io::Result<>> write(mail::WallTime now);
  /// All of it, for the end and for who waits for it.
  io::Async<io::Result<>> write_all(mail::WallTime now);

 private:
  void complain(const io::Error& error);

  World world_;
  scheduler::Scheduler& scheduler_;
  Observer& observer_;
  io::Instant not_before_ = io::Instant::min();
  bool writing_ = false;
};

/// Makes a store, which no scheduler that learns has, forget that site. False: nothing was known.
/// Concurrency: the store's strand.
io::Async<io::Result<bool>> forget_kept(queue::Store& store, mail::Destination destination,
                                        mail::WallTime now);

}  // namespace tenax::engine

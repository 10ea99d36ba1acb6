// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> scheduler. Claims what is due as far as the scheduler has an appetite for it,
// and carries back what should not wait in memory.

#include <map>
#include <vector>

#include "io/async.h"

#include "queue/store.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// Concurrency: the engine's strand.
class Feed {
 public:
  Feed(queue::Store& store, scheduler::Scheduler& scheduler)
      : store_{store}, scheduler_{scheduler} {}

  /// Recipients claimed, 0 when nothing was due or there was no appetite. `guard`: how long a crash
  /// makes them wait.
  io::Async<io::Result<std::size_t>> claim_some(mail::WallTime now, mail::Duration guard);

  /// Where mail at the end of its lifetime is claimed for although nothing else is.
  [[nodiscard]] queue::LastChances last_chances(mail::WallTime now) const;

  /// Gives back what lies in parked lanes.
  io::Async<io::Result<>> give_back_shed(mail::WallTime now);

  /// Gives back everything that is not in flight, due as it was. A claim that is under way
  /// meanwhile will be given back as well.
  io::Async<io::Result<>> give_back_all();

 private:
  io::Async<io::Result<>> give_back();

  queue::Store& store_;
  scheduler::Scheduler& scheduler_;
  // Leased, and no longer the scheduler's: kept here until the store has taken them back, or a full
  // disk would leave them leased for as long as we live. Counts against the appetite.
  std::map<mail::WallTime, std::vector<mail::RecipientId>> returning_;
  std::size_t recalls_ = 0;  // how often everything was called back
};

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: bounce -> queue. Turns drafts into commits: reads what a notice gives back of the
// original, writes the notices, and does not rest until the store has taken all of it.

#include <string>
#include <vector>

#include "io/async.h"

#include "engine/notice_order.h"
#include "engine/observer.h"
#include "engine/route.h"
#include "engine/settle.h"
#include "engine/world.h"

namespace tenax::engine {

/// What of a draft's notices has come into the queue.
struct Committed {
  std::vector<Noticed> noticed;
  std::vector<Gathered> gathered;
  std::vector<queue::Attempt> attempts;  // the settlement's
};

/// Concurrency: the engine's strand.
class Settler {
 public:
  Settler(World world, Observer& observer) : world_{std::move(world)}, observer_{observer} {}

  /// Ends when the settlement is committed, tried again while the disk is full, with the notices
  /// that are in it; or with the error that makes it hopeless (closed_intake, corrupt), or busy
  /// once give_up() was called. `routes`, which outlive the call, and `full_limit` are the plan's:
  /// notices go by what the routes are when they enter.
  io::Async<io::Result<Committed>> commit(Draft draft, const Routes& routes,
                                          std::int64_t full_limit, mail::WallTime now);

  /// The digest is in the queue and what it tells is owed no more, or neither.
  io::Async<io::Result<Digested>> tell_owed(queue::DigestDue due, Terms terms, Routes routes,
                                            mail::WallTime now, Rehearse rehearse);

  /// That much of a storm is told, and its mail is in the queue, or neither. nullopt: there is
  /// nobody to tell.
  io::Async<io::Result<std::optional<StormTold>>> tell_storm(queue::StormDue due, Terms terms,
                                                             Routes routes, mail::WallTime now);

  /// We are leaving: a settlement that the disk has no room for is not waited for.
  void give_up() { giving_up_ = true; }

 private:
  io::Async<Original> read_original(const bounce::Order& order, std::int64_t full_limit);
  io::Async<> read_history(bounce::Order& order);
  io::Async<io::Result<queue::Settled>> insist(const queue::Settlement& settlement,
                                               const Routes& routes);

  World world_;
  Observer& observer_;
  bool giving_up_ = false;
};

/// Splits what was read of a message into its header section and the rest. `whole`: all of it was
/// read. Concurrency: pure.
[[nodiscard]] Original original_from(std::string text, bool whole, bool give_body);

}  // namespace tenax::engine

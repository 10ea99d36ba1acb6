// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> scheduler. Claims what is due as far as the scheduler has an appetite for it,
// and carries back what should not wait in memory.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "io/async.h"

#include "engine/crowds.h"
#include "queue/store.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// Fresh mail on its way into the queue, for which its lanes have room. Concurrency: value.
struct Passing {
  std::vector<mail::DeliveryRequest> requests;  // their ids: places in EnqueueResult::leased
  std::size_t recipients = 0;
  std::size_t recalls = 0;
};

/// Concurrency: the engine's strand.
class Feed {
 public:
  Feed(queue::Store& store, scheduler::Scheduler& scheduler)
      : store_{store}, scheduler_{scheduler} {}

  /// Is there room in memory for a claim that is worth its price?
  [[nodiscard]] bool has_room() const;
  /// All that is due lies in memory, or waits for a lane to open.
  [[nodiscard]] bool is_caught_up(mail::WallTime now) const;
  /// When that ends by time alone; nullopt: not known, or not even caught up.
  [[nodiscard]] std::optional<mail::WallTime> next_due() const;
  /// The store was asked, after the last claim.
  void next_due_is(std::optional<mail::WallTime> due);

  /// Something in the queue falls due at `when`: we put it there.
  void will_be_due(mail::WallTime when);
  /// The queue was changed by others, or in ways that cannot be told.
  void look_again() { caught_up_ = false; }

  /// Recipients claimed, 0 when nothing was due or there was no appetite. `guard`: how long a crash
  /// makes them wait.
  io::Async<io::Result<std::size_t>> claim_some(mail::WallTime now, mail::Duration guard);

  /// Mail that may pass through the queue to its lanes at once, because nothing waits before it;
  /// its room is kept for it until hand_on().
  std::optional<Passing> let_pass(const mail::NewMessage& message,
                                  const std::vector<mail::Destination>& destinations,
                                  mail::WallTime now);
  /// It is in the queue, leased as `leased` says; or, empty, it is not.
  io::Async<io::Result<>> hand_on(Passing passing, const std::vector<mail::RecipientId>& leased,
                                  mail::WallTime now);

  /// Fresh mail that could not pass waits in the queue: its sender may go ahead of a crowd there.
  void left_behind(mail::QueueId message, const mail::ReversePath& sender,
                   const std::vector<mail::Destination>& destinations, mail::WallTime now);

  /// Where mail at the end of its lifetime is claimed for although nothing else is.
  [[nodiscard]] queue::LastChances last_chances(mail::WallTime now) const;

  /// Gives back what lies in parked lanes.
  io::Async<io::Result<>> give_back_shed(mail::WallTime now);

  /// Gives back everything that is not in flight, due as it was. What is being claimed, or passes,
  /// at this moment comes back first: afterwards the queue says itself who waits. Nothing new may
  /// begin meanwhile.
  io::Async<io::Result<>> give_back_all(mail::WallTime now);

 private:
  [[nodiscard]] queue::ClaimOrder order_of(mail::WallTime now, mail::Duration guard);
  [[nodiscard]] LeftBehind left_of(const mail::DeliveryRequest& request) const;
  void count_claimed(const std::vector<mail::DeliveryRequest>& requests);
  void count_left(const mail::DeliveryRequest& request);
  void give_back_later(const std::vector<mail::DeliveryRequest>& requests, mail::WallTime now);
  io::Async<io::Result<>> give_back();

  queue::Store& store_;
  scheduler::Scheduler& scheduler_;
  // Leased, and no longer the scheduler's: kept here until the store has taken them back, or a full
  // disk would leave them leased for as long as we live. Counts against the appetite.
  std::map<mail::WallTime, std::vector<mail::RecipientId>> returning_;
  std::size_t recalls_ = 0;  // how often everything was called back
  // Claims and passings that may bring somebody, or give him back.
  std::shared_ptr<int> fetching_ = std::make_shared<int>(0);
  bool caught_up_ = false;      // the last claim found nothing, and nobody has called since
  bool asked_ = false;          // due_ holds what the store said
  mail::WallTime due_;          // the earliest we know of
  std::uint64_t turnings_ = 0;  // Scheduler::turnings() at the last claim
  std::size_t passing_ = 0;     // recipients for whom room is kept
  Crowds crowds_;               // fresh mail in the queue
  bool ahead_waits_ = false;    // some of it may go ahead of the rest, perhaps
  unsigned claims_ = 0;
};

}  // namespace tenax::engine

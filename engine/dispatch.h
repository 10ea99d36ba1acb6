// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: scheduler -> delivery. Starts each delivery on a strand of its own, keeps the table of
// those in flight, and brings the reports home to the engine's strand.

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "delivery/agent.h"
#include "engine/under_way.h"
#include "engine/world.h"

namespace tenax::engine {

/// What the store keeps, as the delivery room asks for it. Concurrency: thread-safe.
class StoredContents final : public delivery::Contents {
 public:
  explicit StoredContents(queue::Store& store) : store_{store} {}
  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open(mail::QueueId message) override {
    return store_.open_body(message);
  }

 private:
  queue::Store& store_;
};

/// How many are started at once is the scheduler's decision; this table is as large as that.
/// Concurrency: the engine's strand.
class Dispatch {
 public:
  using Landed = std::function<void(mail::DeliveryRequest, mail::DeliveryReport)>;

  /// `landed` is called on the engine's strand, once for each start().
  Dispatch(World world, delivery::Agent& agent, Landed landed);

  /// For deliveries that start from now on.
  void adopt(const queue::SuppressionPolicy& suppression) { suppression_ = suppression; }

  void start(mail::DeliveryRequest request);

  [[nodiscard]] std::size_t in_flight() const { return flights_.size(); }

  /// Those of these messages that are in flight.
  [[nodiscard]] std::vector<UnderWay> under_way(const std::vector<mail::QueueId>& messages) const;

  /// Ends all deliveries at the next chance; their reports still come.
  void cancel_all();

  /// The queue's calendar was moved: what is in flight moves along.
  void clock_stepped(mail::Duration step);

 private:
  struct Flight;
  io::Async<> fly(std::shared_ptr<Flight> flight, mail::DeliveryRequest request,
                  queue::SuppressionPolicy suppression);
  void land(std::uint64_t number, bool by_a_bug);

  World world_;
  delivery::Agent& agent_;
  StoredContents contents_;
  Landed landed_;
  queue::SuppressionPolicy suppression_;
  std::map<std::uint64_t, std::shared_ptr<Flight>> flights_;
  std::uint64_t next_number_ = 0;
};

}  // namespace tenax::engine

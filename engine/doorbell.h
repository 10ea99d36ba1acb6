// SPDX-License-Identifier: Apache-2.0
#pragma once
// What somebody waits at who would also wake by himself at a given time. The engine has one, and
// its wait there is the only timer of the queue.

#include <boost/asio/cancellation_signal.hpp>

#include "io/clock.h"

namespace tenax::engine {

/// A ring while nobody waits is remembered, once. Concurrency: the strand given.
class Doorbell {
 public:
  Doorbell(io::Executor strand, io::Clock& clock) : strand_{std::move(strand)}, clock_{clock} {}
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring();

  /// Ends at the next ring, or at `when`. One waiter at a time.
  io::Async<> wait_until(io::Instant when);

 private:
  io::Executor strand_;
  io::Clock& clock_;
  io::asio::cancellation_signal wake_;
  bool waiting_ = false;
  bool rung_ = false;
};

}  // namespace tenax::engine

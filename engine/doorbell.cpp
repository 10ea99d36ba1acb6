// SPDX-License-Identifier: Apache-2.0
#include "engine/doorbell.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenax::engine {

namespace asio = io::asio;

void Doorbell::ring() {
  rung_ = true;
  if (waiting_) wake_.emit(asio::cancellation_type::all);
}

io::Async<> Doorbell::wait_until(io::Instant when) {
  if (!rung_) {
    waiting_ = true;
    // Spawned for its own cancellation slot: a ring ends the sleep, not the one who sleeps.
    auto slot = asio::bind_cancellation_slot(wake_.slot(), asio::use_awaitable);
    auto sleep = clock_.sleep_until(when);
    (void)co_await asio::co_spawn(strand_, std::move(sleep), slot);
    waiting_ = false;
  }
  rung_ = false;
}

}  // namespace tenax::engine

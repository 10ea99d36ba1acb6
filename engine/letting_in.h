// SPDX-License-Identifier: Apache-2.0
#pragma once
// How each door lets callers in: one after the other, and what it does with them while there are no
// descriptors left.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "io/async.h"
#include "io/clock.h"

#include "engine/spare_descriptor.h"

namespace tenax::engine {

/// Until the door is stopped. A door has `stopped`, a `clock` and a `spare`; next_home() is the
/// executor of the next socket, receive() takes it with its peer, and receive_last() does while it
/// holds the last descriptor. Concurrency: the acceptor's executor.
template <class Door, class Acceptor>
io::Async<> let_in(std::shared_ptr<Door> door, std::shared_ptr<Acceptor> acceptor) {
  constexpr auto kResult = io::asio::as_tuple(io::asio::use_awaitable);
  constexpr int kMostAtOnce = 100;
  while (!door->stopped) {
    const io::Executor home = door->next_home();
    typename Acceptor::protocol_type::endpoint peer;
    auto [failure, socket] = co_await acceptor->async_accept(home, peer, kResult);
    if (door->stopped) co_return;
    if (!failure) {
      door->receive(std::move(socket), peer);
      continue;
    }
    // Out of descriptors, most likely: the next accept would fail at once and spin.
    door->spare.lend([&door, &acceptor, &home, &peer] {
      boost::system::error_code none;
      acceptor->non_blocking(true, none);
      for (int i = 0; i < kMostAtOnce && !none; ++i) {
        typename Acceptor::protocol_type::socket caller{home};
        acceptor->accept(caller, peer, none);
        if (!none) door->receive_last(std::move(caller), peer);
      }
    });
    const io::Instant later = door->clock.now() + std::chrono::seconds{1};
    co_await door->clock.sleep_until(later);
  }
}

}  // namespace tenax::engine

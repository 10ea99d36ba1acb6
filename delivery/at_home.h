// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a coroutine where its stream lives. A session that is reused stays on the strand of the
// delivery that opened it; the delivery that takes it over comes to it, not the other way round.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "io/async.h"

namespace tenax::delivery {

namespace detail {

/// What both strands know of one visit; the signal is touched on the far one only.
struct Visit {
  io::asio::cancellation_signal signal;
};

struct StartVisit {
  template <class Finish>
  void operator()(Finish finish, io::Executor home, io::Async<> work, bool cancelled) const {
    namespace asio = io::asio;
    const auto visit = std::make_shared<Visit>();
    const asio::cancellation_slot outside = asio::get_associated_cancellation_slot(finish);
    if (outside.is_connected()) {
      // asio's own way over to another executor keeps a bare pointer to the signal, which may be
      // gone when it arrives there; so we carry it ourselves.
      asio::cancellation_slot{outside}.assign([visit, home](asio::cancellation_type type) {
        asio::post(home, [visit, type] { visit->signal.emit(type); });
      });
    }
    const auto back = asio::get_associated_executor(finish, home);
    auto landed = [finish = std::move(finish), visit](std::exception_ptr bug) mutable {
      std::move(finish)(bug);
    };
    asio::co_spawn(home, std::move(work),
                   asio::bind_cancellation_slot(visit->signal.slot(),
                                                asio::bind_executor(back, std::move(landed))));
    // Cancelled before it set out: no signal will come any more, so it gets its own.
    if (cancelled) {
      asio::post(home, [visit] { visit->signal.emit(asio::cancellation_type::terminal); });
    }
  }
};

}  // namespace detail

/// Runs `work` to its end on `home`, and resumes where it was called. What `work` refers to must
/// outlive it; it does, because the caller waits. Cancelling the caller cancels `work`.
inline io::Async<> at_home(io::Executor home, io::Async<> work) {
  const io::Executor here = co_await io::asio::this_coro::executor;
  if (here == home) {
    co_await std::move(work);
    co_return;
  }
  const io::asio::cancellation_state state = co_await io::asio::this_coro::cancellation_state;
  const bool cancelled = state.cancelled() != io::asio::cancellation_type::none;
  detail::StartVisit start;
  co_await io::asio::async_initiate<const io::asio::use_awaitable_t<>, void(std::exception_ptr)>(
      start, io::asio::use_awaitable, std::move(home), std::move(work), cancelled);
}

}  // namespace tenax::delivery

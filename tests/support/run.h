// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs coroutines to their end on virtual time: what can run runs; time moves only when nobody can.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "io/async.h"

#include "tests/support/fake_clock.h"

namespace tenax::testing {

/// Everyone waits for someone, and nobody for time.
struct Deadlock : std::runtime_error {
  Deadlock() : std::runtime_error{"everyone waits for someone, and nobody for time"} {}
};

/// Millions of steps without time moving: somebody polls.
struct Livelock : std::runtime_error {
  Livelock() : std::runtime_error{"the context never comes to rest"} {}
};

/// Runs all that can run now, and what follows from it, without moving time.
inline void run_ready(io::asio::io_context& context) {
  constexpr std::size_t kSteps = 50'000'000;
  context.restart();
  for (std::size_t steps = 0;;) {
    const std::size_t done = context.poll_one();
    if (done == 0) return;
    steps += done;
    if (steps > kSteps) throw Livelock{};
  }
}

/// Lets `length` of virtual time pass, with all that happens in it.
inline void run_for(io::asio::io_context& context, FakeClock& clock, io::Span length) {
  clock.advance_by(length);
  run_ready(context);
}

namespace detail {

struct Ended {
  bool ended = false;
  std::exception_ptr bug;
};

template <class T>
io::Async<> keep(io::Async<T> task, std::shared_ptr<std::optional<T>> kept) {
  T value = co_await std::move(task);
  kept->emplace(std::move(value));
}

inline void run_to_end(io::asio::io_context& context, FakeClock& clock, io::Async<> task) {
  // Shared: after a Deadlock the coroutine may still end, when the caller is long gone.
  const auto end = std::make_shared<Ended>();
  io::asio::co_spawn(context, std::move(task), [end](std::exception_ptr bug) {
    end->bug = std::move(bug);
    end->ended = true;
  });
  for (;;) {
    run_ready(context);
    if (end->ended) break;
    if (!clock.advance_to_next()) throw Deadlock{};
  }
  if (end->bug) std::rethrow_exception(end->bug);
}

}  // namespace detail

/// Runs `task` to its end and returns what it returned; throws what it threw, or Deadlock.
/// What else lives in the context runs along, and may still be there afterwards.
template <class T>
T run(io::asio::io_context& context, FakeClock& clock, io::Async<T> task) {
  const auto kept = std::make_shared<std::optional<T>>();
  detail::run_to_end(context, clock, detail::keep<T>(std::move(task), kept));
  return std::move(**kept);
}

inline void run(io::asio::io_context& context, FakeClock& clock, io::Async<> task) {
  detail::run_to_end(context, clock, std::move(task));
}

}  // namespace tenax::testing

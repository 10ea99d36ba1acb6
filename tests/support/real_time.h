// SPDX-License-Identifier: Apache-2.0
#pragma once
// For the few tests that need the machine's own clock and loopback: runs a coroutine to its end, or
// fails after ten seconds.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "io/async.h"
#include "io/system_clock.h"

namespace tenax::testing {

namespace detail {

template <class T>
io::Async<> keep_real(io::Async<T> task, std::shared_ptr<std::optional<T>> kept) {
  T value = co_await std::move(task);
  kept->emplace(std::move(value));
}

}  // namespace detail

template <class T>
T run_real(io::asio::io_context& context, io::Async<T> task) {
  const auto kept = std::make_shared<std::optional<T>>();
  const auto bug = std::make_shared<std::exception_ptr>();
  io::asio::co_spawn(context, detail::keep_real<T>(std::move(task), kept),
                     [bug](std::exception_ptr thrown) { *bug = std::move(thrown); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!*kept && !*bug && std::chrono::steady_clock::now() < end) {
    context.restart();
    context.run_one_until(end);
  }
  if (*bug) std::rethrow_exception(*bug);
  if (!*kept) throw std::runtime_error{"not done after ten seconds"};
  return std::move(**kept);
}

/// A deadline this far from now.
inline io::Instant within(io::Span length) { return io::boot_now() + length; }

/// Far enough that only a test that hangs reaches it.
inline io::Instant in_time() { return within(std::chrono::seconds{8}); }

}  // namespace tenax::testing

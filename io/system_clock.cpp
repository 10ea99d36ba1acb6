// SPDX-License-Identifier: Apache-2.0
#include "io/system_clock.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenax::io {

namespace {

using namespace std::chrono_literals;

constexpr auto kAwaited = asio::as_tuple(asio::use_awaitable);

// A descriptor that becomes readable at `when`; -1 when the kernel has none to give.
int alarm_at(Instant when) {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return -1;
  const Span since_boot = std::max<Span>(when.time_since_epoch(), 1ns);  // 0 would disarm
  itimerspec due{};
  due.it_value.tv_sec = static_cast<time_t>(since_boot / 1s);
  due.it_value.tv_nsec = static_cast<long>((since_boot % 1s).count());
  if (::timerfd_settime(fd, TFD_TIMER_ABSTIME, &due, nullptr) == 0) return fd;
  ::close(fd);
  return -1;
}

Error gave_up() { return error(Errc::cancelled, "sleep"); }

// Out of descriptors: short naps, each followed by a look at the clock. A suspended machine then
// wakes its sleepers a nap late at most.
Async<Result<>> sleep_in_naps(Instant when) {
  constexpr Span kNap = 10s;
  const Executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor};
  for (Instant now = boot_now(); now < when; now = boot_now()) {
    timer.expires_after(std::min(kNap, when - now));
    const auto [failed] = co_await timer.async_wait(kAwaited);
    if (failed) co_return gave_up();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return gave_up();
  }
  co_return Result<>{};
}

}  // namespace

Instant boot_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail: the clock exists since Linux 2.6.39
  return Instant{std::chrono::seconds{now.tv_sec} + Span{now.tv_nsec}};
}

Instant SystemClock::now() const { return boot_now(); }

WallTime SystemClock::wall() const {
  return std::chrono::floor<WallTime::duration>(std::chrono::system_clock::now());
}

Async<Result<>> SystemClock::sleep_until(Instant when) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state before = co_await asio::this_coro::cancellation_state;
  if (before.cancelled() != asio::cancellation_type::none) co_return gave_up();
  const Executor executor = co_await asio::this_coro::executor;
  if (when <= boot_now()) {
    // Others get their turn, so that a loop of empty sleeps starves nobody.
    co_await asio::post(executor, asio::use_awaitable);
    co_return Result<>{};
  }
  const int fd = alarm_at(when);
  if (fd < 0) {
    const Result<> slept = co_await sleep_in_naps(when);
    co_return slept;
  }
  asio::posix::stream_descriptor alarm{executor, fd};
  // Again if need be: news of a descriptor that was closed on another thread while they were under
  // way reach whoever got its place in the reactor, and sound like his own.
  do {
    const auto [failed] =
        co_await alarm.async_wait(asio::posix::descriptor_base::wait_read, kAwaited);
    if (failed) co_return gave_up();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return gave_up();
  } while (boot_now() < when);
  co_return Result<>{};
}

}  // namespace tenax::io

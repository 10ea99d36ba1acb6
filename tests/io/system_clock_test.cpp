// SPDX-License-Identifier: Apache-2.0
#include "io/system_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include "tests/io/no_descriptors.h"
#include "tests/support/real_time.h"

namespace tenax::io {
namespace {

using namespace std::chrono_literals;
using testing::run_real;
using testing::within;

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  Instant last = clock.now();
  for (int look = 0; look < 1000; ++look) {
    const Instant now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(clock.wall(), std::chrono::sys_days{std::chrono::year{2024} / 1 / 1});
}

TEST(SystemClock, SleepsNotShorterThanAsked) {
  asio::io_context context;
  SystemClock clock;
  const Instant when = within(20ms);
  EXPECT_TRUE(run_real(context, clock.sleep_until(when)));
  EXPECT_GE(clock.now(), when);
}

TEST(SystemClock, ASleepIntoThePastReturnsAtOnce) {
  asio::io_context context;
  SystemClock clock;
  EXPECT_TRUE(run_real(context, clock.sleep_until(clock.now() - 1h)));
  EXPECT_TRUE(run_real(context, clock.sleep_until(Instant{})));
}

Async<bool> cancelled_sleep(SystemClock& clock, Instant when) {
  const Result<> slept = co_await clock.sleep_until(when);
  if (slept || !slept.error().is(Errc::cancelled)) co_return false;
  const Result<> again = co_await clock.sleep_until(when);
  co_return !again && again.error().is(Errc::cancelled);
}

void expect_cancels(Instant when) {
  asio::io_context context;
  SystemClock clock;
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(context, cancelled_sleep(clock, when),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr bug, bool said) {
                   ended = !bug && said;
                 }));
  asio::steady_timer soon{context, 5ms};
  soon.async_wait([&](auto) { stop.emit(asio::cancellation_type::terminal); });
  context.run_for(5s);
  EXPECT_TRUE(ended);
}

TEST(SystemClock, ACancelledSleepSaysSo) {
  expect_cancels(within(1h));
  expect_cancels(Instant::max());
}

TEST(SystemClock, SleepsWithoutADescriptorToo) {
  asio::io_context context;
  SystemClock clock;
  // The context's own descriptors are open by now; no further one is to be had.
  run_real(context, clock.sleep_until(within(1ms)));
  const testing::NoDescriptors none;
  const Instant when = within(20ms);
  EXPECT_TRUE(run_real(context, clock.sleep_until(when)));
  EXPECT_GE(clock.now(), when);
  EXPECT_EQ(none.refused(), 1);
}

Async<> sleep_often(SystemClock& clock, std::atomic<int>& done) {
  for (int nap = 0; nap < 20; ++nap) {
    const Instant when = within(1ms);
    const Result<> slept = co_await clock.sleep_until(when);
    if (!slept) co_return;
  }
  ++done;
}

TEST(SystemClock, ManySleepOnManyThreads) {
  SystemClock clock;
  std::atomic<int> done{0};
  asio::thread_pool pool{3};
  for (int sleeper = 0; sleeper < 20; ++sleeper) {
    asio::co_spawn(asio::make_strand(pool), sleep_often(clock, done), asio::detached);
  }
  pool.join();
  EXPECT_EQ(done, 20);
}

TEST(SystemClock, SleepersMayGoDownWithTheContext) {
  SystemClock clock;
  asio::io_context context;
  asio::co_spawn(context, clock.sleep_until(within(1h)), asio::detached);
  context.poll();
}

Async<> sleep_for_an_hour(SystemClock& clock, std::atomic<int>& early) {
  const Result<> slept = co_await clock.sleep_until(clock.now() + 1h);
  if (slept) ++early;
}

/// A descriptor goes while the news that it is ready is under way, and a sleeper gets its place in
/// the reactor.
Async<> come_and_go(SystemClock& clock, Instant until, std::atomic<int>& early) {
  using Socket = asio::local::stream_protocol::socket;
  const Executor executor = co_await asio::this_coro::executor;
  while (clock.now() < until) {
    {
      Socket one{executor};
      Socket other{executor};
      asio::local::connect_pair(one, other);
      other.close();
    }
    const auto stop = std::make_shared<asio::cancellation_signal>();
    asio::co_spawn(
        executor, sleep_for_an_hour(clock, early),
        asio::bind_cancellation_slot(stop->slot(), [stop](const std::exception_ptr&) {}));
    co_await clock.sleep_until(clock.now() + 20us);
    stop->emit(asio::cancellation_type::terminal);
    co_await asio::post(executor, asio::use_awaitable);
  }
}

TEST(SystemClock, NobodyIsCalledEarlyWhileOthersComeAndGo) {
  asio::thread_pool threads{4};
  SystemClock clock;
  std::atomic<int> early{0};
  const Instant until = within(500ms);
  for (int i = 0; i < 50; ++i) {
    asio::co_spawn(asio::make_strand(threads), come_and_go(clock, until, early), asio::detached);
  }
  threads.join();
  EXPECT_EQ(early, 0);
}

}  // namespace
}  // namespace tenax::io

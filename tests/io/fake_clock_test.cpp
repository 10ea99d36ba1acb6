// SPDX-License-Identifier: Apache-2.0
// Virtual time's own rules.

#include "tests/support/fake_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "tests/support/run.h"

namespace tenax::testing {
namespace {

namespace asio = io::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct FakeClockTest : ::testing::Test {
  asio::io_context context;
  FakeClock clock{context};
  std::vector<std::string> woken;

  io::Async<> sleeper(std::string name, io::Span length) {
    const io::Instant when = clock.now() + length;
    const io::Result<> slept = co_await clock.sleep_until(when);
    woken.push_back(slept ? name : name + " " + slept.error().code.message());
  }
  io::Async<> ticker(int times) {
    for (int at = 0; at < times; ++at) {
      const io::Instant when = clock.now() + 1min;
      const io::Result<> slept = co_await clock.sleep_until(when);
      if (!slept) co_return;
      woken.push_back(std::to_string(clock.elapsed() / 1min));
    }
  }
  void lie_down(std::string name, io::Span length) {
    asio::co_spawn(context, sleeper(std::move(name), length), asio::detached);
  }
};

io::Async<int> seven(io::Clock& clock) {
  const io::Instant when = clock.now() + 24h;
  const io::Result<> slept = co_await clock.sleep_until(when);
  co_return slept ? 7 : 0;
}

TEST_F(FakeClockTest, RunMovesTimeToWhereTheSleeperWakes) {
  EXPECT_EQ(run(context, clock, seven(clock)), 7);
  EXPECT_EQ(clock.elapsed(), 24h);
  EXPECT_EQ(clock.wall(), FakeClock::default_start() + 24h);
}

TEST_F(FakeClockTest, SleepersWakeInTheOrderOfTheirTimes) {
  lie_down("third", 3s);
  lie_down("first", 1s);
  lie_down("second a", 2s);
  lie_down("second b", 2s);
  run_for(context, clock, 10s);
  EXPECT_THAT(woken, ElementsAre("first", "second a", "second b", "third"));
  EXPECT_EQ(clock.elapsed(), 10s);
}

TEST_F(FakeClockTest, AdvanceWakesThoseWhoFallAsleepAgainAtTheirOwnTime) {
  asio::co_spawn(context, ticker(5), asio::detached);
  lie_down("between", 150s);
  clock.advance_by(3min);
  run_ready(context);
  EXPECT_THAT(woken, ElementsAre("1", "2", "between", "3"));
}

TEST_F(FakeClockTest, NobodyWakesBeforeItsTime) {
  lie_down("late", 10s);
  clock.advance_by(10s - 1ns);
  run_ready(context);
  EXPECT_TRUE(woken.empty());
  clock.advance_by(1ns);
  run_ready(context);
  EXPECT_THAT(woken, ElementsAre("late"));
}

TEST_F(FakeClockTest, ACancelledSleepSaysSoAndLeavesTheBed) {
  asio::cancellation_signal stop;
  asio::co_spawn(context, sleeper("cut", 1h),
                 asio::bind_cancellation_slot(stop.slot(), asio::detached));
  run_ready(context);
  ASSERT_TRUE(clock.next_wakeup());
  stop.emit(asio::cancellation_type::terminal);
  run_ready(context);
  EXPECT_THAT(woken, ElementsAre("cut cancelled"));
  EXPECT_FALSE(clock.next_wakeup());
  EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(FakeClockTest, ACancelledCoroutineNeverSleepsAgain) {
  asio::cancellation_signal stop;
  asio::co_spawn(context, ticker(1000), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  run_for(context, clock, 2min);
  stop.emit(asio::cancellation_type::terminal);
  run_for(context, clock, 1h);
  EXPECT_THAT(woken, ElementsAre("1", "2"));
}

TEST_F(FakeClockTest, TheCalendarStepsApartFromSteadyTime) {
  lie_down("steady", 1h);
  run_ready(context);
  const io::Instant before = clock.now();
  clock.step_wall(48h);
  EXPECT_EQ(clock.now(), before);
  EXPECT_EQ(clock.wall(), FakeClock::default_start() + 48h);
  EXPECT_TRUE(woken.empty());
  clock.step_wall(-50h);
  EXPECT_EQ(clock.wall(), FakeClock::default_start() - 2h);
}

TEST_F(FakeClockTest, ASleepIntoThePastReturnsAtOnce) {
  lie_down("past", -5s);
  run_ready(context);
  EXPECT_THAT(woken, ElementsAre("past"));
  EXPECT_EQ(clock.elapsed(), 0s);
}

io::Async<int> never(asio::io_context& context) {
  asio::steady_timer timer{context, asio::steady_timer::time_point::max()};
  co_await timer.async_wait(asio::use_awaitable);
  co_return 1;
}

TEST_F(FakeClockTest, WaitingForNothingIsADeadlockNotAHang) {
  EXPECT_THROW(run(context, clock, never(context)), Deadlock);
}

io::Async<> throwing(io::Clock& clock) {
  const io::Instant when = clock.now() + 1s;
  const io::Result<> slept = co_await clock.sleep_until(when);
  if (slept) throw std::logic_error{"bug"};
}

TEST_F(FakeClockTest, RunPassesOnWhatTheCoroutineThrew) {
  EXPECT_THROW(run(context, clock, throwing(clock)), std::logic_error);
}

TEST(FakeClock, SleepersMayOutliveTheClock) {
  asio::io_context context;
  {
    FakeClock clock{context};
    asio::co_spawn(context, seven(clock), asio::detached);
    run_ready(context);
    ASSERT_TRUE(clock.next_wakeup());
  }
  // The context destroys the sleeping coroutine now; the sanitizers watch.
}

}  // namespace
}  // namespace tenax::testing

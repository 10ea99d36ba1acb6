// SPDX-License-Identifier: Apache-2.0
// Sessions that are taken over from one strand by another, on real threads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "delivery/at_home.h"

namespace tenax::delivery {
namespace {

namespace asio = io::asio;
using namespace std::chrono_literals;

io::Async<> note_executor(bool& at_home_there, io::Executor home) {
  const io::Executor here = co_await asio::this_coro::executor;
  at_home_there = here == home;
}

io::Async<std::pair<bool, bool>> there_and_back(io::Executor home) {
  bool there = false;
  io::Async<> work = note_executor(there, home);
  co_await at_home(home, std::move(work));
  const io::Executor here = co_await asio::this_coro::executor;
  co_return std::pair{there, here != home};
}

TEST(AtHome, WorksThereAndComesBack) {
  asio::thread_pool pool{2};
  const io::Executor far = asio::make_strand(pool);
  auto visit = asio::co_spawn(asio::make_strand(pool), there_and_back(far), asio::use_future);
  EXPECT_EQ(visit.get(), (std::pair{true, true}));
  pool.join();
}

TEST(AtHome, AtHomeAlreadyItGoesNowhere) {
  asio::thread_pool pool{1};
  const io::Executor home = asio::make_strand(pool);
  auto visit = asio::co_spawn(home, there_and_back(home), asio::use_future);
  EXPECT_EQ(visit.get(), (std::pair{true, false}));
  pool.join();
}

/// One counter, no lock: the strand is its home. Races here are TSan's to find.
struct Counter {
  int value = 0;
};

io::Async<> count(Counter& counter) {
  ++counter.value;
  co_return;
}

io::Async<> count_often(io::Executor home, Counter& counter, int times) {
  for (int n = 0; n < times; ++n) {
    io::Async<> work = count(counter);
    co_await at_home(home, std::move(work));
  }
}

TEST(AtHome, ManyVisitorsMeetOneAtATime) {
  asio::thread_pool pool{4};
  Counter counter;
  const io::Executor home = asio::make_strand(pool);
  std::vector<std::future<void>> visitors;
  for (int n = 0; n < 20; ++n) {
    visitors.push_back(
        asio::co_spawn(asio::make_strand(pool), count_often(home, counter, 200), asio::use_future));
  }
  for (auto& visitor : visitors) visitor.get();
  pool.join();
  EXPECT_EQ(counter.value, 4000);
}

io::Async<> complain() {
  throw std::logic_error{"bug"};
  co_return;
}

io::Async<> visit_a_complainer(io::Executor home) {
  io::Async<> work = complain();
  co_await at_home(home, std::move(work));
}

TEST(AtHome, ABugThereIsABugHere) {
  asio::thread_pool pool{2};
  const io::Executor home = asio::make_strand(pool);
  auto visit = asio::co_spawn(asio::make_strand(pool), visit_a_complainer(home), asio::use_future);
  EXPECT_THROW(visit.get(), std::logic_error);
  pool.join();
}

io::Async<> wait_long(std::atomic<bool>& waiting) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const io::Executor here = co_await asio::this_coro::executor;
  asio::steady_timer timer{here, 1min};
  waiting = true;
  boost::system::error_code stopped;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
}

io::Async<> visit_who_waits(io::Executor home, std::atomic<bool>& waiting) {
  co_await asio::this_coro::throw_if_cancelled(false);
  io::Async<> work = wait_long(waiting);
  co_await at_home(home, std::move(work));
}

TEST(AtHome, CancellingTheVisitorCancelsTheVisit) {
  for (int round = 0; round < 50; ++round) {
    asio::thread_pool pool{4};
    const auto visitor = asio::make_strand(pool);
    const io::Executor home = asio::make_strand(pool);
    std::atomic<bool> waiting = false;
    asio::cancellation_signal stop;
    std::promise<void> ended;
    asio::co_spawn(visitor, visit_who_waits(home, waiting),
                   asio::bind_cancellation_slot(
                       stop.slot(), [&ended](std::exception_ptr) { ended.set_value(); }));
    while (round % 2 == 0 && !waiting) std::this_thread::yield();
    asio::post(visitor, [&stop] { stop.emit(asio::cancellation_type::terminal); });
    EXPECT_EQ(ended.get_future().wait_for(30s), std::future_status::ready);
    pool.join();
  }
}

io::Async<> visit_late(io::Executor home, std::atomic<bool>& waiting, std::promise<void>& go) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const io::Executor here = co_await asio::this_coro::executor;
  go.set_value();
  asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    co_await asio::post(here, asio::use_awaitable);
    state = co_await asio::this_coro::cancellation_state;
  }
  io::Async<> work = wait_long(waiting);
  co_await at_home(home, std::move(work));
}

TEST(AtHome, WhoIsCancelledBeforeSettingOutDoesNotStayThere) {
  asio::thread_pool pool{2};
  const auto visitor = asio::make_strand(pool);
  const io::Executor home = asio::make_strand(pool);
  std::atomic<bool> waiting = false;
  asio::cancellation_signal stop;
  std::promise<void> go;
  std::promise<void> ended;
  asio::co_spawn(visitor, visit_late(home, waiting, go),
                 asio::bind_cancellation_slot(stop.slot(),
                                              [&ended](std::exception_ptr) { ended.set_value(); }));
  go.get_future().wait();
  asio::post(visitor, [&stop] { stop.emit(asio::cancellation_type::terminal); });
  EXPECT_EQ(ended.get_future().wait_for(30s), std::future_status::ready);
  pool.join();
}

}  // namespace
}  // namespace tenax::delivery

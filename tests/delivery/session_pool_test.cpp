// SPDX-License-Identifier: Apache-2.0
// Idle sessions and the sweep that leaves them, taken apart from deliveries.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "delivery/session_pool.h"
#include "tests/support/fake_clock.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using delivery::Patience;
using delivery::Session;
using delivery::SessionKey;
using delivery::SessionPool;

/// Everything it is asked fails at once.
class DeadStream : public io::Stream {
 public:
  io::Async<io::Result<std::size_t>> read_some(std::span<char> /*into*/,
                                               io::Instant /*until*/) override {
    co_return io::error(io::Errc::closed, "dead");
  }
  io::Async<io::Result<>> write(std::string_view /*bytes*/, io::Instant /*until*/) override {
    co_return io::error(io::Errc::closed, "dead");
  }
  io::Async<io::Result<>> start_tls(io::TlsRequirement /*requirement*/,
                                    io::Instant /*until*/) override {
    co_return io::error(io::Errc::closed, "dead");
  }
  bool has_input() override { return false; }
  [[nodiscard]] std::optional<io::TlsFacts> tls() const override { return std::nullopt; }
  [[nodiscard]] io::Endpoint peer() const override { return {}; }
  [[nodiscard]] io::Endpoint local() const override { return {}; }
  void close() noexcept override {}
};

/// Takes what it is told and never answers.
class SilentStream final : public DeadStream {
 public:
  explicit SilentStream(io::Clock& clock) : clock_{clock} {}
  io::Async<io::Result<std::size_t>> read_some(std::span<char> /*into*/,
                                               io::Instant until) override {
    co_await clock_.sleep_until(until);
    co_return io::error(io::Errc::timed_out, "silent");
  }
  io::Async<io::Result<>> write(std::string_view /*bytes*/, io::Instant /*until*/) override {
    co_return io::Result<>{};
  }

 private:
  io::Clock& clock_;
};

struct IdleSessions : ::testing::Test {
  std::unique_ptr<Session> a_session() { return a_session(std::make_unique<DeadStream>()); }
  std::unique_ptr<Session> a_session(std::unique_ptr<io::Stream> stream) {
    const Patience patience{clock, 1.0, clock.now() + 5min};
    return std::make_unique<Session>(std::move(stream), context.get_executor(), patience,
                                     mail::RemoteHost{});
  }
  void put() { pool->put(key, a_session(), 2s, 10); }

  io::asio::io_context context{1};
  FakeClock clock{context};
  std::shared_ptr<SessionPool> pool = std::make_shared<SessionPool>(context.get_executor(), clock);
  SessionKey key{"example.net", "192.0.2.1", 0};
};

// Under ASan: the first sweep's way out touched what the second one had taken over.
TEST_F(IdleSessions, ASweepThatFoundNothingLeavesTheNextOneAlone) {
  put();
  EXPECT_TRUE(pool->take(key));  // before the sweep looked
  for (int step = 0; step < 8; ++step) {
    if (context.poll_one() == 0) break;
    if (pool->size() == 0) put();
  }
  context.restart();
  context.poll();
  EXPECT_EQ(pool->size(), 1U);
  EXPECT_TRUE(clock.next_wakeup());  // somebody watches it

  io::asio::co_spawn(context, pool->close_all(), io::asio::detached);
  context.restart();
  context.poll();
  EXPECT_EQ(pool->size(), 0U);
  EXPECT_FALSE(clock.next_wakeup());
}

TEST_F(IdleSessions, ManyThatDoNotAnswerAreWaitedForAsLongAsOne) {
  for (int i = 0; i < 50; ++i) {
    pool->put(key, a_session(std::make_unique<SilentStream>(clock)), 2min, 100);
  }
  bool closed = false;
  io::asio::co_spawn(context, pool->close_all(), [&](const std::exception_ptr&) { closed = true; });
  context.restart();
  context.poll();
  EXPECT_FALSE(closed);  // they are waited for
  clock.advance_by(6s);
  EXPECT_TRUE(closed);
}

TEST_F(IdleSessions, WhatIsPutBackAfterAllWereClosedIsStillLeftInTime) {
  put();
  context.poll();
  io::asio::co_spawn(context, pool->close_all(), io::asio::detached);
  put();
  context.restart();
  context.poll();
  clock.advance_by(3s);
  EXPECT_EQ(pool->size(), 0U);
  EXPECT_FALSE(clock.next_wakeup());
}

}  // namespace
}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_clock.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>

#include "tests/support/run.h"

namespace tenax::testing {

namespace asio = io::asio;

namespace {

// A place in the bed. Lives in the sleeper's coroutine frame and leaves the bed with it, however
// the frame ends.
struct Sleeper;
using Bed = std::multimap<io::Instant, Sleeper*>;

}  // namespace

struct FakeClock::State {
  mutable std::mutex mutex;  // guards the three times; the bed belongs to the context's thread
  io::Instant now{std::chrono::hours{1}};  // not zero: code may subtract from it
  io::Instant start{now};
  io::WallTime calendar_at_start;
  Bed bed;

  [[nodiscard]] io::Instant read_now() const {
    const std::lock_guard lock{mutex};
    return now;
  }
  void set_now(io::Instant to) {
    const std::lock_guard lock{mutex};
    now = std::max(now, to);
  }
  void wake_the_due();
};

namespace {

struct Sleeper {
  Sleeper(Bed& in, const asio::any_io_executor& executor, io::Instant when)
      : bed{in}, alarm{executor, asio::steady_timer::time_point::max()} {
    place = bed.emplace(when, this);
  }
  ~Sleeper() {
    if (!woken) bed.erase(place);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  Bed& bed;
  asio::steady_timer alarm;
  Bed::iterator place;
  bool woken = false;
};

}  // namespace

void FakeClock::State::wake_the_due() {
  const io::Instant until = read_now();
  while (!bed.empty() && bed.begin()->first <= until) {
    Sleeper& sleeper = *bed.begin()->second;
    bed.erase(bed.begin());
    sleeper.woken = true;
    sleeper.alarm.cancel();
  }
}

FakeClock::FakeClock(asio::io_context& context, io::WallTime start)
    : context_{context}, state_{std::make_shared<State>()} {
  state_->calendar_at_start = start;
}

FakeClock::~FakeClock() = default;

io::WallTime FakeClock::default_start() {
  using namespace std::chrono;
  return sys_days{year{2026} / January / 1};
}

io::Instant FakeClock::now() const { return state_->read_now(); }

io::WallTime FakeClock::wall() const {
  const std::lock_guard lock{state_->mutex};
  return state_->calendar_at_start +
         std::chrono::floor<io::WallTime::duration>(state_->now - state_->start);
}

io::Span FakeClock::elapsed() const {
  const std::lock_guard lock{state_->mutex};
  return state_->now - state_->start;
}

io::Async<io::Result<>> FakeClock::sleep_until(io::Instant when) {
  const std::shared_ptr<State> state = state_;  // the frame may outlive the clock
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state before = co_await asio::this_coro::cancellation_state;
  if (before.cancelled() != asio::cancellation_type::none) {
    co_return io::error(io::Errc::cancelled, "sleep");
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  if (when <= state->read_now()) {
    // Others get their turn, so that a loop of empty sleeps starves nobody.
    co_await asio::post(executor, asio::use_awaitable);
    co_return io::Result<>{};
  }
  Sleeper sleeper{state->bed, executor, when};
  co_await sleeper.alarm.async_wait(asio::as_tuple(asio::use_awaitable));  // ends by cancel only
  if (!sleeper.woken) co_return io::error(io::Errc::cancelled, "sleep");
  co_return io::Result<>{};
}

std::optional<io::Instant> FakeClock::next_wakeup() const {
  if (state_->bed.empty()) return std::nullopt;
  return state_->bed.begin()->first;
}

bool FakeClock::advance_to_next() {
  const std::optional<io::Instant> next = next_wakeup();
  if (!next) return false;
  state_->set_now(*next);
  state_->wake_the_due();
  return true;
}

void FakeClock::advance_by(io::Span length) {
  const io::Instant end = now() + length;
  run_ready(context_);
  for (auto next = next_wakeup(); next && *next <= end; next = next_wakeup()) {
    advance_to_next();
    run_ready(context_);
  }
  state_->set_now(end);
}

void FakeClock::step_wall(io::WallTime::duration by) {
  const std::lock_guard lock{state_->mutex};
  state_->calendar_at_start += by;
}

}  // namespace tenax::testing

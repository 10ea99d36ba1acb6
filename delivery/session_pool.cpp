// SPDX-License-Identifier: Apache-2.0
#include "delivery/session_pool.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iterator>
#include <utility>

namespace tenax::delivery {

namespace {

io::Async<> say_goodbye(std::unique_ptr<Session> session) { co_await session->take_leave(); }

using Farewell = decltype(io::asio::co_spawn(std::declval<io::Executor>(),
                                             std::declval<io::Async<>>(), io::asio::deferred));

}  // namespace

SessionPool::SessionPool(const io::Executor& executor, io::Clock& clock)
    : strand_{io::asio::make_strand(executor)}, clock_{clock} {}

void leave(std::unique_ptr<Session> session) {
  const io::Executor home = session->home();
  io::Async<> goodbye = say_goodbye(std::move(session));
  io::asio::co_spawn(home, std::move(goodbye), io::asio::detached);
}

SessionPool::Order::iterator SessionPool::newest(const SessionKey& key) {
  const auto behind = places_.upper_bound(key);
  if (behind == places_.begin()) return idle_.end();
  const auto place = std::prev(behind);
  const bool lives = place->first == key && place->second->until > clock_.now();
  return lives ? place->second : idle_.end();
}

std::unique_ptr<Session> SessionPool::remove(Order::iterator idle) {
  std::unique_ptr<Session> session = std::move(idle->session);
  places_.erase(idle->place);
  idle_.erase(idle);
  return session;
}

std::unique_ptr<Session> SessionPool::take(const SessionKey& key) {
  const std::lock_guard lock{mutex_};
  const auto found = newest(key);
  return found == idle_.end() ? nullptr : remove(found);
}

bool SessionPool::has(const SessionKey& key) {
  const std::lock_guard lock{mutex_};
  return newest(key) != idle_.end();
}

void SessionPool::put(SessionKey key, std::unique_ptr<Session> session, std::chrono::seconds idle,
                      std::size_t most) {
  std::unique_ptr<Session> crowded_out;
  bool sweep_is_wanted = false;
  if (most == 0 || idle <= std::chrono::seconds{0}) {
    crowded_out = std::move(session);
  } else {
    const std::lock_guard lock{mutex_};
    if (idle_.size() >= most) crowded_out = remove(idle_.begin());
    const auto last = idle_.insert(idle_.end(), {std::move(session), clock_.now() + idle, {}});
    last->place = places_.emplace(std::move(key), last);
    sweep_is_wanted = !std::exchange(sweeping_, true);
  }
  if (crowded_out) leave(std::move(crowded_out));
  if (!sweep_is_wanted) return;
  io::asio::post(strand_, [pool = shared_from_this()] { pool->start_sweeping(); });
}

/// On strand_.
void SessionPool::start_sweeping() {
  auto stop = std::make_shared<io::asio::cancellation_signal>();
  stop_sweeping_ = stop;
  const io::asio::cancellation_slot slot = stop->slot();
  io::Async<> sweeping = sweep(shared_from_this());
  auto ended = [stop = std::move(stop)](const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  };
  io::asio::co_spawn(strand_, std::move(sweeping),
                     io::asio::bind_cancellation_slot(slot, std::move(ended)));
}

std::vector<std::unique_ptr<Session>> SessionPool::take_expired() {
  const std::lock_guard lock{mutex_};
  const io::Instant now = clock_.now();
  std::vector<std::unique_ptr<Session>> expired;
  for (auto next = idle_.begin(); next != idle_.end();) {
    const auto idle = next++;
    if (idle->until <= now) expired.push_back(remove(idle));
  }
  return expired;
}

io::Instant SessionPool::next_expiry(bool& empty) {
  const std::lock_guard lock{mutex_};
  empty = idle_.empty();
  if (empty) sweeping_ = false;
  io::Instant next = io::Instant::max();
  for (const Idle& idle : idle_) next = std::min(next, idle.until);
  return next;
}

io::Async<> SessionPool::sweep(std::shared_ptr<SessionPool> pool) {
  for (;;) {
    bool empty = false;
    const io::Instant next = pool->next_expiry(empty);
    if (empty) co_return;
    const io::Result<> slept = co_await pool->clock_.sleep_until(next);
    for (auto& session : pool->take_expired()) leave(std::move(session));
    // Woken by close_all(): there is nothing left, or what came since then waits its time.
    if (!slept) co_await io::asio::this_coro::reset_cancellation_state();
  }
}

io::Async<> SessionPool::close_all() {
  Order all;
  {
    const std::lock_guard lock{mutex_};
    places_.clear();
    all.swap(idle_);
  }
  io::asio::post(strand_, [pool = shared_from_this()] {
    if (pool->stop_sweeping_) {
      pool->stop_sweeping_->emit(io::asio::cancellation_type::terminal);
    }
  });
  // Side by side: some hundred servers that do not answer QUIT are waited for as long as one is.
  std::vector<Farewell> farewells;
  for (Idle& idle : all) {
    const io::Executor home = idle.session->home();
    io::Async<> goodbye = say_goodbye(std::move(idle.session));
    farewells.push_back(io::asio::co_spawn(home, std::move(goodbye), io::asio::deferred));
  }
  if (farewells.empty()) co_return;
  auto group = io::asio::experimental::make_parallel_group(std::move(farewells));
  co_await std::move(group).async_wait(io::asio::experimental::wait_for_all(),
                                       io::asio::use_awaitable);
}

std::size_t SessionPool::size() const {
  const std::lock_guard lock{mutex_};
  return idle_.size();
}

}  // namespace tenax::delivery

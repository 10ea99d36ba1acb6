// SPDX-License-Identifier: Apache-2.0
#pragma once
// Idle sessions, kept for the next message to the same host.

#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <compare>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/clock.h"

#include "delivery/session.h"

namespace tenax::delivery {

/// What two deliveries must share to share a session: where it goes, and under which policy.
struct SessionKey {
  std::string destination;  // Destination text: it decides on TLS and credentials
  std::string address;
  int policy = 0;  // each adopted policy has another number
  friend auto operator<=>(const SessionKey&, const SessionKey&) = default;
};

/// Sessions that have idled too long are left on a coroutine of the pool's own, so that nobody's
/// delivery waits for their goodbye. Concurrency: thread-safe (locked); the sessions stay at home.
class SessionPool : public std::enable_shared_from_this<SessionPool> {
 public:
  SessionPool(const io::Executor& executor, io::Clock& clock);

  /// nullptr when there is none. The one used last comes first: it is the likeliest to live.
  std::unique_ptr<Session> take(const SessionKey& key);

  [[nodiscard]] bool has(const SessionKey& key);

  /// Keeps at most `most`: the one that idled longest makes room.
  void put(SessionKey key, std::unique_ptr<Session> session, std::chrono::seconds idle,
           std::size_t most);

  /// Says goodbye to all, and leaves nothing behind that waits.
  io::Async<> close_all();

  [[nodiscard]] std::size_t size() const;

 private:
  struct Idle;
  using Order = std::list<Idle>;                              // oldest first
  using Places = std::multimap<SessionKey, Order::iterator>;  // among equals too
  struct Idle {
    std::unique_ptr<Session> session;
    io::Instant until;
    Places::iterator place;
  };
  [[nodiscard]] Order::iterator newest(const SessionKey& key);  // idle_.end(): none that lives
  std::unique_ptr<Session> remove(Order::iterator idle);

  void start_sweeping();
  static io::Async<> sweep(std::shared_ptr<SessionPool> pool);
  std::vector<std::unique_ptr<Session>> take_expired();
  [[nodiscard]] io::Instant next_expiry(bool& empty);

  io::Executor strand_;  // of the sweeping only
  io::Clock& clock_;
  /// One for each sweep, emplaced and emitted on strand_: one that found nothing to do may still be
  /// on its way out when the next one begins.
  std::shared_ptr<io::asio::cancellation_signal> stop_sweeping_;
  mutable std::mutex mutex_;
  Order idle_;
  Places places_;
  bool sweeping_ = false;
};

/// Says QUIT in the background, at the session's home.
void leave(std::unique_ptr<Session> session);

}  // namespace tenax::delivery

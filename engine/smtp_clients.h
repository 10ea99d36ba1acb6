// SPDX-License-Identifier: Apache-2.0
#pragma once
// What each client does at the SMTP door: sessions at once, messages in a minute.

#include <cstddef>
#include <map>
#include <string>

#include "io/clock.h"

#include "engine/network.h"

namespace tenax::engine {

/// Clients are told apart by client_of(address). Concurrency: one user at a time.
class SmtpClients {
 public:
  static constexpr std::size_t kMost = 10'000;  // different senders of a minute kept in mind
  static constexpr io::Span kMinute = std::chrono::minutes{1};

  /// Of each client; 0: no limit.
  SmtpClients(std::size_t sessions, std::size_t messages)
      : sessions_{sessions}, messages_{messages} {}

  [[nodiscard]] bool may_enter(const std::string& address) const {
    const auto same = inside_.find(client_of(address));
    return sessions_ == 0 || same == inside_.end() || same->second < sessions_;
  }
  void enter(const std::string& address) { ++inside_[client_of(address)]; }
  void leave(const std::string& address) {
    const auto same = inside_.find(client_of(address));
    if (same != inside_.end() && --same->second == 0) inside_.erase(same);
  }

  /// May it send one more? It is counted in either case.
  [[nodiscard]] bool spends_a_message(const std::string& address, io::Instant now) {
    if (messages_ == 0) return true;
    const std::string client = client_of(address);
    // Too many: all begin anew. Whoever commands so many networks sends what he likes as it is.
    if (sent_.size() >= kMost && !sent_.contains(client)) sent_.clear();
    if (now >= minute_ends_) {
      sent_.clear();
      minute_ends_ = now + kMinute;
    }
    return ++sent_[client] <= messages_;
  }

 private:
  std::size_t sessions_;
  std::size_t messages_;
  std::map<std::string, std::size_t> inside_;  // at most as many as there are sessions
  std::map<std::string, std::size_t> sent_;    // this minute
  io::Instant minute_ends_{};
};

}  // namespace tenax::engine

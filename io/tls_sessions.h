// SPDX-License-Identifier: Apache-2.0
#pragma once
// What servers gave us to begin again with (RFC 8446 2.2): a resumed handshake costs neither side a
// signature, and us no look at the certificates, whose result the session remembers.

#include <openssl/ssl.h>

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace tenax::io {

/// Sessions by a key that names all they were made under: the server, and what it had to prove.
/// Concurrency: thread-safe (locked inside).
class TlsSessions {
 public:
  using Owned = std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)>;

  /// The newest; null when there is none. It is taken out: nobody on the way shall tell that two
  /// connections are of the same client (RFC 8446 C.4).
  [[nodiscard]] Owned take(const std::string& key) {
    const std::lock_guard lock{mutex_};
    const auto behind = places_.upper_bound(key);
    if (behind == places_.begin()) return none();
    const auto place = std::prev(behind);
    if (place->first != key) return none();
    Owned session = std::move(place->second->session);
    kept_.erase(place->second);
    places_.erase(place);
    return session;
  }

  void keep(const std::string& key, Owned session) {
    const std::lock_guard lock{mutex_};
    if (kept_.size() >= kMost) {
      places_.erase(kept_.front().place);
      kept_.pop_front();
    }
    const auto last = kept_.insert(kept_.end(), {std::move(session), {}});
    last->place = places_.emplace(key, last);
  }

 private:
  static constexpr std::size_t kMost = 1000;  // some kilobytes each
  static Owned none() { return {nullptr, SSL_SESSION_free}; }

  struct Kept;
  using Order = std::list<Kept>;  // oldest first
  using Places = std::multimap<std::string, Order::iterator>;
  struct Kept {
    Owned session;
    Places::iterator place;
  };

  std::mutex mutex_;
  Order kept_;
  Places places_;
};

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the doors of this machine have in common: a socket with a name in the file system, and
// callers who are hung up on when they take too long.

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

namespace tenax::engine {

using LocalProtocol = io::asio::local::stream_protocol;
using LocalSocket = LocalProtocol::socket;

/// Binds `acceptor` to `path`, open to everybody, in place of a name that a dead daemon left.
/// Errors: denied, unfit (the path is too long), busy (somebody answers there, or it is no socket),
/// not_found.
[[nodiscard]] io::Result<> listen_at(LocalProtocol::acceptor& acceptor, const std::string& path);

/// Closes the socket if it still lives when the time is over before this does. Concurrency: the
/// executor given, which is the socket's.
class Patience {
 public:
  Patience(const io::Executor& executor, io::Clock& clock,
           const std::shared_ptr<LocalSocket>& socket, io::Instant until);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  static io::Async<> keep(io::Clock& clock, std::weak_ptr<LocalSocket> watched, io::Instant until);

  std::shared_ptr<io::asio::cancellation_signal> end_;
};

}  // namespace tenax::engine

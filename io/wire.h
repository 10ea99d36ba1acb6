// SPDX-License-Identifier: Apache-2.0
#pragma once
// One TCP socket and its deadlines: the only place where a connection waits. Used by the stream in
// tcp_connector and by TLS, which put bytes on it in their own ways.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <span>
#include <string>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"
#include "io/stream.h"

namespace tenax::io {

/// The socket is non-blocking. A deadline that passes closes it. Concurrency: one user at a time,
/// on the executor it was made with (a strand, or one thread).
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(const Executor& executor, const Endpoint& peer);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Opens the socket, binds it to `source` unless that is unspecified, connects.
  Async<Result<>> connect(const asio::ip::address& source, Instant deadline);

  /// Comes before each attempt to move bytes: fails when the deadline has passed or the owner has
  /// given up; lets others run now and then, so that a wire that is always ready starves nobody.
  Async<Result<>> begin(Instant deadline);

  enum class Ready { read, write };
  Async<Result<>> wait(Ready what, Instant deadline);

  /// Waits for bytes and takes them: at least one, or Errc::closed, reset, timed_out, cancelled.
  Async<Result<std::size_t>> read_some(std::span<char> into, Instant deadline);

  /// Bytes, the end or an error are there to be read.
  [[nodiscard]] bool has_input();

  /// Lets what was written go out, as far as that needs no waiting.
  void close() noexcept;

  [[nodiscard]] asio::ip::tcp::socket& socket() { return socket_; }
  [[nodiscard]] const Endpoint& peer() const { return peer_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  /// "<doing> 192.0.2.1:25", for errors.
  [[nodiscard]] std::string with_peer(std::string_view doing) const;

 private:
  class Watch;
  void watch(Instant deadline);
  void set_alarm();
  void alarm_rang();
  [[nodiscard]] Result<> prepare(const asio::ip::address& source);
  [[nodiscard]] Error why(const boost::system::error_code& code) const;

  asio::ip::tcp::socket socket_;
  Endpoint peer_;
  Endpoint local_;
  asio::steady_timer alarm_;
  Instant deadline_ = Instant::max();  // of the wait in progress; max() between waits
  Instant alarm_set_for_ = Instant::max();
  unsigned turns_ = 0;
  bool expired_ = false;
};

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server on loopback that says what the test scripts, for the tests of real wires.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "io/stream.h"
#include "io/tcp_connector.h"

#include "tests/support/real_time.h"

namespace tenax::io {

namespace loopback {

using Socket = asio::ip::tcp::socket;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

inline Endpoint any_port() { return {asio::ip::address_v4::loopback(), 0}; }

/// Accepts one connection and leaves it to `serve`; keeps it open until the test ends otherwise.
class Server {
 public:
  using Serve = Async<> (*)(Socket& socket);

  explicit Server(asio::io_context& context, Serve serve = nullptr)
      : acceptor_{context, any_port()}, socket_{context} {
    asio::co_spawn(context, accept(serve), asio::detached);
  }
  [[nodiscard]] Endpoint endpoint() const { return acceptor_.local_endpoint(); }
  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  Async<> accept(Serve serve) {
    const auto [failed] = co_await acceptor_.async_accept(socket_, kToken);
    if (failed || !serve) co_return;
    co_await serve(socket_);
  }

  asio::ip::tcp::acceptor acceptor_;
  Socket socket_;
};

inline Async<Result<std::unique_ptr<Stream>>> dial(Connector& connector, Endpoint to) {
  Result<std::unique_ptr<Stream>> stream =
      co_await connector.connect(to, testing::within(std::chrono::seconds{5}));
  co_return stream;
}

/// The connected stream, or a failed test.
inline std::unique_ptr<Stream> connected(asio::io_context& context, Connector& connector,
                                         Endpoint to) {
  Result<std::unique_ptr<Stream>> stream = testing::run_real(context, dial(connector, to));
  if (!stream) throw std::runtime_error{to_string(stream.error())};
  return std::move(*stream);
}

/// Everything up to the end of the stream.
inline Async<std::string> read_to_end(Stream& stream) {
  std::string all;
  std::array<char, 1000> part{};
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(part, testing::in_time());
    if (!got) {
      if (!got.error().is(Errc::closed)) all += "<" + to_string(got.error()) + ">";
      co_return all;
    }
    all.append(part.data(), *got);
  }
}

}  // namespace loopback

}  // namespace tenax::io

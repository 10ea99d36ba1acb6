// SPDX-License-Identifier: Apache-2.0
#include "io/wire.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/io/loopback.h"

namespace tenax::io {
namespace {

using namespace std::chrono_literals;
using loopback::connected;
using loopback::kToken;
using loopback::Server;
using loopback::Socket;
using testing::in_time;
using testing::run_real;

TEST(Wire, SpeaksIpv6) {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor{context};
  boost::system::error_code failed;
  acceptor.open(asio::ip::tcp::v6(), failed);
  if (!failed) acceptor.bind({asio::ip::address_v6::loopback(), 0}, failed);
  if (!failed) acceptor.listen(1, failed);
  if (failed) GTEST_SKIP() << "no IPv6 here: " << failed.message();
  TcpConnector connector;
  const auto stream = connected(context, connector, acceptor.local_endpoint());
  EXPECT_TRUE(stream->peer().address().is_v6());
}

// A peer that always has more.
Async<> flood(Socket& socket) {
  const std::string much(1 << 16, 'x');
  for (;;) {
    const auto [failed, sent] = co_await socket.async_send(asio::buffer(much), kToken);
    if (failed) co_return;
  }
}

Async<bool> read_until(Stream& stream, bool& stop) {
  std::array<char, 1> one{};
  while (!stop) {
    const Result<std::size_t> got = co_await stream.read_some(one, in_time());
    if (!got) co_return false;
  }
  co_return true;
}

TEST(Wire, APeerThatFloodsStarvesNobody) {
  asio::io_context context;
  Server server{context, flood};
  TcpConnector connector;
  const auto stream = connected(context, connector, server.endpoint());
  bool stop = false;
  asio::steady_timer other{context, 20ms};  // has its turn although the wire is always ready
  other.async_wait([&](auto) { stop = true; });
  EXPECT_TRUE(run_real(context, read_until(*stream, stop)));
}

Async<bool> flooded_past(Stream& stream, Instant deadline) {
  std::array<char, 1> one{};
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(one, deadline);
    if (!got) co_return got.error().is(Errc::timed_out);
  }
}

TEST(Wire, AFloodDoesNotOutrunTheDeadline) {
  asio::io_context context;
  Server server{context, flood};
  TcpConnector connector;
  const auto stream = connected(context, connector, server.endpoint());
  EXPECT_TRUE(run_real(context, flooded_past(*stream, testing::within(30ms))));
}

Async<> read_forever(Stream& stream, bool& ended) {
  std::array<char, 1> one{};
  const Result<std::size_t> got = co_await stream.read_some(one, in_time());
  ended = got.has_value();
}

TEST(Wire, AReaderMayOutliveItsStreamIfItNeverRunsAgain) {
  bool ended = false;
  asio::io_context context;
  Server server{context};
  {
    TcpConnector connector;
    const auto stream = connected(context, connector, server.endpoint());
    asio::co_spawn(context, read_forever(*stream, ended), asio::detached);
    context.restart();
    context.poll();
  }
  EXPECT_FALSE(ended);
  // The context destroys the reader now; the sanitizers watch.
}

}  // namespace
}  // namespace tenax::io

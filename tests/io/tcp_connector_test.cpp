// SPDX-License-Identifier: Apache-2.0
#include "io/tcp_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>

#include "tests/io/loopback.h"
#include "tests/io/no_descriptors.h"

namespace tenax::io {
namespace {

using namespace std::chrono_literals;
using loopback::connected;
using loopback::kToken;
using loopback::Server;
using loopback::Socket;
using ::testing::HasSubstr;
using testing::in_time;
using testing::run_real;
using testing::within;

class TcpConnectorTest : public ::testing::Test {
 protected:
  Result<std::size_t> read(Stream& stream, Instant deadline) {
    return run_real(context, stream.read_some(buffer, deadline));
  }
  void let_pass(Span length) {
    context.restart();
    context.run_for(length);
  }
  // A port on which nobody listens: taken, then given back.
  Endpoint deserted() {
    asio::ip::tcp::acceptor acceptor{context, loopback::any_port()};
    return acceptor.local_endpoint();
  }

  asio::io_context context;
  TcpConnector connector;
  std::array<char, 100> buffer{};
};

Async<> echo_three_bytes_and_leave(Socket& socket) {
  std::array<char, 3> bytes{};
  co_await asio::async_read(socket, asio::buffer(bytes), kToken);
  co_await asio::async_write(socket, asio::buffer(bytes), kToken);
  boost::system::error_code ignored;
  socket.close(ignored);
}

TEST_F(TcpConnectorTest, BytesGoAndComeAndTheEndIsClosed) {
  Server server{context, echo_three_bytes_and_leave};
  const auto stream = connected(context, connector, server.endpoint());
  EXPECT_EQ(stream->peer(), server.endpoint());
  EXPECT_EQ(stream->local().address(), asio::ip::address_v4::loopback());
  EXPECT_NE(stream->local().port(), 0);
  EXPECT_FALSE(stream->tls());
  ASSERT_TRUE(run_real(context, stream->write("abc", in_time())));
  EXPECT_EQ(run_real(context, loopback::read_to_end(*stream)), "abc");
}

TEST_F(TcpConnectorTest, ShortLinesAreNotHeldBack) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  // The stream hides its socket; the kernel lists it as the newest connection of ours.
  const int fd = [&] {
    for (int candidate = 3; candidate < 200; ++candidate) {
      sockaddr_in name{};
      socklen_t size = sizeof name;
      if (::getsockname(candidate, reinterpret_cast<sockaddr*>(&name), &size) == 0 &&
          ntohs(name.sin_port) == stream->local().port()) {
        return candidate;
      }
    }
    return -1;
  }();
  ASSERT_GE(fd, 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST_F(TcpConnectorTest, ADesertedPortRefuses) {
  const Endpoint nobody = deserted();
  const auto stream = run_real(context, connector.connect(nobody, in_time()));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(stream.error().is(Errc::refused));
  EXPECT_THAT(to_string(stream.error()), HasSubstr("connect 127.0.0.1:"));
}

TEST_F(TcpConnectorTest, ADeadlineInThePastDialsNobody) {
  Server server{context};
  const auto stream = run_real(context, connector.connect(server.endpoint(), within(-1s)));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(stream.error().is(Errc::timed_out));
}

TEST_F(TcpConnectorTest, AHostThatAnswersNothingTimesOut) {
  // Two connections fill a backlog of one; the kernel leaves the rest without an answer.
  asio::ip::tcp::acceptor full{context, asio::ip::tcp::v4()};
  full.bind(loopback::any_port());
  full.listen(1);
  std::vector<std::unique_ptr<Stream>> waiting;
  Errc last{};
  for (int dial = 0; dial < 8 && last != Errc::timed_out; ++dial) {
    auto stream = run_real(context, connector.connect(full.local_endpoint(), within(50ms)));
    if (stream) {
      waiting.push_back(std::move(*stream));
    } else {
      last = static_cast<Errc>(stream.error().code.value());
    }
  }
  if (last == Errc{}) GTEST_SKIP() << "this kernel's backlog has no end";
  EXPECT_EQ(last, Errc::timed_out);
}

TEST_F(TcpConnectorTest, AnAddressThatIsNotOursIsOurOwnFault) {
  TcpConnectorOptions options;
  options.source_v4 = asio::ip::make_address_v4("192.0.2.77");
  TcpConnector elsewhere{options};
  Server server{context};
  const auto stream = run_real(context, elsewhere.connect(server.endpoint(), in_time()));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(stream.error().is(Errc::local_network)) << to_string(stream.error());
}

TEST_F(TcpConnectorTest, AnAddressThatIsNoHostsSaysNothingOfOurNetwork) {
  for (const auto* address : {"224.0.0.1", "255.255.255.255", "fe80::1", "ff02::1"}) {
    const Endpoint to{asio::ip::make_address(address), 25};
    const auto stream = run_real(context, connector.connect(to, in_time()));
    ASSERT_FALSE(stream) << address;
    EXPECT_TRUE(stream.error().is(Errc::unreachable)) << to_string(stream.error());
  }
}

TEST_F(TcpConnectorTest, ConnectsFromTheGivenAddress) {
  TcpConnectorOptions options;
  options.source_v4 = asio::ip::make_address_v4("127.0.0.1");
  TcpConnector from{options};
  Server server{context};
  const auto stream = connected(context, from, server.endpoint());
  EXPECT_EQ(stream->local().address(), options.source_v4);
}

TEST_F(TcpConnectorTest, OutOfDescriptorsIsOurOwnFault) {
  Server server{context};
  run_real(context, connector.connect(deserted(), in_time()));  // opens what asio needs
  const testing::NoDescriptors none;
  const auto stream = run_real(context, connector.connect(server.endpoint(), in_time()));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(stream.error().is(Errc::local_network)) << to_string(stream.error());
  EXPECT_EQ(none.refused(), 1);
}

TEST_F(TcpConnectorTest, ASilentPeerCostsNoMoreThanTheDeadline) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  const Instant before = boot_now();
  const Result<std::size_t> got = read(*stream, within(30ms));
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(Errc::timed_out));
  EXPECT_GE(boot_now() - before, 30ms);
  const Result<std::size_t> again = read(*stream, in_time());
  ASSERT_FALSE(again);  // spent
}

Async<> drip(Socket& socket) {
  asio::steady_timer timer{socket.get_executor()};
  for (int drop = 0; drop < 1000; ++drop) {
    const auto [unsent, sent] = co_await socket.async_send(asio::buffer("x", 1), kToken);
    if (unsent) co_return;
    timer.expires_after(2ms);
    co_await timer.async_wait(kToken);
  }
}

Async<int> count_drops(Stream& stream, Instant deadline) {
  std::array<char, 10> some{};
  for (int drops = 0;; ++drops) {
    const Result<std::size_t> got = co_await stream.read_some(some, deadline);
    if (!got) co_return got.error().is(Errc::timed_out) ? drops : -1;
  }
}

TEST_F(TcpConnectorTest, ASlowDripDoesNotMoveTheDeadline) {
  Server server{context, drip};
  const auto stream = connected(context, connector, server.endpoint());
  const int drops = run_real(context, count_drops(*stream, within(40ms)));
  EXPECT_GT(drops, 0);
  EXPECT_LT(drops, 1000);
}

Async<std::string> read_with_deadlines(Stream& stream, std::vector<Span> patience) {
  std::array<char, 10> some{};
  std::string seen;
  for (const Span length : patience) {
    const Instant deadline = within(length);
    const Result<std::size_t> got = co_await stream.read_some(some, deadline);
    seen += got ? "x" : got.error().is(Errc::timed_out) ? "T" : "E";
  }
  co_return seen;
}

TEST_F(TcpConnectorTest, AnEarlierDeadlineAfterALaterOneHolds) {
  Server server{context, [](Socket& socket) -> Async<> {
                  co_await socket.async_send(asio::buffer("x", 1), kToken);
                }};
  const auto stream = connected(context, connector, server.endpoint());
  std::vector<Span> patience{5s, 20ms};
  EXPECT_EQ(run_real(context, read_with_deadlines(*stream, patience)), "xT");
}

TEST_F(TcpConnectorTest, AnAlarmLeftFromAnEarlierWaitCutsNoLaterOne) {
  Server server{context, [](Socket& socket) -> Async<> {
                  co_await socket.async_send(asio::buffer("x", 1), kToken);
                  asio::steady_timer timer{socket.get_executor(), 60ms};
                  co_await timer.async_wait(kToken);
                  co_await socket.async_send(asio::buffer("y", 1), kToken);
                }};
  const auto stream = connected(context, connector, server.endpoint());
  std::vector<Span> patience{30ms, 5s};
  EXPECT_EQ(run_real(context, read_with_deadlines(*stream, patience)), "xx");
}

TEST_F(TcpConnectorTest, InputIsSeenWithoutTakingIt) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  let_pass(50ms);  // the server accepts
  EXPECT_FALSE(stream->has_input());
  asio::write(server.socket(), asio::buffer("552 no", 6));
  let_pass(50ms);
  EXPECT_TRUE(stream->has_input());
  EXPECT_TRUE(stream->has_input());
  EXPECT_EQ(read(*stream, in_time()).value(), 6U);
  EXPECT_FALSE(stream->has_input());
  server.socket().close();
  let_pass(50ms);
  EXPECT_TRUE(stream->has_input());  // the end
}

TEST_F(TcpConnectorTest, LastWordsAreReadBehindABrokenWrite) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  let_pass(50ms);  // the server accepts
  asio::write(server.socket(), asio::buffer("552 no", 6));
  ASSERT_TRUE(run_real(context, stream->write("unread", in_time())));
  let_pass(50ms);
  server.socket().close();  // over unread bytes: a reset
  Result<> written{};
  for (int tries = 0; written && tries < 100; ++tries) {
    written = run_real(context, stream->write("more", in_time()));
  }
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is(Errc::reset));
  EXPECT_EQ(read(*stream, in_time()).value(), 6U);
}

TEST_F(TcpConnectorTest, AResetIsNotAnOrderlyEnd) {
  Server server{context, [](Socket& socket) -> Async<> {
                  boost::system::error_code ignored;
                  socket.set_option(asio::socket_base::linger{true, 0}, ignored);
                  socket.close(ignored);
                  co_return;
                }};
  const auto stream = connected(context, connector, server.endpoint());
  const Result<std::size_t> got = read(*stream, in_time());
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(Errc::reset)) << to_string(got.error());
}

TEST_F(TcpConnectorTest, WritingIntoABrokenWireIsAnErrorNotASignal) {
  Server server{context, [](Socket& socket) -> Async<> {
                  boost::system::error_code ignored;
                  socket.set_option(asio::socket_base::linger{true, 0}, ignored);
                  socket.close(ignored);
                  co_return;
                }};
  const auto stream = connected(context, connector, server.endpoint());
  const std::string much(1 << 20, 'x');
  Result<> last;
  for (int writes = 0; writes < 50 && last; ++writes) {
    last = run_real(context, stream->write(much, in_time()));
  }
  ASSERT_FALSE(last);
  EXPECT_TRUE(last.error().is(Errc::reset)) << to_string(last.error());
}

TEST_F(TcpConnectorTest, APeerThatReadsNothingBlocksAWriteUntilTheDeadline) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  const std::string much(64 << 20, 'x');
  const Result<> written = run_real(context, stream->write(much, within(100ms)));
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is(Errc::timed_out)) << to_string(written.error());
}

Async<> read_slowly_then_leave(Socket& socket) {
  std::vector<char> bytes(4 << 20);
  co_await asio::async_read(socket, asio::buffer(bytes), kToken);
  boost::system::error_code ignored;
  socket.close(ignored);
}

TEST_F(TcpConnectorTest, ALongWriteArrivesWhole) {
  Server server{context, read_slowly_then_leave};
  const auto stream = connected(context, connector, server.endpoint());
  const std::string much(4 << 20, 'x');
  EXPECT_TRUE(run_real(context, stream->write(much, in_time())));
  EXPECT_EQ(run_real(context, loopback::read_to_end(*stream)), "");
}

Async<std::string> cancelled_read(Stream& stream) {
  std::array<char, 10> some{};
  const Result<std::size_t> got = co_await stream.read_some(some, in_time());
  co_return got ? "read" : to_string(got.error());
}

TEST_F(TcpConnectorTest, ACancelledReadSaysSo) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  asio::cancellation_signal stop;
  std::string said;
  asio::co_spawn(context, cancelled_read(*stream),
                 asio::bind_cancellation_slot(
                     stop.slot(), [&](std::exception_ptr, std::string words) { said = words; }));
  context.restart();
  context.poll();
  stop.emit(asio::cancellation_type::terminal);
  context.run_for(1s);
  EXPECT_THAT(said, HasSubstr("cancelled"));
}

TEST_F(TcpConnectorTest, LastWordsGoOutEvenWhenMoreWasToBeRead) {
  Server server{context, [](Socket& socket) -> Async<> {
                  co_await socket.async_send(asio::buffer("unread", 6), kToken);
                }};
  auto stream = connected(context, connector, server.endpoint());
  context.restart();
  context.poll();
  ASSERT_TRUE(run_real(context, stream->write("QUIT\r\n", in_time())));
  stream->close();
  stream.reset();
  std::string heard(6, '\0');
  asio::read(server.socket(), asio::buffer(heard));
  EXPECT_EQ(heard, "QUIT\r\n");
}

TEST_F(TcpConnectorTest, AStreamMayGoDownWithTheContext) {
  auto other = std::make_unique<asio::io_context>();
  auto server = std::make_unique<Server>(*other);
  std::unique_ptr<Stream> stream = connected(*other, connector, server->endpoint());
  Stream& reading = *stream;
  asio::co_spawn(
      *other,
      [](Stream& read, std::unique_ptr<Stream>) -> Async<> {
        std::array<char, 10> some{};
        const Result<std::size_t> got = co_await read.read_some(some, in_time());
        EXPECT_TRUE(got);  // never comes back
      }(reading, std::move(stream)),
      asio::detached);
  other->restart();
  other->poll();
  server.reset();
  other.reset();
}

Async<> converse(TcpConnector& connector, Endpoint to, std::atomic<int>& echoes) {
  Result<std::unique_ptr<Stream>> stream = co_await connector.connect(to, in_time());
  if (!stream) co_return;
  std::array<char, 16> some{};
  for (int line = 0; line < 50; ++line) {
    const Result<> sent = co_await (*stream)->write("x", in_time());
    if (!sent) co_return;
    const Result<std::size_t> got = co_await (*stream)->read_some(some, in_time());
    if (!got) co_return;
    ++echoes;
  }
}

Async<> echo(Socket socket) {
  std::array<char, 16> some{};
  for (;;) {
    const auto [failed, got] = co_await socket.async_read_some(asio::buffer(some), kToken);
    if (failed) co_return;
    const auto [unsent, sent] =
        co_await asio::async_write(socket, asio::buffer(some.data(), got), kToken);
    if (unsent) co_return;
  }
}

Async<> echo_all(asio::ip::tcp::acceptor& acceptor, int connections) {
  for (int at = 0; at < connections; ++at) {
    const auto strand = asio::make_strand(acceptor.get_executor());
    auto [failed, socket] = co_await acceptor.async_accept(strand, kToken);
    if (failed) co_return;
    Async<> echoing = echo(Socket{std::move(socket)});
    asio::co_spawn(strand, std::move(echoing), asio::detached);
  }
}

TEST_F(TcpConnectorTest, OneConnectorServesManyThreads) {
  constexpr int kConnections = 8;
  asio::thread_pool pool{3};
  asio::ip::tcp::acceptor acceptor{pool, loopback::any_port()};
  std::atomic<int> echoes{0};
  asio::co_spawn(pool, echo_all(acceptor, kConnections), asio::detached);
  for (int at = 0; at < kConnections; ++at) {
    asio::co_spawn(asio::make_strand(pool), converse(connector, acceptor.local_endpoint(), echoes),
                   asio::detached);
  }
  pool.join();
  EXPECT_EQ(echoes, kConnections * 50);
}

}  // namespace
}  // namespace tenax::io

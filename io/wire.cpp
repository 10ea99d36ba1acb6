// SPDX-License-Identifier: Apache-2.0
#include "io/wire.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "io/address_text.h"
#include "io/system_clock.h"

namespace tenax::io {

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

// How connect(2) failing is to be read: only ECONNREFUSED and a reset come from the other side, and
// only EHOSTUNREACH from the way there. ENETUNREACH at once is our own routing table: we have no
// such network; later it is a router's on the way (ICMP). But what is no host's address fails in
// these ways too, whatever we have.
Errc connect_errc(int number, const asio::ip::address& to, bool at_once) {
  const bool no_hosts = to.is_multicast() || (to.is_v6() && to.to_v6().is_link_local()) ||
                        (to.is_v4() && to.to_v4().to_uint() >> 28 == 0xF);
  if ((no_hosts || !at_once) && number == ENETUNREACH) return Errc::unreachable;
  switch (number) {
    case ECONNREFUSED: return Errc::refused;
    case ECONNRESET: return Errc::reset;
    case ETIMEDOUT: return Errc::timed_out;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EPERM:  // our own packet filter
    case EAFNOSUPPORT:
    case ENETUNREACH:
    case ENETDOWN: return Errc::local_network;
    default: return Errc::unreachable;  // EHOSTUNREACH and its kin; EINVAL, EACCES: the address
  }
}

}  // namespace

// The deadline of one wait, taken back however the wait ends. Holds the wire: a coroutine that is
// destroyed in mid-wait may be the last to know of it.
class Wire::Watch {
 public:
  Watch(std::shared_ptr<Wire> wire, Instant deadline) : wire_{std::move(wire)} {
    wire_->watch(deadline);
  }
  ~Watch() { wire_->deadline_ = Instant::max(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  std::shared_ptr<Wire> wire_;
};

Wire::Wire(const Executor& executor, const Endpoint& peer)
    : socket_{executor}, peer_{peer}, alarm_{executor} {}

Wire::~Wire() { close(); }

std::string Wire::with_peer(std::string_view doing) const {
  return std::string{doing} + " " + to_string(peer_);
}

// The alarm is left running between waits and moved only when it would ring too late: dialogues
// have minutes of patience and rarely use them, so most waits cost no timer at all.
void Wire::watch(Instant deadline) {
  deadline_ = deadline;
  if (deadline < alarm_set_for_) set_alarm();
}

void Wire::set_alarm() {
  alarm_set_for_ = deadline_;
  const Span left = std::max<Span>(deadline_ - boot_now(), Span::zero());
  // Half the range of the timer's clock stands for "never": now + that must not overflow.
  alarm_.expires_after(std::min<Span>(left, asio::steady_timer::duration::max() / 2));
  alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code& aborted) {
    if (aborted) return;
    if (const std::shared_ptr<Wire> wire = weak.lock()) wire->alarm_rang();
  });
}

void Wire::alarm_rang() {
  alarm_set_for_ = Instant::max();
  if (deadline_ == Instant::max()) return;  // nobody waits
  if (boot_now() < deadline_) {
    set_alarm();
    return;
  }
  expired_ = true;
  boost::system::error_code ignored;
  // Closing, not cancelling: a cancel that arrives between two steps of an operation has no effect.
  socket_.close(ignored);
}

Error Wire::why(const boost::system::error_code& code) const {
  if (expired_) return error(Errc::timed_out, {});
  if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) {
    return error(Errc::cancelled, {});
  }
  if (code == asio::error::eof) return error(Errc::closed, {});
  if (code == asio::error::timed_out) return error(Errc::reset, {});  // keepalive or resend gave up
  return error(Errc::reset, code.message());
}

Async<Result<>> Wire::begin(Instant deadline) {
  constexpr unsigned kTurnsWithoutRest = 16;
  co_await asio::this_coro::throw_if_cancelled(false);
  if (++turns_ % kTurnsWithoutRest == 0) {
    const Executor executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
  }
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return error(Errc::cancelled, {});
  if (expired_ || boot_now() >= deadline) co_return error(Errc::timed_out, {});
  co_return Result<>{};
}

Async<Result<>> Wire::wait(Ready what, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<> may = co_await begin(deadline);
  if (!may) co_return may;
  const Watch watched{shared_from_this(), deadline};
  const auto kind =
      what == Ready::read ? asio::ip::tcp::socket::wait_read : asio::ip::tcp::socket::wait_write;
  const auto [failed] = co_await socket_.async_wait(kind, kToken);
  if (failed) co_return why(failed);
  co_return Result<>{};
}

Async<Result<std::size_t>> Wire::read_some(std::span<char> into, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<> may = co_await begin(deadline);
  if (!may) co_return may.error();
  if (!socket_.is_open()) co_return error(Errc::closed, "closed by ourselves");
  const Watch watched{shared_from_this(), deadline};
  const auto [failed, got] =
      co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), kToken);
  if (failed) co_return why(failed);
  co_return got;
}

bool Wire::has_input() {
  char next = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

Result<> Wire::prepare(const asio::ip::address& source) {
  boost::system::error_code failed;
  socket_.open(peer_.protocol(), failed);
  if (!failed) socket_.non_blocking(true, failed);
  // A dialogue of short lines: each waits for the answer to the one before, so none may linger.
  if (!failed) socket_.set_option(asio::ip::tcp::no_delay{true}, failed);
  if (!failed && !source.is_unspecified()) socket_.bind(Endpoint{source, 0}, failed);
  if (failed) return error(Errc::local_network, failed.message());
  return {};
}

Async<Result<>> Wire::connect(const asio::ip::address& source, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<> may = co_await begin(deadline);
  if (!may) co_return may;
  const Result<> ready = prepare(source);
  if (!ready) co_return ready;

  int number =
      ::connect(socket_.native_handle(), peer_.data(), static_cast<socklen_t>(peer_.size())) == 0
          ? 0
          : errno;
  const bool at_once = number != EINPROGRESS;
  if (!at_once) {
    const Watch watched{shared_from_this(), deadline};
    // The reactor may still have to tell of the time before connect(2), when the socket was not
    // connecting: only poll(2) knows whether it has come to an end.
    const auto is_under_way = [this] {
      pollfd ended{socket_.native_handle(), POLLOUT, 0};
      return ::poll(&ended, 1, 0) == 0;
    };
    while (is_under_way()) {
      const auto [failed] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kToken);
      if (failed) co_return why(failed);
    }
    socklen_t size = sizeof number;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) {
      co_return why(asio::error::bad_descriptor);  // closed meanwhile
    }
  }
  if (number != 0) {
    co_return error(connect_errc(number, peer_.address(), at_once),
                    std::generic_category().message(number));
  }
  boost::system::error_code ignored;
  local_ = socket_.local_endpoint(ignored);
  co_return Result<>{};
}

void Wire::close() noexcept {
  alarm_set_for_ = Instant::max();
  try {
    alarm_.cancel();
  } catch (const std::exception&) {  // an alarm that still rings finds nobody
  }
  if (!socket_.is_open()) return;
  boost::system::error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  // Closing over unread bytes resets the connection, and a reset may overtake our last words.
  std::array<char, 4096> rest{};
  for (int reads = 0; !failed && reads < 16; ++reads) {
    socket_.read_some(asio::buffer(rest), failed);
  }
  socket_.close(failed);
}

}  // namespace tenax::io

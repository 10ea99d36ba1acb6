// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_net.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenax::testing {

namespace asio = io::asio;

namespace {

constexpr std::size_t kCapacity = 64 * 1024;

struct Direction {
  std::string bytes;
  std::size_t read = 0;  // of `bytes`, already taken
  bool ended = false;    // the writing end is closed
  bool broken = false;   // reset
  Bell readable;
  Bell writable;

  [[nodiscard]] std::size_t held() const { return bytes.size() - read; }
  std::size_t take(std::span<char> into) {
    const std::size_t length = std::min(into.size(), held());
    std::copy_n(bytes.data() + read, length, into.data());
    read += length;
    if (read == bytes.size()) {
      bytes.clear();
      read = 0;
    } else if (read > kCapacity) {
      bytes.erase(0, read);
      read = 0;
    }
    return length;
  }
};

/// Leaves with the frame of the one who waits, also when a dying context destroys it.
struct Place {
  Place(std::shared_ptr<asio::cancellation_signal>& at,
        std::shared_ptr<asio::cancellation_signal> alarm)
      : waiting{at} {
    waiting = std::move(alarm);
  }
  ~Place() { waiting.reset(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::shared_ptr<asio::cancellation_signal>& waiting;
};

}  // namespace

void Bell::ring() {
  if (const auto waiting = waiting_) waiting->emit(asio::cancellation_type::terminal);
}

io::Async<io::Result<>> Bell::wait(io::Clock& clock, io::Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state outside = co_await asio::this_coro::cancellation_state;
  if (outside.cancelled() != asio::cancellation_type::none) {
    co_return io::error(io::Errc::cancelled, "wire");
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  // The sleep is a coroutine of its own, so that a ring can end it without cancelling ours.
  const auto alarm = std::make_shared<asio::cancellation_signal>();
  const Place place{waiting_, alarm};
  asio::cancellation_slot from_outside = outside.slot();
  if (from_outside.is_connected()) {
    from_outside.assign([alarm](asio::cancellation_type type) { alarm->emit(type); });
  }
  auto sleep = clock.sleep_until(deadline);
  auto token = asio::bind_cancellation_slot(alarm->slot(), asio::as_tuple(asio::use_awaitable));
  const auto ended = co_await asio::co_spawn(executor, std::move(sleep), std::move(token));
  if (from_outside.is_connected()) from_outside.clear();
  const asio::cancellation_state after = co_await asio::this_coro::cancellation_state;
  if (after.cancelled() != asio::cancellation_type::none) {
    co_return io::error(io::Errc::cancelled, "wire");
  }
  const io::Result<>& slept = std::get<1>(ended);
  if (slept) co_return io::error(io::Errc::timed_out, "wire");
  co_return io::Result<>{};
}

struct FakeStream::Wire {
  explicit Wire(io::Clock& on) : clock{on} {}

  io::Clock& clock;
  std::array<io::Endpoint, 2> ends;
  std::array<Direction, 2> to;  // to[0] flows towards the client
  std::array<bool, 2> closed{};
  std::array<std::function<void()>, 2> then;
  // TLS: the client asks, the server answers.
  std::optional<io::TlsRequirement> asked;
  struct Answer {
    std::vector<std::string> certificate;
    bool works = true;
  };
  std::optional<Answer> answered;
  std::array<Bell, 2> tls_bell;
  std::optional<io::TlsFacts> facts;

  void close(int side, bool reset) noexcept {
    const auto mine = static_cast<std::size_t>(side);
    const std::size_t other = 1 - mine;
    if (closed[mine]) return;
    closed[mine] = true;
    to[other].ended = true;
    if (reset) {
      to[other].broken = true;
      to[other].bytes.clear();
      to[other].read = 0;
    }
    for (Direction& direction : to) {
      direction.readable.ring();
      direction.writable.ring();
    }
    for (Bell& bell : tls_bell) bell.ring();
    if (then[mine]) std::exchange(then[mine], nullptr)();
  }
};

std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> FakeStream::pair(
    io::Clock& clock, io::Endpoint client, io::Endpoint server) {
  const auto wire = std::make_shared<Wire>(clock);
  wire->ends = {std::move(client), std::move(server)};
  return {std::unique_ptr<FakeStream>{new FakeStream{wire, 0}},
          std::unique_ptr<FakeStream>{new FakeStream{wire, 1}}};
}

FakeStream::FakeStream(std::shared_ptr<Wire> wire, int side)
    : wire_{std::move(wire)}, side_{side} {}

FakeStream::~FakeStream() { close(); }

io::Async<io::Result<std::size_t>> FakeStream::read_some(std::span<char> into,
                                                         io::Instant deadline) {
  const std::shared_ptr<Wire> wire = wire_;
  const auto mine = static_cast<std::size_t>(side_);
  Direction& inbound = wire->to[mine];
  for (;;) {
    if (wire->closed[mine]) co_return io::error(io::Errc::closed, "read");
    if (inbound.broken) co_return io::error(io::Errc::reset, "read");
    if (inbound.held() > 0) {
      const std::size_t length = inbound.take(into);
      inbound.writable.ring();
      co_return length;
    }
    if (inbound.ended) co_return io::error(io::Errc::closed, "read");
    const io::Result<> waited = co_await inbound.readable.wait(wire->clock, deadline);
    if (!waited) co_return waited.error();
  }
}

bool FakeStream::has_input() {
  const auto mine = static_cast<std::size_t>(side_);
  const Direction& inbound = wire_->to[mine];
  return inbound.held() > 0 || inbound.ended || inbound.broken || wire_->closed[mine];
}

io::Async<io::Result<>> FakeStream::write(std::string_view bytes, io::Instant deadline) {
  const std::shared_ptr<Wire> wire = wire_;
  const auto mine = static_cast<std::size_t>(side_);
  Direction& outbound = wire->to[1 - mine];
  while (!bytes.empty()) {
    if (wire->closed[mine]) co_return io::error(io::Errc::closed, "write");
    if (wire->closed[1 - mine]) co_return io::error(io::Errc::reset, "write");
    const std::size_t room = kCapacity - std::min(kCapacity, outbound.held());
    if (room == 0) {
      const io::Result<> waited = co_await outbound.writable.wait(wire->clock, deadline);
      if (!waited) co_return waited.error();
      continue;
    }
    const std::string_view part = bytes.substr(0, room);
    outbound.bytes += part;
    bytes.remove_prefix(part.size());
    outbound.readable.ring();
  }
  co_return io::Result<>{};
}

io::Async<io::Result<>> FakeStream::start_tls(io::TlsRequirement requirement,
                                              io::Instant deadline) {
  const std::shared_ptr<Wire> wire = wire_;
  wire->asked = requirement;
  wire->tls_bell[1].ring();
  for (;;) {
    if (wire->closed[0] || wire->closed[1]) co_return io::error(io::Errc::tls_failed, "handshake");
    // Bytes in clear that wait here would be read as the server's side of the handshake.
    if (wire->to[0].held() > 0) {
      close();
      co_return io::error(io::Errc::tls_failed, "handshake: not TLS");
    }
    if (wire->answered) break;
    const io::Result<> waited = co_await wire->tls_bell[0].wait(wire->clock, deadline);
    if (!waited) co_return waited.error();
  }
  if (!wire->answered->works) {
    close();
    co_return io::error(io::Errc::tls_failed, "handshake");
  }
  const auto& names = wire->answered->certificate;
  const bool proven = std::ranges::find(names, requirement.server_name) != names.end();
  if (requirement.verify && !proven) {
    close();
    co_return io::error(io::Errc::tls_unproven, "certificate is not for this name");
  }
  wire->facts = io::TlsFacts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", proven};
  wire->tls_bell[1].ring();
  co_return io::Result<>{};
}

io::Async<io::Result<>> FakeStream::accept_tls(std::vector<std::string> certificate, bool works,
                                               io::Instant deadline) {
  const std::shared_ptr<Wire> wire = wire_;
  wire->answered = Wire::Answer{std::move(certificate), works};
  wire->tls_bell[0].ring();
  while (!wire->facts) {
    if (wire->closed[0] || wire->closed[1]) co_return io::error(io::Errc::tls_failed, "accept");
    const io::Result<> waited = co_await wire->tls_bell[1].wait(wire->clock, deadline);
    if (!waited) co_return waited.error();
  }
  co_return io::Result<>{};
}

io::Async<> FakeStream::other_side_gone(io::Instant deadline) {
  const std::shared_ptr<Wire> wire = wire_;
  const auto other = static_cast<std::size_t>(1 - side_);
  while (!wire->closed[other] && !wire->closed[1 - other]) {
    const io::Result<> waited = co_await wire->to[other].writable.wait(wire->clock, deadline);
    if (!waited) co_return;
  }
}

std::optional<io::TlsFacts> FakeStream::tls() const { return wire_->facts; }
std::optional<io::TlsRequirement> FakeStream::asked_of_tls() const { return wire_->asked; }
io::Endpoint FakeStream::peer() const { return wire_->ends[static_cast<std::size_t>(1 - side_)]; }
io::Endpoint FakeStream::local() const { return wire_->ends[static_cast<std::size_t>(side_)]; }
void FakeStream::close() noexcept { wire_->close(side_, false); }
void FakeStream::reset() noexcept { wire_->close(side_, true); }
void FakeStream::on_close(std::function<void()> then) {
  wire_->then[static_cast<std::size_t>(side_)] = std::move(then);
}

FakeHost& FakeHost::serves(Server server) {
  server_ = std::move(server);
  return becomes(Door::open);
}

FakeHost& FakeNet::host(std::string_view address, std::uint16_t port) {
  return hosts_[{asio::ip::make_address(address).to_string(), port}];
}

FakeHost* FakeNet::find(const io::Endpoint& to) {
  const std::string address = to.address().to_string();
  auto found = hosts_.find({address, to.port()});
  if (found == hosts_.end()) found = hosts_.find({address, 0});
  return found == hosts_.end() ? nullptr : &found->second;
}

io::Async<io::Result<std::unique_ptr<io::Stream>>> FakeNet::connect(io::Endpoint to,
                                                                    io::Instant deadline) {
  using Door = FakeHost::Door;
  const std::string where = "connect " + to.address().to_string();
  if (dialled_.size() >= 100'000) dialled_.erase(dialled_.begin(), dialled_.begin() + 50'000);
  dialled_.push_back(to.address().to_string() + ":" + std::to_string(to.port()));

  FakeHost* host = find(to);
  if (host != nullptr) ++host->knocks_;
  const bool silent = host != nullptr && host->door_ == Door::silent;
  const io::Instant answer = clock_.now() + (host != nullptr ? host->latency_ : io::Span{0});
  const bool late = silent || answer > deadline;
  const io::Instant until = late ? deadline : answer;
  const io::Result<> waited = co_await clock_.sleep_until(until);
  if (!waited) co_return io::error(io::Errc::cancelled, where);
  if (late) co_return io::error(io::Errc::timed_out, where);
  if (host == nullptr) co_return io::error(io::Errc::refused, where);

  switch (host->door_) {
    case Door::refuses: co_return io::error(io::Errc::refused, where);
    case Door::unreachable: co_return io::error(io::Errc::unreachable, where);
    case Door::local_network: co_return io::error(io::Errc::local_network, where);
    case Door::silent: co_return io::error(io::Errc::timed_out, where);
    case Door::open: break;
  }
  const auto ours = to.address().is_v6() ? "2001:db8:ffff::1" : "198.51.100.1";
  if (++next_port_ < 40'000) next_port_ = 40'000;
  const io::Endpoint from{asio::ip::make_address(ours), next_port_};
  auto [client, server] = FakeStream::pair(clock_, from, to);
  ++host->made_;
  host->most_open_ = std::max(host->most_open_, ++*host->open_);
  client->on_close([open = host->open_] { --*open; });
  io::Async<> service = host->server_(std::move(server));
  asio::co_spawn(context_, std::move(service), asio::detached);
  co_return std::unique_ptr<io::Stream>{std::move(client)};
}

}  // namespace tenax::testing

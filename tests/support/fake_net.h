// SPDX-License-Identifier: Apache-2.0
#pragma once
// A network in memory: hosts by address, each with its manners, and streams whose two ends live in
// one context on virtual time.

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/clock.h"
#include "io/stream.h"

namespace tenax::testing {

/// Something one coroutine waits for until a deadline; whoever rings wakes it.
class Bell {
 public:
  void ring();
  /// Errors: timed_out, cancelled. A ring may come for nothing: look again.
  io::Async<io::Result<>> wait(io::Clock& clock, io::Instant deadline);

 private:
  std::shared_ptr<io::asio::cancellation_signal> waiting_;
};

/// One end of a connection in memory. Holds at most 64 KiB on the way: who writes more waits until
/// the other side reads.
class FakeStream final : public io::Stream {
 public:
  struct Wire;

  /// The two ends, the client's first.
  static std::pair<std::unique_ptr<FakeStream>, std::unique_ptr<FakeStream>> pair(
      io::Clock& clock, io::Endpoint client = {}, io::Endpoint server = {});
  ~FakeStream() override;

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into, io::Instant deadline) override;
  io::Async<io::Result<>> write(std::string_view bytes, io::Instant deadline) override;
  io::Async<io::Result<>> start_tls(io::TlsRequirement requirement, io::Instant deadline) override;
  [[nodiscard]] bool has_input() override;
  [[nodiscard]] std::optional<io::TlsFacts> tls() const override;
  [[nodiscard]] io::Endpoint peer() const override;
  [[nodiscard]] io::Endpoint local() const override;
  void close() noexcept override;

  /// As close(), but the other side loses what it has not read and sees `reset`.
  void reset() noexcept;

  /// The server's side of start_tls. With a certificate for these names; `works` false breaks the
  /// handshake.
  io::Async<io::Result<>> accept_tls(std::vector<std::string> certificate, bool works,
                                     io::Instant deadline);

  /// Until the other side has closed; or the deadline.
  io::Async<> other_side_gone(io::Instant deadline);

  /// What the client asked of the TLS session (its SNI).
  [[nodiscard]] std::optional<io::TlsRequirement> asked_of_tls() const;

  /// Called once, when this end is closed or destroyed.
  void on_close(std::function<void()> then);

 private:
  FakeStream(std::shared_ptr<Wire> wire, int side);
  std::shared_ptr<Wire> wire_;
  int side_;  // 0 is the client
};

/// How a host behaves towards those who knock. Set up by the test, changed at any time.
class FakeHost {
 public:
  using Server = std::function<io::Async<>(std::unique_ptr<FakeStream>)>;

  FakeHost& refuses() { return becomes(Door::refuses); }
  FakeHost& unreachable() { return becomes(Door::unreachable); }
  FakeHost& local_network() { return becomes(Door::local_network); }  // our side cannot dial it
  FakeHost& stays_silent() { return becomes(Door::silent); }          // not even a SYN-ACK
  /// Each connection is served by a coroutine of its own in the net's context.
  FakeHost& serves(Server server);
  /// Until a connection stands, or its refusal comes.
  FakeHost& latency(io::Span length) {
    latency_ = length;
    return *this;
  }

  [[nodiscard]] int knocks() const { return knocks_; }        // connects tried
  [[nodiscard]] int connections() const { return made_; }     // connects that succeeded
  [[nodiscard]] int open() const { return *open_; }           // not closed by the client yet
  [[nodiscard]] int most_open() const { return most_open_; }  // at once, ever

 private:
  friend class FakeNet;
  enum class Door { refuses, unreachable, local_network, silent, open };
  FakeHost& becomes(Door door) {
    door_ = door;
    return *this;
  }

  Door door_ = Door::refuses;
  Server server_;
  io::Span latency_{0};
  int knocks_ = 0;
  int made_ = 0;
  std::shared_ptr<int> open_ = std::make_shared<int>(0);
  int most_open_ = 0;
};

/// Addresses nobody described refuse. Concurrency: one thread.
class FakeNet final : public io::Connector {
 public:
  FakeNet(io::asio::io_context& context, io::Clock& clock) : context_{context}, clock_{clock} {}

  /// The host at this address, whatever the port; one with a port of its own goes first.
  FakeHost& host(std::string_view address, std::uint16_t port = 0);

  /// Every address dialled, "192.0.2.1:25", in order; the last 100,000.
  [[nodiscard]] const std::vector<std::string>& dialled() const { return dialled_; }

  io::Async<io::Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint to,
                                                             io::Instant deadline) override;

 private:
  FakeHost* find(const io::Endpoint& to);

  io::asio::io_context& context_;
  io::Clock& clock_;
  std::map<std::pair<std::string, std::uint16_t>, FakeHost> hosts_;
  std::vector<std::string> dialled_;
  std::uint16_t next_port_ = 40'000;
};

}  // namespace tenax::testing

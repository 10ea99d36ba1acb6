// SPDX-License-Identifier: Apache-2.0
#include "tests/seams/outside.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace tenax::seams {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kGarbage{"\x16\x03hello\0 \r\n", 11};

io::Errc errc_of(Ill ill) {
  switch (ill) {
    case Ill::servfail: return io::Errc::name_unavailable;
    case Ill::bogus: return io::Errc::name_bogus;
    case Ill::unknown_name: return io::Errc::name_not_found;
    case Ill::refused: return io::Errc::refused;
    case Ill::unreachable: return io::Errc::unreachable;
    case Ill::local_network: return io::Errc::local_network;
    case Ill::reset: return io::Errc::reset;
    case Ill::closed: return io::Errc::closed;
    case Ill::tls_failed: return io::Errc::tls_failed;
    case Ill::tls_unproven: return io::Errc::tls_unproven;
    default: return io::Errc::timed_out;
  }
}

/// How a call ends that this befell.
io::Async<io::Error> suffer(Ill ill, io::Clock& clock, Faults& faults, io::Instant deadline) {
  if (ill == Ill::stopped) faults.stop();
  if (ill == Ill::stopped || ill == Ill::timed_out) {
    const io::Result<> waited = co_await clock.sleep_until(deadline);
    if (!waited) co_return waited.error();
  }
  co_return io::error(errc_of(ill), "the test's order");
}

class TroubledStream final : public io::Stream {
 public:
  TroubledStream(std::unique_ptr<io::Stream> real, io::Clock& clock, Faults& faults, Wires& wires)
      : real_{std::move(real)}, clock_{clock}, faults_{faults}, wires_{wires} {
    ++wires_.open;
  }
  ~TroubledStream() override { --wires_.open; }

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into,
                                               io::Instant deadline) override {
    const std::optional<Ill> ill = faults_.befalls(Seam::read);
    if (ill == Ill::garbage) {
      const std::size_t length = kGarbage.copy(into.data(), into.size());
      co_return length;
    }
    if (ill == Ill::one_octet) into = into.first(1);
    if (ill && ill != Ill::one_octet) {
      io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
      lose(*ill);
      co_return error;
    }
    io::Result<std::size_t> got = co_await real_->read_some(into, deadline);
    co_return got;
  }

  io::Async<io::Result<>> write(std::string_view bytes, io::Instant deadline) override {
    note(bytes);
    const std::optional<Ill> ill = faults_.befalls(Seam::write);
    if (ill == Ill::reset) {
      const std::string_view half = bytes.substr(0, bytes.size() / 2);
      const io::Result<> written = co_await real_->write(half, deadline);
      if (!written) co_return written;
    }
    if (ill) {
      io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
      lose(*ill);
      co_return error;
    }
    io::Result<> written = co_await real_->write(bytes, deadline);
    co_return written;
  }

  io::Async<io::Result<>> start_tls(io::TlsRequirement requirement, io::Instant deadline) override {
    if (const std::optional<Ill> ill = faults_.befalls(Seam::handshake)) {
      io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
      real_->close();
      co_return error;
    }
    io::Result<> secured = co_await real_->start_tls(std::move(requirement), deadline);
    co_return secured;
  }

  [[nodiscard]] bool has_input() override { return real_->has_input(); }
  [[nodiscard]] std::optional<io::TlsFacts> tls() const override { return real_->tls(); }
  [[nodiscard]] io::Endpoint peer() const override { return real_->peer(); }
  [[nodiscard]] io::Endpoint local() const override { return real_->local(); }
  void close() noexcept override { real_->close(); }

 private:
  /// The other side notices it, too.
  void lose(Ill ill) {
    if (ill == Ill::reset || ill == Ill::closed) real_->close();
  }

  /// Who is named, and when the message is sent to them.
  void note(std::string_view bytes) {
    constexpr std::string_view kRcpt = "RCPT TO:<";
    if (bytes.starts_with("MAIL FROM:")) named_.clear();
    for (std::size_t at = bytes.find(kRcpt); at != std::string_view::npos;
         at = bytes.find(kRcpt, at + 1)) {
      const std::string_view rest = bytes.substr(at + kRcpt.size());
      named_.emplace_back(rest.substr(0, rest.find('>')));
    }
    if (bytes.ends_with("\r\n.\r\n")) wires_.behind_dot.insert(named_.begin(), named_.end());
  }

  std::unique_ptr<io::Stream> real_;
  io::Clock& clock_;
  Faults& faults_;
  Wires& wires_;
  std::vector<std::string> named_;
};

}  // namespace

io::Async<io::Result<>> TroubledClock::sleep_until(io::Instant when) {
  co_await io::asio::this_coro::throw_if_cancelled(false);  // stop() may end this very sleep
  const std::optional<Ill> ill = faults_.befalls(Seam::sleep);
  if (ill == Ill::an_hour_late) when += 1h;
  if (ill == Ill::a_day_ahead) real_.step_wall(24h);
  if (ill == Ill::a_day_back) real_.step_wall(-24h);
  if (ill == Ill::stopped) faults_.stop();
  const io::Result<> slept = co_await real_.sleep_until(when);
  co_return slept;
}

std::uint64_t TroubledRandom::bits() {
  const std::uint64_t drawn = real_.bits();
  const std::optional<Ill> ill = faults_.befalls(Seam::draw);
  if (ill == Ill::zero) return 0;
  if (ill == Ill::all_ones) return ~std::uint64_t{0};
  return drawn;
}

io::Async<io::Result<io::Answer<io::MxRecord>>> TroubledResolver::mx(std::string name,
                                                                     io::Instant deadline) {
  const std::optional<Ill> ill = faults_.befalls(Seam::mx);
  if (ill == Ill::no_records) co_return io::Answer<io::MxRecord>{};
  if (ill == Ill::null_mx) co_return io::Answer<io::MxRecord>{.records = {{0, ""}}};
  if (ill) {
    io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
    co_return error;
  }
  auto answer = co_await real_.mx(std::move(name), deadline);
  co_return answer;
}

io::Async<io::Result<io::Answer<io::IpAddress>>> TroubledResolver::addresses(std::string name,
                                                                             io::Instant deadline) {
  const std::optional<Ill> ill = faults_.befalls(Seam::addresses);
  if (ill == Ill::no_records) co_return io::Answer<io::IpAddress>{};
  if (ill) {
    io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
    co_return error;
  }
  auto answer = co_await real_.addresses(std::move(name), deadline);
  co_return answer;
}

io::Async<io::Result<std::unique_ptr<io::Stream>>> TroubledConnector::connect(
    io::Endpoint to, io::Instant deadline) {
  if (const std::optional<Ill> ill = faults_.befalls(Seam::dial)) {
    io::Error error = co_await suffer(*ill, clock_, faults_, deadline);
    co_return error;
  }
  io::Result<std::unique_ptr<io::Stream>> stream = co_await real_.connect(to, deadline);
  if (!stream) co_return stream.error();
  std::unique_ptr<io::Stream> troubled =
      std::make_unique<TroubledStream>(std::move(*stream), clock_, faults_, wires_);
  co_return troubled;
}

}  // namespace tenax::seams

// SPDX-License-Identifier: Apache-2.0
#include "io/tcp_connector.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "io/tls_stream.h"
#include "io/wire.h"

namespace tenax::io {

namespace {

bool would_block(const boost::system::error_code& code) {
  return code == asio::error::would_block || code == asio::error::try_again;
}

// Where it happened goes in front of what happened.
Error in(std::string where, const Error& what) {
  Error error = what;
  error.context = what.context.empty() ? std::move(where) : std::move(where) + ": " + what.context;
  return error;
}

class TcpStream final : public Stream {
 public:
  TcpStream(std::shared_ptr<Wire> wire, std::shared_ptr<TlsTrust> trust)
      : wire_{std::move(wire)}, trust_{std::move(trust)} {}
  ~TcpStream() override { TcpStream::close(); }

  Async<Result<std::size_t>> read_some(std::span<char> into, Instant deadline) override;
  Async<Result<>> write(std::string_view bytes, Instant deadline) override;
  Async<Result<>> start_tls(TlsRequirement requirement, Instant deadline) override;

  [[nodiscard]] bool has_input() override { return tls_ ? tls_->has_input() : wire_->has_input(); }
  [[nodiscard]] std::optional<TlsFacts> tls() const override {
    if (!tls_) return std::nullopt;
    return tls_->facts();
  }
  [[nodiscard]] Endpoint peer() const override { return wire_->peer(); }
  [[nodiscard]] Endpoint local() const override { return wire_->local(); }
  void close() noexcept override {
    if (tls_) tls_->take_leave();
    wire_->close();
  }

 private:
  Async<Result<>> write_plain(std::string_view bytes, Instant deadline);
  Error failed(std::string_view doing, const Error& what) {
    return in(wire_->with_peer(doing), what);
  }

  std::shared_ptr<Wire> wire_;
  std::shared_ptr<TlsTrust> trust_;
  std::unique_ptr<TlsStream> tls_;  // set once the handshake is complete
};

Async<Result<>> TcpStream::write_plain(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const Result<> may = co_await wire_->begin(deadline);
    if (!may) co_return may;
    boost::system::error_code code;
    const std::size_t sent =
        wire_->socket().write_some(asio::buffer(bytes.data(), bytes.size()), code);
    if (!code) {
      bytes.remove_prefix(sent);
      continue;
    }
    if (!would_block(code)) co_return error(Errc::reset, code.message());
    const Result<> ready = co_await wire_->wait(Wire::Ready::write, deadline);
    if (!ready) co_return ready;
  }
  co_return Result<>{};
}

Async<Result<std::size_t>> TcpStream::read_some(std::span<char> into, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Async<Result<std::size_t>> reading =
      tls_ ? tls_->read_some(into, deadline) : wire_->read_some(into, deadline);
  const Result<std::size_t> got = co_await std::move(reading);
  if (!got) co_return failed("read from", got.error());
  co_return *got;
}

Async<Result<>> TcpStream::write(std::string_view bytes, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Async<Result<>> writing = tls_ ? tls_->write(bytes, deadline) : write_plain(bytes, deadline);
  const Result<> written = co_await std::move(writing);
  if (!written) co_return failed("write to", written.error());
  co_return Result<>{};
}

Async<Result<>> TcpStream::start_tls(TlsRequirement requirement, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (tls_) co_return failed("start TLS with", error(Errc::protocol, "TLS is there already"));
  Result<std::unique_ptr<TlsStream>> made = TlsStream::make(wire_, *trust_, requirement);
  if (!made) co_return failed("start TLS with", made.error());
  std::unique_ptr<TlsStream> tls = std::move(*made);
  const Result<> shaken = co_await tls->handshake(deadline);
  if (!shaken) {
    // What was meant for TLS must not be said in clear, not even by mistake.
    wire_->close();
    co_return failed("start TLS with", shaken.error());
  }
  tls_ = std::move(tls);
  co_return Result<>{};
}

}  // namespace

TcpConnector::TcpConnector(TcpConnectorOptions options)
    : options_{options}, trust_{std::make_shared<TlsTrust>()} {}

TcpConnector::~TcpConnector() = default;

Async<Result<std::unique_ptr<Stream>>> TcpConnector::connect(Endpoint to, Instant deadline) {
  const asio::ip::address source = to.address().is_v6() ? asio::ip::address{options_.source_v6}
                                                        : asio::ip::address{options_.source_v4};
  const std::shared_ptr<TlsTrust> trust = trust_;
  co_await asio::this_coro::throw_if_cancelled(false);
  const Executor executor = co_await asio::this_coro::executor;
  const auto wire = std::make_shared<Wire>(executor, to);
  const Result<> connected = co_await wire->connect(source, deadline);
  if (!connected) co_return in(wire->with_peer("connect"), connected.error());
  std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(wire, trust);
  co_return stream;
}

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Wires: connections and the bytes on them. No read and no write without a deadline.

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

namespace tenax::io {

using Endpoint = asio::ip::tcp::endpoint;

/// What the peer must prove before bytes flow over TLS.
struct TlsRequirement {
  std::string server_name;  // SNI, and the name checked when `verify`
  bool verify = false;      // certificate chain and name must hold; else any certificate will do
  std::string ca_file;      // "" means the system's store
};

/// What TLS came to be.
struct TlsFacts {
  std::string protocol;   // "TLSv1.3"
  std::string cipher;     // "TLS_AES_256_GCM_SHA384"
  bool verified = false;  // chain and name hold, whether required or not
  bool resumed = false;   // an earlier session, with what it had proven
};

/// One connection. Errors: timed_out, closed, reset, cancelled, tls_failed, tls_unproven. After any
/// error the stream is spent: only close() may follow, and after closed or reset from a write also
/// read_some(), for what the peer said before. Destroying it closes it. Concurrency: one user at a
/// time, on the executor of the coroutine that connected it.
class Stream {
 public:
  virtual ~Stream() = default;

  /// At least one byte; `closed` at the end of the stream.
  virtual Async<Result<std::size_t>> read_some(std::span<char> into, Instant deadline) = 0;

  /// All of `bytes`, which must stay valid until then. The deadline is for the whole.
  virtual Async<Result<>> write(std::string_view bytes, Instant deadline) = 0;

  /// Turns the connection into TLS, as the client.
  virtual Async<Result<>> start_tls(TlsRequirement requirement, Instant deadline) = 0;

  /// Would read_some return at once, with bytes, the end of the stream or an error? Waits for
  /// nothing and takes nothing.
  [[nodiscard]] virtual bool has_input() = 0;

  [[nodiscard]] virtual std::optional<TlsFacts> tls() const = 0;
  [[nodiscard]] virtual Endpoint peer() const = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;

  virtual void close() noexcept = 0;
};

/// Concurrency: thread-safe.
class Connector {
 public:
  virtual ~Connector() = default;
  /// Errors: timed_out, refused, unreachable, local_network, reset, cancelled.
  virtual Async<Result<std::unique_ptr<Stream>>> connect(Endpoint to, Instant deadline) = 0;
};

}  // namespace tenax::io

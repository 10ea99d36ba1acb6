// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections over TCP, turned into TLS where the dialogue asks for it.

#include <memory>

#include "io/stream.h"

namespace tenax::io {

class TlsTrust;

struct TcpConnectorOptions {
  asio::ip::address_v4 source_v4;  // connect from this address; unspecified: the kernel's choice
  asio::ip::address_v6 source_v6;
};

/// Each connection lives on the executor of the coroutine that asked for it. Certificate stores are
/// loaded once and kept; make a new connector to see changed ones.
/// Concurrency: thread-safe (constant options; the certificate stores are locked inside).
class TcpConnector final : public Connector {
 public:
  explicit TcpConnector(TcpConnectorOptions options = {});
  ~TcpConnector() override;

  Async<Result<std::unique_ptr<Stream>>> connect(Endpoint to, Instant deadline) override;

 private:
  TcpConnectorOptions options_;
  std::shared_ptr<TlsTrust> trust_;
};

}  // namespace tenax::io

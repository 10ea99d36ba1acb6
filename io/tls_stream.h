// SPDX-License-Identifier: Apache-2.0
#pragma once
// TLS over a wire that is connected already, as the client (RFC 3207, RFC 8446).

#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "io/result.h"
#include "io/stream.h"
#include "io/tls_sessions.h"
#include "io/wire.h"

namespace tenax::io {

/// Whom we believe: certificate stores by file name, each loaded when it is first needed, and again
/// when its file has changed. Concurrency: thread-safe (locked inside).
class TlsTrust {
 public:
  struct Store {
    std::shared_ptr<SSL_CTX> settings;
    std::uint64_t number = 0;  // another one each time it is loaded
  };
  /// The system's store for "". A changed file that cannot be loaded changes nothing: it may be
  /// half written. Errors: tls_failed (no certificates in it, and there never were).
  [[nodiscard]] Result<Store> in(const std::string& ca_file);

  [[nodiscard]] TlsSessions& sessions() { return sessions_; }

 private:
  struct Loaded {
    Store store;
    std::string state;  // of its file, before it was read
  };
  std::mutex mutex_;
  std::map<std::string, Loaded> loaded_;
  std::uint64_t count_ = 0;
  TlsSessions sessions_;
};

/// What OpenSSL reads from. Within one call it goes on for as long as the peer sends records that
/// hold nothing for us (session tickets, key updates): so each call has a turn, and there is an end
/// to them.
struct TlsSource {
  Wire* wire = nullptr;
  std::size_t turn = 0;    // octets left of this call
  std::size_t barren = 0;  // octets since the last that were for us
};

/// Errors as io::Stream has them, without the peer's name. The trust outlives it. Concurrency: as
/// its wire.
class TlsStream {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TlsStream>> make(std::shared_ptr<Wire> wire,
                                                               TlsTrust& trust,
                                                               const TlsRequirement& requirement);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Async<Result<>> handshake(Instant deadline);
  Async<Result<std::size_t>> read_some(std::span<char> into, Instant deadline);
  Async<Result<>> write(std::string_view bytes, Instant deadline);

  [[nodiscard]] bool has_input();

  /// Says goodbye (close_notify), if that needs no waiting. The wire stays open.
  void take_leave() noexcept;

  [[nodiscard]] const TlsFacts& facts() const { return facts_; }

 private:
  TlsStream(std::shared_ptr<Wire> wire, SSL* ssl, TlsSessions& sessions);
  void resume(const TlsRequirement& requirement, std::uint64_t store);
  [[nodiscard]] Result<> require(const TlsRequirement& requirement);
  void note_facts();

  static int keep_session(SSL* ssl, SSL_SESSION* session);
  friend class TlsTrust;

  // What a call of OpenSSL that returned `code` needs: to be repeated after a wait, or an Error.
  struct Need {
    bool wait = false;
    Wire::Ready ready = Wire::Ready::read;
    Error error;
  };
  /// What OpenSSL says to the next call is of that call, and reads no more than its turn.
  void begin_call();
  [[nodiscard]] Need need(int code);

  std::shared_ptr<Wire> wire_;
  TlsSource source_;
  TlsSessions& sessions_;
  std::string key_;  // of our sessions
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  TlsFacts facts_;
  bool named_ = false;     // there is a name the certificate can be held against
  bool verify_ = false;    // required, not merely noted
  bool standing_ = false;  // handshake complete and nothing fatal since
};

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#include "io/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "io/address_text.h"
#include "io/file.h"
#include "io/resolver.h"

namespace tenax::io {

namespace {

constexpr std::size_t kTurn = 32 * 1024;          // two records: milliseconds, whatever is in them
constexpr std::size_t kMostBarren = 1024 * 1024;  // a handshake needs a tenth of it

// OpenSSL's own socket BIO uses write(2), and a broken connection would raise SIGPIPE; it also
// keeps the descriptor's number, which belongs to somebody else once the wire is closed.
int wire_write(BIO* bio, const char* bytes, int size) {
  auto& socket = static_cast<TlsSource*>(BIO_get_data(bio))->wire->socket();
  const ssize_t sent = ::send(socket.native_handle(), bytes, static_cast<std::size_t>(size),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  BIO_clear_retry_flags(bio);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int wire_read(BIO* bio, char* into, int size) {
  auto& source = *static_cast<TlsSource*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (source.turn == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t most = std::min(static_cast<std::size_t>(size), source.turn);
  const ssize_t got = ::recv(source.wire->socket().native_handle(), into, most, MSG_DONTWAIT);
  if (got > 0) {
    source.turn -= static_cast<std::size_t>(got);
    source.barren += static_cast<std::size_t>(got);
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long wire_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_write(made, wire_write);
    BIO_meth_set_read(made, wire_read);
    BIO_meth_set_ctrl(made, wire_control);
    return made;
  }();
  return method;
}

// The first error is the cause; those after it tell through which functions it came.
std::string openssl_reason() {
  const unsigned long number = ERR_get_error();
  ERR_clear_error();
  if (number == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(number);
  return reason ? reason : "error " + std::to_string(number);
}

std::shared_ptr<SSL_CTX> new_settings() {
  std::shared_ptr<SSL_CTX> settings{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  if (!settings) return settings;
  SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION);  // RFC 8996
  SSL_CTX_set_options(settings.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(settings.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(settings.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return settings;
}

/// Two of the same file differ when it was replaced or written to in between.
std::string state_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "none";
  std::string state;
  for (const auto part :
       {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
        static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_mtim.tv_sec),
        static_cast<std::int64_t>(status.st_mtim.tv_nsec),
        static_cast<std::int64_t>(status.st_ctim.tv_sec),
        static_cast<std::int64_t>(status.st_ctim.tv_nsec)}) {
    state += std::to_string(part) + ' ';
  }
  return state;
}

/// A file, or a folder that OpenSSL looks into when it needs to.
std::string system_place(const char* variable, const char* usual) {
  const char* given = std::getenv(variable);
  return given ? given : usual;
}

std::string state_of_store(const std::string& ca_file) {
  if (!ca_file.empty()) return state_of(ca_file);
  return state_of(system_place(X509_get_default_cert_file_env(), X509_get_default_cert_file())) +
         state_of(system_place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
}

Result<std::shared_ptr<SSL_CTX>> load(const std::string& ca_file) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> settings = new_settings();
  if (!settings) return error(Errc::tls_failed, openssl_reason());
  if (!ca_file.empty()) {
    const Result<Fd> there = open_regular_file(ca_file);  // OpenSSL would wait for a pipe
    const std::string what = "load certificates from " + ca_file + ": ";
    if (!there) return error(Errc::tls_failed, what + to_string(there.error()));
  }
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(settings.get())
                                     : SSL_CTX_load_verify_file(settings.get(), ca_file.c_str());
  if (loaded != 1) {
    return error(Errc::tls_failed, "load certificates from " + ca_file + ": " + openssl_reason());
  }
  if (!ca_file.empty()) {
    // What the operator names is trusted as it is, be it the server's own certificate or that of an
    // authority below another.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(settings.get()), X509_V_FLAG_PARTIAL_CHAIN);
  }
  return settings;
}

}  // namespace

Result<TlsTrust::Store> TlsTrust::in(const std::string& ca_file) {
  constexpr std::size_t kFiles = 64;  // they come from the configuration: a few
  const std::lock_guard lock{mutex_};
  const auto found = loaded_.find(ca_file);
  std::string state = state_of_store(ca_file);
  if (found != loaded_.end() && found->second.state == state) return found->second.store;

  const Result<std::shared_ptr<SSL_CTX>> settings = load(ca_file);
  if (!settings) {
    if (found != loaded_.end()) return found->second.store;
    return settings.error();
  }
  SSL_CTX_sess_set_new_cb(settings->get(), TlsStream::keep_session);
  if (found == loaded_.end() && loaded_.size() >= kFiles) loaded_.clear();
  const Store store{*settings, ++count_};
  loaded_.insert_or_assign(ca_file, Loaded{store, std::move(state)});
  return store;
}

TlsStream::TlsStream(std::shared_ptr<Wire> wire, SSL* ssl, TlsSessions& sessions)
    : wire_{std::move(wire)}, sessions_{sessions}, ssl_{ssl, SSL_free} {
  SSL_set_app_data(ssl, this);
}

TlsStream::~TlsStream() = default;

Result<std::unique_ptr<TlsStream>> TlsStream::make(std::shared_ptr<Wire> wire, TlsTrust& trust,
                                                   const TlsRequirement& requirement) {
  const Result<TlsTrust::Store> store = trust.in(requirement.ca_file);
  if (!store) return store.error();
  ERR_clear_error();
  SSL* ssl = SSL_new(store->settings.get());
  if (!ssl) return error(Errc::tls_failed, openssl_reason());
  std::unique_ptr<TlsStream> stream{new TlsStream{std::move(wire), ssl, trust.sessions()}};
  BIO* bio = BIO_new(wire_method());
  if (!bio) return error(Errc::tls_failed, openssl_reason());
  stream->source_.wire = stream->wire_.get();
  BIO_set_data(bio, &stream->source_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  const Result<> required = stream->require(requirement);
  if (!required) return required.error();
  stream->resume(requirement, store->number);
  return stream;
}

/// Only where the same was asked of the same server, and the same was believed: what a session
/// proved was proven to that.
void TlsStream::resume(const TlsRequirement& requirement, std::uint64_t store) {
  key_ = to_string(wire_->peer()) + '\n' + requirement.server_name + '\n' + std::to_string(store) +
         (requirement.verify ? "\nproven" : "\nany");
  const TlsSessions::Owned session = sessions_.take(key_);
  if (session) SSL_set_session(ssl_.get(), session.get());
  ERR_clear_error();
}

/// Called by OpenSSL with each session a server gives; 1: it is ours now. Not those of a handshake
/// that did not prove what it had to.
int TlsStream::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* const stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
  const bool unproven = stream->verify_ && SSL_get_verify_result(ssl) != X509_V_OK;
  if (unproven) return 0;
  stream->sessions_.keep(stream->key_, TlsSessions::Owned{session, SSL_SESSION_free});
  return 1;
}

Result<> TlsStream::require(const TlsRequirement& requirement) {
  SSL* ssl = ssl_.get();
  verify_ = requirement.verify;
  // The chain is examined in either case; SSL_VERIFY_NONE only goes on when it does not hold.
  SSL_set_verify(ssl, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!verify_) {
    // Better than the clear text that would follow a failure: old keys, old servers (RFC 7435 3).
    SSL_set_security_level(ssl, 0);
    SSL_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

  boost::system::error_code no_address;
  const std::string& given = requirement.server_name;
  const auto address = asio::ip::make_address(given, no_address);
  if (!no_address) {
    // No SNI: it carries names only (RFC 6066 3).
    named_ = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address.to_string().c_str()) == 1;
  } else if (const Result<std::string> name = to_ascii_name(given)) {
    named_ =
        SSL_set_tlsext_host_name(ssl, name->c_str()) == 1 && SSL_set1_host(ssl, name->c_str()) == 1;
  }
  if (verify_ && !named_) return error(Errc::tls_unproven, "no name to hold a certificate against");
  return {};
}

void TlsStream::begin_call() {
  ERR_clear_error();
  errno = 0;
  source_.turn = kTurn;
}

TlsStream::Need TlsStream::need(int code) {
  const int number = errno;
  switch (SSL_get_error(ssl_.get(), code)) {
    case SSL_ERROR_WANT_READ: return {true, Wire::Ready::read, {}};
    case SSL_ERROR_WANT_WRITE: return {true, Wire::Ready::write, {}};
    case SSL_ERROR_ZERO_RETURN: return {false, {}, error(Errc::closed, {})};
    case SSL_ERROR_SYSCALL: {
      standing_ = false;
      ERR_clear_error();
      if (number == 0) return {false, {}, error(Errc::closed, {})};
      return {false, {}, error(Errc::reset, std::generic_category().message(number))};
    }
    default: {
      standing_ = false;
      // The connection ended without a goodbye. Mail has its own ends, so nothing is cut off
      // unnoticed by this.
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return {false, {}, error(Errc::closed, {})};
      }
      return {false, {}, error(Errc::tls_failed, openssl_reason())};
    }
  }
}

void TlsStream::note_facts() {
  SSL* ssl = ssl_.get();
  facts_.protocol = SSL_get_version(ssl);
  facts_.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
  facts_.resumed = SSL_session_reused(ssl) == 1;
  // Before TLS 1.3 a resumed session is not followed by another.
  if (facts_.resumed && SSL_version(ssl) < TLS1_3_VERSION) {
    sessions_.keep(key_, TlsSessions::Owned{SSL_get1_session(ssl), SSL_SESSION_free});
  }
  facts_.verified =
      named_ && SSL_get0_peer_certificate(ssl) && SSL_get_verify_result(ssl) == X509_V_OK;
}

Async<Result<>> TlsStream::handshake(Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const Result<> may = co_await wire_->begin(deadline);
    if (!may) co_return may;
    begin_call();
    const int code = SSL_connect(ssl_.get());
    if (code == 1) break;
    const Need next = need(code);
    if (next.wait && source_.barren > kMostBarren) {
      co_return error(Errc::tls_failed, "a handshake without an end");
    }
    if (!next.wait) {
      const long proof = SSL_get_verify_result(ssl_.get());
      if (verify_ && proof != X509_V_OK) {
        co_return error(Errc::tls_unproven, X509_verify_cert_error_string(proof));
      }
      if (next.error.is(Errc::tls_failed)) co_return next.error;
      co_return error(Errc::tls_failed, "connection lost in the handshake");
    }
    const Result<> ready = co_await wire_->wait(next.ready, deadline);
    if (!ready) co_return ready;
  }
  note_facts();
  if (verify_ && !facts_.verified) co_return error(Errc::tls_unproven, "no certificate");
  standing_ = true;
  co_return Result<>{};
}

Async<Result<std::size_t>> TlsStream::read_some(std::span<char> into, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const Result<> may = co_await wire_->begin(deadline);
    if (!may) co_return may.error();
    begin_call();
    std::size_t got = 0;
    const int code = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    if (code == 1) {
      source_.barren = 0;
      co_return got;
    }
    const Need next = need(code);
    if (!next.wait) co_return next.error;
    if (source_.barren > kMostBarren) co_return error(Errc::tls_failed, "records without contents");
    const Result<> ready = co_await wire_->wait(next.ready, deadline);
    if (!ready) co_return ready.error();
  }
}

Async<Result<>> TlsStream::write(std::string_view bytes, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!bytes.empty()) {
    const Result<> may = co_await wire_->begin(deadline);
    if (!may) co_return may;
    begin_call();
    std::size_t sent = 0;
    const int code = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (code == 1) {
      bytes.remove_prefix(sent);
      continue;
    }
    const Need next = need(code);
    if (!next.wait) co_return next.error;
    const Result<> ready = co_await wire_->wait(next.ready, deadline);
    if (!ready) co_return ready;
  }
  co_return Result<>{};
}

// Bytes on the wire are not yet bytes for us: a server hands out session tickets when it likes.
bool TlsStream::has_input() {
  begin_call();
  char next = 0;
  std::size_t got = 0;
  const int code = SSL_peek_ex(ssl_.get(), &next, 1, &got);
  return code == 1 || !need(code).wait;
}

void TlsStream::take_leave() noexcept {
  if (!std::exchange(standing_, false) || !wire_->socket().is_open()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace tenax::io

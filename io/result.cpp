// SPDX-License-Identifier: Apache-2.0
#include "io/result.h"

#include <boost/throw_exception.hpp>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace tenax::io {

namespace {

const char* words(Errc code) {
  switch (code) {
    case Errc::timed_out: return "deadline passed";
    case Errc::closed: return "the other side closed the connection";
    case Errc::reset: return "the connection broke";
    case Errc::refused: return "connection refused";
    case Errc::unreachable: return "no way to the host";
    case Errc::local_network: return "our own side cannot open connections";
    case Errc::name_not_found: return "the name does not exist";
    case Errc::name_unavailable: return "the name could not be looked up";
    case Errc::name_bogus: return "the answer fails DNSSEC validation";
    case Errc::tls_failed: return "TLS failed";
    case Errc::tls_unproven: return "the other side did not prove its identity";
    case Errc::line_too_long: return "the other side sent more than we read";
    case Errc::protocol: return "not what the protocol expects";
    case Errc::not_found: return "not found";
    case Errc::disk_full: return "no space left";
    case Errc::disk_failed: return "the disk or file system failed";
    case Errc::corrupt: return "bytes on disk are not what was written";
    case Errc::denied: return "permission denied";
    case Errc::unfit: return "cannot be used";
    case Errc::busy: return "in use by somebody else";
    case Errc::cancelled: return "cancelled";
    case Errc::closed_intake: return "the queue takes no mail after a failed commit";
  }
  return "unknown";
}

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "tenax"; }
  [[nodiscard]] std::string message(int value) const override {
    return words(static_cast<Errc>(value));
  }
};

struct Meaning {
  Errc code;
  bool exact;  // our words say as much as the kernel's; else the reader gets both
};

Meaning meaning(int number) {
  switch (number) {
    case ENOENT: return {Errc::not_found, true};
    case ENOTDIR:
    case ENAMETOOLONG: return {Errc::not_found, false};
    case EACCES: return {Errc::denied, true};
    case EPERM: return {Errc::denied, false};
    case EBADF:
    case EISDIR:
    case ELOOP: return {Errc::unfit, false};
    case ENOSPC: return {Errc::disk_full, true};
    case EDQUOT:
    case EFBIG: return {Errc::disk_full, false};
    case EAGAIN:
    case EBUSY: return {Errc::busy, true};
    case EEXIST:
    case EADDRINUSE:
    case ETXTBSY: return {Errc::busy, false};
    case ETIMEDOUT: return {Errc::timed_out, true};
    case ECANCELED: return {Errc::cancelled, true};
    case ECONNREFUSED: return {Errc::refused, true};
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN: return {Errc::reset, false};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN: return {Errc::unreachable, false};
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EMFILE:
    case ENFILE:
    case ENOBUFS: return {Errc::local_network, false};
    default: return {Errc::disk_failed, false};
  }
}

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

std::string to_string(const Error& error) {
  if (error.context.empty()) return error.code.message();
  if (error.is(Errc::unfit)) return error.context;
  return error.context + ": " + error.code.message();
}

Error error(Errc code, std::string context) { return {make_error_code(code), std::move(context)}; }

Error error_from_errno(int number, std::string context) {
  const Meaning found = meaning(number);
  if (!found.exact) {
    if (!context.empty()) context += ": ";
    context += std::generic_category().message(number);
  }
  return error(found.code, std::move(context));
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  boost::throw_with_location(std::system_error{error.code, error.context}, where);
}

}  // namespace tenax::io

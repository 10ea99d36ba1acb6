// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong outside our own code: a wire, a name, a disk.
//
// A refusal is not an Error. "550 no such user" is an answer, and answers are Verdicts
// (mail/verdict.h). A broken invariant is not an Error either; it is an assert.

#include <boost/system/result.hpp>
#include <string>
#include <system_error>

namespace tenax::io {

enum class Errc {
  timed_out = 1,   // the deadline passed before the operation could finish
  closed,          // the peer closed the stream where more was due
  reset,           // the connection broke: reset, broken pipe, host gone in mid-stream
  refused,         // nobody listens there
  unreachable,     // no route, network down, host does not answer ARP: says more about the way than
                   // the host
  local_network,   // our own side cannot: no address of that family, out of ports or descriptors
  name_not_found,  // NXDOMAIN: the name does not exist, now and authoritatively
  name_unavailable,  // SERVFAIL or no answer: the name may exist
  name_bogus,        // DNSSEC says the answer is forged; treat as unavailable
  tls_failed,        // the handshake broke down
  tls_unproven,      // the peer could not prove what the TlsRequirement asks
  line_too_long,     // the peer sent more than we are willing to read
  protocol,          // the peer sent what the protocol does not know there
  not_found,         // a file or row that should be there is not
  disk_full,         // ENOSPC, EDQUOT, out of inodes
  disk_failed,    // EIO, EROFS and everything else a disk does; after a failed sync nothing may be
                  // assumed
  corrupt,        // bytes read back are not what was written
  denied,         // permissions
  unfit,          // what is there cannot be used, and the context says why and what to do
  busy,           // somebody else has it: a lock, a full queue of ours
  cancelled,      // its owner gave up waiting
  closed_intake,  // a commit failed; the store takes no more until it is opened anew
};

const std::error_category& error_category() noexcept;
std::error_code make_error_code(Errc code) noexcept;

/// Concurrency: value.
struct Error {
  std::error_code code;  // for deciding
  std::string context;   // for reading: "connect mx1.example.net [192.0.2.1]:25"
  [[nodiscard]] bool is(Errc other) const { return code == make_error_code(other); }
};

/// "connect mx1.example.net [192.0.2.1]:25: deadline passed". Of unfit the context is all.
[[nodiscard]] std::string to_string(const Error& error);

[[nodiscard]] Error error(Errc code, std::string context);
[[nodiscard]] Error error_from_errno(
    int number, std::string context);  // ENOSPC -> disk_full, EACCES -> denied, ...

template <class T = void>
using Result = boost::system::result<T, Error>;

/// Result<T>::value() on an error is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace tenax::io

template <>
struct std::is_error_code_enum<tenax::io::Errc> : std::true_type {};

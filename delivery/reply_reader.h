// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes from a server into replies (RFC 5321 4.2), with a bound on everything a hostile one could
// stretch.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/reply.h"

#include "io/clock.h"
#include "io/stream.h"

namespace tenax::delivery {

/// What is kept of a reply, and what is read of it. RFC 5321 4.5.3.1.5 asks for 512 octets a line;
/// servers send longer ones. A dozen lines are usual for EHLO.
struct ReplyLimits {
  std::size_t line = 2048;         // octets kept of each, without the line's end
  std::size_t lines = 512;         // kept
  std::size_t kept = 64'000;       // octets of all lines kept
  std::size_t octets = 1'048'576;  // read; who sends more sends no reply
};

/// One reply out of bytes that come in any pieces. Takes a bare LF for a line's end, as all clients
/// do; the last line's code is the reply's. What is too long is read and forgotten, and blank lines
/// are passed over: after the dot, a reply that is merely untidy must not cost a second copy.
/// Concurrency: value.
class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits = {}) : limits_{limits} {}

  /// Takes bytes up to the end of one reply, and says how many that were. Once done() or broken()
  /// it takes none.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] bool done() const { return done_; }
  /// protocol: no reply; line_too_long: more than we read.
  [[nodiscard]] std::optional<io::Errc> broken() const { return broken_; }

  /// The reply, when done(); ready for the next one.
  mail::Reply take();

 private:
  void keep(std::string_view part);
  void end_line();

  ReplyLimits limits_;
  std::string line_;
  mail::Reply reply_;
  std::size_t octets_ = 0;  // read
  std::size_t kept_ = 0;
  bool done_ = false;
  std::optional<io::Errc> broken_;
};

/// Replies off a stream. What arrives behind a reply is kept for the next. Concurrency: one user at
/// a time.
class ReplyReader {
 public:
  /// The deadline is for the whole reply, so dripping does not stretch it. Errors: the stream's;
  /// protocol, line_too_long.
  io::Async<io::Result<mail::Reply>> read(io::Stream& stream, io::Instant deadline);

  /// Has the server said more than it was asked?
  [[nodiscard]] bool has_unread() const { return begin_ != end_; }

 private:
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tenax::delivery

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The contents of a message onto the wire: dots doubled, a last line ended, in pieces.

#include <optional>
#include <string>
#include <string_view>

#include "mail/reply.h"

#include "io/byte_source.h"
#include "io/result.h"

#include "delivery/session.h"

namespace tenax::delivery {

/// Transparency (RFC 5321 4.5.2). A dot is doubled also behind a bare LF: a receiver that takes
/// that for a line's end must not see the end of the mail there. Concurrency: value.
class DotStuffer {
 public:
  /// Appends `piece` as it goes over the wire.
  void add(std::string_view piece, std::string& out);

  /// Appends what ends the contents: a line's end if it lacks one, and the dot.
  void finish(std::string& out);

 private:
  bool at_line_start_ = true;
  char last_ = '\n';  // the last two octets; an empty message ends no line
  char before_last_ = '\r';
};

/// How it ended.
struct Written {
  bool dot_sent = false;              // at least a part of the end may have reached the server
  std::optional<io::Error> wire;      // the session is spent
  std::optional<io::Error> contents;  // unreadable or too short; the dot was not sent, the
                                      // session is spent
  std::optional<mail::Reply> early;   // the server spoke before the dot; the same
};

/// Writes all of it. Never sends the dot behind contents that are not whole, nor when the server
/// has answered or left already: its words would be taken for the answer to the dot.
io::Async<Written> write_contents(Session& session, io::ByteSource& source);

}  // namespace tenax::delivery

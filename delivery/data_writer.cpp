// SPDX-License-Identifier: Apache-2.0
#include "delivery/data_writer.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tenax::delivery {

using mail::Stage;

namespace {

constexpr std::size_t kPiece = 32 * 1024;  // read, stuffed and written at once

/// The server spoke or left before it had all.
io::Async<> hear_out(Session& session, Written& written) {
  io::Result<mail::Reply> reply = co_await session.last_words();
  if (reply) {
    written.early = std::move(*reply);
  } else {
    written.wire = reply.error();
  }
}

/// A server that will not have the contents may say so and close: we find a broken wire first, and
/// the reason behind it.
io::Async<> ask_why(Session& session, Written& written) {
  const io::Error broken = *written.wire;
  if (!broken.is(io::Errc::closed) && !broken.is(io::Errc::reset)) co_return;
  io::Result<mail::Reply> reply = co_await session.last_words();
  if (reply && (reply->transient() || reply->permanent())) written.early = std::move(*reply);
}

}  // namespace

void DotStuffer::add(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (at_line_start_ && piece.front() == '.') out += '.';
    const std::size_t end = piece.find('\n');
    at_line_start_ = end != std::string_view::npos;
    const std::string_view line = piece.substr(0, at_line_start_ ? end + 1 : piece.size());
    out += line;
    before_last_ = line.size() > 1 ? line[line.size() - 2] : last_;
    last_ = line.back();
    piece.remove_prefix(line.size());
  }
}

void DotStuffer::finish(std::string& out) {
  const bool ended = last_ == '\n' && before_last_ == '\r';
  if (!ended) out += last_ == '\r' ? "\n" : "\r\n";
  out += ".\r\n";
}

io::Async<Written> write_contents(Session& session, io::ByteSource& source) {
  Written written;
  DotStuffer stuffer;
  const auto whole = static_cast<std::size_t>(std::max<std::int64_t>(source.size(), 1));
  std::vector<char> piece(std::min(kPiece, whole));
  std::string out;
  out.reserve(piece.size() + piece.size() / 16 + 16);
  std::int64_t octets = 0;
  for (;;) {
    const io::Result<std::size_t> got = co_await source.read_some(piece);
    if (!got) {
      written.contents = got.error();
    } else if (*got == 0 && octets != source.size()) {
      written.contents = io::error(io::Errc::corrupt, "contents end too early");
    }
    if (written.contents) break;
    octets += static_cast<std::int64_t>(*got);
    stuffer.add({piece.data(), *got}, out);
    const bool last = octets == source.size();
    if (last) stuffer.finish(out);
    if (!last && out.size() < kPiece / 2) continue;
    if (session.has_input()) {
      co_await hear_out(session, written);
      break;
    }
    written.dot_sent = last;
    const io::Result<> sent = co_await session.send(Stage::body, out);
    if (!sent) {
      written.wire = sent.error();
      co_await ask_why(session, written);
    }
    if (last || !sent) co_return written;
    out.clear();
  }
  session.spent = true;
  co_return written;
}

}  // namespace tenax::delivery

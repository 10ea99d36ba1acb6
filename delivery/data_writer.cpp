// SPDX-License-Identifier: Apache-2.0
#include "delivery/data_writer.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

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
  if (piece.empty()) return;
  if (at_line_start_ && piece.front() == '.') out += '.';
  std::size_t begin = 0;  // of what was not written yet
  for (std::size_t lf = piece.find('\n'); lf < piece.size() - 1; lf = piece.find('\n', lf + 1)) {
    if (piece[lf + 1] != '.') continue;
    out.append(piece.substr(begin, lf + 1 - begin)).push_back('.');
    begin = lf + 1;
  }
  out.append(piece.substr(begin));
  before_last_ = piece.size() > 1 ? piece[piece.size() - 2] : last_;
  last_ = piece.back();
  at_line_start_ = last_ == '\n';
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
  const std::size_t room = std::min(kPiece, whole);
  const auto piece = std::make_unique_for_overwrite<char[]>(room);
  std::string out;
  out.reserve(room + room / 16 + 16);
  std::int64_t octets = 0;
  for (;;) {
    const io::Result<std::size_t> got = co_await source.read_some({piece.get(), room});
    if (!got) {
      written.contents = got.error();
    } else if (*got == 0 && octets != source.size()) {
      written.contents = io::error(io::Errc::corrupt, "contents end too early");
    }
    if (written.contents) break;
    octets += static_cast<std::int64_t>(*got);
    stuffer.add({piece.get(), *got}, out);
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

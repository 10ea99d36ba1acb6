// SPDX-License-Identifier: Apache-2.0
#include "delivery/reply_reader.h"

#include <cassert>
#include <utility>

namespace tenax::delivery {

namespace {

/// The code of a line that may be part of a reply: "250", "250 text" or "250-text", 200 to 599.
std::optional<int> code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5') return std::nullopt;
  for (const char c : line.substr(1, 2)) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

std::size_t ReplyParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done_ && !broken_) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    if (line_.size() + part.size() > limits_.line + 1 ||  // + 1: the CR
        octets_ + line_.size() + part.size() > limits_.octets) {
      broken_ = io::Errc::line_too_long;
      break;
    }
    line_ += part;
    taken += part.size();
    if (end == std::string_view::npos) break;
    ++taken;
    end_line();
  }
  return taken;
}

void ReplyParser::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  const std::optional<int> code = code_of(line_);
  if (!code) {
    broken_ = io::Errc::protocol;
    return;
  }
  if (reply_.lines.size() == limits_.lines) {
    broken_ = io::Errc::line_too_long;
    return;
  }
  const bool more = line_.size() > 3 && line_[3] == '-';
  reply_.code = *code;
  reply_.lines.push_back(line_.size() > 4 ? line_.substr(4) : std::string{});
  octets_ += line_.size();
  line_.clear();
  done_ = !more;
}

mail::Reply ReplyParser::take() {
  assert(done_);
  done_ = false;
  octets_ = 0;
  return std::exchange(reply_, {});
}

io::Async<io::Result<mail::Reply>> ReplyReader::read(io::Stream& stream, io::Instant deadline) {
  ReplyParser parser;
  for (;;) {
    const std::string_view unread{buffer_.data() + begin_, end_ - begin_};
    begin_ += parser.feed(unread);
    if (const auto broken = parser.broken()) co_return io::error(*broken, "reply");
    if (parser.done()) co_return parser.take();
    begin_ = end_ = 0;
    const io::Result<std::size_t> got = co_await stream.read_some(buffer_, deadline);
    if (!got) co_return got.error();
    end_ = *got;
  }
}

}  // namespace tenax::delivery

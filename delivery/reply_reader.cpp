// SPDX-License-Identifier: Apache-2.0
#include "delivery/reply_reader.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tenax::delivery {

namespace {

/// The code of a line that may be part of a reply: "250", "250 text" or "250-text". Some servers
/// put a tab, a stray CR or nothing where the space belongs.
std::optional<int> code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '9') return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(line[1]) || !is_digit(line[2])) return std::nullopt;
  if (line.size() > 3 && is_digit(line[3])) return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/// Is the code all there is, or does something stand between it and the text?
bool is_divided(std::string_view line) {
  constexpr std::string_view kDivides = " -\t\r";
  return line.size() == 3 || kDivides.find(line[3]) != std::string_view::npos;
}

/// What stands behind the code.
std::string text_of(const std::string& line) {
  return line.substr(std::min<std::size_t>(line.size(), is_divided(line) ? 4 : 3));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::size_t ReplyParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done_ && !broken_) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    keep(part);
    if (broken_) break;
    taken += part.size();
    if (end == std::string_view::npos) break;
    ++taken;
    ++octets_;
    end_line();
  }
  return taken;
}

void ReplyParser::keep(std::string_view part) {
  const std::size_t room = limits_.line - line_.size();
  line_ += part.substr(0, room);
  octets_ += part.size();
  const bool hopeless = part.size() > room && !code_of(line_);
  if (hopeless || octets_ >= limits_.octets) broken_ = io::Errc::line_too_long;
}

void ReplyParser::end_line() {
  while (line_.ends_with('\r')) line_.pop_back();
  const std::string line = std::exchange(line_, {});
  if (is_blank(line)) return;
  std::optional<int> code = code_of(line);
  const bool within = reply_.code != 0;  // a reply that has begun with "250-"
  // There "100% spam" is text, but "250OK" behind "250-" is the end.
  if (code && within && !is_divided(line) && *code != reply_.code) code.reset();
  if (!code && !within) {
    broken_ = io::Errc::protocol;
    return;
  }
  // A line of a longer text that lost its code is text: the last one still tells what it is.
  if (code) reply_.code = *code;
  std::string text = code ? text_of(line) : line;
  if (reply_.lines.size() < limits_.lines && kept_ + line.size() <= limits_.kept) {
    kept_ += line.size();
    reply_.lines.push_back(std::move(text));
  }
  const bool more = !code || (line.size() > 3 && line[3] == '-');
  done_ = !more;
}

mail::Reply ReplyParser::take() {
  assert(done_);
  done_ = false;
  octets_ = kept_ = 0;
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

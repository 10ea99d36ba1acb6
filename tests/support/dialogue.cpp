// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dialogue.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace tenax::testing {

Dialogue& Dialogue::server(std::string reply) {
  lines_.push_back({Line::Who::server, std::move(reply) + "\r\n"});
  return *this;
}

Dialogue& Dialogue::client(std::string line) {
  lines_.push_back({Line::Who::client, std::move(line)});
  return *this;
}

Dialogue& Dialogue::client_body() {
  lines_.push_back({Line::Who::body, "the dot"});
  return *this;
}

Dialogue Dialogue::happy() {
  Dialogue dialogue;
  dialogue.server("220 mx1.example.net")
      .client("EHLO out.example.org")
      .server("250-mx1.example.net\r\n250 SIZE")
      .client("MAIL FROM:<ann@example.org> SIZE=100")
      .server("250 ok")
      .client("RCPT TO:<bob@example.net>")
      .server("250 ok")
      .client("DATA")
      .server("354 go")
      .client_body()
      .server("250 taken");
  return dialogue;
}

std::vector<WireFault> Dialogue::faults(WireFault::Kind kind, bool octets,
                                        std::string bytes) const {
  std::vector<WireFault> all;
  std::size_t said = 0;
  bool after_dot = false;
  std::string last = "the connection";
  for (const Line& line : lines_) {
    if (line.who != Line::Who::server) {
      last = line.text;
      after_dot = after_dot || line.who == Line::Who::body;
      continue;
    }
    for (std::size_t at = 0; at < (octets ? line.text.size() : 1); ++at) {
      std::string where = "after " + last + ", " + std::to_string(at) + " octets into the reply";
      all.push_back({kind, said + at, bytes, after_dot, std::move(where)});
    }
    said += line.text.size();
  }
  return all;
}

std::vector<WireFault> Dialogue::every(WireFault::Kind kind, std::string bytes) const {
  return faults(kind, false, std::move(bytes));
}

std::vector<WireFault> Dialogue::every_octet(WireFault::Kind kind) const {
  return faults(kind, true, {});
}

/// One connection with a Dialogue.
class DialogueActor {
 public:
  DialogueActor(Dialogue script, io::Clock& clock, WireFault fault,
                std::shared_ptr<Dialogue::Played> played, std::unique_ptr<FakeStream> stream)
      : script_{std::move(script)},
        clock_{clock},
        fault_{std::move(fault)},
        played_{std::move(played)},
        stream_{std::move(stream)} {}

  io::Async<> run() {
    using Who = Dialogue::Line::Who;
    ++played_->times;
    bool goes_on = true;
    for (std::size_t at = 0; at < script_.lines_.size() && goes_on; ++at) {
      const Dialogue::Line& line = script_.lines_[at];
      if (line.who == Who::server) goes_on = co_await say(line.text);
      if (line.who == Who::client) goes_on = co_await expect(line.text);
      if (line.who == Who::body) goes_on = co_await swallow();
    }
    if (goes_on) played_->finished = true;
    stream_->close();
  }

 private:
  io::Async<bool> say(std::string text) {
    const bool breaks =
        fault_.kind != WireFault::Kind::none && said_ + text.size() > fault_.after_octets;
    std::string part = text.substr(0, breaks ? fault_.after_octets - said_ : text.size());
    said_ += part.size();
    if (breaks && fault_.kind == WireFault::Kind::raw) part += fault_.bytes;
    const io::Result<> written = co_await stream_->write(part, late());
    if (!breaks) co_return written.has_value();
    if (fault_.kind == WireFault::Kind::reset) stream_->reset();
    const bool silent =
        fault_.kind == WireFault::Kind::stall || fault_.kind == WireFault::Kind::raw;
    if (silent) co_await stream_->other_side_gone(late());
    co_return false;
  }

  io::Async<bool> expect(std::string text) {
    const std::optional<std::string> heard = co_await line();
    if (heard && *heard != text) played_->surprise = *heard;
    co_return heard&&* heard == text;
  }

  io::Async<bool> swallow() {
    std::optional<std::string> heard;
    do {
      heard = co_await line();
    } while (heard && *heard != ".");
    co_return heard.has_value();
  }

  io::Async<std::optional<std::string>> line() {
    std::optional<std::string> found;
    bool open = true;
    while (open && !found) {
      const auto end = inbox_.find("\r\n");
      if (end != std::string::npos) {
        found = inbox_.substr(0, end);
        inbox_.erase(0, end + 2);
        break;
      }
      std::array<char, 4096> buffer;
      const io::Result<std::size_t> got = co_await stream_->read_some(buffer, late());
      open = got.has_value();
      if (got) inbox_.append(buffer.data(), *got);
    }
    co_return found;
  }

  [[nodiscard]] io::Instant late() const { return clock_.now() + std::chrono::hours{24}; }

  Dialogue script_;
  io::Clock& clock_;
  WireFault fault_;
  std::shared_ptr<Dialogue::Played> played_;
  std::unique_ptr<FakeStream> stream_;
  std::string inbox_;
  std::size_t said_ = 0;
};

namespace {

io::Async<> act(std::unique_ptr<DialogueActor> actor) { co_await actor->run(); }

}  // namespace

FakeHost::Server Dialogue::serve(io::Clock& clock, WireFault fault,
                                 std::shared_ptr<Played> played) const {
  if (!played) played = std::make_shared<Played>();
  return [script = *this, &clock, fault = std::move(fault),
          played = std::move(played)](std::unique_ptr<FakeStream> stream) {
    return act(std::make_unique<DialogueActor>(script, clock, fault, played, std::move(stream)));
  };
}

}  // namespace tenax::testing

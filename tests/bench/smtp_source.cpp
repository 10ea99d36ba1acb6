// SPDX-License-Identifier: Apache-2.0
// A client that hands over mail as fast as it is taken, and says how fast that was.
//
// smtp_source --to A:P --messages N [--sessions S] [--keep] [--domains K | --domain NAME]
//             [--recipients R] [--letter L] [--size OCTETS] [--rate R] [--wait S] [--timeout S]
//             [--times]
//   --keep        many messages on each connection, else one
//   --domains     message M goes to d<M mod K>.test (100)
//   --recipients  of each message: <LETTER><number>@..., numbered through
//   --rate        messages per second at most; 0: no limit
//   --wait        so long nobody may be there to greet yet
//   --timeout     ends everything (600)
// One command at a time, as most programs speak; only several RCPT go together. The answer is a
// line of JSON: accepted (messages), failed, began, ended, octets; with --times also when message N
// was accepted; where some failed also why, which is what ended the first of them.

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/bench/wire.h"

namespace {

using namespace tenax::bench;

struct Plan {
  std::string to;
  std::size_t messages = 0;
  std::size_t sessions = 20;
  bool keep = false;
  std::size_t domains = 100;
  std::string domain;
  std::size_t recipients = 1;
  char letter = 'u';
  std::size_t size = 4096;
  double rate = 0;
  double wait = 0;
  double timeout = 600;
  bool times = false;
};

/// What the next reply answers.
enum class Step { connecting, greeting, ehlo, idle, mail, rcpt, data, dot, quit };
constexpr std::array kSteps{"connecting", "greeting", "EHLO", "idle", "MAIL",
                            "RCPT",       "DATA",     "dot",  "QUIT"};

struct Session {
  int fd = -1;
  Step step = Step::connecting;
  std::string in;
  std::size_t message = 0;
  std::size_t answers_due = 0;  // of the recipients named together
  std::string refused;          // what one of them was
};

class Source {
 public:
  explicit Source(Plan plan) : plan_{std::move(plan)}, address_{address_of(plan_.to)} {
    times_.resize(plan_.times ? plan_.messages : 0);
    const std::string line = std::string(70, 'x') + "\r\n";
    while (filler_.size() < plan_.size) filler_ += line;
  }

  /// False when not every message was accepted.
  bool run() {
    began_ = now();
    const double end = began_ + plan_.timeout;
    sessions_.resize(std::min(plan_.sessions, plan_.messages));
    for (Session& session : sessions_) dial(session);
    while (accepted_ + failed_ < plan_.messages && now() < end) {
      for (const epoll_event& event : poll_.wait(std::min(end, next_start()))) {
        serve(*by_descriptor_[static_cast<std::size_t>(event.data.fd)]);
      }
      redial_the_refused();
      start_the_idle();
    }
    for (Session& session : sessions_) say_farewell(session);
    tell();
    return accepted_ == plan_.messages;
  }

 private:
  double due(std::size_t message) const {
    return plan_.rate > 0 ? began_ + static_cast<double>(message) / plan_.rate : began_;
  }

  // When something is to be done that no reply will tell of.
  double next_start() const {
    if (!refused_.empty()) return redial_at_;
    return !idle_.empty() && begun_ < plan_.messages ? due(begun_) : now() + 60;
  }

  void dial(Session& session) {
    session = Session{};
    session.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (session.fd < 0) die("socket");
    send_at_once(session.fd);
    const auto at = static_cast<std::size_t>(session.fd);
    if (at >= by_descriptor_.size()) by_descriptor_.resize(at + 64);
    by_descriptor_[at] = &session;
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    if (connect(session.fd, address, sizeof address_) != 0 && errno != EINPROGRESS) {
      return lost(session, std::strerror(errno));
    }
    poll_.add(session.fd, EPOLLOUT);
  }

  void hang_up(Session& session) {
    if (session.fd >= 0) close(session.fd);
    session.fd = -1;
  }

  // Its message, if there is one, is not tried again: what fails shows.
  void lost(Session& session, std::string_view why) {
    // Who hangs up instead of greeting is only about to serve.
    const bool nobody_there = session.step <= Step::greeting;
    const bool had_message = session.step >= Step::mail && session.step <= Step::dot;
    hang_up(session);
    if (nobody_there) redial_at_ = now() + 0.01;
    if (nobody_there && now() < began_ + plan_.wait) {
      refused_.push_back(&session);
      return;
    }
    if (had_message) {
      failed(session.step, why);
    } else if (session.step < Step::idle && begun_ < plan_.messages) {
      ++begun_;  // a connection that never came to a message costs one as well, or this never ends
      failed(session.step, why);
    }
    if (begun_ < plan_.messages) refused_.push_back(&session);
  }

  void failed(Step step, std::string_view why) {
    ++failed_;
    if (why_.empty())
      why_ = std::string{kSteps[static_cast<std::size_t>(step)]} + ": " + std::string{why};
  }

  void redial_the_refused() {
    if (now() < redial_at_) return;
    std::vector<Session*> again;
    again.swap(refused_);
    for (Session* session : again) dial(*session);
  }

  void serve(Session& session) {
    if (session.step == Step::connecting) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(session.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return lost(session, std::strerror(error));
      session.step = Step::greeting;
      poll_.change(session.fd, EPOLLIN);
      return;
    }
    const bool stands = take_in(session.fd, session.in);
    std::size_t done = 0;
    for (std::size_t end;
         session.fd >= 0 && (end = session.in.find("\r\n", done)) != std::string::npos;) {
      const std::string_view line = std::string_view{session.in}.substr(done, end - done);
      done = end + 2;
      if (line.size() > 3 && line[3] == '-') continue;
      if (reply(session, line)) return;
    }
    if (!stands) return lost(session, "the connection ended");
    session.in.erase(0, done);
  }

  // True when the session's connection is another now, or none.
  bool reply(Session& session, std::string_view line) {
    const bool good = line.starts_with('2') || line.starts_with('3');
    switch (session.step) {
      case Step::connecting:
      case Step::idle: break;  // a server that says 421 while idle: its hanging up will tell
      case Step::greeting:
        if (!good) return lost(session, line), true;
        return say(session, Step::ehlo, "EHLO source.test\r\n");
      case Step::ehlo:
        if (!good) return lost(session, line), true;
        session.step = Step::idle;
        idle_.push_back(&session);
        break;
      case Step::mail:
        if (!good) return lost(session, line), true;
        return name_recipients(session);
      case Step::rcpt:
        if (!good) session.refused = line;
        if (--session.answers_due > 0) break;
        if (!session.refused.empty()) return lost(session, session.refused), true;
        return say(session, Step::data, "DATA\r\n");
      case Step::data:
        if (!good) return lost(session, line), true;
        return say(session, Step::dot, text_of(session.message));
      case Step::dot:
        if (!good) return lost(session, line), true;
        return accepted(session);
      case Step::quit:
        hang_up(session);
        if (begun_ < plan_.messages) dial(session);
        return true;
    }
    return false;
  }

  bool accepted(Session& session) {
    ended_ = now();
    if (plan_.times) times_[session.message] = ended_;
    ++accepted_;
    if (!plan_.keep) return say(session, Step::quit, "QUIT\r\n");
    session.step = Step::idle;
    idle_.push_back(&session);
    return false;
  }

  void start_the_idle() {
    while (!idle_.empty() && begun_ < plan_.messages && due(begun_) <= now()) {
      Session& session = *idle_.back();
      idle_.pop_back();
      if (session.step != Step::idle || session.fd < 0) continue;  // lost meanwhile
      session.message = begun_++;
      session.refused.clear();
      say(session, Step::mail, "MAIL FROM:<bench@source.test>\r\n");
    }
  }

  bool name_recipients(Session& session) {
    const std::string domain = plan_.domain.empty()
                                   ? "d" + std::to_string(session.message % plan_.domains) + ".test"
                                   : plan_.domain;
    std::string commands;
    for (std::size_t i = 0; i < plan_.recipients; ++i) {
      const std::size_t number = session.message * plan_.recipients + i;
      commands += "RCPT TO:<";
      commands += plan_.letter;
      commands += std::to_string(number) + "@" + domain + ">\r\n";
    }
    session.answers_due = plan_.recipients;
    return say(session, Step::rcpt, commands);
  }

  std::string text_of(std::size_t message) const {
    const std::string number = std::to_string(10'000'000 + message);
    std::string text =
        "From: Bench <bench@source.test>\r\nTo: Reader <reader@sink.test>\r\n"
        "Subject: message " +
        number +
        "\r\nDate: Wed, 01 Jan 2025 00:00:00 +0000\r\n"
        "Message-ID: <" +
        plan_.letter + number + "@source.test>\r\n\r\n";
    if (plan_.size > text.size() + 2) text.append(filler_, 0, plan_.size - text.size() - 2);
    return text + "\r\n.\r\n";
  }

  bool say(Session& session, Step step, std::string_view text) {
    session.step = step;
    // A message fits into a socket's buffer; one that does not is not what is measured here.
    if (send(session.fd, text.data(), text.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(text.size())) {
      return false;
    }
    lost(session, "it reads no more");
    return true;
  }

  void say_farewell(Session& session) {
    if (session.step == Step::idle && session.fd >= 0) say(session, Step::quit, "QUIT\r\n");
    hang_up(session);
  }

  void tell() const {
    std::printf(
        "{\"accepted\": %zu, \"failed\": %zu, \"began\": %.6f, \"ended\": %.6f, \"octets\": %zu",
        accepted_, plan_.messages - accepted_, began_, ended_, accepted_ * plan_.size);
    if (plan_.times) {
      std::printf(", \"times\": [");
      for (std::size_t i = 0; i < times_.size(); ++i)
        std::printf("%s%.6f", i ? ", " : "", times_[i]);
      std::printf("]");
    }
    if (failed_ > 0) std::printf(", \"why\": \"%s\"", plain(why_).c_str());
    std::printf("}\n");
  }

  // As it may stand in JSON.
  static std::string plain(std::string text) {
    std::erase_if(text, [](char c) { return c < ' ' || c == '"' || c == '\\' || c == '\x7f'; });
    return text;
  }

  Plan plan_;
  sockaddr_in address_;
  std::string filler_;
  Poll poll_;
  std::vector<Session> sessions_;
  std::vector<Session*> by_descriptor_;
  std::vector<Session*> idle_;     // ready for a message
  std::vector<Session*> refused_;  // to be dialled again
  std::vector<double> times_;
  std::size_t begun_ = 0, accepted_ = 0, failed_ = 0;
  double began_ = 0, ended_ = 0, redial_at_ = 0;
  std::string why_;  // what ended the first that failed
};

std::size_t number_of(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  const std::span args{argv, static_cast<std::size_t>(argc)};
  Plan plan;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string_view option = args[i];
    if (option == "--to") {
      plan.to = value_of(args, i);
    } else if (option == "--messages") {
      plan.messages = number_of(value_of(args, i));
    } else if (option == "--sessions") {
      plan.sessions = number_of(value_of(args, i));
    } else if (option == "--keep") {
      plan.keep = true;
    } else if (option == "--domains") {
      plan.domains = number_of(value_of(args, i));
    } else if (option == "--domain") {
      plan.domain = value_of(args, i);
    } else if (option == "--recipients") {
      plan.recipients = number_of(value_of(args, i));
    } else if (option == "--letter") {
      plan.letter = *value_of(args, i);
    } else if (option == "--size") {
      plan.size = number_of(value_of(args, i));
    } else if (option == "--rate") {
      plan.rate = std::atof(value_of(args, i));
    } else if (option == "--wait") {
      plan.wait = std::atof(value_of(args, i));
    } else if (option == "--timeout") {
      plan.timeout = std::atof(value_of(args, i));
    } else if (option == "--times") {
      plan.times = true;
    } else {
      unknown(args[i]);
    }
  }
  if (plan.to.empty() || plan.messages == 0 || plan.sessions == 0 || plan.domains == 0) {
    std::fprintf(stderr, "smtp_source: --to, --messages, and no zero\n");
    return 64;
  }
  Source source{std::move(plan)};
  return source.run() ? 0 : 1;
}

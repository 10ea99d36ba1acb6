// SPDX-License-Identifier: Apache-2.0
#pragma once
// The other end of the submission socket, in a thread: reads what it is told to and answers, or
// not.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "engine/intake.h"

namespace tenax::testing {

/// One accepted conversation.
class Conversation {
 public:
  explicit Conversation(int socket) : socket_{socket} {}

  /// Reads a submission to its end; false if it broke off or was refused.
  bool read_whole() {
    return read_until([](engine::SubmissionReader::Step step) {
      return step == engine::SubmissionReader::Step::complete;
    });
  }
  bool read_envelope() {
    return read_until([](engine::SubmissionReader::Step step) {
      return step == engine::SubmissionReader::Step::envelope;
    });
  }
  void say(std::string_view bytes) const {
    [[maybe_unused]] const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void keep(std::string_view id) const { say(engine::encode_answer({0, std::string{id}, ""})); }
  void refuse(int exit_code, std::string_view text) const {
    say(engine::encode_answer({exit_code, "", std::string{text}}));
  }
  /// Says and reads nothing more until the other side has gone.
  void stay_silent() const {
    pollfd poll{socket_, 0, 0};
    ::poll(&poll, 1, 10'000);
  }
  /// Takes everything in and answers nothing until the other side has gone.
  void listen_only() const {
    char buffer[65536];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0) {
    }
  }

  engine::SubmissionReader reader{0};
  std::string contents;

 private:
  template <class Done>
  bool read_until(Done done) {
    using Step = engine::SubmissionReader::Step;
    char buffer[65536];
    while (true) {
      Step step = reader.next();
      while (step == Step::envelope || step == Step::contents) {
        if (step == Step::contents) contents += reader.contents();
        if (done(step)) return true;
        step = reader.next();
      }
      if (step != Step::wants_more) return done(step);
      const ssize_t octets = ::recv(socket_, buffer, sizeof buffer, 0);
      if (octets <= 0) return false;
      reader.feed({buffer, static_cast<std::size_t>(octets)});
    }
  }

  int socket_;
};

/// Listens at `path` and has `behave` with each who comes, one after the other.
class FakeDaemon {
 public:
  FakeDaemon(const std::string& path, std::function<void(Conversation&)> behave)
      : behave_{std::move(behave)}, socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error{"socket path too long"};
    std::copy(path.begin(), path.end(), address.sun_path);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket_, 100) != 0) {
      throw std::runtime_error{"listen"};
    }
    thread_ = std::thread{[this] { run(); }};
  }
  ~FakeDaemon() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

 private:
  void run() {
    while (true) {
      const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      Conversation conversation{socket};
      behave_(conversation);
      ::close(socket);
    }
  }

  std::function<void(Conversation&)> behave_;
  int socket_;
  std::thread thread_;
};

}  // namespace tenax::testing

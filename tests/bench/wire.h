// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the bench's programs share: sockets that never block, one epoll, and a clock on which all
// processes of a machine agree (Python's time.monotonic() is the same one).

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace tenax::bench {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] inline void die(std::string_view what) {
  std::fprintf(stderr, "bench: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(errno));
  std::exit(1);
}

/// The value behind an option, or the end of the program.
inline const char* value_of(std::span<char*> args, std::size_t& at) {
  if (at + 1 >= args.size()) {
    std::fprintf(stderr, "bench: %s wants a value\n", args[at]);
    std::exit(64);
  }
  return args[++at];
}

[[noreturn]] inline void unknown(const char* option) {
  std::fprintf(stderr, "bench: unknown option %s\n", option);
  std::exit(64);
}

/// "127.0.0.1:2525"
inline sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  const std::size_t colon = std::min(text.find(':'), text.size());
  const unsigned long port =
      std::strtoul(text.c_str() + colon + (colon < text.size()), nullptr, 10);
  if (port == 0 || port > 65'535 ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    std::fprintf(stderr, "bench: an address is like 127.0.0.1:2525, not %s\n", text.c_str());
    std::exit(64);
  }
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

inline int listen_at(const std::string& text) {
  const sockaddr_in address = address_of(text);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0) {
    die("listen at " + text);
  }
  return fd;
}

// A reply is a small packet that must not wait for the next one.
inline void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class Poll {
 public:
  Poll() : epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) die("epoll");
  }
  ~Poll() { close(epoll_); }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  void add(int fd, std::uint32_t events) { control(EPOLL_CTL_ADD, fd, events); }
  void change(int fd, std::uint32_t events) { control(EPOLL_CTL_MOD, fd, events); }

  /// What happened until `until`, as now() counts. Rounded up: to wake early is to turn in circles.
  std::span<const epoll_event> wait(double until) {
    const double left = std::clamp(until - now(), 0.0, 60.0);
    const int got = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                               static_cast<int>(std::ceil(left * 1000)));
    if (got < 0 && errno != EINTR) die("epoll_wait");
    return {events_.data(), static_cast<std::size_t>(std::max(got, 0))};
  }

 private:
  void control(int verb, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, verb, fd, &event) != 0) die("epoll_ctl");
  }

  int epoll_;
  std::array<epoll_event, 256> events_{};
};

/// Reads what is there and appends it. False when the other side is gone.
inline bool take_in(int fd, std::string& in) {
  std::array<char, 65'536> some;
  const ssize_t got = recv(fd, some.data(), some.size(), 0);
  if (got > 0) in.append(some.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace tenax::bench

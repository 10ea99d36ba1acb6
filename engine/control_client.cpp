// SPDX-License-Identifier: Apache-2.0
#include "engine/control_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "io/file.h"

#include "engine/control_lines.h"

namespace tenax::engine {

namespace {

using Steady = std::chrono::steady_clock;

/// Waits until `fd` is ready for `events`; false when the time is over.
io::Result<bool> ready(int fd, short events, Steady::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const int timeout = static_cast<int>(std::min<std::int64_t>(left, 60'000));
    const int count = ::poll(&waiting, 1, timeout);
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return io::error_from_errno(errno, "poll");
  }
}

io::Result<io::Fd> connect_to(const std::string& path, Steady::time_point deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return io::error(io::Errc::not_found, path + " is too long a name for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  io::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return io::error_from_errno(errno, "socket");
  for (;;) {
    const int result =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result == 0) return socket;
    if (errno == EINTR) continue;
    if (errno == ENOENT || errno == ENOTDIR) return io::error(io::Errc::not_found, path);
    if (errno == ECONNREFUSED) return io::error(io::Errc::refused, path);
    // A full backlog; a Unix socket cannot be polled for that.
    if (errno != EAGAIN) return io::error_from_errno(errno, path);
    if (Steady::now() >= deadline) return io::error(io::Errc::timed_out, path);
    ::poll(nullptr, 0, 20);
  }
}

/// Writes what the daemon takes. That it stops reading is no error: its answer says why.
io::Result<> send_all(int fd, std::string_view bytes, Steady::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return io::Result<>{};
    if (errno != EAGAIN) return io::error_from_errno(errno, "control socket");
    const io::Result<bool> more = ready(fd, POLLOUT, deadline);
    if (!more) return more.error();
    if (!*more) return io::error(io::Errc::timed_out, "asking the daemon");
  }
  return io::Result<>{};
}

io::Result<std::string> receive_line(int fd, Steady::time_point deadline) {
  std::string line;
  std::array<char, 16 * 1024> piece{};
  for (;;) {
    const ssize_t count = ::recv(fd, piece.data(), piece.size(), 0);
    if (count > 0) {
      const std::string_view got{piece.data(), static_cast<std::size_t>(count)};
      const std::size_t end = got.find('\n');
      line.append(got.substr(0, end));
      if (end != std::string_view::npos) return line;
      if (line.size() > kMaxAnswerOctets) {
        return io::error(io::Errc::line_too_long, "answer of the daemon");
      }
      continue;
    }
    if (count == 0 || errno == ECONNRESET) {
      return io::error(io::Errc::closed, "waiting for the daemon's answer");
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return io::error_from_errno(errno, "control socket");
    const io::Result<bool> more = ready(fd, POLLIN, deadline);
    if (!more) return more.error();
    if (!*more) return io::error(io::Errc::timed_out, "waiting for the daemon's answer");
  }
}

}  // namespace

io::Result<ControlAnswer> ask_daemon(const std::string& path, const ControlRequest& request,
                                     std::chrono::milliseconds patience) {
  const Steady::time_point deadline = Steady::now() + patience;
  const io::Result<io::Fd> socket = connect_to(path, deadline);
  if (!socket) return socket.error();
  const io::Result<> asked = send_all(socket->get(), encode_request(request) + "\n", deadline);
  if (!asked) return asked.error();
  const io::Result<std::string> line = receive_line(socket->get(), deadline);
  if (!line) return line.error();
  mail::Parsed<ControlAnswer> answer = decode_answer(*line);
  if (!answer) return io::error(io::Errc::protocol, "answer of the daemon: " + answer.error().why);
  return std::move(*answer);
}

bool nobody_there(const io::Error& error) {
  return error.is(io::Errc::not_found) || error.is(io::Errc::refused);
}

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files as the kernel knows them, with the errors of this room. Blocking; plain POSIX, no asio: the
// submission program, started once per message, links this and little else.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "io/result.h"

namespace tenax::io {

/// Owns a file descriptor. Concurrency: value (move only).
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC added; EINTR is retried. `what` names the file in errors.
[[nodiscard]] Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);
[[nodiscard]] Result<Fd> open_at(int directory, const std::string& name, int flags,
                                 unsigned mode = 0);

/// For reading, and never waited for: what is no regular file is not_found. A pipe would keep
/// whoever opens it until somebody writes to it.
[[nodiscard]] Result<Fd> open_regular_file(const std::string& path);

/// All of `bytes`, EINTR and short writes retried. Waits, also where the descriptor would not.
[[nodiscard]] Result<> write_all(int fd, std::string_view bytes, std::string_view what);

/// Up to into.size() bytes; 0 at the end. Waits, also where the descriptor would not.
[[nodiscard]] Result<std::size_t> read_some(int fd, std::span<char> into, std::string_view what);

/// fsync. A failure is final: what was written before may be lost, and asking again proves nothing.
[[nodiscard]] Result<> sync_file(int fd, std::string_view what);
[[nodiscard]] Result<> sync_directory(const std::string& path);

/// mkdir -p with this mode for what is made, whose names are synced; fine when it is there already
/// and a directory.
[[nodiscard]] Result<> make_directories(const std::string& path, unsigned mode);

/// The whole file, which must be at most `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);
/// The same, as open_regular_file() opens it.
[[nodiscard]] Result<std::string> read_regular_file(const std::string& path, std::size_t limit);

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#include "io/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tenax::io {

namespace {

std::string doing(std::string_view verb, std::string_view what) {
  std::string text{verb};
  text += ' ';
  text += what;
  return text;
}

/// Where the name of `path` is written down.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash + 1);
}

/// Whether to do it once more: when it was interrupted, or when `events` have come of what somebody
/// else set O_NONBLOCK on, which may be ours only by inheritance.
bool worth_again(int number, int fd, short events) {
  if (number == EINTR) return true;
  if (number != EAGAIN) return false;
  pollfd waited{fd, events, 0};
  return ::poll(&waited, 1, -1) >= 0 || errno == EINTR;
}

Result<> make_directory(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0) return sync_directory(parent_of(path));
  const int number = errno;
  if (number != EEXIST && number != EISDIR && number != EROFS && number != EACCES) {
    return error_from_errno(number, doing("make directory", path));
  }
  // A read-only or closed parent does not matter when the directory is there already.
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return error_from_errno(number == EEXIST ? errno : number, doing("make directory", path));
  }
  if (!S_ISDIR(found.st_mode)) return error_from_errno(ENOTDIR, doing("make directory", path));
  return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  // Not retried on EINTR: Linux has released the descriptor by then, and it may be another's now.
  if (fd_ >= 0) ::close(fd_);
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

Result<Fd> open_at(int directory, const std::string& name, int flags, unsigned mode) {
  for (;;) {
    const int fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return Fd{fd};
    if (errno != EINTR) return error_from_errno(errno, doing("open", name));
  }
}

Result<> write_all(int fd, std::string_view bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      const int number = errno;
      if (worth_again(number, fd, POLLOUT)) continue;
      return error_from_errno(number, doing("write", what));
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<std::size_t> read_some(int fd, std::span<char> into, std::string_view what) {
  for (;;) {
    const ssize_t got = ::read(fd, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    const int number = errno;
    if (!worth_again(number, fd, POLLIN)) return error_from_errno(number, doing("read", what));
  }
}

Result<> sync_file(int fd, std::string_view what) {
  if (::fsync(fd) == 0) return {};
  // Whatever the number: what was written may be gone, and only "the disk failed" says so.
  const int number = errno;
  if (number == ENOSPC || number == EDQUOT) return error_from_errno(number, doing("sync", what));
  return error(Errc::disk_failed,
               doing("sync", what) + ": " + std::generic_category().message(number));
}

Result<> sync_directory(const std::string& path) {
  const Result<Fd> directory = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  return sync_file(directory->get(), path);
}

Result<> make_directories(const std::string& path, unsigned mode) {
  for (std::size_t at = path.find_first_not_of('/'); at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const Result<> made = make_directory(path.substr(0, end), mode);
    if (!made) return made;
    at = path.find_first_not_of('/', end);
  }
  return {};
}

namespace {

Result<std::string> read_all(const Fd& file, const std::string& path, std::size_t limit) {
  std::string whole;
  // Not cleared: of most of it nothing is ever touched.
  std::array<char, 16 * 1024> part;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const Result<std::size_t> got = read_some(file.get(), part, path);
    if (!got) return got.error();
    if (*got == 0) return whole;
    if (*got > limit - whole.size()) {
      return error(Errc::line_too_long,
                   doing("read", path) + " (at most " + std::to_string(limit) + " bytes)");
    }
    whole.append(part.data(), *got);
  }
}

}  // namespace

Result<Fd> open_regular_file(const std::string& path) {
  Result<Fd> file = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return file;
  struct stat found {};
  if (::fstat(file->get(), &found) != 0) return error_from_errno(errno, doing("open", path));
  if (!S_ISREG(found.st_mode)) return error(Errc::not_found, "a regular file at " + path);
  return file;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Result<Fd> file = open_file(path, O_RDONLY);
  if (!file) return file.error();
  return read_all(*file, path, limit);
}

Result<std::string> read_regular_file(const std::string& path, std::size_t limit) {
  const Result<Fd> file = open_regular_file(path);
  if (!file) return file.error();
  return read_all(*file, path, limit);
}

}  // namespace tenax::io

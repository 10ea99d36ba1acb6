// SPDX-License-Identifier: Apache-2.0
#include "queue/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tenax::queue {

namespace {

std::string holder(const std::string& path) {
  const io::Result<std::string> text = io::read_file(path, 32);
  if (!text) return "another process";
  std::string digits;
  for (const char c : *text) {
    if (c < '0' || c > '9') break;
    digits += c;
  }
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

io::Result<DirectoryLock> DirectoryLock::take(const std::string& path) {
  io::Result<io::Fd> opened = io::open_file(path, O_RDWR | O_CREAT, 0600);
  if (!opened) return opened.error();
  io::Fd fd = std::move(*opened);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return io::error(io::Errc::busy, path + " is held by " + holder(path));
    }
    return io::error_from_errno(errno, "lock " + path);
  }
  // The number is for people; that it cannot be written does not make the lock less held.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0) (void)io::write_all(fd.get(), pid, path);
  return DirectoryLock{std::move(fd)};
}

}  // namespace tenax::queue

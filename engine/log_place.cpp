// SPDX-License-Identifier: Apache-2.0
#include "engine/log_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/result.h"

namespace tenax::engine {

namespace {

/// Under the name /dev/stdout, say: whatever it is, whoever started us reads from it.
bool is_a_stream_of_ours(const struct stat& place) {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat found {};
    if (::fstat(stream, &found) != 0) continue;
    if (found.st_dev == place.st_dev && found.st_ino == place.st_ino) return true;
  }
  return false;
}

}  // namespace

std::string fault_of_log(const std::string& to) {
  if (to == "stderr" || to == "syslog") return "";
  struct stat found {};
  if (::stat(to.c_str(), &found) != 0) {
    return errno == ENOENT ? "" : io::to_string(io::error_from_errno(errno, to));
  }
  if (S_ISDIR(found.st_mode)) return "a directory, not a file";
  // /dev/null is a place for a log as well. A pipe is one of those that would be waited for.
  const bool fits = S_ISREG(found.st_mode) || S_ISCHR(found.st_mode);
  if (!fits && !is_a_stream_of_ours(found)) return "a pipe, a socket or a disk, not a file";
  if (::faccessat(AT_FDCWD, to.c_str(), W_OK, AT_EACCESS) == 0) return "";
  return io::to_string(io::error_from_errno(errno, "writing to " + to));
}

}  // namespace tenax::engine

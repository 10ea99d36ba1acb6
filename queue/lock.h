// SPDX-License-Identifier: Apache-2.0
#pragma once
// One daemon per queue.

#include <string>

#include "io/file.h"
#include "io/result.h"

namespace tenax::queue {

/// An flock on a file, held until released or the process dies, however it dies. The file stays: to
/// unlink it would let two hold "it". Concurrency: value (move only).
class DirectoryLock {
 public:
  DirectoryLock() = default;
  /// Errors: busy, naming the process that has it.
  [[nodiscard]] static io::Result<DirectoryLock> take(const std::string& path);
  void release() { fd_ = io::Fd{}; }

 private:
  explicit DirectoryLock(io::Fd fd) : fd_{std::move(fd)} {}
  io::Fd fd_;
};

}  // namespace tenax::queue

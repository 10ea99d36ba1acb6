// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file of the system's that others write whenever they like.

#include <sys/stat.h>

#include <string>
#include <utility>

namespace tenax::io {

/// Concurrency: value.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_{std::move(path)}, seen_{stamp()} {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Is it another one than at the last look, or written since?
  [[nodiscard]] bool changed() {
    const Stamp now = stamp();
    return std::exchange(seen_, now) != now;
  }

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;  // 0: it is not there
    off_t size = 0;
    time_t seconds = 0;
    long nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] Stamp stamp() const {
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) return {};
    return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
  }

  std::string path_;
  Stamp seen_;
};

}  // namespace tenax::io

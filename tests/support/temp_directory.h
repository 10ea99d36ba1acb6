// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory of the test's own, gone with it.

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenax::testing {

/// In memory where the machine has such a place: for whoever kills processes, not machines, and has
/// no use for the disk's own fsync.
inline std::filesystem::path memory_directory() {
  const bool there = ::access("/dev/shm", W_OK) == 0;
  return there ? std::filesystem::path{"/dev/shm"} : std::filesystem::temp_directory_path();
}

/// Concurrency: value (not copied).
class TempDirectory {
 public:
  explicit TempDirectory(const std::filesystem::path& in = std::filesystem::temp_directory_path())
      : path_{(in / "tenax-XXXXXX").string()} {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"mkdtemp " + path_};
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }

 private:
  std::string path_;
};

}  // namespace tenax::testing

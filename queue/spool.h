// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message on its way through the submission program: in memory while it is small, then in a file
// without a name, which disappears with the process. Whatever its length, it can be read twice.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/file.h"
#include "io/result.h"

namespace tenax::queue {

/// Concurrency: one user at a time.
class Spool {
 public:
  static constexpr std::size_t kInMemory = 1024 * 1024;

  /// What is no longer than `in_memory` needs no file. A file goes into the first that takes one of
  /// $TMPDIR (not for set-uid programs), /var/tmp (a disk more often than /tmp is) and /tmp.
  explicit Spool(std::size_t in_memory = kInMemory) : in_memory_{in_memory} {}

  /// Errors: disk_full, disk_failed, denied (no directory takes a file).
  io::Result<> append(std::string_view bytes);

  /// Up to into.size() octets from `offset` on; 0 at the end only.
  io::Result<std::size_t> read_at(std::int64_t offset, std::span<char> into);

  /// Octets of it in memory.
  [[nodiscard]] std::size_t held() const { return memory_.size(); }

  [[nodiscard]] std::int64_t size() const {
    return written_ + static_cast<std::int64_t>(memory_.size());
  }

 private:
  io::Result<> open();
  io::Result<> flush();

  std::size_t in_memory_;
  std::string memory_;  // everything, or what the file does not have yet
  io::Fd file_;
  std::int64_t written_ = 0;  // octets in the file
};

}  // namespace tenax::queue

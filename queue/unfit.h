// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recipients whose rows are so damaged that they cannot even be held.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>

namespace tenax::queue {

/// Passed over while the store is open, so that nobody waits for them; the next start mends what
/// can be mended. Concurrency: thread-safe.
class Unfit {
 public:
  void add(std::int64_t recipient) {
    const std::lock_guard lock{mutex_};
    if (ids_.size() < kMost) ids_.insert(recipient);
  }
  [[nodiscard]] std::set<std::int64_t> all() const {
    const std::lock_guard lock{mutex_};
    return ids_;
  }

 private:
  static constexpr std::size_t kMost = 10'000;
  mutable std::mutex mutex_;
  std::set<std::int64_t> ids_;
};

}  // namespace tenax::queue

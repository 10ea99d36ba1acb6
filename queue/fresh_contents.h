// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was just accepted and is delivered at once need not be read back from the disk.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "mail/ids.h"

namespace tenax::queue {

/// Copies of contents that lie in the database, the newest of them. Concurrency: thread-safe
/// (locked inside).
class FreshContents {
 public:
  void keep(mail::QueueId message, std::string bytes) {
    const std::lock_guard lock{mutex_};
    octets_ += bytes.size();
    order_.push_back(message);
    kept_.emplace(message, std::make_shared<const std::string>(std::move(bytes)));
    // Those that were forgotten meanwhile leave their place in the order as well.
    while (octets_ > kMostOctets || order_.size() > kMostMessages) {
      erase(order_.front());
      order_.pop_front();
    }
  }

  /// nullptr: not here.
  [[nodiscard]] std::shared_ptr<const std::string> find(mail::QueueId message) const {
    const std::lock_guard lock{mutex_};
    const auto found = kept_.find(message);
    return found == kept_.end() ? nullptr : found->second;
  }

  void forget(mail::QueueId message) {
    const std::lock_guard lock{mutex_};
    erase(message);
  }

 private:
  static constexpr std::size_t kMostOctets = std::size_t{16} << 20;
  static constexpr std::size_t kMostMessages = 10'000;

  void erase(mail::QueueId message) {
    const auto found = kept_.find(message);
    if (found == kept_.end()) return;
    octets_ -= found->second->size();
    kept_.erase(found);
  }

  mutable std::mutex mutex_;
  std::unordered_map<mail::QueueId, std::shared_ptr<const std::string>> kept_;
  std::deque<mail::QueueId> order_;
  std::size_t octets_ = 0;
};

}  // namespace tenax::queue

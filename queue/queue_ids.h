// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queue ids.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "mail/ids.h"
#include "mail/time.h"

namespace tenax::queue {

/// Gives out queue ids: the millisecond, then 9 bits of the opening and 12 bits to count. An id
/// that was given out but never came to a commit is known to no table; the opening's bits keep it
/// apart from what a later process gives out if the clock goes back to that very millisecond.
/// Concurrency: the engine's strand; `last` is read by the writer.
class QueueIds {
 public:
  QueueIds(std::int64_t last, std::int64_t opening)
      : last_{std::make_shared<std::atomic<std::int64_t>>(last)},
        opening_{(opening & kOpenings) << kCountBits} {}

  mail::QueueId next(mail::WallTime now) {
    const std::int64_t millis =
        std::clamp<std::int64_t>(mail::to_millis(now), 0, (std::int64_t{1} << 42) - 1);
    const std::int64_t wanted = millis << kLowBits | opening_;
    std::int64_t id = std::max(wanted, last_->load() + 1);
    // Counted past our own room, or behind a mark of another opening: on to the next millisecond.
    if ((id & (kOpenings << kCountBits)) != opening_) {
      id = ((id >> kLowBits) + 1) << kLowBits | opening_;
    }
    last_->store(id);
    return mail::QueueId{id};
  }
  [[nodiscard]] std::shared_ptr<const std::atomic<std::int64_t>> last() const { return last_; }

 private:
  static constexpr int kLowBits = 21;
  static constexpr int kCountBits = 12;
  static constexpr std::int64_t kOpenings = (1 << 9) - 1;
  std::shared_ptr<std::atomic<std::int64_t>> last_;
  std::int64_t opening_;
};

}  // namespace tenax::queue

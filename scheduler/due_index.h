// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which lanes wait for a moment, by that moment.

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "scheduler/lane.h"

namespace tenax::scheduler {

/// Concurrency: one user at a time.
class DueIndex {
 public:
  /// The lane is to be looked at then; nullopt: at no moment.
  void set(Lane& lane, std::optional<mail::WallTime> when) {
    if (lane.wakes == when) return;
    if (lane.wakes) lanes_.erase({*lane.wakes, lane.number});
    lane.wakes = when;
    if (when) lanes_.emplace(std::pair{*when, lane.number}, &lane);
  }

  [[nodiscard]] std::optional<mail::WallTime> earliest() const {
    if (lanes_.empty()) return std::nullopt;
    return lanes_.begin()->first.first;
  }

  /// Takes out the earliest lane whose moment has come; nullptr when there is none.
  Lane* pop(mail::WallTime now) {
    if (lanes_.empty() || lanes_.begin()->first.first > now) return nullptr;
    Lane* const lane = lanes_.begin()->second;
    set(*lane, std::nullopt);
    return lane;
  }

 private:
  std::map<std::pair<mail::WallTime, std::uint64_t>, Lane*> lanes_;
};

}  // namespace tenax::scheduler

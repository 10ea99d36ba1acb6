// SPDX-License-Identifier: Apache-2.0
#include "scheduler/waiting_pairs.h"

namespace tenax::scheduler {

void WaitingPairs::knocked(std::uint64_t pair, const mail::Knocks& knocks) {
  const auto [found, fresh] = pairs_.try_emplace(pair);
  if (fresh) {
    found->second.place = order_.insert(order_.end(), pair);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  found->second.knocks = knocks;
  if (pairs_.size() <= most_) return;
  pairs_.erase(order_.front());
  order_.pop_front();
}

void WaitingPairs::passed(std::uint64_t pair) {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return;
  order_.erase(found->second.place);
  pairs_.erase(found);
}

std::optional<mail::Knocks> WaitingPairs::find(std::uint64_t pair) const {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return std::nullopt;
  return found->second.knocks;
}

void WaitingPairs::shift(mail::Duration step) {
  for (auto& [pair, entry] : pairs_) {
    entry.knocks.first += step;
    entry.knocks.last += step;
  }
}

}  // namespace tenax::scheduler

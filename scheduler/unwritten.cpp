// SPDX-License-Identifier: Apache-2.0
#include "scheduler/unwritten.h"

namespace tenax::scheduler {

void Unwritten::changed(const std::string& key, mail::WallTime due) {
  const auto found = due_.find(key);
  if (found == due_.end()) {
    if (due_.size() >= kMost) return;
    due_.emplace(key, due);
    order_.emplace(due, key);
    return;
  }
  if (found->second <= due) return;
  order_.erase({found->second, key});
  order_.emplace(due, key);
  found->second = due;
}

std::optional<std::string> Unwritten::pop(mail::WallTime now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  const auto first = order_.extract(order_.begin());
  due_.erase(first.value().second);
  return std::move(first.value().second);
}

std::optional<mail::WallTime> Unwritten::next() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

void Unwritten::shift(mail::Duration step) {
  std::set<std::pair<mail::WallTime, std::string>> moved;
  for (auto& [key, due] : due_) {
    due += step;
    moved.emplace(due, key);
  }
  order_ = std::move(moved);
}

}  // namespace tenax::scheduler

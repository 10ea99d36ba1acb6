// SPDX-License-Identifier: Apache-2.0
#include "scheduler/waiting_pairs.h"

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

constexpr mail::Duration kLongestSession = std::chrono::minutes{3};

}  // namespace

void WaitingPairs::knocked(std::uint64_t pair, const mail::Knocks& knocks) {
  const auto [found, fresh] = pairs_.try_emplace(pair);
  if (fresh) {
    found->second.place = order_.insert(order_.end(), pair);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  found->second.knocks = knocks;
  found->second.asked_until = {};
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

void WaitingPairs::asks(std::uint64_t pair, std::uint64_t message, mail::WallTime now) {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return;
  found->second.asker = message;
  found->second.asked_until = now + kLongestSession;
}

bool WaitingPairs::asked_by_another(std::uint64_t pair, std::uint64_t message,
                                    mail::WallTime now) const {
  const auto found = pairs_.find(pair);
  return found != pairs_.end() && found->second.asker != message && found->second.asked_until > now;
}

std::optional<mail::Knocks> WaitingPairs::find(std::uint64_t pair) const {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return std::nullopt;
  return found->second.knocks;
}

WaitingPairs WaitingPairs::only(std::uint64_t pair) const {
  WaitingPairs one{most_};
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return one;
  Entry entry = found->second;
  entry.place = one.order_.insert(one.order_.end(), pair);
  one.pairs_.emplace(pair, entry);
  return one;
}

void WaitingPairs::shift(mail::Duration step) {
  for (auto& [pair, entry] : pairs_) {
    entry.knocks.first += step;
    entry.knocks.last += step;
    move_along(entry.asked_until, step);
  }
}

}  // namespace tenax::scheduler

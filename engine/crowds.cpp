// SPDX-License-Identifier: Apache-2.0
#include "engine/crowds.h"

#include <algorithm>

namespace tenax::engine {

namespace {

constexpr std::size_t kMostCrowds = 1000;
constexpr std::size_t kMostOfSender = 50;
constexpr std::size_t kMostMessages = 10'000;
// So few are no crowd: an ordinary claim takes them all.
constexpr std::size_t kCrowd = 50;
// What one claim looks at; the next one goes on from there.
constexpr std::size_t kLanesAtOnce = 100;
constexpr std::size_t kSendersAtOnce = 100;

}  // namespace

void Crowds::left(const LeftBehind& one) {
  if (!crowds_.contains(one.lane) && crowds_.size() >= kMostCrowds) return;
  Crowd& crowd = crowds_[one.lane];
  crowd.recipients += one.recipients;
  if (messages_ >= kMostMessages) return;
  std::deque<Waiting>& waiting = crowd.senders[one.sender];
  if (waiting.size() >= kMostOfSender) return;
  waiting.push_back({one.message, one.destination, one.recipients});
  ++messages_;
}

void Crowds::claimed(const LeftBehind& one) {
  const auto crowd = crowds_.find(one.lane);
  if (crowd == crowds_.end()) return;
  crowd->second.recipients -= std::min(crowd->second.recipients, one.recipients);
  const auto sender = crowd->second.senders.find(one.sender);
  if (sender != crowd->second.senders.end()) {
    std::deque<Waiting>& waiting = sender->second;
    const auto known = std::ranges::find_if(waiting, [&one](const Waiting& other) {
      return other.message == one.message && other.destination == one.destination;
    });
    if (known != waiting.end()) {
      known->recipients -= std::min(known->recipients, one.recipients);
      if (known->recipients == 0) {
        waiting.erase(known);
        --messages_;
      }
    }
    if (waiting.empty()) crowd->second.senders.erase(sender);
  }
  if (crowd->second.recipients > 0) return;
  for (const auto& [other, waiting] : crowd->second.senders) messages_ -= waiting.size();
  crowds_.erase(crowd);
}

std::vector<queue::Ahead> Crowds::take_ahead(std::size_t most, const Room& room) {
  std::vector<queue::Ahead> ahead;
  const std::size_t lanes = std::min(crowds_.size(), kLanesAtOnce);
  for (std::size_t i = 0; i < lanes && most > 0; ++i) {
    auto next = crowds_.upper_bound(served_);
    if (next == crowds_.end()) next = crowds_.begin();
    served_ = next->first;
    if (next->second.recipients > kCrowd) take_from(next->second, next->first, most, room, ahead);
  }
  return ahead;
}

void Crowds::take_from(Crowd& crowd, const std::string& lane, std::size_t& most, const Room& room,
                       std::vector<queue::Ahead>& ahead) {
  const std::size_t senders = std::min(crowd.senders.size(), kSendersAtOnce);
  for (std::size_t i = 0; i < senders && most > 0; ++i) {
    auto next = crowd.senders.upper_bound(crowd.served);
    if (next == crowd.senders.end()) next = crowd.senders.begin();
    crowd.served = next->first;
    std::deque<Waiting>& waiting = next->second;
    std::size_t left = std::min(most, room(lane, next->first));
    while (left > 0 && !waiting.empty()) {
      Waiting& first = waiting.front();
      const std::size_t taken = std::min(left, first.recipients);
      ahead.push_back({first.message, first.destination, taken});
      left -= taken;
      most -= taken;
      first.recipients -= taken;
      if (first.recipients > 0) break;
      waiting.pop_front();
      --messages_;
    }
    if (waiting.empty()) crowd.senders.erase(next);
  }
}

void Crowds::forget(const std::function<bool(const std::string& lane)>& lanes) {
  std::erase_if(crowds_, [&](const auto& crowd) {
    if (!lanes(crowd.first)) return false;
    for (const auto& [sender, waiting] : crowd.second.senders) messages_ -= waiting.size();
    return true;
  });
}

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/line.h"

#include <algorithm>
#include <cassert>

namespace tenax::scheduler {

namespace {

Place place_of(const mail::DeliveryRequest& request, std::uint64_t number) {
  assert(!request.recipients.empty());
  Place place{.retry = true, .due = mail::WallTime::max(), .number = number};
  for (const mail::DueRecipient& recipient : request.recipients) {
    if (recipient.attempts == 0) place.retry = false;
    place.due = std::min(place.due, recipient.due);
  }
  return place;
}

}  // namespace

Place Line::add(mail::DeliveryRequest request, std::uint64_t number, bool last_chance) {
  const Place place = place_of(request, number);
  recipients_ += request.recipients.size();
  if (last_chance) last_chances_.insert(place);
  waiting_.emplace(place, std::move(request));
  return place;
}

mail::DeliveryRequest Line::take(Place place) {
  auto node = waiting_.extract(place);
  assert(node);
  last_chances_.erase(place);
  recipients_ -= node.mapped().recipients.size();
  return std::move(node.mapped());
}

std::vector<Place> Line::places() const {
  std::vector<Place> all;
  all.reserve(waiting_.size());
  for (const auto& [place, request] : waiting_) all.push_back(place);
  return all;
}

std::pair<bool, std::optional<Place>> Line::forget(Place place, mail::RecipientId recipient) {
  const auto found = waiting_.find(place);
  if (found == waiting_.end()) return {false, std::nullopt};
  const auto is_it = [recipient](const mail::DueRecipient& one) { return one.id == recipient; };
  if (std::ranges::none_of(found->second.recipients, is_it)) return {false, place};

  const bool last_chance = is_last_chance(place);
  mail::DeliveryRequest request = take(place);
  std::erase_if(request.recipients, is_it);
  if (request.recipients.empty()) return {true, std::nullopt};
  return {true, add(std::move(request), place.number, last_chance)};
}

}  // namespace tenax::scheduler

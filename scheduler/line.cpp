// SPDX-License-Identifier: Apache-2.0
#include "scheduler/line.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <tuple>

#include "scheduler/turns.h"

namespace tenax::scheduler {

namespace {

Place place_of(const mail::DeliveryRequest& request, std::uint64_t number) {
  assert(!request.recipients.empty());
  Place place{true, sender_of(request.envelope.sender), mail::WallTime::max(), number};
  for (const mail::DueRecipient& recipient : request.recipients) {
    if (recipient.attempts == 0) place.retry = false;
    place.due = std::min(place.due, recipient.due);
  }
  return place;
}

}  // namespace

/// Does its neighbour wait for the same turns?
bool Line::shares_sender(Waiting::const_iterator one) const {
  const auto same = [one](Waiting::const_iterator other) {
    return other->first.retry == one->first.retry && other->first.sender == one->first.sender;
  };
  if (one != waiting_.begin() && same(std::prev(one))) return true;
  const auto behind = std::next(one);
  return behind != waiting_.end() && same(behind);
}

void Line::add(mail::DeliveryRequest request, std::uint64_t number, bool last_chance) {
  const Place place = place_of(request, number);
  recipients_ += request.recipients.size();
  if (last_chance) last_chances_.emplace(std::pair{place.due, place.number}, place);
  const auto added = waiting_.emplace(place, std::move(request)).first;
  if (!shares_sender(added)) turns_[place.retry ? 1 : 0].enter(place.sender, number);
}

mail::DeliveryRequest Line::take(Place place) {
  const auto found = waiting_.find(place);
  assert(found != waiting_.end());
  if (!shares_sender(found)) turns_[place.retry ? 1 : 0].leave(place.sender);
  last_chances_.erase({place.due, place.number});
  recipients_ -= found->second.recipients.size();
  return std::move(waiting_.extract(found).mapped());
}

mail::DeliveryRequest Line::start(Place place) {
  turns_[place.retry ? 1 : 0].charge(place.sender, waiting_.at(place).recipients.size());
  if (place.retry || turns_[1].empty()) {
    fresh_in_a_row_ = 0;
  } else {
    ++fresh_in_a_row_;
  }
  return take(place);
}

std::size_t Line::fresh_of(Sender sender, std::size_t most) const {
  std::size_t count = 0;
  const Place from{false, sender, mail::WallTime::min(), 0};
  for (auto one = waiting_.lower_bound(from); one != waiting_.end() && count < most; ++one) {
    if (one->first.retry || one->first.sender != sender) break;
    count += one->second.recipients.size();
  }
  return std::min(count, most);
}

Place Line::first() const {
  const bool retry = !has_fresh() || (!turns_[1].empty() && fresh_in_a_row_ >= kFreshBeforeRetry);
  const Sender sender = turns_[retry ? 1 : 0].next();
  return waiting_.lower_bound(Place{retry, sender, mail::WallTime::min(), 0})->first;
}

Place Line::last() const {
  const bool retry = !turns_[1].empty();
  const Sender sender = turns_[retry ? 1 : 0].last();
  const Place end{retry, sender, mail::WallTime::max(), std::numeric_limits<std::uint64_t>::max()};
  return std::prev(waiting_.upper_bound(end))->first;
}

std::vector<Place> Line::places() const {
  std::vector<Place> all;
  all.reserve(waiting_.size());
  for (const auto& [place, request] : waiting_) all.push_back(place);
  std::ranges::sort(all, {}, [](const Place& place) {
    return std::tuple{place.retry, place.due, place.number};
  });
  return all;
}

}  // namespace tenax::scheduler

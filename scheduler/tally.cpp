// SPDX-License-Identifier: Apache-2.0
#include "scheduler/tally.h"

#include <algorithm>

namespace tenax::scheduler {

void Tally::add(mail::WallTime when) {
  while (!places_.empty() && places_.front().when + kHorizon < when) places_.pop_front();
  if (!places_.empty()) when = std::max(when, places_.back().when);
  if (!places_.empty() && places_.back().when == when) {
    ++places_.back().count;
    return;
  }
  if (places_.size() >= kMost) join_neighbours();
  places_.push_back({when, 1});
}

void Tally::join_neighbours() {
  std::deque<Moment> joined;
  for (std::size_t i = 0; i + 1 < places_.size(); i += 2) {
    joined.push_back({places_[i + 1].when, places_[i].count + places_[i + 1].count});
  }
  places_ = std::move(joined);
}

int Tally::after(mail::WallTime since) const {
  int count = 0;
  for (auto place = places_.rbegin(); place != places_.rend() && place->when > since; ++place) {
    count += place->count;
  }
  return count;
}

std::optional<mail::WallTime> Tally::first_after(mail::WallTime since) const {
  const auto found =
      std::ranges::find_if(places_, [since](const Moment& place) { return place.when > since; });
  if (found == places_.end()) return std::nullopt;
  return found->when;
}

std::optional<mail::WallTime> Tally::nth_last(int n) const {
  int count = 0;
  for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
    count += place->count;
    if (count >= n) return place->when;
  }
  return std::nullopt;
}

int Tally::most_in(mail::Duration period, mail::WallTime from, mail::WallTime to) const {
  int most = 0;
  int count = 0;
  auto first = places_.begin();
  for (const Moment& place : places_) {
    if (place.when < from || place.when >= to) continue;
    count += place.count;
    for (; first->when < from || first->when <= place.when - period; ++first) {
      if (first->when >= from) count -= first->count;
    }
    most = std::max(most, count);
  }
  return most;
}

void Tally::shift(mail::Duration step) {
  for (Moment& place : places_) place.when += step;
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "engine/gathering.h"

#include <algorithm>
#include <utility>

namespace tenax::engine {

namespace {

// Most answers come within seconds. Who waits for a dead server's time-out should not make the
// sender wait for the news of a misspelt address.
constexpr io::Span kPatience = std::chrono::seconds{30};
constexpr std::size_t kMostKept = 1000;  // messages: each holds leases and the words of a server

}  // namespace

std::vector<Landing> Gathering::landed(Landing landing, const Terms& terms, mail::WallTime wall,
                                       io::Instant now) {
  const mail::QueueId message = landing.request.message;
  const auto counted = under_way_.find(message);
  if (counted != under_way_.end() && --counted->second == 0) under_way_.erase(counted);

  if (!under_way_.contains(message)) {
    std::vector<Landing> all = take(message);
    all.push_back(std::move(landing));
    return all;
  }
  std::vector<Landing> ready;
  if (!stopped_ && (kept_.contains(message) || kept_.size() < kMostKept)) {
    std::optional<Landing> failures = take_failures(landing, terms, wall);
    if (failures) {
      Kept& kept = kept_.try_emplace(message, Kept{now + kPatience, {}}).first->second;
      kept.landings.push_back(std::move(*failures));
    }
  }
  if (!landing.request.recipients.empty()) ready.push_back(std::move(landing));
  return ready;
}

std::vector<Landing> Gathering::take_overdue(io::Instant now) {
  const auto overdue = std::ranges::find_if(
      kept_, [&](const auto& entry) { return stopped_ || entry.second.until <= now; });
  return overdue == kept_.end() ? std::vector<Landing>{} : take(overdue->first);
}

std::optional<io::Instant> Gathering::next() const {
  std::optional<io::Instant> next;
  for (const auto& [message, kept] : kept_) next = std::min(next.value_or(kept.until), kept.until);
  return next;
}

void Gathering::clock_stepped(mail::Duration step) {
  for (auto& [message, kept] : kept_) {
    for (Landing& landing : kept.landings) mail::shift(landing.request, step);
  }
}

std::vector<Landing> Gathering::take(mail::QueueId message) {
  const auto found = kept_.find(message);
  if (found == kept_.end()) return {};
  std::vector<Landing> landings = std::move(found->second.landings);
  kept_.erase(found);
  return landings;
}

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lane.h"

#include <algorithm>
#include <cassert>

namespace tenax::scheduler {

Ring Lane::ring_at(mail::WallTime now, bool early) const {
  if (line.empty()) return Ring::none;
  // A disk that cannot keep up with what the servers answer: delivering on would only lengthen what
  // a crash repeats.
  const std::size_t out = early ? unsettled() : sent.size();
  if (out > 0 && out >= static_cast<std::size_t>(width())) return Ring::none;
  if (!paced_in(now)) return Ring::none;
  if (open_at(now)) return line.has_fresh() ? Ring::fresh : Ring::retries;
  const bool shut = site != nullptr || window.parked(now);
  const bool last_chance = shut && line.has_last_chance() && window.allows_last_chance(now);
  return last_chance ? Ring::retries : Ring::none;
}

Place Lane::next(mail::WallTime now) const {
  assert(ring_at(now, true) != Ring::none);
  return open_at(now) ? line.first() : line.first_last_chance();
}

void Lane::name_destinations(std::size_t most, std::vector<std::string>& names) const {
  if (site == nullptr) {
    if (names.size() < most) names.push_back(destination.text());
    return;
  }
  for (const std::string& one : site->destinations) {
    if (names.size() >= most) return;
    names.push_back(one);
  }
}

void Lane::left(std::size_t recipients, mail::WallTime now) {
  window.started();
  if (has_pace()) {
    // What goes in several transactions is several messages to the server.
    const auto each = static_cast<std::size_t>(std::max(entry->recipients_per_transaction, 1));
    pace.took(*entry->pace, static_cast<int>((recipients + each - 1) / each), now);
  }
  sent.push_back(recipients);
  sent_recipients += recipients;
}

std::size_t Lane::came_back(std::size_t recipients) {
  assert(!sent.empty());
  auto found = std::ranges::find(sent, recipients);
  if (found == sent.end()) found = std::ranges::min_element(sent);
  const std::size_t size = *found;
  sent.erase(found);
  sent_recipients -= size;
  return size;
}

}  // namespace tenax::scheduler

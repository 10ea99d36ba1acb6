// SPDX-License-Identifier: Apache-2.0
#include "delivery/broken_extensions.h"

#include <algorithm>

namespace tenax::delivery {

namespace {

// A server that was just restarted breaks a session too; twice in a row is a habit.
constexpr int kHabit = 2;
// Then it is tried with again: servers get mended.
constexpr io::Span kForHowLong = std::chrono::hours{12};
// Only hosts that broke are kept; the one that broke longest ago makes room.
constexpr std::size_t kMostRemembered = 4096;

}  // namespace

bool BrokenExtensions::may_pipeline(const std::string& host, io::Instant now) const {
  const std::lock_guard lock{mutex_};
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || found->second.times < kHabit) return true;
  return now - found->second.last >= kForHowLong;
}

void BrokenExtensions::went_well(const std::string& host) {
  const std::lock_guard lock{mutex_};
  hosts_.erase(host);
}

void BrokenExtensions::broke(const std::string& host, io::Instant now) {
  const std::lock_guard lock{mutex_};
  if (!hosts_.contains(host) && hosts_.size() >= kMostRemembered) {
    hosts_.erase(std::ranges::min_element(
        hosts_, {}, [](const auto& one) -> io::Instant { return one.second.last; }));
  }
  Host& known = hosts_[host];
  known.times = std::min(known.times + 1, kHabit);
  known.last = now;
}

std::size_t BrokenExtensions::size() const {
  const std::lock_guard lock{mutex_};
  return hosts_.size();
}

}  // namespace tenax::delivery

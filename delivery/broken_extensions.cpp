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

bool BrokenExtensions::is_habit(const Hosts& hosts, const std::string& host, io::Instant now) {
  const auto found = hosts.find(host);
  if (found == hosts.end() || found->second.times < kHabit) return false;
  return now - found->second.last < kForHowLong;
}

void BrokenExtensions::note(Hosts& hosts, const std::string& host, io::Instant now) {
  if (!hosts.contains(host) && hosts.size() >= kMostRemembered) {
    hosts.erase(std::ranges::min_element(
        hosts, {}, [](const auto& one) -> io::Instant { return one.second.last; }));
  }
  Host& known = hosts[host];
  known.times = std::min(known.times + 1, kHabit);
  known.last = now;
}

bool BrokenExtensions::may_pipeline(const std::string& host, io::Instant now) const {
  const std::lock_guard lock{mutex_};
  return !is_habit(hosts_, host, now);
}

void BrokenExtensions::went_well(const std::string& host) {
  const std::lock_guard lock{mutex_};
  hosts_.erase(host);
}

void BrokenExtensions::broke(const std::string& host, io::Instant now) {
  const std::lock_guard lock{mutex_};
  note(hosts_, host, now);
}

bool BrokenExtensions::hangs_up_at_ehlo(const std::string& host, io::Instant now) const {
  const std::lock_guard lock{mutex_};
  return is_habit(at_ehlo_, host, now);
}

void BrokenExtensions::answered_ehlo(const std::string& host) {
  const std::lock_guard lock{mutex_};
  at_ehlo_.erase(host);
}

void BrokenExtensions::hung_up_at_ehlo(const std::string& host, io::Instant began,
                                       io::Instant now) {
  const std::lock_guard lock{mutex_};
  const auto found = at_ehlo_.find(host);
  if (found != at_ehlo_.end() && began < found->second.last) return;
  if (found != at_ehlo_.end() && now - found->second.last >= kForHowLong) found->second.times = 0;
  note(at_ehlo_, host, now);
}

std::size_t BrokenExtensions::size() const {
  const std::lock_guard lock{mutex_};
  return hosts_.size();
}

}  // namespace tenax::delivery

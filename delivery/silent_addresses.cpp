// SPDX-License-Identifier: Apache-2.0
#include "delivery/silent_addresses.h"

#include <algorithm>

namespace tenax::delivery {

namespace {

constexpr io::Span kFirst = std::chrono::minutes{5};  // a restart is over by then; then it doubles
constexpr io::Span kLongest = std::chrono::hours{1};
constexpr io::Span kProbe = std::chrono::minutes{1};  // longer than a connect takes to fail
// The one whose time is over first makes room.
constexpr std::size_t kMostRemembered = 4096;

}  // namespace

bool SilentAddresses::waits(const std::string& address, io::Instant now) {
  const std::lock_guard lock{mutex_};
  const auto found = silences_.find(address);
  if (found == silences_.end()) return false;
  Silence& silence = found->second;
  if (now < silence.until) return true;
  silence.until = now + kProbe;
  silence.probed = true;
  return false;
}

void SilentAddresses::answered(const std::string& address) {
  const std::lock_guard lock{mutex_};
  silences_.erase(address);
}

void SilentAddresses::failed(const std::string& address, io::Instant now) {
  const std::lock_guard lock{mutex_};
  if (!silences_.contains(address) && silences_.size() >= kMostRemembered) {
    silences_.erase(std::ranges::min_element(
        silences_, {}, [](const auto& one) -> io::Instant { return one.second.until; }));
  }
  Silence& silence = silences_[address];
  // Whoever was under way at the same time says the same once more.
  if (!silence.probed && now < silence.until) return;
  silence.length = std::clamp(2 * silence.length, kFirst, kLongest);
  silence.until = now + silence.length;
  silence.probed = false;
}

std::size_t SilentAddresses::size() const {
  const std::lock_guard lock{mutex_};
  return silences_.size();
}

}  // namespace tenax::delivery

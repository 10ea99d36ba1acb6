// SPDX-License-Identifier: Apache-2.0
#include "scheduler/our_network.h"

namespace tenax::scheduler {

namespace {

constexpr std::size_t kSitesToBlameUs = 4;
constexpr std::size_t kMostSuspects = 256;
// Nobody has ever answered: so long it is more likely that our network is not up yet.
constexpr mail::Duration kLongestUnheard = std::chrono::hours{1};
constexpr ProbePace kPace{std::chrono::seconds{5}, 0.1, std::chrono::minutes{1}};

}  // namespace

bool OurNetwork::failed(Witness witness, mail::WallTime started, mail::WallTime now) {
  if (given_up_ || (heard_ && !witness.answered)) return false;
  if (suspects(witness.site)) return false;
  if (suspects_.empty()) first_failure_ = started;
  suspects_.push_back(witness.site);
  if (down() || suspects_.size() < kSitesToBlameUs) return false;
  outage_.failed(first_failure_, now, kPace);
  return true;
}

void OurNetwork::failed_again(std::uint64_t site, mail::WallTime now) {
  if (!suspects(site) && suspects_.size() < kMostSuspects) suspects_.push_back(site);
  outage_.failed(now, now, kPace);
  if (heard_ || now - *outage_.since() < kLongestUnheard) return;
  outage_.ended();
  suspects_.clear();
  given_up_ = true;
}

bool OurNetwork::answered() {
  heard_ = true;
  given_up_ = false;
  suspects_.clear();
  if (!down()) return false;
  outage_.ended();
  return true;
}

}  // namespace tenax::scheduler

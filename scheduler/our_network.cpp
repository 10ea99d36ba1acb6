// SPDX-License-Identifier: Apache-2.0
#include "scheduler/our_network.h"

#include <algorithm>

namespace tenax::scheduler {

namespace {

constexpr std::size_t kSitesToBlameUs = 4;
constexpr ProbePace kPace{std::chrono::seconds{5}, 0.1, std::chrono::minutes{1}};

}  // namespace

bool OurNetwork::failed(std::uint64_t site, mail::WallTime started, mail::WallTime now) {
  if (std::ranges::find(suspects_, site) != suspects_.end()) return false;
  if (suspects_.empty()) first_failure_ = started;
  suspects_.push_back(site);
  if (down() || suspects_.size() < kSitesToBlameUs) return false;
  outage_.failed(first_failure_, now, kPace);
  return true;
}

void OurNetwork::failed_again(mail::WallTime now) { outage_.failed(now, now, kPace); }

bool OurNetwork::answered() {
  suspects_.clear();
  if (!down()) return false;
  outage_.ended();
  return true;
}

}  // namespace tenax::scheduler

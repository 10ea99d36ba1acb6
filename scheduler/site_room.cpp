// SPDX-License-Identifier: Apache-2.0
// How many sessions a site has room for, where it says or shows that there were too many.

#include <algorithm>

#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr mail::Duration kOneCrowd = minutes{1};

}  // namespace

void Site::crowded(int others, mail::WallTime now) {
  served_since_ = false;
  if (others == 0) {
    // Ours were all closed, but it had not noticed yet.
    breather_ = std::clamp<mail::Duration>(breather_ * 2, kShortestBreather, seconds{60});
    rests_until_ = now + std::max<mail::Duration>(breather_ * 4, seconds{1});
    ceiling_ = 1;
    raise_at_ = now + raise_pause_;
    return;
  }
  if (ceiling_ && *ceiling_ <= others) return;             // of the same moment
  const bool same_crowd = now - crowded_at_ <= kOneCrowd;  // sessions that are refused together
  if (!same_crowd) ceiling_before_ = ceiling_;
  ceiling_ = std::max(1, others);
  crowded_at_ = now;
  if (same_crowd) return;
  raise_at_ = now + raise_pause_;
  raise_pause_ = std::min<mail::Duration>(raise_pause_ * 2, hours{24});
}

bool Site::has_not_noticed(mail::WallTime now) {
  const bool room_for_one = ceiling_ && *ceiling_ == 1;
  // All recipients of one message hear the same.
  if (room_for_one && (served_since_ || now < rests_until_)) return true;
  if (now - crowded_at_ <= kOneCrowd) ceiling_ = ceiling_before_;
  return false;
}

}  // namespace tenax::scheduler

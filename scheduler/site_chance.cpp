// SPDX-License-Identifier: Apache-2.0
// Sites that refuse by chance, or for a reason that we cannot see, rather than by age.

#include <algorithm>
#include <cmath>

#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;

constexpr int kLongestStreak = 12;
constexpr double kNoChance = 0.01;
constexpr double kShareOf = 16;  // messages, roughly
constexpr int kOfOneEvent = 4;
constexpr double kFewSurprises = 0.1;
constexpr double kSurprisesOf = 12;  // strangers, roughly
constexpr mail::Duration kLongWaited = minutes{61};
constexpr mail::Duration kLongestByChance = minutes{30};

}  // namespace

/// So many refusals in a row are no chance any more, where some are refused singly all the time.
int Site::streak_beyond_chance(int streak) const {
  for (double chance = std::pow(refused_share_, streak);
       chance > kNoChance && streak < kLongestStreak; ++streak) {
    chance *= refused_share_;
  }
  return streak;
}

/// Somebody is taken: what did those teach that were refused before?
void Site::row_ended() {
  // A long row is one event, and so is one that closed the door: what follows is asked by one.
  int events = std::min(streak_, quota_.closed() ? 1 : kOfOneEvent);
  if (streak_ >= kLongestStreak) {
    refused_share_ /= 2;  // no chance refuses so many
    events = 0;
  }
  for (; events > 0; --events) refused_share_ += (1 - refused_share_) / kShareOf;
  refused_share_ -= refused_share_ / kShareOf;
  streak_ = 0;
}

/// A stranger came of whom all that is known says that it has to wait.
void Site::surprised(bool was_taken) {
  surprises_ += ((was_taken ? 1 : 0) - surprises_) / kSurprisesOf;
}

/// Where now and then such a one is taken at once, the ages at which others were refused or taken
/// were chance as well, and keep nobody away for long. All the same every eighth wait is as long as
/// they say.
mail::WallTime Site::in_time(const mail::Knocks& knocks, mail::WallTime when) const {
  if (surprises_ <= kFewSurprises || knocks.count % 8 == 0) return when;
  return std::min(when, std::max(knocks.first + kLongWaited, knocks.last + kLongestByChance));
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
// Sites that refuse by chance, or for a reason that we cannot see, rather than by age.

#include <algorithm>

#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;

constexpr double kFewSurprises = 0.1;
constexpr double kSurprisesOf = 12;  // strangers, roughly
constexpr mail::Duration kLongWaited = minutes{61};
constexpr mail::Duration kLongestByChance = minutes{30};

}  // namespace

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

// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many sessions a destination may have, in numbers.

#include <chrono>

#include "mail/time.h"

namespace tenax::scheduler {

/// Concurrency towards one destination, and what to do when it seems dead.
struct LanePolicy {
  int first_window = 2;      // sessions at once to a destination we know nothing of
  int longest_window = 20;   // and at most
  int failures_to_park = 3;  // connection failures in a row, with no success between; sessions that
                             // were open at the same time fail as one
  mail::Duration first_parking = std::chrono::minutes{1};
  mail::Duration longest_parking = std::chrono::minutes{30};
  double parking_growth = 2.0;
};

}  // namespace tenax::scheduler

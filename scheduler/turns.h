// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fairness: lanes that may start something take turns, one request each, so that a lane with much
// mail delays no other.

#include <list>

#include "scheduler/lane.h"

namespace tenax::scheduler {

/// While first attempts and others wait, so many of the first go before one of the others.
inline constexpr int kFreshBeforeRetry = 4;

/// Two rings: lanes whose next request is a first attempt, and the others. While both have lanes,
/// four turns of five go to the first ring: new mail finds a place at once however many retries
/// crowd, and retries are never shut out by new mail. Every step costs the same however many lanes
/// there are. Concurrency: one user at a time.
class Turns {
 public:
  /// Puts the lane at the end of that ring, unless it stands in it already; none: takes it out.
  void place(Lane& lane, Ring ring);
  /// Takes out the lane whose turn it is; nullptr when there is none.
  Lane* next();

 private:
  [[nodiscard]] std::list<Lane*>& lanes_of(Ring ring);
  Ring choose();

  std::list<Lane*> fresh_;
  std::list<Lane*> retries_;
  int fresh_in_a_row_ = 0;  // while a retry could have gone
};

}  // namespace tenax::scheduler

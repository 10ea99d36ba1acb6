// SPDX-License-Identifier: Apache-2.0
#include "scheduler/turns.h"

#include <cassert>

namespace tenax::scheduler {

std::list<Lane*>& Turns::lanes_of(Ring ring) {
  assert(ring != Ring::none);
  return ring == Ring::fresh ? fresh_ : retries_;
}

void Turns::place(Lane& lane, Ring ring) {
  if (lane.ring == ring) return;
  if (lane.ring != Ring::none) lanes_of(lane.ring).erase(lane.turn);
  lane.ring = ring;
  if (ring == Ring::none) return;
  std::list<Lane*>& lanes = lanes_of(ring);
  lane.turn = lanes.insert(lanes.end(), &lane);
}

Ring Turns::choose() {
  if (fresh_.empty()) return retries_.empty() ? Ring::none : Ring::retries;
  if (retries_.empty()) return Ring::fresh;
  if (fresh_in_a_row_ >= kFreshBeforeRetry) {
    fresh_in_a_row_ = 0;
    return Ring::retries;
  }
  ++fresh_in_a_row_;
  return Ring::fresh;
}

Lane* Turns::next() {
  const Ring ring = choose();
  if (ring == Ring::none) return nullptr;
  Lane* const lane = lanes_of(ring).front();
  place(*lane, Ring::none);
  return lane;
}

}  // namespace tenax::scheduler

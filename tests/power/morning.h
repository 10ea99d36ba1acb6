// SPDX-License-Identifier: Apache-2.0
#pragma once
// The morning after a power cut: the real store opens what is left, the drop folder is taken in
// again, and what was promised is looked for.

#include <cstdint>
#include <string>

#include "tests/power/day.h"
#include "tests/support/disk_history.h"

namespace tenax::power {

struct Count {
  std::size_t cuts = 0;    // steps of the disk after which the power failed
  std::size_t images = 0;  // disks that were opened
  std::size_t sought = 0;  // acknowledged messages, in each of them
  std::size_t lost = 0;    // of these: gone, or with other contents
  std::size_t twice = 0;   // messages that are there as two
  std::size_t alive = 0;   // recipients that had ended and are open again
  std::size_t wrong = 0;   // whatever else does not hold
  std::string story;       // how these faults began

  [[nodiscard]] bool clean() const { return lost + twice + alive + wrong == 0; }
};

/// Which disks are looked at.
struct Looking {
  std::uint64_t seed = 0;  // of what survives in Loss::some
  /// All kinds of loss after every step, or what costs least: of those that nearly every step
  /// changes only one at a time, after each so many steps.
  bool thorough = true;
  std::size_t every = 1;
  bool until_lost = false;  // then no further
  testing::Platter::Lie lie = {};
};

/// Cuts the power of the day's disk and looks at each morning; adds to `count`.
void look(const Day& day, const Looking& looking, Count& count);

}  // namespace tenax::power

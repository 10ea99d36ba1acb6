// SPDX-License-Identifier: Apache-2.0
#pragma once
// The calendar the engine lives by: it runs with the steady clock and jumps only when the engine
// has moved the queue along. Whoever writes a date into the queue takes it from here, so that no
// date is written in one calendar and read in another.

#include <algorithm>
#include <optional>

#include "mail/time.h"

#include "io/clock.h"

namespace tenax::engine {

/// Corrections up to half a minute are the clock's ordinary discipline; nobody waits noticeably for
/// them.
inline bool within_drift(mail::Duration step) {
  constexpr mail::Duration kLargest = std::chrono::seconds{30};
  return step <= kLargest && step >= -kLargest;
}

/// Concurrency: the engine's strand.
class Calendar {
 public:
  explicit Calendar(io::Clock& clock) : clock_{clock} { synchronise(); }

  [[nodiscard]] mail::WallTime now() const {
    return wall_ + std::chrono::duration_cast<mail::Duration>(clock_.now() - instant_);
  }

  /// How far the machine's calendar is ahead of this one.
  [[nodiscard]] mail::Duration deviation() const { return clock_.wall() - now(); }

  /// False: the machine's calendar was stepped, and the queue has to be moved along.
  [[nodiscard]] bool holds() const { return within_drift(deviation()); }

  /// From now on this calendar shows what the machine's shows.
  void synchronise() {
    instant_ = clock_.now();
    wall_ = clock_.wall();
  }

  /// The queue tells of `newest` as of the past: who wrote that lived by another calendar than the
  /// machine shows, if it shows an earlier date. Its calendar is the queue's until it is moved.
  void go_on_from(mail::WallTime newest) {
    if (!within_drift(newest - wall_)) wall_ = std::max(wall_, newest);
  }

  /// Takes a synchronise() back, when the queue could not be moved along.
  void go_back_by(mail::Duration step) { wall_ -= step; }

  /// When to wake for a date in the queue; dates in the past are now.
  [[nodiscard]] io::Instant instant_of(mail::WallTime when) const {
    const mail::WallTime present = now();
    if (when <= present) return clock_.now();
    return clock_.now() + std::min<mail::Duration>(when - present, kFarthest);
  }

 private:
  static constexpr mail::Duration kFarthest = std::chrono::hours{24 * 365};

  io::Clock& clock_;
  io::Instant instant_;
  mail::WallTime wall_;
};

}  // namespace tenax::engine

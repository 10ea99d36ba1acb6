// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many sessions one destination may have at once, and whether it may have any now: what its
// answers taught us.

#include <optional>

#include "mail/delivery_report.h"
#include "mail/time.h"

#include "scheduler/lane_policy.h"

namespace tenax::scheduler {

/// Grows by one for each window-full of successes; halves, once for all sessions that were open
/// together, when the destination could not be spoken to; parks after some such failures in a row.
/// When the parking ends the destination is on probation: one canary at a time until one succeeds.
/// Concurrency: value.
class Window {
 public:
  explicit Window(const LanePolicy& policy);

  /// May one more start?
  [[nodiscard]] bool allows(mail::WallTime now) const;
  /// May a message's last chance start, even though the destination is parked?
  [[nodiscard]] bool allows_last_chance(mail::WallTime now) const;

  void started() { ++in_flight_; }
  void ended(mail::Health health, mail::WallTime now, const LanePolicy& policy);

  void unpark(mail::WallTime now);
  void shift(mail::Duration step);
  void adopt(const LanePolicy& before, const LanePolicy& after);

  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] int in_flight() const { return in_flight_; }
  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] std::optional<mail::WallTime> parked_until() const { return parked_until_; }
  [[nodiscard]] mail::Duration parking() const { return parking_; }  // length of the last one

  [[nodiscard]] bool parked(mail::WallTime now) const { return parked_until_ > now; }
  [[nodiscard]] bool on_probation(mail::WallTime now) const {
    return parked_until_ && *parked_until_ <= now;
  }
  [[nodiscard]] bool paused(mail::WallTime now) const { return paused_until_ > now; }
  /// Parked, on probation or paused at some time not yet overcome.
  [[nodiscard]] bool troubled() const { return parked_until_ || paused_until_; }
  /// When allows() may change by time alone; nullopt: not by time.
  [[nodiscard]] std::optional<mail::WallTime> opens(mail::WallTime now) const;
  /// Forgetting it would lose nothing.
  [[nodiscard]] bool knows_nothing(const LanePolicy& policy) const;

 private:
  void succeeded(const LanePolicy& policy);
  void broke_off(mail::WallTime now, const LanePolicy& policy);
  void failed(mail::WallTime now, const LanePolicy& policy);
  void pause(mail::WallTime now);
  void park(mail::WallTime now, const LanePolicy& policy);

  int size_;
  int in_flight_ = 0;
  int successes_ = 0;       // since the window last moved
  int failures_ = 0;        // in a row
  bool broke_off_ = false;  // the last that was no success may have been the message's own
  int straggling_ = 0;  // in flight when the last failure was counted: they fail with it, not again
  int parkings_ = 0;    // in a row
  int pauses_ = 0;      // in a row
  mail::Duration parking_{0};
  std::optional<mail::WallTime> parked_until_;
  std::optional<mail::WallTime> paused_until_;
};

}  // namespace tenax::scheduler

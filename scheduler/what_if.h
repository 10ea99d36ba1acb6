// SPDX-License-Identifier: Apache-2.0
#pragma once
// A recorded queue under another schedule, counted: attempts, delays, expiries; of all recipients
// and of each destination. Memory does not grow with the number of recipients.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/overrides.h"
#include "scheduler/replay.h"

namespace tenax::scheduler {

/// How long, of many: the mean exactly, quantiles to within 0.5 %. Concurrency: value.
class Delays {
 public:
  void add(mail::Duration delay);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] mail::Duration mean() const;
  /// So long or less for this part of them; 0 when there are none.
  [[nodiscard]] mail::Duration quantile(double part) const;

 private:
  static constexpr std::size_t kSteps = 4400;  // from a second to 100 years
  std::int64_t count_ = 0;
  double sum_ = 0.0;  // ms
  std::array<std::int64_t, kSteps> steps_{};
};

/// What happened, or would have.
struct Outcome {
  std::int64_t attempts = 0;
  std::int64_t delivered = 0;
  std::int64_t expired = 0;
  std::int64_t lost = 0;     // expired, although delivered in fact
  std::int64_t revived = 0;  // still tried when the record ends, although expired in fact
};

/// One destination's share.
struct Share {
  std::int64_t recipients = 0;
  std::int64_t put_off = 0;
  Outcome recorded;
  Outcome other;                // by the middle guess
  double recorded_delay = 0.0;  // sums in ms, of those put off and then delivered
  double other_delay = 0.0;
  std::int64_t delayed = 0;  // their number, recorded
  std::int64_t other_delayed = 0;
};

/// Concurrency: value; pure.
class WhatIf {
 public:
  static constexpr std::size_t kMostDestinations = 20'000;  // the others are in the sums only
  static constexpr std::int64_t kFewest = 10;  // delays below which a mean says nothing

  /// One way in which it goes: outcomes, and the delays of those that were put off at least once
  /// and delivered.
  struct Way {
    Outcome outcome;
    Delays delays;
  };

  /// `overrides`: destinations whose own schedule stays in force, whichever holds for the others.
  WhatIf(Schedule in_force, Schedule other, Overrides overrides = {});

  void add(std::string_view destination, const Past& past);

  [[nodiscard]] std::int64_t recipients() const { return recipients_; }
  [[nodiscard]] std::int64_t put_off() const { return put_off_; }
  /// Too few were put off and then delivered to speak of means.
  [[nodiscard]] bool too_few() const { return recorded_.delays.count() < kFewest; }

  [[nodiscard]] const Way& recorded() const { return recorded_; }
  /// The schedule in force, replayed by the middle guess: how far the replay itself is off.
  [[nodiscard]] const Way& in_force() const { return replayed_; }
  [[nodiscard]] const Way& other(Guess guess) const {
    return other_[static_cast<std::size_t>(guess)];
  }
  [[nodiscard]] bool more_destinations() const { return more_destinations_; }

  /// Those whose number of attempts changes most, then their delay.
  [[nodiscard]] std::vector<std::pair<std::string, Share>> most_changed(std::size_t most) const;

 private:
  [[nodiscard]] std::optional<Schedule> own_schedule(std::string_view destination) const;
  [[nodiscard]] Share* share_of(std::string_view destination);

  Schedule in_force_schedule_;
  Schedule other_schedule_;
  Overrides overrides_;
  std::int64_t recipients_ = 0;
  std::int64_t put_off_ = 0;
  Way recorded_;
  Way replayed_;
  std::array<Way, 3> other_;
  std::map<std::string, Share, std::less<>> shares_;
  bool more_destinations_ = false;
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many of something happened in the last so many minutes, in bounded memory.

#include <cstddef>
#include <deque>
#include <optional>

#include "mail/time.h"

namespace tenax::scheduler {

class LessonForm;

/// Counts events by time. At most kMost places: when they run out neighbours are joined, and count
/// as having happened at the later one's time. Forgets what is older than kHorizon.
/// Concurrency: value.
class Tally {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr mail::Duration kHorizon = std::chrono::hours{25};

  void add(mail::WallTime when);
  /// Events after `since`.
  [[nodiscard]] int after(mail::WallTime since) const;
  /// The time of the first event after `since`.
  [[nodiscard]] std::optional<mail::WallTime> first_after(mail::WallTime since) const;
  /// When no more than `most` of the events after `since` will lie in a window that moves along.
  [[nodiscard]] std::optional<mail::WallTime> nth_last(int n) const;
  /// The most that fell into any `period` between the two.
  [[nodiscard]] int most_in(mail::Duration period, mail::WallTime from, mail::WallTime to) const;
  void shift(mail::Duration step);
  void describe(LessonForm& form);
  void clear() { places_.clear(); }
  [[nodiscard]] bool empty() const { return places_.empty(); }

 private:
  struct Moment {
    mail::WallTime when;
    int count;
  };
  void join_neighbours();
  std::deque<Moment> places_;
};

}  // namespace tenax::scheduler

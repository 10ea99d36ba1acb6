// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom a site has refused in a row, and whom it took last: is it about one of them, or about all?

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>

#include "mail/time.h"

#include "scheduler/moment.h"

namespace tenax::scheduler {

/// Concurrency: value.
class OneOrSeveral {
 public:
  void meet(std::uint64_t one) {
    if (!first_) first_ = one;
    several_ = several_ || *first_ != one;
  }
  [[nodiscard]] bool several() const { return several_; }

 private:
  std::optional<std::uint64_t> first_;
  bool several_ = false;
};

/// Of whom the refusals were since anybody was taken. Concurrency: value.
struct RefusalRow {
  OneOrSeveral senders;
  OneOrSeveral domains;
  OneOrSeveral mailboxes;
};

/// The last eight that were taken, of those that it tells apart. Concurrency: value.
class LastTaken {
 public:
  void take(std::uint64_t who, mail::WallTime now) {
    auto place = std::ranges::find(last_, who, &Taken::who);
    if (place == last_.end()) place = std::prev(last_.end());
    std::rotate(last_.begin(), place, std::next(place));
    last_[0] = {who, now};
  }
  [[nodiscard]] bool anybody() const { return last_[0].when != mail::WallTime{}; }
  /// Whom it took so lately it would take now.
  [[nodiscard]] bool lately(std::uint64_t who, mail::WallTime now) const {
    return std::ranges::any_of(
        last_, [&](const Taken& taken) { return taken.lately(now) && taken.who == who; });
  }
  [[nodiscard]] bool another_lately(std::uint64_t who, mail::WallTime now) const {
    return std::ranges::any_of(
        last_, [&](const Taken& taken) { return taken.lately(now) && taken.who != who; });
  }
  void shift(mail::Duration step) {
    for (Taken& taken : last_) move_along(taken.when, step);
  }

 private:
  static constexpr mail::Duration kLately = std::chrono::hours{6};

  struct Taken {
    std::uint64_t who = 0;
    mail::WallTime when;
    [[nodiscard]] bool lately(mail::WallTime now) const {
      return when != mail::WallTime{} && now - when < kLately;
    }
  };
  std::array<Taken, 8> last_{};
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many messages per period a site takes from us, and what to do while it takes none.

#include <optional>

#include "mail/time.h"

#include "scheduler/tally.h"

namespace tenax::scheduler {

/// So many messages in any period of that length. Concurrency: value.
struct Rate {
  int count = 0;
  mail::Duration period{0};
};

/// What a refusal said of rates and times.
struct Refusal {
  bool of_rate = false;                // in so many words
  bool may_be_rate = true;             // it does not speak of something else
  std::optional<Rate> told;            // "(50/h)"
  std::optional<mail::Duration> wait;  // when to come back, if that is believed
};

/// A door that closes when the site refuses everybody, is knocked at by one at a time, and opens
/// with the first that is taken. From what was taken before it closed and from when it opened, the
/// rate is found; then no more than that is sent, but now and then one, since limits grow.
/// Concurrency: value.
class Quota {
 public:
  void accepted(mail::WallTime when);
  void refused(const Refusal& refusal, mail::WallTime when, mail::WallTime now);
  [[nodiscard]] bool closed() const { return closed_since_.has_value(); }

  [[nodiscard]] bool allows(mail::WallTime now, int in_flight) const;
  /// When allows() may become true by time alone; nullopt: it is, or time does not help.
  [[nodiscard]] std::optional<mail::WallTime> opens(mail::WallTime now, int in_flight) const;

  [[nodiscard]] std::optional<Rate> rate() const { return rate_; }
  [[nodiscard]] const Tally& taken() const { return taken_; }
  void ask_now(mail::WallTime now) { probe_at_ = std::min(probe_at_, now); }
  void shift(mail::Duration step);

 private:
  void close(const Refusal& refusal, mail::WallTime when, mail::WallTime now);
  void open(mail::WallTime when);
  void learn(mail::WallTime closed, mail::WallTime refused, mail::WallTime opened);
  [[nodiscard]] mail::WallTime next_probe(mail::WallTime now) const;
  /// When one more fits into the rate.
  [[nodiscard]] mail::WallTime fits_at(int in_flight) const;
  [[nodiscard]] mail::WallTime after_gap() const;
  [[nodiscard]] bool may_offer_more(mail::WallTime now, int in_flight) const;

  Tally taken_;
  std::optional<Rate> rate_;
  std::optional<mail::WallTime> closed_since_;
  mail::WallTime last_refused_;
  mail::WallTime probe_at_;
  int refusals_ = 0;      // since it closed
  bool of_rate_ = false;  // one of them said so
  bool may_be_rate_ = true;
  mail::WallTime more_at_;  // when one beyond the rate may be offered
  mail::Duration more_pause_{0};
  int run_ = 2;         // taken since it opened last
  int short_runs_ = 0;  // openings in a row that ended after one was taken
  mail::Duration last_closure_{0};
  mail::Duration gap_{0};  // between two, at least
  int opening_ = 0;        // after it was closed: so many at once, until it is wide open
};

}  // namespace tenax::scheduler

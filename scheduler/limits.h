// SPDX-License-Identifier: Apache-2.0
#pragma once
// The limits a site was found to have: so many messages in so long. Several hold at the same time
// (ten in a minute, a hundred in an hour).

#include <optional>
#include <vector>

#include "mail/time.h"

#include "scheduler/tally.h"

namespace tenax::scheduler {

class LessonForm;

/// So many messages in any period of that length. Concurrency: value.
struct Rate {
  int count = 0;
  mail::Duration period{0};
};

/// What a refusal is put down to.
enum class Blame {
  offer,    // one more than a limit was offered, and the limit still holds
  limit,    // a known limit, though we thought there was room
  unknown,  // none that is known
};

/// All are kept to as if their periods moved along, which is safe with receivers that count from
/// fixed moments or fill a bucket. Now and then one more than a limit is offered, since limits
/// grow. Some receivers count what they refuse, too: that shows when one refuses too soon.
/// Concurrency: value.
class Limits {
 public:
  static constexpr std::size_t kMost = 3;  // a minute's, an hour's, a day's

  /// True: more than a limit was taken, at a slow pace, so it is none: who sends too much in a
  /// short time is shut out for a long one.
  bool taken(mail::WallTime when);
  /// Why was what began at `when` refused? What is known is corrected by it.
  Blame refused(mail::WallTime when, mail::WallTime now);
  /// The receiver names a limit. True if that agrees with what it took, and explains its refusal.
  bool told(const Rate& rate, mail::WallTime when);
  /// It took nothing from `closed` to `opened`, and refused at `asked`, between them: by the
  /// shortest usual period that explains it. A limit of less than `least` is none.
  void learn(mail::WallTime closed, mail::WallTime asked, mail::WallTime opened, int least);

  [[nodiscard]] bool known() const { return !limits_.empty(); }
  [[nodiscard]] std::optional<Rate> narrowest() const;
  /// All that are known, the narrowest first.
  [[nodiscard]] std::vector<Rate> rates() const;
  /// Between two of those that showed that a limit was none.
  [[nodiscard]] mail::Duration slow_pace() const { return slow_pace_; }
  [[nodiscard]] bool counts_refused() const { return counts_refused_; }
  /// When one more fits, beside so many under way; max(): time alone does not help.
  [[nodiscard]] mail::WallTime fits_at(int in_flight) const;
  /// The same, or when one more than fits may be offered.
  [[nodiscard]] mail::WallTime opens_at(int in_flight) const;
  /// The longest period of which a good part was used before `when`.
  [[nodiscard]] mail::Duration period_in_use(mail::WallTime when) const;
  [[nodiscard]] const Tally& all_taken() const { return taken_; }

  void shift(mail::Duration step);
  void describe(LessonForm& form);
  /// All but what was taken.
  void forget();

 private:
  struct Limit {
    Rate rate;
    mail::WallTime more_at;  // when one more may be offered
    mail::Duration more_pause{0};
    int too_soon = 0;  // refusals in a row before it was used up
    // > 0: as many were taken before a closure of hours, which may be the punishment for a burst:
    // half as many go at once, the others and more at a slow pace, until one is refused. Not kept
    // in lessons.
    int in_burst = 0;

    [[nodiscard]] mail::Duration pace() const;
  };
  Limit& limit_of(mail::Duration period);
  [[nodiscard]] int taken_in(mail::Duration period, mail::WallTime before) const;
  /// More than that was taken a short while ago: so it is no limit.
  [[nodiscard]] bool passed_before(const Rate& rate, mail::WallTime closed) const;
  [[nodiscard]] mail::WallTime fits_at(const Limit& limit, int in_flight) const;
  [[nodiscard]] mail::WallTime paced_at(const Limit& limit, int in_flight) const;

  Tally taken_;
  Tally asked_;  // taken or refused
  std::vector<Limit> limits_;
  bool counts_refused_ = false;
  mail::Duration slow_pace_{0};
};

/// Periods that limits are stated in, and some that receivers close for, shortest first.
[[nodiscard]] const std::vector<mail::Duration>& usual_periods();
/// Clocks, whole seconds, and who counts from the end of a session.
[[nodiscard]] mail::Duration margin_of(mail::Duration period);

}  // namespace tenax::scheduler

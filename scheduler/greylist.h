// SPDX-License-Identifier: Apache-2.0
#pragma once
// How long a site lets strangers wait (greylisting): found by asking once, at growing ages.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "mail/delivery_request.h"
#include "mail/time.h"

namespace tenax::scheduler {

class LessonForm;

/// A recipient that waits for a site's consent. `id` is its message's: recipients of one message
/// knock together. Concurrency: value.
struct Waiting {
  std::uint64_t id = 0;
  mail::Knocks knocks;
};

/// The oldest one that waits asks, at growing ages; the others wait for what it finds. What is
/// known: an age at which a recipient was taken (enough for everybody), and the longest at which
/// one that had been left alone was refused. Between the two a shorter age is tried now and then.
/// Who asked in vain is relieved by one that was left alone, where there is one: some sites let
/// those wait longer and longer who knock again and again.
/// Concurrency: value.
class Greylist {
 public:
  /// `first`: the age at which is asked first, if it is less than five minutes.
  explicit Greylist(mail::Duration first = std::chrono::minutes{5})
      : first_{std::max(first, mail::Duration{std::chrono::seconds{1}})} {}

  /// `who` knocked at `when` and was taken, or refused once more.
  void passed(const Waiting& who, mail::WallTime when);
  void refused(const Waiting& who, mail::WallTime when);

  /// When `who`, refused at least once, should knock again. May make it the one that asks.
  [[nodiscard]] mail::WallTime call(const Waiting& who, mail::WallTime now);
  /// The same for one that already waits. One that was left alone so far may take the asking over.
  [[nodiscard]] mail::WallTime ready_at(const Waiting& who, mail::WallTime now);

  /// Is it the one that asks?
  [[nodiscard]] bool asks(const Waiting& who) const { return asker_ && asker_->id == who.id; }
  /// Does somebody, as far as is known?
  [[nodiscard]] bool is_asked(mail::WallTime now) const { return !asker_lost(now); }

  /// The site's own words proved true: there is nothing shorter to be found.
  void confirm() { confirmed_ = true; }

  [[nodiscard]] std::optional<mail::Duration> enough() const { return enough_; }
  [[nodiscard]] mail::Duration too_short() const { return too_short_; }
  [[nodiscard]] int passes() const { return passes_; }
  [[nodiscard]] mail::WallTime last_pass() const { return last_pass_; }
  [[nodiscard]] bool confirmed() const { return confirmed_; }
  [[nodiscard]] bool punishes() const { return punishes_; }
  void shift(mail::Duration step);
  void describe(LessonForm& form);
  void grow_old(mail::Duration untouched);

 private:
  static constexpr int kMissesToForget = 3;
  struct Asker {
    std::uint64_t id = 0;
    mail::WallTime knocks_at;
    mail::Duration age{0};
    bool left_alone = false;  // it knocked only once so far
  };
  void take_over(const Waiting& who, mail::WallTime now);
  [[nodiscard]] bool asker_lost(mail::WallTime now) const;
  [[nodiscard]] std::optional<mail::Duration> shorter() const;
  [[nodiscard]] mail::WallTime next_of(const Waiting& who) const;

  mail::Duration first_;
  std::optional<mail::Duration> enough_;  // taken at this age
  std::optional<mail::Duration> rest_;    // that one had been left alone so long
  mail::Duration too_short_{0};           // refused though left alone so long
  std::optional<Asker> asker_;
  int passes_ = 0;
  mail::WallTime last_pass_;
  int misses_ = 0;  // refused though old enough, with no pass between
  int shorter_tried_ = 0;
  bool confirmed_ = false;
  bool punishes_ = false;  // a knock too early made the wait longer
  std::uint64_t asked_too_early_ = 0;
};

}  // namespace tenax::scheduler

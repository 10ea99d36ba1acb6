// SPDX-License-Identifier: Apache-2.0
#include "scheduler/quota.h"

#include <algorithm>
#include <utility>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr mail::Duration kFirstProbe = seconds{30};
constexpr mail::Duration kFirstProbeOfRate = minutes{1};
constexpr mail::Duration kLongestSecondProbe = minutes{15};
constexpr mail::Duration kLongestWhileUnwell = minutes{12};
constexpr mail::Duration kLongestHungUp = std::chrono::hours{1};
constexpr int kWideOpen = 12;
constexpr mail::Duration kShortestGap = seconds{1};
constexpr int kShortRunsToSpread = 2;
// By which part of itself the gap narrows with each message.
constexpr mail::Duration::rep kQuickly = 8;
constexpr mail::Duration::rep kCarefully = 32;
// A stated time longer than this is checked by one knock before it, until one was true.
constexpr mail::Duration kLongUnchecked = minutes{6};
constexpr mail::Duration kCheckAfter = minutes{5};
constexpr mail::Duration kOfAClock = minutes{2};
constexpr mail::Duration kLongBlock = std::chrono::hours{2};
constexpr int kKnownProbes = 2;  // what is not explained by then is something else

}  // namespace

void Quota::accepted(std::uint64_t who, mail::WallTime when) {
  if (opening_ > 0 && ++opening_ > kWideOpen) opening_ = 0;
  ++run_;
  if (gap_.count() > 0) {
    // Towards one that was too short it narrows with care, the more so the longer it was closed
    // then, or each search for a better one costs more than it saves.
    const bool near = gap_ <= too_short_ + too_short_ / 2;
    gap_ -= gap_ / (near ? std::max(kCarefully, last_closure_ * 10 / gap_) : narrows_by_);
    if (gap_ < kShortestGap) gap_ = mail::Duration{0};
  }
  if (limits_.taken(when)) {
    gap_ = limits_.slow_pace();
    too_short_ = mail::Duration{0};
    narrows_by_ = kCarefully;
  }
  // What was under way when it closed opens nothing.
  if (closed_since_ && when >= *closed_since_) {
    other_opened_ = who != refused_who_;
    open(when);
  }
  if (who == refused_who_) other_opened_ = false;
  if (!lesson_ || who != refused_who_) return;
  limits_.learn(lesson_->closed, lesson_->asked, lesson_->opened, lesson_->least);
  lesson_.reset();
}

void Quota::note_refused(std::uint64_t who) {
  if (who != refused_who_) {
    others_passed_ = 0;
  } else if (std::exchange(other_opened_, false)) {
    ++others_passed_;
  }
  lesson_.reset();
}

void Quota::refused(const Refusal& refusal, std::uint64_t who, mail::WallTime when,
                    mail::WallTime now) {
  note_refused(who);
  const Blame blame = limits_.refused(when, now);
  if (!closed_since_) {
    if (blame == Blame::offer) return;
    known_ = blame == Blame::limit;
    close(refusal, who, when, now);
    return;
  }
  of_rate_ = of_rate_ || refusal.of_rate;
  may_be_rate_ = may_be_rate_ && (refusal.may_be_rate || refusal.of_rate);
  hung_up_ = refusal.hung_up;
  if (when < last_refused_) return;  // was under way when it closed
  last_asked_ = std::max(last_asked_, when);
  last_refused_ = now;
  // The first one to another domain of the site, which nobody knew to lead here: no probe, and it
  // puts none off.
  if (when < probe_at_) return;
  if (++refusals_ > kKnownProbes) known_ = false;
  plan_probe(refusal, now);
}

void Quota::close(const Refusal& refusal, std::uint64_t who, mail::WallTime when,
                  mail::WallTime now) {
  refused_who_ = who;
  // Once and again it took one and no more: what it takes flows back evenly, and each knock too
  // early may cost one.
  short_runs_ = run_ <= 1 ? short_runs_ + 1 : 0;
  // It was refused after longer than was enough before: the gap is not what it is about.
  const auto last = limits_.all_taken().nth_last(1);
  const bool was_enough =
      too_short_.count() > 0 && last && when - *last > too_short_ + last_closure_;
  if (was_enough) {
    gap_ = too_short_ = mail::Duration{0};
    short_runs_ = 0;
  }
  if (gap_.count() > 0) {
    too_short_ = gap_;
    gap_ = std::min(gap_ + gap_ / 2, kLongestGap);
  } else if (short_runs_ >= kShortRunsToSpread) {
    gap_ = std::clamp<mail::Duration>(last_closure_ / 2, kShortestGap, kLongestGap);
    too_short_ = mail::Duration{0};
    narrows_by_ = kQuickly;
  }
  // Now, not when it began: what began after it and was taken filled the limit, too.
  closed_since_ = now;
  last_asked_ = when;
  last_refused_ = now;
  refusals_ = 1;
  by_word_ = false;
  pause_ = mail::Duration{0};
  of_rate_ = refusal.of_rate;
  may_be_rate_ = refusal.may_be_rate || refusal.of_rate;
  hung_up_ = refusal.hung_up;
  if (refusal.told && limits_.told(*refusal.told, when)) known_ = true;
  plan_probe(refusal, now);
}

void Quota::plan_probe(const Refusal& refusal, mail::WallTime now) {
  mail::WallTime when = next_probe(now);
  if (checked_) {
    // Asked before its time: one that says the same moment still is a clock, any other just talks.
    const mail::WallTime says = now + refusal.wait.value_or(mail::Duration{0});
    words_hold_ = says - *checked_ <= kOfAClock && *checked_ - says <= kOfAClock;
    if (!words_hold_) broken_words_ = kWordsToDoubt;
  } else if (by_word_) {
    // It was asked when it said. Does it name the same moment still? Then it is a clock, and whole
    // minutes.
    const bool same = refusal.wait && *refusal.wait <= minutes{1};
    if (!same) ++broken_words_;
  }
  checked_.reset();
  by_word_ = refusal.wait && !words_doubted();
  if (by_word_) when = now + *refusal.wait;
  if (by_word_ && !words_hold_ && refusals_ == 1 && *refusal.wait > kLongUnchecked) {
    checked_ = std::exchange(when, now + kCheckAfter);
    by_word_ = false;  // the probe comes before that
  }
  // Whatever it says: who is refused again and again comes ever more seldom.
  if (by_word_ && refusals_ > 2) when = std::max(when, now + pause_ + pause_ / 4);
  pause_ = std::min<mail::Duration>(when - now, kLongestProbe);
  probe_at_ = when;
}

mail::WallTime Quota::next_probe(mail::WallTime now) const {
  const mail::WallTime closed = *closed_since_;
  // It says that it is unwell: asked as what is down, for each knock may be the one that is heard.
  if (!may_be_rate_) {
    return now + std::clamp<mail::Duration>((now - closed) / 8, kFirstProbe, kLongestWhileUnwell);
  }
  if (known_ && refusals_ == 1) {
    // When the first of those that filled the period has left it.
    const mail::WallTime free = limits_.fits_at(0);
    // No count goes further back than a day.
    if (free > now && free < mail::WallTime::max()) {
      return std::clamp<mail::WallTime>(free, now + seconds{5}, now + Tally::kHorizon);
    }
  }
  if (known_) {
    // It counts otherwise than we do.
    const mail::Duration half = limits_.period_in_use(closed) / 2;
    return now + std::clamp<mail::Duration>(half, kFirstProbe, kLongestSecondProbe);
  }
  return usual_moment(now);
}

mail::WallTime Quota::usual_moment(mail::WallTime now) const {
  const mail::WallTime closed = *closed_since_;
  const mail::WallTime soon = now + std::max<mail::Duration>(kFirstProbe, (now - closed) / 8);
  const mail::Duration first = of_rate_ ? kFirstProbeOfRate : kFirstProbe;
  const mail::WallTime latest =
      now + std::clamp<mail::Duration>((now - closed) / 2, first,
                                       hung_up_ ? kLongestHungUp : kLongestProbe);
  const mail::WallTime worth_waiting_for = latest + (latest - now) / 2;
  if (gap_.count() > 0) {
    const mail::WallTime as_before = closed + last_closure_;
    if (as_before >= soon && as_before <= worth_waiting_for) return as_before;
  }
  for (const mail::Duration period : usual_periods()) {
    const auto oldest = limits_.all_taken().first_after(closed - period);
    if (!oldest) continue;
    // Some count from the first of a burst, some shut us out from its end: one moment for both.
    const bool burst = period >= kLongBlock && closed - *oldest <= period / 60;
    const mail::WallTime free = (burst ? closed : *oldest) + period + margin_of(period);
    if (free >= soon && free <= worth_waiting_for) return free;
  }
  return latest;
}

void Quota::open(mail::WallTime when) {
  // What flows back one by one has no period that could be seen.
  const bool trickles = short_runs_ > 0 || gap_.count() > 0;
  const bool counts = !known_ && !trickles && (of_rate_ || (may_be_rate_ && refusals_ >= 2));
  if (counts) lesson_ = {*closed_since_, last_asked_, when, of_rate_ ? 1 : kEnoughToCount};
  if (checked_) {
    broken_words_ = kWordsToDoubt;  // taken long before its time
  } else if (by_word_) {
    broken_words_ = std::max(broken_words_ - 1, 0);
    words_hold_ = true;
  }
  checked_.reset();
  last_closure_ = when - *closed_since_;
  // It just took one after so long: no longer a gap is needed.
  if (const auto last = limits_.all_taken().nth_last(2)) gap_ = std::min(gap_, when - *last);
  run_ = 0;
  closed_since_.reset();
  refusals_ = 0;
  opening_ = 1;
}

mail::WallTime Quota::after_gap() const {
  const auto last = limits_.all_taken().nth_last(1);
  return last ? *last + gap_ : mail::WallTime::min();
}

bool Quota::allows(mail::WallTime now, int in_flight) const {
  if (closed_since_) return in_flight == 0 && now >= probe_at_;
  if (opening_ > 0 && in_flight >= opening_) return false;
  if (gap_.count() > 0 && (in_flight > 0 || now < after_gap())) return false;
  return limits_.opens_at(in_flight) <= now;
}

std::optional<mail::WallTime> Quota::opens(mail::WallTime now, int in_flight) const {
  if (allows(now, in_flight)) return std::nullopt;
  // What is under way decides before time does.
  if (closed_since_) return probe_at_ > now ? std::optional{probe_at_} : std::nullopt;
  if (opening_ > 0 && in_flight >= opening_) return std::nullopt;
  if (gap_.count() > 0 && in_flight > 0) return std::nullopt;
  mail::WallTime when = std::max(limits_.opens_at(in_flight), now);
  if (gap_.count() > 0) when = std::max(when, after_gap());
  if (when == mail::WallTime::max() || when <= now) return std::nullopt;
  return when;
}

void Quota::shift(mail::Duration step) {
  limits_.shift(step);
  move_along(closed_since_, step);
  move_along(last_asked_, step);
  move_along(last_refused_, step);
  move_along(probe_at_, step);
  move_along(checked_, step);
  if (!lesson_) return;
  lesson_->closed += step;
  lesson_->asked += step;
  lesson_->opened += step;
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/quota.h"

#include <algorithm>
#include <array>

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Periods that limits are stated in, and some that receivers close for.
constexpr std::array<mail::Duration, 9> kPeriods = {minutes{1},  minutes{5}, minutes{10},
                                                    minutes{30}, hours{1},   hours{2},
                                                    hours{4},    hours{12},  hours{24}};
constexpr mail::Duration kMargin{500};
constexpr mail::Duration kFirstProbe = seconds{30};
constexpr mail::Duration kLongestProbe = hours{4};
constexpr mail::Duration kLongestWhileUnwell = minutes{12};
constexpr int kWideOpen = 12;
constexpr mail::Duration kShortestGap = seconds{1};
constexpr mail::Duration kLongestGap = hours{1};
constexpr int kShortRunsToSpread = 2;
constexpr int kEnoughToCount = 3;  // fewer taken before a refusal are no sign of a limit

}  // namespace

void Quota::accepted(mail::WallTime when) {
  if (opening_ > 0 && ++opening_ > kWideOpen) opening_ = 0;
  ++run_;
  if (gap_.count() > 0) {
    gap_ -= gap_ / 8;
    if (gap_ < kShortestGap) gap_ = mail::Duration{0};
  }
  const bool beyond = rate_ && taken_.after(when - rate_->period) >= rate_->count;
  taken_.add(when);
  if (closed_since_) {
    open(when);
    return;
  }
  if (!beyond) return;
  ++rate_->count;
  more_at_ = when;  // and another, until one is refused
  more_pause_ = rate_->period;
}

void Quota::refused(const Refusal& refusal, mail::WallTime when, mail::WallTime now) {
  if (closed_since_) {
    // What was under way when it closed is no probe.
    if (when < last_refused_) return;
    ++refusals_;
    of_rate_ = of_rate_ || refusal.of_rate;
    may_be_rate_ = may_be_rate_ && (refusal.may_be_rate || refusal.of_rate);
    last_refused_ = now;
    probe_at_ = refusal.wait ? now + *refusal.wait : next_probe(now);
    return;
  }
  if (rate_ && taken_.after(when - rate_->period) >= rate_->count) {
    // One more than the rate was offered: it still holds.
    const auto longer = std::max(more_pause_ + more_pause_ / 2, rate_->period);
    more_pause_ = std::min(longer, std::max(rate_->period * 6, mail::Duration{hours{1}}));
    more_at_ = now + more_pause_;
    return;
  }
  close(refusal, when, now);
}

void Quota::close(const Refusal& refusal, mail::WallTime when, mail::WallTime now) {
  // Once and again it took one and no more: what it takes flows back evenly, and each knock too
  // early may cost one.
  short_runs_ = run_ <= 1 ? short_runs_ + 1 : 0;
  if (gap_.count() > 0) {
    gap_ = std::min(gap_ + gap_ / 2, kLongestGap);
  } else if (short_runs_ >= kShortRunsToSpread) {
    gap_ = std::clamp<mail::Duration>(last_closure_ / 2, kShortestGap, kLongestGap);
  }
  closed_since_ = when;
  last_refused_ = now;
  refusals_ = 1;
  of_rate_ = refusal.of_rate;
  may_be_rate_ = refusal.may_be_rate || refusal.of_rate;
  if (refusal.told) {
    const int taken = taken_.after(when - refusal.told->period);
    // Believed as far as it agrees with what happened.
    if (taken >= refusal.told->count / 2) rate_ = refusal.told;
  }
  probe_at_ = refusal.wait ? now + *refusal.wait : next_probe(now);
}

mail::WallTime Quota::next_probe(mail::WallTime now) const {
  const mail::WallTime closed = *closed_since_;
  // It says that it is unwell: asked as what is down, for each knock may be the one that is heard.
  if (!may_be_rate_) {
    return now + std::clamp<mail::Duration>((now - closed) / 8, kFirstProbe, kLongestWhileUnwell);
  }
  const mail::WallTime soon = now + std::max<mail::Duration>(kFirstProbe, (now - closed) / 8);
  if (rate_) {
    // When the first of those that filled the period has left it.
    const mail::WallTime free = fits_at(0);
    if (free > now && free < now + rate_->period + kMargin) return std::max(free, now + seconds{5});
  }
  mail::WallTime latest =
      now + std::clamp<mail::Duration>((now - closed) / 2, kFirstProbe, kLongestProbe);
  if (of_rate_) latest = std::max(latest, now + minutes{1});
  for (const mail::Duration period : kPeriods) {
    const auto first = taken_.first_after(closed - period);
    if (!first) continue;
    const mail::WallTime free = *first + period + kMargin;
    if (free >= soon && free <= latest) return free;
  }
  return latest;
}

void Quota::open(mail::WallTime when) {
  const mail::WallTime closed = *closed_since_;
  const bool counts = of_rate_ || (may_be_rate_ && refusals_ >= 2);
  if (counts) learn(closed, last_refused_, when);
  last_closure_ = when - closed;
  run_ = 0;
  closed_since_.reset();
  refusals_ = 0;
  opening_ = 1;
}

void Quota::learn(mail::WallTime closed, mail::WallTime refused, mail::WallTime opened) {
  // The shortest usual period that explains why it opened after `refused` and before `opened`.
  std::optional<Rate> found;
  for (const mail::Duration period : kPeriods) {
    const auto first = taken_.first_after(closed - period);
    if (!first || *first >= closed) continue;
    const mail::WallTime free = *first + period;
    const bool explains = free > refused - seconds{2} && free <= opened;
    if (!explains) continue;
    found = Rate{taken_.after(closed - period), period};
    break;
  }
  if (!found) {
    const mail::Duration period = opened - closed;
    found = Rate{taken_.after(closed - period), period};
  }
  found->count -= taken_.after(closed);  // the one that opened it, and stragglers
  if (found->count < (of_rate_ ? 1 : kEnoughToCount)) return;
  rate_ = found;
  more_pause_ = found->period;
  more_at_ = opened + more_pause_;
}

mail::WallTime Quota::fits_at(int in_flight) const {
  const int others = rate_->count - in_flight;
  if (others <= 0) return mail::WallTime::max();
  const auto oldest = taken_.nth_last(others);
  const mail::WallTime free = oldest ? *oldest + rate_->period + kMargin : mail::WallTime::min();
  return free;
}

mail::WallTime Quota::after_gap() const {
  const auto last = taken_.nth_last(1);
  return last ? *last + gap_ : mail::WallTime::min();
}

bool Quota::may_offer_more(mail::WallTime now, int in_flight) const {
  return in_flight == 0 && now >= more_at_;
}

bool Quota::allows(mail::WallTime now, int in_flight) const {
  if (closed_since_) return in_flight == 0 && now >= probe_at_;
  if (opening_ > 0 && in_flight >= opening_) return false;
  if (gap_.count() > 0 && (in_flight > 0 || now < after_gap())) return false;
  if (!rate_) return true;
  return fits_at(in_flight) <= now || may_offer_more(now, in_flight);
}

std::optional<mail::WallTime> Quota::opens(mail::WallTime now, int in_flight) const {
  if (allows(now, in_flight)) return std::nullopt;
  // What is under way decides before time does.
  if (closed_since_) return probe_at_ > now ? std::optional{probe_at_} : std::nullopt;
  if (opening_ > 0 && in_flight >= opening_) return std::nullopt;
  if (gap_.count() > 0 && in_flight > 0) return std::nullopt;
  mail::WallTime when = rate_ ? std::min(more_at_, fits_at(in_flight)) : now;
  if (gap_.count() > 0) when = std::max(when, after_gap());
  if (when == mail::WallTime::max() || when <= now) return std::nullopt;
  return when;
}

void Quota::shift(mail::Duration step) {
  taken_.shift(step);
  if (closed_since_) *closed_since_ += step;
  last_refused_ += step;
  probe_at_ += step;
  more_at_ += step;
}

}  // namespace tenax::scheduler

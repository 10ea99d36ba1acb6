// SPDX-License-Identifier: Apache-2.0
#include "scheduler/limits.h"

#include <algorithm>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Every offer that is refused may count against us: a limit of a minute is not tested each minute.
constexpr mail::Duration kFirstOffer = minutes{5};
// A limit that nobody met for so long is forgotten.
constexpr mail::Duration kLongestPause = hours{24 * 7};
constexpr int kTooSoonToShrink = 2;
constexpr mail::Duration kLongClosure = hours{2};
constexpr mail::Duration kSlowly = minutes{80};  // as many as in the burst take that long
constexpr int kEnoughOfABurst = 8;

mail::Duration first_pause(mail::Duration period) {
  return std::clamp<mail::Duration>(period, kFirstOffer, kLongestPause);
}

/// Of one that was only found to explain a closure, as a block of hours does that has nothing to do
/// with what was sent: the sooner one more is offered, the less mail waits for what is no limit.
mail::Duration first_pause_of_a_guess(mail::Duration period) {
  return std::clamp<mail::Duration>(period / 24, kFirstOffer, hours{1});
}

mail::Duration longer_pause(mail::Duration pause, mail::Duration period) {
  const mail::Duration longest = std::clamp<mail::Duration>(period * 6, hours{1}, kLongestPause);
  return std::min(pause + pause / 2, longest);
}

bool alike(mail::Duration one, mail::Duration other) {
  return one < other + other / 4 && other < one + one / 4;
}

}  // namespace

const std::vector<mail::Duration>& usual_periods() {
  static const std::vector<mail::Duration> periods = {
      minutes{1}, minutes{5}, minutes{10}, minutes{15}, minutes{30},
      hours{1},   hours{2},   hours{4},    hours{12},   hours{24}};
  return periods;
}

mail::Duration margin_of(mail::Duration period) {
  return std::clamp<mail::Duration>(period / 40, mail::Duration{500}, seconds{5});
}

Limits::Limit& Limits::limit_of(mail::Duration period) {
  const auto found = std::ranges::find_if(
      limits_, [period](const Limit& limit) { return alike(limit.rate.period, period); });
  if (found != limits_.end()) return *found;
  if (limits_.size() >= kMost) limits_.erase(limits_.begin());  // learnt first
  return limits_.emplace_back();
}

mail::Duration Limits::Limit::pace() const {
  return std::min<mail::Duration>(rate.period / 3, kSlowly) / in_burst;
}

bool Limits::taken(mail::WallTime when) {
  for (Limit& limit : limits_) {
    const mail::WallTime since = when - limit.rate.period;
    const int before = taken_.after(since);
    if (before >= limit.rate.count) {
      ++limit.rate.count;
      limit.more_at = when;  // and another, until one is refused
      limit.more_pause = first_pause(limit.rate.period);
      // Those of new senders double from day to day.
      if (limit.in_burst > 0 && limit.rate.count * 2 > limit.in_burst * 5) {
        slow_pace_ = limit.pace();
        limit.rate.count = 0;
      }
    } else if (asked_.after(since) >= limit.rate.count) {
      counts_refused_ = false;
    }
  }
  taken_.add(when);
  asked_.add(when);
  return std::erase_if(limits_, [](const Limit& limit) { return limit.rate.count == 0; }) > 0;
}

Blame Limits::refused(mail::WallTime when, mail::WallTime now) {
  Blame blame = Blame::unknown;
  for (Limit& limit : limits_) {
    const mail::WallTime since = when - limit.rate.period;
    const int used = taken_.after(since);
    limit.in_burst = 0;
    if (used >= limit.rate.count) {
      if (when >= limit.more_at) {
        limit.more_at = now + limit.more_pause;
        limit.more_pause = longer_pause(limit.more_pause, limit.rate.period);
      }
      limit.too_soon = 0;
      blame = Blame::offer;
      break;
    }
    const bool refusals_count = asked_.after(since) >= limit.rate.count;
    if (refusals_count) counts_refused_ = true;
    const bool near = used * 2 >= limit.rate.count;
    if (!refusals_count && !near) continue;
    // Once may be another's limit, or a period that began elsewhere.
    if (!refusals_count && ++limit.too_soon >= kTooSoonToShrink) {
      limit.rate.count = std::max(used, 1);
      limit.too_soon = 0;
    }
    blame = Blame::limit;
  }
  asked_.add(when);
  return blame;
}

bool Limits::told(const Rate& rate, mail::WallTime when) {
  const int used = taken_.after(when - rate.period);
  if (used < rate.count / 2) return false;
  Limit& limit = limit_of(rate.period);
  const bool is_known = limit.rate.period == rate.period;
  // What was found out is better than what is said.
  if (is_known) return used >= std::min(limit.rate.count, rate.count);
  limit = Limit{rate, when + first_pause(rate.period), first_pause(rate.period)};
  return used >= rate.count;
}

int Limits::taken_in(mail::Duration period, mail::WallTime before) const {
  return taken_.after(before - period) - taken_.after(before - mail::Duration{1});
}

bool Limits::passed_before(const Rate& rate, mail::WallTime closed) const {
  return taken_.most_in(rate.period, closed - rate.period * 3, closed) > rate.count;
}

void Limits::learn(mail::WallTime closed, mail::WallTime asked, mail::WallTime opened, int least) {
  Rate found;
  for (const mail::Duration period : usual_periods()) {
    const auto first = taken_.first_after(closed - period);
    if (!first || *first >= closed) continue;
    const mail::WallTime free = *first + period;
    // One that was nearly over when it closed explains what chance explains as well.
    const bool explains =
        free + margin_of(period) / 2 > asked && free <= opened && free - closed >= period / 10;
    if (!explains || passed_before({taken_in(period, closed), period}, closed)) continue;
    found = Rate{taken_in(period, closed), period};
    break;
  }
  if (found.count == 0) {
    found = Rate{taken_in(opened - closed, closed), opened - closed};
    if (passed_before(found, closed)) return;
  }
  if (found.count < least) return;
  const bool guessed = least > 1;  // else it spoke of a rate
  const mail::Duration pause =
      guessed ? first_pause_of_a_guess(found.period) : first_pause(found.period);
  Limit& limit = limit_of(found.period);
  limit = Limit{found, opened + pause, pause};
  if (found.period >= kLongClosure && found.count >= kEnoughOfABurst) limit.in_burst = found.count;
}

std::vector<Rate> Limits::rates() const {
  const auto per_time = [](const Rate& rate) {
    return static_cast<double>(rate.count) / static_cast<double>(rate.period.count());
  };
  std::vector<Rate> rates;
  for (const Limit& limit : limits_) rates.push_back(limit.rate);
  std::ranges::sort(rates, {}, per_time);
  return rates;
}

std::optional<Rate> Limits::narrowest() const {
  const std::vector<Rate> all = rates();
  if (all.empty()) return std::nullopt;
  return all.front();
}

mail::WallTime Limits::fits_at(const Limit& limit, int in_flight) const {
  const int others = limit.rate.count - in_flight;
  if (others <= 0) return mail::WallTime::max();
  const auto oldest = (counts_refused_ ? asked_ : taken_).nth_last(others);
  if (!oldest) return mail::WallTime::min();
  return *oldest + limit.rate.period + margin_of(limit.rate.period);
}

mail::WallTime Limits::paced_at(const Limit& limit, int in_flight) const {
  const auto last = taken_.nth_last(1);
  const mail::WallTime next = !last            ? mail::WallTime::min()
                              : in_flight == 0 ? *last + limit.pace()
                                               : mail::WallTime::max();
  const int half = limit.in_burst / 2 - in_flight;
  if (half <= 0) return next;
  const auto oldest = taken_.nth_last(half);
  return oldest ? std::min(next, *oldest + limit.rate.period) : mail::WallTime::min();
}

mail::WallTime Limits::fits_at(int in_flight) const {
  mail::WallTime when = mail::WallTime::min();
  for (const Limit& limit : limits_) when = std::max(when, fits_at(limit, in_flight));
  return when;
}

mail::WallTime Limits::opens_at(int in_flight) const {
  mail::WallTime when = mail::WallTime::min();
  for (const Limit& limit : limits_) {
    if (limit.in_burst > 0) {
      when = std::max(when, paced_at(limit, in_flight));
      continue;
    }
    const mail::WallTime fits = fits_at(limit, in_flight);
    when = std::max(when, in_flight == 0 ? std::min(fits, limit.more_at) : fits);
  }
  return when;
}

mail::Duration Limits::period_in_use(mail::WallTime when) const {
  mail::Duration longest{0};
  for (const Limit& limit : limits_) {
    const bool in_use = asked_.after(when - limit.rate.period) * 2 >= limit.rate.count;
    if (in_use) longest = std::max(longest, limit.rate.period);
  }
  return longest;
}

void Limits::forget() {
  limits_.clear();
  counts_refused_ = false;
}

void Limits::shift(mail::Duration step) {
  taken_.shift(step);
  asked_.shift(step);
  for (Limit& limit : limits_) move_along(limit.more_at, step);
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
// What time does to what a site taught: while nobody goes there, and when the calendar is set.

#include <algorithm>
#include <cmath>

#include "scheduler/moment.h"
#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;

constexpr mail::Duration kMoment = hours{12};      // that it is down, or closed
constexpr mail::Duration kLimits = hours{24 * 7};  // how much it takes
constexpr mail::Duration kHabits =
    hours{24 * 14};  // how long strangers wait: then one doubt is enough
constexpr mail::Duration kHalf = hours{24 * 7};  // trust and experience weigh half

constexpr double kNoOpinion = 0.6;

}  // namespace

void Quota::grow_old(mail::Duration untouched) {
  if (untouched < kMoment) return;
  if (closed_since_) {
    closed_since_.reset();
    checked_.reset();
    refusals_ = 0;
    opening_ = 1;
  }
  lesson_.reset();  // what it took before is soon no longer counted
  other_opened_ = false;
  if (untouched < kLimits) return;
  limits_.forget();
  others_passed_ = 0;
  broken_words_ = 0;
  gap_ = mail::Duration{0};
  short_runs_ = 0;
}

void Greylist::grow_old(mail::Duration untouched) {
  if (untouched < kHabits) return;
  misses_ = std::max(misses_, kMissesToForget - 1);
  asker_.reset();
}

void Site::grow_old(mail::WallTime now) {
  const mail::Duration untouched = now - touched;
  if (untouched < kMoment) return;
  outage_.ended();
  for (Host& host : known_hosts_) {
    host.outage.ended();
    host.takes_nobody.ended();
    host.refusals = 0;
  }
  breather_ = mail::Duration{0};
  unanswered_ = {};
  rests_until_ = std::min(rests_until_, now);
  quota_.grow_old(untouched);
  greylist_.grow_old(untouched);
  if (untouched < kLimits) return;
  ceiling_.reset();
  const double weight = std::pow(0.5, static_cast<double>(untouched.count()) /
                                          static_cast<double>(mail::Duration{kHalf}.count()));
  strangers_taken_ *= weight;
  strangers_refused_ *= weight;
  trust_ = kNoOpinion + (trust_ - kNoOpinion) * weight;
}

void Site::shift(mail::Duration step) {
  outage_.shift(step);
  outages_.shift(step);
  quota_.shift(step);
  greylist_.shift(step);
  refused_parts_.shift(step);
  last_senders_.shift(step);
  last_domains_.shift(step);
  unanswered_.shift(step);
  addresses.shift(step);
  for (mail::WallTime* const when :
       {&raise_at_, &rests_until_, &waiting_until_, &last_refused_at_, &next_check_, &touched,
        &crowded_at_, &unknown_since_, &last_answer_}) {
    move_along(*when, step);
  }
  for (Promise& promise : promises_) move_along(promise.until, step);
  for (Host& host : known_hosts_) {
    host.outage.shift(step);
    host.takes_nobody.shift(step);
    move_along(host.answered, step);
  }
}

void Site::unlearn(const MemoryPolicy& policy) {
  Site fresh{name_, number_, policy};
  fresh.destinations = std::move(destinations);
  fresh.hosts = std::move(hosts);
  fresh.addresses = std::move(addresses);
  fresh.lanes = lanes;
  fresh.bound(longest_);
  fresh.entry = std::move(entry);
  fresh.touched = touched;
  *this = std::move(fresh);
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/greylist.h"

#include <algorithm>
#include <array>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Ages at which the first one asks. Receivers wait round numbers of minutes, five more often than
// any other; the gaps grow, since some let the wait begin anew with each knock.
// One more shortly after half an hour: OpenBSD's spamd refuses the very knock that convinces it.
constexpr std::array<mail::Duration, 8> kAges = {minutes{5},   minutes{15}, minutes{31},
                                                 minutes{33},  minutes{61}, minutes{121},
                                                 minutes{241}, minutes{481}};
// Who is still refused then was perhaps let in for a short while only, between two of these ages,
// and forgotten: with that knock the receiver's clock began anew. So it is asked at ages between
// those: 86, 171 and 342 minutes after a knock before which there was a long rest, and so on.
constexpr std::array<mail::Duration, 13> kAgesAnew = {
    minutes{962},  minutes{1048}, minutes{1133}, minutes{1304}, minutes{2024},
    minutes{2096}, minutes{2168}, minutes{2312}, minutes{2600}, minutes{2702},
    minutes{2803}, minutes{3007}, minutes{3414}};
// Those after which, for one so old, the clock is taken to have begun anew.
constexpr std::array<mail::Duration, 3> kBeginsAnew = {minutes{2600}, minutes{2024}, minutes{962}};
// What may be shorter than an age that was enough, likeliest first.
constexpr std::array<mail::Duration, 15> kLikely = {
    minutes{5},  minutes{10}, seconds{150}, minutes{15}, minutes{1},
    minutes{30}, minutes{20}, minutes{25},  minutes{4},  minutes{60},
    minutes{45}, minutes{90}, minutes{120}, seconds{30}, seconds{10}};

constexpr mail::Duration kMargin = seconds{1};  // clocks and whole seconds
constexpr mail::Duration kPatienceWithAsker = minutes{10};
constexpr mail::Duration kLongestExtraWait = std::chrono::hours{12};
constexpr std::array<int, 4> kPassesToAsk = {1, 3, 9, 27};

// Below the first of these the config's own first delay begins, and doubles.
mail::Duration longer_than(mail::Duration age, mail::Duration first) {
  for (mail::Duration early = first; early < kAges.front(); early *= 2) {
    if (early > age + age / 4) return early;
  }
  for (const mail::Duration next : kAges) {
    if (next > age + seconds{5}) return next;
  }
  for (const mail::Duration next : kAgesAnew) {
    if (next > age + seconds{5}) return next;
  }
  return age + kLongestExtraWait;
}

/// Of that age as the receiver counts it.
mail::Duration since_anew(mail::Duration age) {
  for (const mail::Duration begun : kBeginsAnew) {
    if (age > begun + minutes{1} && age < kAgesAnew.back() + minutes{1}) return age - begun;
  }
  return age;
}

}  // namespace

bool Greylist::asker_lost(mail::WallTime now) const {
  return !asker_ || now > asker_->knocks_at + kPatienceWithAsker;
}

std::optional<mail::Duration> Greylist::shorter() const {
  if (confirmed_ || punishes_ || !enough_) return std::nullopt;
  // The more mail would gain by the answer, the more may be asked for it.
  if (shorter_tried_ >= 4 || passes_ < kPassesToAsk[static_cast<std::size_t>(shorter_tried_)]) {
    return std::nullopt;
  }
  const auto fits = [this](mail::Duration age) {
    return age > too_short_ + too_short_ / 20 && age < *enough_ - *enough_ / 8;
  };
  if (rest_ && *rest_ > too_short_ && fits(*rest_)) return rest_;
  for (const mail::Duration age : kLikely) {
    if (fits(age)) return age;
  }
  return std::nullopt;
}

void Greylist::passed(const Waiting& who, mail::WallTime when) {
  const mail::Duration whole = when - who.knocks.first;
  const mail::Duration anew = since_anew(whole);
  // Not where somebody so old was refused.
  const mail::Duration age = anew > too_short_ ? anew : whole;
  const mail::Duration rest = when - who.knocks.last;
  if (!enough_ || age < *enough_) {
    enough_ = age;
    rest_ = rest;
  }
  if (too_short_ >= *enough_) too_short_ = mail::Duration{0};
  ++passes_;
  last_pass_ = when;
  misses_ = 0;
  if (asks(who) || !asker_) asker_.reset();
}

void Greylist::refused(const Waiting& who, mail::WallTime when) {
  const mail::Duration age = when - who.knocks.first;
  const mail::Duration rest = when - who.knocks.last;
  const bool left_alone = who.knocks.count <= 1;
  if (!enough_ || age < *enough_) {
    if (left_alone) too_short_ = std::max(too_short_, age);
    if (enough_ && asks(who)) {
      ++shorter_tried_;
      asked_too_early_ = who.id;
      asker_.reset();
    }
    // A pause that was long enough for a site that begins anew with each knock is now refuted.
    if (!left_alone && rest_ && rest >= *rest_) rest_.reset();
    return;
  }
  if (asked_too_early_ == who.id || !left_alone) {
    // Old enough for anybody else: it began to wait anew, or longer, when it knocked too early.
    punishes_ = true;
    asked_too_early_ = 0;
    return;
  }
  // Who passed at that age had knocked before, and owes it to its last rest: each knock begins the
  // wait anew, and what is forgotten so soon is never old enough.
  if (rest_ && *rest_ > too_short_ && *rest_ < *enough_ - *enough_ / 4) {
    enough_ = rest_;
    return;
  }
  if (++misses_ < kMissesToForget) return;
  too_short_ = left_alone ? age : too_short_;
  enough_.reset();
  rest_.reset();
  asker_.reset();
  confirmed_ = false;
  misses_ = 0;
  shorter_tried_ = 0;
}

mail::WallTime Greylist::next_of(const Waiting& who) const {
  return who.knocks.first + longer_than(who.knocks.last - who.knocks.first, first_) + kMargin;
}

mail::WallTime Greylist::call(const Waiting& who, mail::WallTime now) {
  if (enough_) {
    const auto less = who.knocks.count <= 1 && asker_lost(now) ? shorter() : std::nullopt;
    if (less) {
      asker_ = Asker{who.id, who.knocks.first + *less + kMargin, *less, true};
      return asker_->knocks_at;
    }
    // What was enough once may have been far too much: one that was refused goes on asking.
    const mail::WallTime next = next_of(who);
    const bool sooner = next - who.knocks.first < *enough_ - *enough_ / 4;
    if (who.knocks.count > 1 && sooner && asker_lost(now)) {
      asker_ = Asker{who.id, next, next - who.knocks.first, false};
    }
    return ready_at(who, now);
  }
  if (asks(who) || asker_lost(now)) {
    const mail::WallTime next = next_of(who);
    asker_ = Asker{who.id, next, next - who.knocks.first, who.knocks.count <= 1};
  }
  return ready_at(who, now);
}

void Greylist::take_over(const Waiting& who, mail::WallTime now) {
  if (enough_ || !asker_ || asker_->left_alone || who.knocks.count != 1) return;
  const mail::Duration age = longer_than(too_short_, first_);
  const mail::WallTime when = std::max(who.knocks.first + age + kMargin, now);
  if (when > asker_->knocks_at + std::max<mail::Duration>(minutes{1}, asker_->age / 4)) return;
  asker_ = Asker{who.id, when, when - who.knocks.first, true};
}

mail::WallTime Greylist::ready_at(const Waiting& who, mail::WallTime now) {
  if (!asks(who)) take_over(who, now);
  if (asks(who)) return asker_->knocks_at;
  if (enough_) {
    const mail::WallTime old_enough = who.knocks.first + *enough_;
    if (old_enough > who.knocks.last + kMargin) return old_enough;
    // Refused though old enough: its knocking began the wait anew, or it is not the site's age rule
    // that keeps it out. Where each knock doubles the wait, only who waits longer than twice as
    // long gets there.
    const int asked = static_cast<int>(std::ranges::count_if(
        kAges, [this](mail::Duration age) { return age < *enough_ - kMargin; }));
    const int more = std::clamp(who.knocks.count - 3 - asked, 0, 10);
    mail::Duration wait = *enough_;
    for (int i = 0; i < more; ++i) wait = std::min(wait * 4, kLongestExtraWait);
    return who.knocks.last + wait + kMargin;
  }
  if (asker_ && !asker_lost(now)) {
    if (who.knocks.count > 1) {
      // Who asked in vain lets it go first, where that costs little.
      const mail::WallTime own = next_of(who);
      const mail::WallTime after_it = asker_->knocks_at + seconds{2};
      const bool soon = after_it > own && after_it - own <= (own - who.knocks.last) / 2;
      return soon ? after_it : own;
    }
    const mail::WallTime with_it = who.knocks.first + asker_->age;
    if (with_it > who.knocks.last + kMargin) return with_it;
    // Older than the one that asks, and refused at that age: not the same reason.
  }
  return next_of(who);
}

void Greylist::shift(mail::Duration step) {
  if (asker_) asker_->knocks_at += step;
  move_along(last_pass_, step);
}

}  // namespace tenax::scheduler

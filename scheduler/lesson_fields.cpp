// SPDX-License-Identifier: Apache-2.0
// What of each thing is kept, in which order and within which bounds: the format on one page. A
// change of it is a new version in the first line of Site's and Memory's lessons.

#include <algorithm>
#include <utility>
#include <vector>

#include "mail/destination.h"

#include "scheduler/addresses.h"
#include "scheduler/greylist.h"
#include "scheduler/lesson_form.h"
#include "scheduler/limits.h"
#include "scheduler/outage.h"
#include "scheduler/quota.h"
#include "scheduler/site.h"
#include "scheduler/tally.h"

namespace tenax::scheduler {

namespace {

constexpr int kMany = 1'000'000'000;
constexpr std::size_t kPlacesKept = 32;  // of a Tally: enough to find a period by
// A day's limit shuts a door until what filled it has left it; and some time for a clock.
constexpr mail::Duration kDoor = Tally::kHorizon + std::chrono::hours{2};
constexpr std::size_t kDestinationsKept = 50;  // the others are led here by their first report
constexpr std::size_t kLongestName = 300;
constexpr std::size_t kLongestHosts = 4'000;

bool canonical(const std::string& destination) {
  const auto parsed = mail::Destination::parse(destination);
  return parsed && parsed->text() == destination;
}

}  // namespace

void Outage::describe(LessonForm& form) {
  form.perhaps(since_);
  form.moment(next_probe_, LessonForm::kSoon);
  form.count(failures_, kMany);
}

void Tally::describe(LessonForm& form) {
  while (places_.size() > kPlacesKept) join_neighbours();
  const std::size_t count = form.size(places_.size(), kPlacesKept);
  if (form.reading()) places_.resize(count);
  mail::WallTime last;
  for (Moment& place : places_) {
    form.moment(place.when);
    form.count(place.count, kMany / static_cast<int>(kPlacesKept));
    form.expect(place.when >= std::exchange(last, place.when));
  }
}

void Limits::describe(LessonForm& form) {
  form.line("limits");
  form.flag(counts_refused_);
  const std::size_t count = form.size(limits_.size(), kMost);
  if (form.reading()) limits_.resize(count);
  for (Limit& limit : limits_) {
    form.line("limit");
    form.count(limit.rate.count, kMany);
    form.length(limit.rate.period);
    form.expect(limit.rate.count > 0 && limit.rate.period.count() > 0);
    form.moment(limit.more_at);
    form.length(limit.more_pause);
    form.count(limit.too_soon, kMany);
  }
  form.line("taken");
  taken_.describe(form);
  form.line("asked");
  asked_.describe(form);
}

void Quota::describe(LessonForm& form) {
  limits_.describe(form);
  form.line("quota");
  form.hash(refused_who_);
  form.flag(other_opened_);
  form.count(others_passed_, kMany);
  form.count(broken_words_, kMany);
  form.count(run_, kMany);
  form.count(short_runs_, kMany);
  form.length(last_closure_);
  form.length(gap_, kLongestGap);
  form.count(opening_, kMany);
  form.line("door");
  form.perhaps(closed_since_);
  form.moment(last_asked_);
  form.moment(last_refused_);
  form.moment(probe_at_, kDoor);
  form.length(pause_, kLongestProbe);
  form.count(refusals_, kMany);
  form.flag(of_rate_);
  form.flag(may_be_rate_);
  form.flag(known_);
  form.flag(by_word_);
  form.line("closure");
  if (form.size(lesson_ ? 1 : 0, 1) == 0) return;
  if (form.reading()) lesson_ = Closure{{}, {}, {}, 1};
  form.moment(lesson_->closed);
  form.moment(lesson_->asked);
  form.moment(lesson_->opened);
  form.expect(lesson_->closed <= lesson_->opened);
  // A limit of none would be kept to for ever.
  form.count(lesson_->least, kEnoughToCount);
  form.expect(lesson_->least > 0);
}

void Greylist::describe(LessonForm& form) {
  form.line("greylist");
  form.perhaps(enough_);
  form.perhaps(rest_);
  form.length(too_short_);
  form.count(passes_, kMany);
  form.moment(last_pass_);
  form.count(misses_, kMany);
  form.count(shorter_tried_, kMany);
  form.flag(confirmed_);
  form.flag(punishes_);
  form.hash(asked_too_early_);
  bool somebody_asks = asker_.has_value();
  form.flag(somebody_asks);
  if (!somebody_asks) return;
  if (form.reading()) asker_ = Asker{0, mail::WallTime{}, mail::Duration{0}, false};
  form.hash(asker_->id);
  form.moment(asker_->knocks_at);
  form.length(asker_->age);
  form.flag(asker_->left_alone);
}

void Addresses::describe(LessonForm& form) {
  form.line("addresses");
  const std::size_t count = form.size(all_.size(), kMost);
  form.expect(count > 0);
  if (form.reading()) all_.resize(count);
  for (One& one : all_) {
    form.line("at");
    form.hash(one.address);
    form.moment(one.met);
    form.expect(std::ranges::count(all_, one.address, &One::address) == 1);
  }
}

void Site::describe(LessonForm& form) {
  form.line("site");
  int version = addresses.any() ? kLessonVersion : 1;
  form.count(version, kMany);
  form.expect(version >= 1 && version <= kLessonVersion);

  form.line("destinations");
  const std::size_t known = form.size(destinations.size(), kDestinationsKept);
  if (form.reading()) {
    destinations.resize(known);
  } else {
    destinations.erase(destinations.begin(),
                       destinations.end() - static_cast<std::ptrdiff_t>(known));
  }
  for (std::string& destination : destinations) {
    form.line("to");
    form.text(destination, kLongestName);
    form.expect(canonical(destination));
  }
  form.line("hosts");
  if (form.size(hosts.empty() ? 0 : 1, 1) > 0) form.text(hosts, kLongestHosts);

  form.line("down");
  outage_.describe(form);
  form.line("outages");
  form.count(outages_.count, kMany);
  form.length(outages_.last);
  form.length(outages_.longest);
  form.moment(outages_.ended);
  form.line("sessions");
  int ceiling = ceiling_.value_or(0);
  form.count(ceiling, kMany);
  if (form.reading() && ceiling > 0) ceiling_ = ceiling;
  form.moment(raise_at_);
  form.length(raise_pause_);
  form.length(breather_);
  form.moment(rests_until_, LessonForm::kSoon);
  quota_.describe(form);
  greylist_.describe(form);
  form.line("strangers");
  form.part(strangers_taken_, 1'000);
  form.part(strangers_refused_, 1'000);
  form.count(passes_, kMany);
  form.score(senders_pass_, 3);
  form.score(all_pass_, 3);
  form.count(streak_, kMany);
  form.hash(last_refused_);
  form.moment(waiting_until_);

  form.line("stated");
  form.flag(stated_);
  form.part(trust_, 1);
  form.moment(next_check_);
  form.hash(checking_);
  for (Promise& promise : promises_) {
    form.hash(promise.pair);
    form.moment(promise.until, LessonForm::kSoon);
  }
  form.line("mailhosts");
  const std::size_t count = form.size(known_hosts_.size(), kMostHosts);
  if (form.reading()) known_hosts_.resize(count);
  for (Host& host : known_hosts_) {
    form.line("host");
    host.outage.describe(form);
    form.moment(host.answered);
    form.text(host.name, kLongestName);
  }
  if (version >= 2) addresses.describe(form);
}

std::string Site::lesson() const {
  Site copy = *this;
  LessonForm form;
  copy.describe(form);
  return form.written();
}

bool Site::recall(std::string_view text, mail::WallTime now) {
  LessonForm form{text, now};
  describe(form);
  answered_ = !outage_.under_way();
  return form.complete();
}

}  // namespace tenax::scheduler

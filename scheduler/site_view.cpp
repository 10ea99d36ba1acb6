// SPDX-License-Identifier: Apache-2.0
#include "scheduler/site_view.h"

#include <utility>

#include "scheduler/memory.h"

namespace tenax::scheduler {

namespace {

std::optional<SiteView::Down> down(const Outage& outage) {
  if (!outage.under_way()) return std::nullopt;
  return SiteView::Down{*outage.since(), outage.next_probe(), outage.failures()};
}

std::optional<mail::WallTime> if_ever(mail::WallTime when) {
  return when == mail::WallTime{} ? std::nullopt : std::optional{when};
}

SiteView::Greylisting shown(const Greylist& greylist) {
  SiteView::Greylisting view;
  view.enough = greylist.enough();
  view.too_short = greylist.too_short();
  view.passes = greylist.passes();
  view.last_pass = if_ever(greylist.last_pass());
  view.stated = greylist.confirmed();
  view.punishes = greylist.punishes();
  return view;
}

SiteView::Door shown(const Quota& quota, mail::WallTime now) {
  SiteView::Door view;
  view.closed_since = quota.closed_since();
  view.next_probe = quota.next_knock();
  for (const Rate& rate : quota.limits().rates()) {
    view.limits.push_back({rate, quota.limits().all_taken().after(now - rate.period)});
  }
  view.counts_refused = quota.limits().counts_refused();
  view.limits_everyone = quota.for_each_his_own();
  view.states_false_times = quota.words_doubted();
  view.gap = quota.gap();
  return view;
}

}  // namespace

SiteView Site::view(mail::WallTime now) const {
  Site site = *this;  // asking which host goes first may note that it was looked at
  site.grow_old(now);
  SiteView view;
  view.name = name_;
  view.destinations = destinations;
  view.touched = touched;
  view.down = down(site.outage_);
  view.outages = site.outages_;
  view.takes_strangers = site.takes_strangers();
  const bool made_wait = site.greylist_.enough() || site.greylist_.too_short().count() > 0 ||
                         (site.strangers_refused_ >= 1 && !view.takes_strangers);
  if (made_wait) {
    SiteView::Greylisting& greylisting = view.greylisting.emplace(shown(site.greylist_));
    greylisting.sender_after_success = site.senders_pass_;
    greylisting.everybody_after_success = site.all_pass_;
  }
  view.door = shown(site.quota_, now);
  view.sessions = site.ceiling_;
  view.states_times = site.stated_;
  view.trust = site.trust_;
  const std::string first = site.host_for(0, now);
  for (const Host& host : site.known_hosts_) {
    view.hosts.push_back({host.name, down(host.outage), if_ever(host.answered),
                          !first.empty() && host.name == first});
  }
  return view;
}

std::optional<SiteView> Memory::view(const mail::Destination& destination,
                                     mail::WallTime now) const {
  const Site* const site = find(destination);
  const auto name = names_.find(destination.text());
  if (site == nullptr && name == names_.end()) return std::nullopt;
  SiteView view;
  if (site != nullptr) view = site->view(now);
  if (name != names_.end()) view.name_down = down(name->second);
  if (site == nullptr) view.name = destination.text();
  return view;
}

}  // namespace tenax::scheduler

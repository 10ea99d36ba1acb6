// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/site_as_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace tenax::cli {

namespace {

using Json = nlohmann::ordered_json;
using scheduler::SiteView;

Json time(mail::WallTime when) { return mail::to_rfc3339(when); }
Json time(const std::optional<mail::WallTime>& when) { return when ? time(*when) : Json{}; }

Json of(const std::optional<SiteView::Down>& down) {
  if (!down) return nullptr;
  return {{"since", time(down->since)},
          {"next_probe", time(down->next_probe)},
          {"failures", down->failures}};
}

Json of(const scheduler::PastOutages& past) {
  if (past.count == 0) return nullptr;
  return {{"count", past.count},
          {"last_s", seconds(past.last)},
          {"longest_s", seconds(past.longest)},
          {"ended", time(past.ended)}};
}

/// A score above 0 is a yes, below it a no; 0 is not known.
Json answer(int score) { return score == 0 ? Json{} : Json(score > 0); }

Json of(const std::optional<SiteView::Greylisting>& wait) {
  if (!wait) return nullptr;
  const bool refused = wait->too_short.count() > 0;
  return {{"enough_s", wait->enough ? Json(seconds(*wait->enough)) : Json{}},
          {"too_short_s", refused ? Json(seconds(wait->too_short)) : Json{}},
          {"seen", wait->passes},
          {"last_seen", time(wait->last_pass)},
          {"stated", wait->stated},
          {"punishes", wait->punishes},
          {"sender_known_after_success", answer(wait->sender_after_success)},
          {"all_known_after_success", answer(wait->everybody_after_success)}};
}

Json of(const SiteView::Limit& limit) {
  return {{"messages", limit.rate.count},
          {"period_s", seconds(limit.rate.period)},
          {"taken", limit.taken_lately}};
}

Json of(const SiteView::Door& door) {
  Json limits = Json::array();
  for (const SiteView::Limit& limit : door.limits) limits.push_back(of(limit));
  return {{"closed_since", time(door.closed_since)},
          {"next_knock", door.closed_since ? time(door.next_probe) : Json{}},
          {"limits", std::move(limits)},
          {"counts_refused", door.counts_refused},
          {"limits_everyone", door.limits_everyone},
          {"states_false_times", door.states_false_times},
          {"gap_s", seconds(door.gap)}};
}

Json of(const SiteView::Host& host) {
  return {{"name", host.name},
          {"down", of(host.down)},
          {"answered", time(host.answered)},
          {"asked_first", host.asked_first}};
}

}  // namespace

Json site_as_json(const SiteView& site) {
  Json hosts = Json::array();
  for (const SiteView::Host& host : site.hosts) hosts.push_back(of(host));
  return {{"name", site.name},
          {"destinations", site.destinations},
          {"last_met", site.touched == mail::WallTime{} ? Json{} : time(site.touched)},
          {"down", of(site.down)},
          {"name_down", of(site.name_down)},
          {"outages", of(site.outages)},
          {"takes_strangers", site.takes_strangers},
          {"greylisting", of(site.greylisting)},
          {"door", of(site.door)},
          {"sessions", site.sessions ? Json(*site.sessions) : Json{}},
          {"trust_in_stated_times", site.states_times ? Json(site.trust) : Json{}},
          {"hosts", std::move(hosts)}};
}

}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#include "engine/storm.h"

#include <algorithm>
#include <cstdlib>

#include "bounce/cause.h"

namespace tenax::engine {

namespace {

// Destinations that are watched. Of more, one is forgotten for each new one: it begins anew.
constexpr std::size_t kMostSites = 10'000;
// Storms at once; beyond, something is wrong that holding mail does not help.
constexpr std::size_t kMostStorms = 1000;
// "Most": four of five.
constexpr int kShare = 5;

}  // namespace

bool refused_by_policy(const mail::Verdict& verdict) {
  using bounce::Cause;
  if (!verdict.reply || !verdict.reply->permanent()) return false;
  switch (bounce::cause_of(verdict)) {
    case Cause::blocked:
    case Cause::content:
    case Cause::policy:
    case Cause::rate_limited:
    case Cause::relay_denied:
    case Cause::sender_auth:
    case Cause::sender_host:
    case Cause::sender_rejected:
    case Cause::tls: return true;
    case Cause::no_such_user:
    case Cause::no_such_domain:
    case Cause::mailbox_full:
    case Cause::mailbox_disabled:
    case Cause::recipient_refuses:
    case Cause::greylisted:
    case Cause::too_large:
    case Cause::unreachable:
    case Cause::server_trouble:
    case Cause::expired:
    case Cause::loop:
    case Cause::malformed:
    case Cause::suppressed:
    case Cause::other: return false;
  }
  std::abort();
}

bool StormWatch::landed(const mail::DeliveryReport& report, mail::WallTime now) {
  if (policy_.after == 0) return false;
  bool took = false;
  bool refused = false;
  bool failed = false;
  for (const mail::RecipientVerdict& answer : report.verdicts) {
    took = took || answer.verdict.kind == mail::Kind::delivered;
    if (answer.verdict.kind != mail::Kind::failed) continue;
    failed = true;
    refused = refused || refused_by_policy(answer.verdict);
  }
  if (!took && !failed) return false;  // put off: nothing is said of it yet
  const std::string& name = report.destination.text();
  const auto [place, fresh] = sites_.try_emplace(name);
  Site& site = place->second;
  const mail::Duration half = policy_.within / 2;
  if (fresh || now < site.since || now >= site.since + 2 * half) {
    site.before = {};
    site.now = {};
    site.since = now;
  } else if (now >= site.since + half) {
    site.before = site.now;
    site.now = {};
    site.since = now;
  }
  if (took) site.took_mail = true;
  ++(refused && !took ? site.now.refused : site.now.others);

  const int against = site.now.refused + site.before.refused;
  const int all = against + site.now.others + site.before.others;
  const bool storm = site.took_mail && against >= policy_.after &&
                     against * kShare >= all * (kShare - 1) && storms_.size() < kMostStorms;
  const bool begins = storm && storms_.insert(name).second;
  if (sites_.size() > kMostSites) forget_something();
  return begins;
}

void StormWatch::set(const std::vector<std::string>& stormed) {
  const std::set<std::string, std::less<>> held{stormed.begin(), stormed.end()};
  for (const std::string& name : storms_) {
    if (held.contains(name)) continue;
    const auto site = sites_.find(name);
    if (site == sites_.end()) continue;
    site->second.now = {};
    site->second.before = {};
  }
  storms_ = held;
}

void StormWatch::forget_something() {
  const auto calm = std::ranges::find_if(
      sites_, [this](const auto& one) { return !storms_.contains(one.first); });
  if (calm != sites_.end()) sites_.erase(calm);
}

}  // namespace tenax::engine

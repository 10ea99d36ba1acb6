// SPDX-License-Identifier: Apache-2.0
// Which destination leads to which site: one provider with many domains is one site, and what the
// operator treats otherwise is one of its own. How many are known is bounded.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/memory.h"

namespace tenax::scheduler {

namespace {

std::string joined(const std::vector<std::string>& hosts) {
  std::vector<std::string> sorted = hosts;
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& host : sorted) text += host + " ";
  return text;
}

MemoryPolicy policy_for(const OverridePtr& entry, MemoryPolicy policy) {
  if (!entry) return policy;
  policy.first_window = entry->lane.first_window;
  policy.longest_window = entry->lane.longest_window;
  return policy;
}

}  // namespace

Site& Memory::new_site(const std::string& name, OverridePtr entry, mail::WallTime now) {
  const std::uint64_t number = ++serials_;
  auto site = std::make_unique<Site>(name, number, policy_for(entry, policy_));
  site->touched = now;
  site->entry = std::move(entry);
  by_name_[name] = site.get();
  return *sites_.emplace(number, std::move(site)).first->second;
}

/// A destination that left its first site may come to one of its own again.
std::string Memory::free_name(const std::string& destination) {
  std::string name = destination;
  for (std::uint64_t n = 2; by_name_.contains(name); ++n) {
    name = destination + " " + std::to_string(n);
  }
  return name;
}

Site* Memory::find(const mail::Destination& destination) const {
  const auto found = by_destination_.find(destination.text());
  return found == by_destination_.end() ? nullptr : found->second;
}

Site& Memory::site_of(const mail::Destination& destination, mail::WallTime now) {
  Site* known = find(destination);
  const bool stale = known != nullptr && known->lanes == 0 && now - known->touched > policy_.keeps;
  if (stale) {
    forget(*known);
    known = nullptr;
  }
  if (known != nullptr) {
    known->grow_old(now);
    known->touched = now;
    return *known;
  }
  trim(now);
  Site& site = new_site(free_name(destination.text()), entry_of(destination), now);
  lead(destination.text(), site);
  return site;
}

void Memory::lead(const std::string& destination, Site& to) {
  Site*& site = by_destination_[destination];
  if (site == &to) return;
  if (site != nullptr) {
    std::erase(site->destinations, destination);
    if (site->destinations.empty() && site->lanes == 0) forget(*site);
  }
  by_destination_[destination] = &to;
  to.destinations.push_back(destination);
}

Site& Memory::led_by(const mail::DeliveryReport& report, mail::WallTime now) {
  Site& before = site_of(report.destination, now);
  if (report.mail_hosts.empty()) return before;
  // On another port of the same machine somebody else may live; and whom the operator treats
  // otherwise has a lane, so a site, of its own.
  OverridePtr entry = entry_of(report.destination);
  const std::string hosts = joined(report.mail_hosts) + ":" +
                            std::to_string(report.destination.port()) +
                            (entry ? "#" + entry->name() : "");
  if (before.hosts == hosts) return before;
  const auto found = by_hosts_.find(hosts);
  if (found != by_hosts_.end()) {
    lead(report.destination.text(), *found->second);
    found->second->grow_old(now);
    found->second->touched = now;
    return *found->second;
  }
  if (before.hosts.empty() || before.destinations.size() == 1) {
    if (!before.hosts.empty()) by_hosts_.erase(before.hosts);
    before.hosts = hosts;
    by_hosts_[hosts] = &before;
    before.bound(policy_for(entry, policy_).longest_window);
    before.entry = std::move(entry);
    return before;
  }
  // It left its provider.
  Site& site = new_site(free_name(report.destination.text()), std::move(entry), now);
  site.hosts = hosts;
  by_hosts_[hosts] = &site;
  lead(report.destination.text(), site);
  return site;
}

void Memory::forget(Site& site) {
  for (const std::string& destination : site.destinations) by_destination_.erase(destination);
  if (!site.hosts.empty()) by_hosts_.erase(site.hosts);
  by_name_.erase(site.name());
  site_changed(site, false, site.touched);  // to nothing
  sites_.erase(site.number());
}

void Memory::adopt(MemoryPolicy policy) {
  policy_ = policy;
  std::vector<std::string> strangers;
  for (auto& [number, site] : sites_) {
    OverridePtr entry;
    for (const std::string& name : site->destinations) {
      const auto destination = mail::Destination::parse(name);
      OverridePtr own = destination ? entry_of(*destination) : nullptr;
      if (&name == &site->destinations.front()) {
        entry = std::move(own);
      } else if (own != entry) {
        strangers.push_back(name);
      }
    }
    site->bound(policy_for(entry, policy_).longest_window);
    site->entry = std::move(entry);
  }
  for (const std::string& name : strangers) {
    const auto destination = mail::Destination::parse(name);
    if (!destination) continue;
    lead(name,
         new_site(free_name(name), entry_of(*destination), by_destination_.at(name)->touched));
  }
}

void Memory::left(Site& site) {
  --site.lanes;
  if (site.destinations.empty() && site.lanes == 0) forget(site);
}

void Memory::trim(mail::WallTime) {
  // One new site makes at most one too many. Of the oldest by number, those are looked at that a
  // glance costs; the least recently met of them goes.
  if (sites_.size() < policy_.sites && by_destination_.size() < policy_.destinations) return;
  Site* oldest = nullptr;
  int looked_at = 0;
  for (const auto& [number, site] : sites_) {
    if (site->lanes > 0) continue;
    if (oldest == nullptr || site->touched < oldest->touched) oldest = site.get();
    if (++looked_at >= 64) break;
  }
  if (oldest != nullptr) forget(*oldest);
}

}  // namespace tenax::scheduler

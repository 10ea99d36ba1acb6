// SPDX-License-Identifier: Apache-2.0
// Which destination leads to which site: one provider with many domains is one site, and what the
// operator treats otherwise is one of its own. How many are known is bounded.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/memory.h"
#include "scheduler/mix.h"

namespace tenax::scheduler {

namespace {

std::string joined(const std::vector<std::string>& hosts) {
  std::vector<std::string> sorted = hosts;
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& host : sorted) text += host + " ";
  return text;
}

/// What a host's name is below, if strangers cannot have names there themselves, as far as can be
/// told: "mail.protection.outlook.com", but neither "example.net" nor "co.uk". "": nothing such.
std::string_view zone_of(std::string_view host) {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view zone = host.substr(dot + 1);
  constexpr int kFewestDots = 2;
  return std::ranges::count(zone, '.') >= kFewestDots ? zone : std::string_view{};
}

/// The address and port of a host that was tried, among those of its zone; 0: there are none.
std::uint64_t key_of(const mail::HostTry& one) {
  const std::string_view zone = zone_of(one.host.name);
  if (one.host.address.empty() || zone.empty()) return 0;
  return mix(hash_of(one.host.address) ^ mix(hash_of(zone)) ^
             static_cast<std::uint64_t>(one.host.port));
}

/// Where the first of its mail hosts answered; 0: it did not. The others may be another's, who
/// helps out.
std::uint64_t first_answer(const mail::DeliveryReport& report) {
  const auto found = std::ranges::find_if(report.tries, [&report](const mail::HostTry& one) {
    return one.stage != mail::Stage::connect && one.host.name == report.mail_hosts.front();
  });
  return found != report.tries.end() ? key_of(*found) : 0;
}

/// It was tried, and at none of the addresses of the site.
bool is_elsewhere(const Site& site, const mail::DeliveryReport& report) {
  const auto of_site = [&site](const mail::HostTry& one) {
    return site.addresses.have(key_of(one));
  };
  return !report.tries.empty() && std::ranges::none_of(report.tries, of_site);
}

bool is_larger(const Site& one, const Site& other) {
  if (one.destinations.size() != other.destinations.size()) {
    return one.destinations.size() > other.destinations.size();
  }
  return one.number() < other.number();
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
  return found == by_destination_.end() ? nullptr : found->second.site;
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
  Way& way = by_destination_[destination];
  Site* const from = std::exchange(way.site, &to);
  if (from == &to) return;
  if (from != nullptr) {
    std::erase(from->destinations, destination);
    if (from->destinations.empty() && from->lanes == 0) forget(*from);
  }
  to.destinations.push_back(destination);
}

Site& Memory::come(Site& to, mail::WallTime now) {
  to.grow_old(now);
  to.touched = now;
  return to;
}

Site& Memory::led_by(const mail::DeliveryReport& report, mail::WallTime now) {
  Site& before = site_of(report.destination, now);
  if (report.mail_hosts.empty()) {
    before.tried(report.tries, {}, now);
    return before;
  }
  // On another port of the same machine somebody else may live; and whom the operator treats
  // otherwise has a lane, so a site, of its own.
  const OverridePtr entry = entry_of(report.destination);
  const std::string hosts = joined(report.mail_hosts) + ":" +
                            std::to_string(report.destination.port()) +
                            (entry ? "#" + entry->name() : "");
  const std::string destination = report.destination.text();
  const std::uint64_t hashed = hash_of(hosts);
  const bool as_before = before.hosts == hosts || by_destination_.at(destination).hosts == hashed;
  Site* site = as_before ? &before : &newly_led(report, hosts, before, now);
  by_destination_.at(destination).hosts = hashed;
  // Of one machine that is named in the configuration the names may mean different accounts.
  if (report.destination.by_mx()) site = &led_by_address(report, hosts, *site, now);
  if (site->hosts == hosts) site->tried(report.tries, report.mail_hosts, now);
  return *site;
}

/// Its mail hosts are told for the first time, or are others.
Site& Memory::newly_led(const mail::DeliveryReport& report, const std::string& hosts, Site& before,
                        mail::WallTime now) {
  if (const auto found = by_hosts_.find(hosts); found != by_hosts_.end()) {
    lead(report.destination.text(), *found->second);
    return come(*found->second, now);
  }
  OverridePtr entry = entry_of(report.destination);
  if (before.hosts.empty() || before.destinations.size() == 1) {
    if (!before.hosts.empty()) {
      by_hosts_.erase(before.hosts);
      leave_addresses(before);
    }
    before.hosts = hosts;
    by_hosts_[hosts] = &before;
    before.bound(policy_for(entry, policy_).longest_window);
    before.entry = std::move(entry);
    return before;
  }
  const std::uint64_t address = first_answer(report);
  // They were told in an earlier life, and nobody answers where the site does.
  const bool is_new = by_destination_.at(report.destination.text()).hosts == 0;
  if (is_new && address == 0 && !is_elsewhere(before, report)) return before;
  Site* const there = at_address(address, entry, now);
  if (there == nullptr) return split_off(report.destination, hosts, now);
  lead(report.destination.text(), *there);
  return come(*there, now);
}

/// Where each customer has a name of its own for the mail host of all. Of two sites that turn out
/// to be one the destinations go to the larger, each with its own next report.
Site& Memory::led_by_address(const mail::DeliveryReport& report, const std::string& hosts,
                             Site& before, mail::WallTime now) {
  const std::uint64_t address = first_answer(report);
  if (address == 0) {
    const bool by_name = before.hosts == hosts || before.destinations.size() == 1;
    // It moved, and nobody is there yet: that says nothing of those who stayed.
    return !by_name && is_elsewhere(before, report) ? split_off(report.destination, hosts, now)
                                                    : before;
  }
  Site* const there = at_address(address, before.entry, now);
  if (there != nullptr && there != &before && is_larger(*there, before)) {
    answers_at(*there, address, now);
    lead(report.destination.text(), *there);
    return come(*there, now);
  }
  answers_at(before, address, now);
  return before;
}

/// It left its provider.
Site& Memory::split_off(const mail::Destination& destination, const std::string& hosts,
                        mail::WallTime now) {
  Site& site = new_site(free_name(destination.text()), entry_of(destination), now);
  // Others may lead to one of these hosts still, or have gone to where they share a machine.
  if (by_hosts_.try_emplace(hosts, &site).second) site.hosts = hosts;
  lead(destination.text(), site);
  return site;
}

Site* Memory::at_address(std::uint64_t address, const OverridePtr& entry,
                         mail::WallTime now) const {
  const auto found = by_address_.find(address);
  if (found == by_address_.end() || found->second->entry != entry) return nullptr;
  return found->second->addresses.have_lately(address, now) ? found->second : nullptr;
}

void Memory::answers_at(Site& site, std::uint64_t address, mail::WallTime now) {
  Site*& owner = by_address_[address];
  if (owner != nullptr && owner != &site) owner->addresses.forget(address);
  owner = &site;
  if (const auto gone = site.addresses.met(address, now)) by_address_.erase(*gone);
}

void Memory::leave_addresses(Site& site) {
  for (const std::uint64_t address : site.addresses.all()) by_address_.erase(address);
  site.addresses = {};
}

void Memory::forget(Site& site) {
  for (const std::string& destination : site.destinations) by_destination_.erase(destination);
  if (!site.hosts.empty()) by_hosts_.erase(site.hosts);
  leave_addresses(site);
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
         new_site(free_name(name), entry_of(*destination), by_destination_.at(name).site->touched));
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

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/memory.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/mix.h"
#include "scheduler/sender.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr ProbePace kNamePace{seconds{30}, 0.12, minutes{12}};
constexpr std::size_t kMostEarly = 1'000;
constexpr mail::Duration kOtherAsks = seconds{2};
constexpr mail::Duration kRest = seconds{10};  // of who was refused, before it is called early

/// Whatever a site seems to teach: after so many refusals a recipient is left alone for so long at
/// least, so that nothing a receiver says or does makes us knock without end (some 130 times in
/// five days at most).
mail::Duration least_patience(int attempts) {
  constexpr int kFree = 4;
  constexpr double kFirst = 8'000;  // milliseconds
  constexpr double kLongest = 3'600'000;
  if (attempts < kFree) return mail::Duration{0};
  const double grown = kFirst * std::pow(1.6, std::min(attempts - kFree, 40));
  return mail::Duration{static_cast<mail::Duration::rep>(std::min(grown, kLongest))};
}

std::uint64_t hash_of_sender(const mail::ReversePath& sender) {
  return sender ? hash_of(sender->text()) : 1;
}

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

const mail::Verdict* verdict_of(const mail::DeliveryReport& report, mail::RecipientId id) {
  const auto found = std::ranges::find(report.verdicts, id, &mail::RecipientVerdict::recipient);
  return found == report.verdicts.end() ? nullptr : &found->verdict;
}

}  // namespace

Memory::Memory(MemoryPolicy policy, const Shaping* shaping)
    : policy_{policy},
      shaping_{shaping},
      mailboxes_{policy.mailboxes},
      waiting_{policy.mailboxes},
      known_{policy.acquaintances} {}

// -- sites ------------------------------------------------------------------------------------

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

mail::Duration Memory::lifetime_of(const mail::DeliveryRequest& request) const {
  const OverridePtr entry = entry_of(request.destination);
  return entry ? entry->retry.lifetime : policy_.lifetime;
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

// -- what a report teaches ----------------------------------------------------------------------

Visit Memory::visit_of(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                       const Site& site, mail::WallTime when) const {
  const std::uint64_t sender = hash_of_sender(request.envelope.sender) ^ mix(site.salt());
  const std::uint64_t pair = mix(sender) ^ hash_of(recipient.address.text());
  Visit visit;
  visit.pair = pair;
  const Sender shares = sender_of(request.envelope.sender);
  visit.sender = (std::uint64_t{shares.domain} << 32) | shares.name;
  visit.party = mix(sender) ^ hash_of(request.destination.text());
  visit.knocks = waiting_.find(pair).value_or(recipient.knocks);
  visit.attempts = recipient.attempts;
  visit.stranger = !known_.knows(pair);
  visit.sender_known = known_.knows(sender);
  visit.when = when;
  visit.accepted = request.accepted;
  return visit;
}

void Memory::note_taken(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                        Site& site, const Visit& visit, int others, mail::WallTime now) {
  site.taken(visit, others, now);
  const std::uint64_t sender = hash_of_sender(request.envelope.sender) ^ mix(site.salt());
  const std::uint64_t pair = mix(sender) ^ hash_of(recipient.address.text());
  met(sender, now);
  met(pair, now);
  waiting_.passed(pair);
  const bool others_wait = mailboxes_.taken(hash_of(recipient.address.text()), now);
  if (others_wait && early_.size() < kMostEarly) early_.push_back(request.destination.text());
}

Return Memory::after_refusal(const mail::DeliveryRequest& request,
                             const mail::DueRecipient& recipient, const mail::Verdict& verdict,
                             const mail::DeliveryReport& report, Site& site, int others,
                             mail::WallTime now) {
  const Reading reading = read(verdict, now);
  const bool full = reading.meaning == Meaning::mailbox_full;
  if (full || reading.meaning == Meaning::mailbox_unknown) {
    const std::uint64_t mailbox = hash_of(recipient.address.text());
    mailboxes_.refused(mailbox, full, report.started, now);
    const mail::WallTime own =
        now + cheap_patience(recipient.attempts + 1, full, lifetime_of(request));
    return {std::max(own, mailboxes_.not_before(mailbox).value_or(own)), recipient.knocks,
            Reason::mailbox};
  }
  const bool at_the_door = report.health == mail::Health::refused_by_host;
  const bool wordless =
      verdict.stage == mail::Stage::greeting && reading.meaning == Meaning::stranger;
  if (reading.meaning == Meaning::crowded || (wordless && others > 0)) {
    site.crowded(others, now);
    return {now + policy_.floor, recipient.knocks, Reason::crowded};
  }
  const Visit visit = visit_of(request, recipient, site, report.started);
  const Return back = site.refused(visit, reading, at_the_door, now);
  if (back.knocks.count > visit.knocks.count) {
    const std::uint64_t sender = hash_of_sender(request.envelope.sender) ^ mix(site.salt());
    waiting_.knocked(mix(sender) ^ hash_of(recipient.address.text()), back.knocks);
  }
  return back;
}

std::optional<mail::WallTime> Memory::within_life(const mail::DeliveryRequest& request,
                                                  mail::WallTime when, mail::WallTime now) const {
  const mail::WallTime end = request.accepted + lifetime_of(request);
  if (now >= end) return std::nullopt;
  return std::min(std::clamp(when, now + policy_.floor, now + policy_.ceiling), end);
}

Advice Memory::advise(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                      const Return& back, mail::WallTime now) const {
  Advice advice{recipient.id, within_life(request, back.when, now), true, back.knocks, back.why};
  const bool at_the_end = advice.next_attempt == end_of(request);
  if (at_the_end) advice.reason = Reason::last_chance;
  return advice;
}

std::vector<Advice> Memory::learn_of_silence(const mail::DeliveryRequest& request,
                                             const mail::DeliveryReport& report, Site& site,
                                             mail::WallTime now) {
  const bool by_name = report.health == mail::Health::unresolved;
  std::optional<mail::WallTime> when;
  bool counted = true;
  Reason why = by_name ? Reason::name : Reason::probe;
  if (report.health == mail::Health::ours) {
    counted = false;
  } else if (network_.down()) {
    network_.failed_again(now);
    counted = false;
  } else {
    const auto name = names_.find(request.destination.text());
    const bool was_well = by_name ? name == names_.end() : !site.outage().under_way();
    const bool blames_us = was_well && network_.failed(site.number(), report.started, now);
    if (blames_us) {
      counted = false;
      for (const std::uint64_t number : network_.suspects()) {
        const auto found = sites_.find(number);
        if (found == sites_.end()) continue;
        found->second->forgive();
        site_changed(*found->second, true, now);
        for (const std::string& one : found->second->destinations) {
          if (names_.erase(one) > 0) name_changed(one, now);
        }
      }
    } else if (by_name) {
      if (names_.size() >= kMostNames) names_.erase(names_.begin());
      Outage& outage = names_[request.destination.text()];
      outage.failed(report.started, now, kNamePace);
      when = outage.next_probe();
      name_changed(request.destination.text(), now);
    } else {
      site.unreachable(report.started, now);
      site_changed(site, true, now);
      when = site.outage().next_probe();
    }
  }
  if (!when) when = network_.down() ? network_.next_probe() : now + seconds{30};
  when = std::max(*when, now + policy_.floor);
  if (!counted) why = Reason::own_fault;
  std::vector<Advice> advice;
  for (const mail::DueRecipient& recipient : request.recipients) {
    advice.push_back(advise(request, recipient, {*when, recipient.knocks, why}, now));
    advice.back().counted = counted;
    // Our own fault ends nothing.
    if (!counted && !advice.back().next_attempt) advice.back().next_attempt = *when;
  }
  return advice;
}

std::vector<Advice> Memory::learn(const mail::DeliveryRequest& request,
                                  const mail::DeliveryReport& report, int others,
                                  mail::WallTime now) {
  Site& site = led_by(report, now);
  site.tried(report.tries, report.mail_hosts, now);
  const bool silent = report.health == mail::Health::unreachable ||
                      report.health == mail::Health::unresolved ||
                      report.health == mail::Health::ours;
  if (silent) return learn_of_silence(request, report, site, now);

  network_.answered();
  if (names_.erase(request.destination.text()) > 0) name_changed(request.destination.text(), now);
  bool matters = site.outage().under_way() || site.quota().closed();
  site.reached(now);
  std::vector<Advice> advice;
  for (const mail::DueRecipient& recipient : request.recipients) {
    const mail::Verdict* const verdict = verdict_of(report, recipient.id);
    if (verdict == nullptr) {
      const Return soon{now + minutes{1}, recipient.knocks, Reason::own_fault};
      advice.push_back(advise(request, recipient, soon, now));
      advice.back().counted = false;
      continue;
    }
    matters = matters || verdict->kind == mail::Kind::deferred || recipient.knocks.count > 0;
    if (verdict->kind == mail::Kind::delivered) {
      const Visit visit = visit_of(request, recipient, site, report.started);
      note_taken(request, recipient, site, visit, others, now);
    }
    if (verdict->kind != mail::Kind::deferred) continue;
    Return back = after_refusal(request, recipient, *verdict, report, site, others, now);
    const mail::WallTime soonest = now + least_patience(recipient.attempts + 1);
    if (back.when < soonest) back = {soonest, back.knocks, Reason::patience};
    advice.push_back(advise(request, recipient, back, now));
  }
  site_changed(site, matters, now);
  if (site.take_early()) {
    for (const std::string& destination : site.destinations) {
      if (early_.size() < kMostEarly) early_.push_back(destination);
    }
  }
  return advice;
}

// -- what is known of one ------------------------------------------------------------------------

Memory Memory::known_of(const mail::DeliveryRequest& request) const {
  MemoryPolicy few = policy_;
  few.acquaintances = 1;
  Memory copy{few, shaping_};
  copy.policy_ = policy_;
  copy.serials_ = serials_;
  copy.insisted_ = insisted_;
  copy.known_ = known_.without_pages();
  const std::string destination = request.destination.text();
  if (const auto name = names_.find(destination); name != names_.end()) copy.names_.insert(*name);
  const mail::DueRecipient& recipient = request.recipients.front();
  copy.mailboxes_ = mailboxes_.only(hash_of(recipient.address.text()));
  const Site* const site = find(request.destination);
  // A new site would be called the same.
  std::string name = destination;
  for (std::uint64_t n = 2; by_name_.contains(name); ++n) {
    copy.by_name_.emplace(name, nullptr);
    name = destination + " " + std::to_string(n);
  }
  if (site == nullptr) return copy;
  auto known = std::make_unique<Site>(*site);
  copy.by_name_[site->name()] = known.get();
  known->destinations = {destination};
  copy.by_destination_[destination] = known.get();
  copy.waiting_ = waiting_.only(visit_of(request, recipient, *site, recipient.due).pair);
  copy.sites_.emplace(known->number(), std::move(known));
  return copy;
}

Reason Memory::reason_of(const mail::DeliveryRequest& request,
                         const std::optional<mail::Verdict>& last, mail::WallTime now) const {
  const mail::DueRecipient& recipient = request.recipients.front();
  if (recipient.due >= end_of(request)) return Reason::last_chance;
  const auto asked = mailboxes_.not_before(hash_of(recipient.address.text()));
  if (asked && *asked > now) return Reason::mailbox;
  if (!last) return Reason::first;
  const Site* const site = find(request.destination);
  const mail::Health health = mail::health_of(*last);
  if (health == mail::Health::ours) return Reason::own_fault;
  if (health == mail::Health::unresolved || names_.contains(request.destination.text())) {
    return Reason::name;
  }
  const bool down = site != nullptr && site->outage().under_way();
  if (down || health == mail::Health::unreachable) return Reason::probe;
  const Reading reading = read(*last, now);
  switch (reading.meaning) {
    case Meaning::mailbox_full:
    case Meaning::mailbox_unknown: return Reason::mailbox;
    case Meaning::crowded: return Reason::crowded;
    case Meaning::rate: return Reason::door;
    case Meaning::trouble: return Reason::unwell;
    case Meaning::stranger: break;
  }
  if (site == nullptr) return reading.wait ? Reason::stated : Reason::growing;
  return site->reason_of(visit_of(request, recipient, *site, now), recipient.due, now);
}

// -- who may go ---------------------------------------------------------------------------------

std::optional<mail::WallTime> Memory::waits_until(const mail::DeliveryRequest& request,
                                                  const mail::DueRecipient& recipient,
                                                  mail::WallTime now) {
  if (now >= request.accepted + lifetime_of(request)) return std::nullopt;
  if (std::ranges::find(insisted_, recipient.due) != insisted_.end()) return std::nullopt;
  if (const auto name = names_.find(request.destination.text()); name != names_.end()) {
    if (name->second.next_probe() > now) return name->second.next_probe();
  }
  const std::uint64_t mailbox = hash_of(recipient.address.text());
  if (const auto asked = mailboxes_.not_before(mailbox); asked && *asked > now) return asked;
  const bool before_its_date = recipient.due > now;
  Site& site = site_of(request.destination, now);
  const Visit visit = visit_of(request, recipient, site, now);
  const bool just_knocked = visit.knocks.count > 0 && now < visit.knocks.last + kRest;
  const bool just_refused = just_knocked || site.just_refused(visit, now, kRest);
  if (before_its_date && just_refused) return recipient.due;
  if (before_its_date && mailboxes_.freed(mailbox, now)) return std::nullopt;
  const auto message = static_cast<std::uint64_t>(request.message.value);
  if (const auto turn = site.sender_waits(visit, now)) return turn;
  if (waiting_.asked_by_another(visit.pair, message, now)) return now + kOtherAsks;
  if (visit.knocks.count == 0) {
    return before_its_date ? std::optional{recipient.due} : std::nullopt;
  }
  const mail::WallTime ready = site.ready_at(visit, now);
  if (ready <= now) return std::nullopt;
  return ready;
}

std::vector<NotYet> Memory::sort_out(mail::DeliveryRequest& request, mail::WallTime now) {
  std::vector<NotYet> waiting;
  std::vector<mail::DueRecipient> going;
  for (mail::DueRecipient& recipient : request.recipients) {
    const auto until = waits_until(request, recipient, now);
    if (!until) {
      going.push_back(std::move(recipient));
      continue;
    }
    const mail::WallTime when = within_life(request, *until, now).value_or(*until);
    waiting.push_back({std::move(recipient), when});
  }
  request.recipients = std::move(going);
  return waiting;
}

void Memory::goes(mail::DeliveryRequest& request, mail::WallTime now) {
  for (const mail::DueRecipient& recipient : request.recipients) {
    mailboxes_.asking(hash_of(recipient.address.text()), now);
  }
  if (const auto name = names_.find(request.destination.text()); name != names_.end()) {
    name->second.ask_at(now + minutes{1});
  }
  Site& site = site_of(request.destination, now);
  const auto message = static_cast<std::uint64_t>(request.message.value);
  for (const mail::DueRecipient& recipient : request.recipients) {
    const Visit visit = visit_of(request, recipient, site, now);
    waiting_.asks(visit.pair, message, now);
    site.goes(visit.sender, now);
  }
  request.first_host = site.host_for(now);
}

void Memory::insist(mail::WallTime due) {
  insisted_[next_insisted_] = due;
  next_insisted_ = (next_insisted_ + 1) % insisted_.size();
}

std::vector<std::string> Memory::take_early() { return std::exchange(early_, {}); }

void Memory::call_again(const std::vector<std::string>& destinations) {
  for (const std::string& one : destinations) {
    if (early_.size() < kMostEarly) early_.push_back(one);
  }
}

void Memory::shift(mail::Duration step) {
  unwritten_.shift(step);
  // What was written has the old dates.
  for (auto& [number, site] : sites_) {
    site->shift(step);
    site_changed(*site, false, mail::WallTime{});
  }
  for (auto& [name, outage] : names_) {
    outage.shift(step);
    name_changed(name, mail::WallTime{});
  }
  network_.shift(step);
  waiting_.shift(step);
  for (mail::WallTime& due : insisted_) {
    if (due != mail::WallTime{}) due += step;
  }
}

}  // namespace tenax::scheduler

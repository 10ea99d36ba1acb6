// SPDX-License-Identifier: Apache-2.0
#include "scheduler/memory.h"

#include <algorithm>
#include <utility>

#include "scheduler/mix.h"
#include "scheduler/moment.h"
#include "scheduler/sender.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMostEarly = 1'000;
constexpr mail::Duration kOtherAsks = seconds{2};
constexpr mail::Duration kRest = seconds{10};  // of who was refused, before it is called early

}  // namespace

Memory::Memory(MemoryPolicy policy, const Shaping* shaping)
    : policy_{policy},
      shaping_{shaping},
      mailboxes_{policy.mailboxes},
      waiting_{policy.mailboxes},
      known_{policy.acquaintances} {}

mail::Duration Memory::lifetime_of(const mail::DeliveryRequest& request) const {
  const OverridePtr entry = entry_of(request.destination);
  return entry ? entry->retry.lifetime : policy_.lifetime;
}

std::optional<mail::WallTime> Memory::within_life(const mail::DeliveryRequest& request,
                                                  mail::WallTime when, mail::WallTime now) const {
  const mail::WallTime end = request.accepted + lifetime_of(request);
  if (now >= end) return std::nullopt;
  return std::min(std::clamp(when, now + policy_.floor, now + policy_.ceiling), end);
}

/// Its own at each site: that somebody knows it says nothing of the others.
std::uint64_t Memory::known_sender(const mail::DeliveryRequest& request, const Site& site) {
  const mail::ReversePath& sender = request.envelope.sender;
  return (sender ? hash_of(sender->text()) : 1) ^ mix(site.salt());
}

Visit Memory::visit_of(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                       const Site& site, mail::WallTime when) const {
  const std::uint64_t sender = known_sender(request, site);
  Visit visit;
  visit.mailbox = hash_of(recipient.address.text());
  visit.pair = mix(sender) ^ visit.mailbox;
  const Sender shares = sender_of(request.envelope.sender);
  visit.sender = (std::uint64_t{shares.domain} << 32) | shares.name;
  visit.domain = hash_of(request.destination.text());
  visit.party = mix(sender) ^ visit.domain;
  visit.knocks = waiting_.find(visit.pair).value_or(recipient.knocks);
  visit.attempts = recipient.attempts;
  visit.stranger = !known_.knows(visit.pair);
  visit.sender_known = known_.knows(sender);
  visit.when = when;
  visit.accepted = request.accepted;
  return visit;
}

std::optional<mail::WallTime> Memory::waits_until(const mail::DeliveryRequest& request,
                                                  const mail::DueRecipient& recipient,
                                                  mail::WallTime now) {
  if (now >= request.accepted + lifetime_of(request)) return std::nullopt;
  if (recipient.insisted && recipient.due <= now) return std::nullopt;
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
  if (before_its_date && (just_refused || recipient.in_doubt)) return recipient.due;
  if (before_its_date && mailboxes_.freed(mailbox, now)) return std::nullopt;
  if (before_its_date && site.is_freed(visit, now)) return std::nullopt;
  const auto message = static_cast<std::uint64_t>(request.message.value);
  if (const auto turn = site.part_waits(visit, now)) return turn->when;
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

void Memory::goes(mail::DeliveryRequest& request, mail::WallTime now, int others) {
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
    site.goes(visit, now);
  }
  site.opens(message, others);
  int attempts = 0;
  for (const mail::DueRecipient& one : request.recipients)
    attempts = std::max(attempts, one.attempts);
  request.first_host = site.host_for(attempts, now);
}

std::vector<std::string> Memory::take_early() { return std::exchange(early_, {}); }

void Memory::call_early(const std::vector<std::string>& destinations) {
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
  mailboxes_.shift(step);
  waiting_.shift(step);
}

}  // namespace tenax::scheduler

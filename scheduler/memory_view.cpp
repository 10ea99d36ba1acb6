// SPDX-License-Identifier: Apache-2.0
// What is known of one recipient: a copy to rehearse with, and the reason of its date.

#include <memory>
#include <string>
#include <utility>

#include "scheduler/memory.h"
#include "scheduler/mix.h"
#include "scheduler/reading.h"

namespace tenax::scheduler {

Memory Memory::known_of(const mail::DeliveryRequest& request) const {
  MemoryPolicy few = policy_;
  few.acquaintances = 1;
  Memory copy{few, shaping_};
  copy.policy_ = policy_;
  copy.serials_ = serials_;
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
  copy.by_destination_[destination] = {known.get(), 0};
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
  if (health == mail::Health::broke_off) return Reason::growing;
  if (is_for_good(*last)) return Reason::growing;
  const Reading reading = read(*last, now);
  switch (reading.meaning) {
    case Meaning::mailbox_full:
    case Meaning::mailbox_busy:
    case Meaning::mailbox_unknown: return Reason::mailbox;
    case Meaning::crowded: return Reason::crowded;
    case Meaning::rate: return Reason::door;
    case Meaning::trouble: return Reason::unwell;
    case Meaning::stranger: break;
  }
  if (site == nullptr) return reading.wait ? Reason::stated : Reason::growing;
  return site->reason_of(visit_of(request, recipient, *site, now), recipient.due, now);
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/shaping.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"

namespace tenax::scheduler {

OverridePtr Shaping::of(const mail::Destination& destination) const {
  if (overrides_.empty()) return nullptr;
  const auto known = known_.find(destination.text());
  if (known != known_.end()) return known->second.entry;
  if (known_.size() >= kMostDestinations) known_.erase(known_.begin());
  OverridePtr entry = overrides_.find(destination, {});
  known_.emplace(destination.text(), Known{{}, entry});
  return entry;
}

bool Shaping::met(const mail::Destination& destination,
                  const std::vector<std::string>& mail_hosts) {
  if (!overrides_.by_mail_hosts() || mail_hosts.empty()) return false;
  const OverridePtr before = of(destination);
  Known& known = known_.at(destination.text());
  std::vector<std::string> hosts = mail_hosts;
  if (hosts.size() > kMostHosts) hosts.resize(kMostHosts);
  for (std::string& host : hosts) host = mail::to_lower(host);
  std::ranges::sort(hosts);  // equals come in any order
  if (known.mail_hosts == hosts) return false;
  known.mail_hosts = std::move(hosts);
  known.entry = overrides_.find(destination, known.mail_hosts);
  return known.entry != before;
}

void Shaping::adopt(Overrides overrides) {
  overrides_ = std::move(overrides);
  if (overrides_.empty()) return known_.clear();
  for (auto next = known_.begin(); next != known_.end();) {
    Known& known = next->second;
    if (known.mail_hosts.empty()) {
      next = known_.erase(next);
      continue;
    }
    const auto destination = mail::Destination::parse(next->first);
    known.entry = destination ? overrides_.find(*destination, known.mail_hosts) : nullptr;
    ++next;
  }
}

}  // namespace tenax::scheduler

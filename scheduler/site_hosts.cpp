// SPDX-License-Identifier: Apache-2.0
// Which of a site's mail hosts answers.

#include <algorithm>
#include <utility>

#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr ProbePace kHostPace{minutes{5}, 0.5, hours{12}};

}  // namespace

void Site::tried(const std::vector<mail::HostTry>& tries,
                 const std::vector<std::string>& mail_hosts, mail::WallTime now) {
  if (!mail_hosts.empty()) {
    std::vector<Host> fresh;
    for (const std::string& name : mail_hosts) {
      if (fresh.size() >= kMostHosts) break;
      const auto found = std::ranges::find(known_hosts_, name, &Host::name);
      fresh.push_back(found != known_hosts_.end() ? *found : Host{name, {}, {}});
    }
    known_hosts_ = std::move(fresh);
  }
  for (const mail::HostTry& one : tries) {
    const auto found = std::ranges::find(known_hosts_, one.host.name, &Host::name);
    if (found == known_hosts_.end()) continue;
    if (one.stage == mail::Stage::connect) {
      found->outage.failed(one.started, now, kHostPace);
    } else {
      found->outage.ended();
      found->answered = now;
    }
  }
}

std::string Site::host_for(mail::WallTime now) {
  if (known_hosts_.size() < 2 || !known_hosts_.front().outage.under_way()) return {};
  if (outage_.under_way()) return {};  // then whichever answers first
  Outage& first = known_hosts_.front().outage;
  if (now >= first.next_probe()) {
    first.ask_at(now + minutes{5});
    return {};
  }
  const Host* best = nullptr;
  for (const Host& host : known_hosts_) {
    if (host.outage.under_way() || host.answered == mail::WallTime{}) continue;
    if (best == nullptr || host.answered > best->answered) best = &host;
  }
  return best != nullptr ? best->name : std::string{};
}

}  // namespace tenax::scheduler

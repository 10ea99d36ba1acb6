// SPDX-License-Identifier: Apache-2.0
// Which of a site's mail hosts answers, and takes mail.

#include <algorithm>
#include <utility>

#include "scheduler/site.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr ProbePace kHostPace{minutes{5}, 0.5, hours{12}};
constexpr int kRefusalsToDoubt = 3;  // of a host, and of a message: then another host is asked

}  // namespace

void Site::tried(const std::vector<mail::HostTry>& tries,
                 const std::vector<std::string>& mail_hosts, mail::WallTime now) {
  if (!mail_hosts.empty()) {
    std::vector<Host> fresh;
    for (const std::string& name : mail_hosts) {
      if (fresh.size() >= kMostHosts) break;
      const auto found = std::ranges::find(known_hosts_, name, &Host::name);
      fresh.push_back(found != known_hosts_.end()
                          ? *found
                          : Host{.name = name, .outage = {}, .answered = {}, .takes_nobody = {}});
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

void Site::host_decided(const std::vector<mail::HostTry>& tries, bool took, mail::WallTime now) {
  if (tries.empty()) return;
  const auto host = std::ranges::find(known_hosts_, tries.back().host.name, &Host::name);
  if (host == known_hosts_.end()) return;
  if (!took) {
    host->refusals = std::min(host->refusals + 1, 1'000'000);
    if (host->takes_nobody.under_way()) host->takes_nobody.failed(now, now, kHostPace);
    return;
  }
  host->refusals = 0;
  host->takes_nobody.ended();
  for (Host& other : known_hosts_) {
    const bool doubtful = other.refusals >= kRefusalsToDoubt && !other.takes_nobody.under_way();
    if (doubtful) other.takes_nobody.failed(now, now, kHostPace);
  }
}

std::string Site::host_for(int attempts, mail::WallTime now) {
  if (known_hosts_.size() < 2) return {};
  if (outage_.under_way()) return {};  // then whichever answers first
  Host& first = known_hosts_.front();
  if (!first.is_passed_by()) {
    // Where one host refuses whoever comes, another may take them. All are asked in turn.
    if (attempts < kRefusalsToDoubt || first.refusals < kRefusalsToDoubt) return {};
    const auto turn = [](const Host& host) {
      return std::pair{host.is_passed_by(), host.refusals};
    };
    return std::ranges::min_element(known_hosts_, {}, turn)->name;
  }
  Outage& trouble = first.outage.under_way() ? first.outage : first.takes_nobody;
  if (now >= trouble.next_probe()) {
    trouble.ask_at(now + minutes{5});
    return {};
  }
  const Host* best = nullptr;
  for (const Host& host : known_hosts_) {
    if (host.is_passed_by() || host.answered == mail::WallTime{}) continue;
    if (best == nullptr || host.answered > best->answered) best = &host;
  }
  return best != nullptr ? best->name : std::string{};
}

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call of Agent::deliver: from host to host, until every recipient has an answer.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "io/async.h"
#include "io/clock.h"
#include "io/random.h"
#include "io/resolver.h"
#include "io/stream.h"

#include "delivery/agent.h"
#include "delivery/broken_extensions.h"
#include "delivery/ledger.h"
#include "delivery/mx.h"
#include "delivery/opening.h"
#include "delivery/session_pool.h"
#include "delivery/silent_addresses.h"
#include "delivery/transaction.h"

namespace tenax::delivery {

/// What every errand needs of its agent. The policy is the one of its start.
struct Means {
  io::Clock& clock;
  io::Random& random;
  io::Resolver& resolver;
  io::Connector& connector;
  std::shared_ptr<SessionPool> pool;
  std::shared_ptr<BrokenExtensions> broken_extensions;
  std::shared_ptr<SilentAddresses> silent_addresses;
  std::shared_ptr<const AgentPolicy> policy;
  int policy_number = 0;
};

/// Concurrency: one coroutine. Everything given must outlive run().
class Errand {
 public:
  Errand(Means means, const mail::DeliveryRequest& request, Contents& contents);

  io::Async<> run();

  /// The delivery was cancelled where nobody could say so otherwise.
  void stop();

  [[nodiscard]] mail::DeliveryReport report() &&;

 private:
  /// What a session was good for.
  enum class After { served, broken, once_more };

  struct Stay;  // at one host

  io::Async<> visit(Host host);
  void was_asked(const Host& host, mail::Stage at);
  io::Async<std::unique_ptr<Session>> enter(const Host& host, bool may_reuse, Stay& stay);
  io::Async<After> serve(std::unique_ptr<Session> session, Stay& stay);
  void part(std::unique_ptr<Session> session);
  void learn_of_silence(const Opened& opened, const Stay& stay);
  void learn_of_pipelining(const Session& session, const Outcome& outcome);
  void turned_away(const mail::Verdict& verdict, Stay& stay);

  [[nodiscard]] std::vector<Host>::iterator next_of(std::vector<Host>& hosts) const;
  [[nodiscard]] std::vector<Host> arranged(std::vector<Host> hosts) const;
  [[nodiscard]] bool is_worn_out(const Session& session) const;
  [[nodiscard]] std::vector<std::size_t> next_recipients(const Session& session,
                                                         const Stay& stay) const;
  [[nodiscard]] const DestinationPolicy& destination_policy() const;
  [[nodiscard]] SessionKey key_for(const std::string& address) const;
  [[nodiscard]] bool goes_on() const;

  Means means_;
  const mail::DeliveryRequest& request_;
  Contents& contents_;
  io::Instant end_;
  Ledger ledger_;
  std::set<bool> dead_families_;  // is_v6() of addresses our own side cannot dial
  std::set<io::IpAddress> asked_;
  std::set<int> preferences_asked_;
  int hosts_tried_ = 0;
};

}  // namespace tenax::delivery

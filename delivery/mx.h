// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which hosts take a Destination's mail, in the order in which to try them (RFC 5321 5).

#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/destination.h"
#include "mail/verdict.h"

#include "io/clock.h"
#include "io/random.h"
#include "io/resolver.h"

#include "delivery/agent.h"

namespace tenax::delivery {

/// One address to try.
struct Host {
  std::string name;  // of the mail exchanger, or the address itself
  io::IpAddress address;
  int preference = 0;  // equal ones may be tried in any order
};

/// Hosts to try, at least one; or what the lack of them means for every recipient.
struct HostList {
  std::vector<Host> hosts;
  std::optional<mail::Verdict> verdict;
};

/// What the look-up needs of the outside. Concurrency: value.
struct Names {
  io::Clock& clock;
  io::Random& random;
  io::Resolver& resolver;
  const AgentPolicy& policy;
};

/// Who chose the destination: the recipients' own domain, or a route of our config. Where a route
/// leads nowhere, the addresses are not to blame, and the mail waits for the route's repair.
enum class ChosenBy { domain, route };

/// A route did as soon as one recipient's own mail servers are others. Told from the texts alone:
/// requests come from the queue, which may hold the routes of an older config.
/// Concurrency: pure.
[[nodiscard]] ChosenBy chosen_by(const mail::DeliveryRequest& request);

/// By preference, shuffled among equals, families interleaved, at most 100 addresses. Hosts that
/// are ourselves and all that are no better are left out (RFC 5321 5.1), and so are the addresses
/// of our own doors and those that are unspecified or no host's; other loopback is an address like
/// others. A host that a route names is looked up as it is, without MX records and without looking
/// for loops: it is what its owner wants.
io::Async<HostList> find_hosts(Names names, mail::Destination destination, ChosenBy chosen_by,
                               io::Instant deadline);

/// Interleaves IPv4 and IPv6, each in the order given; so a broken family costs every other try
/// only. Concurrency: pure.
[[nodiscard]] std::vector<Host> interleaved(std::vector<Host> hosts, bool ipv6_first);

}  // namespace tenax::delivery

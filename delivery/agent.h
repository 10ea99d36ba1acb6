// SPDX-License-Identifier: Apache-2.0
#pragma once
// Carries one message's recipients to one Destination: its hosts in order, until every recipient
// has an answer.
//
// The route of a delivery, in the order of its files: mx (hosts), session_pool and session
// (connect, greeting, EHLO, tls_policy, auth), transaction (MAIL, RCPT, DATA, the dot), classify
// (what a reply means), and back here for the next host.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "io/async.h"
#include "io/byte_source.h"
#include "io/clock.h"
#include "io/random.h"
#include "io/resolver.h"
#include "io/stream.h"

namespace tenax::delivery {

/// Where the contents of a message are, wherever they lie. The seam to the queue.
class Contents {
 public:
  virtual ~Contents() = default;
  virtual io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open(mail::QueueId message) = 0;
};

enum class TlsMode {
  never,    // not even when offered
  may,      // STARTTLS when offered, any certificate (opportunistic, RFC 7435); in clear if the
            // handshake fails
  encrypt,  // TLS or no delivery, any certificate
  verify,   // TLS with a certificate that proves the host's name, or no delivery
};

struct Credentials {
  std::string user;
  std::string password;
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// How to speak with one destination; the default for those not named.
struct DestinationPolicy {
  TlsMode tls = TlsMode::may;
  bool implicit_tls = false;  // TLS from the first byte (port 465, RFC 8314)
  std::optional<Credentials> credentials;
  std::string ca_file;  // "" means the system's store
  friend bool operator==(const DestinationPolicy&, const DestinationPolicy&) = default;
};

struct AgentPolicy {
  std::string our_name;                 // EHLO; a domain or address literal
  std::vector<std::string> our_names;   // MX host names that are ourselves: a loop
  std::vector<io::Endpoint> our_doors;  // where we take mail ourselves: a loop too
  DestinationPolicy fallback;
  std::map<std::string, DestinationPolicy> destinations;  // by Destination text
  int most_hosts = 5;                                     // addresses tried per delivery
  int recipients_per_transaction = 100;                   // RFC 5321 4.5.3.1.8
  int messages_per_session = 100;
  std::chrono::seconds idle_session{8};  // how long a session is kept for the next message
  std::size_t idle_sessions = 500;       // all destinations together: as many as may be at work
  // Against servers that drip: for all but the contents, which may take as long as a slow link
  // needs for them, and the wait for the verdict on them, which is never cut short.
  std::chrono::minutes whole_delivery{60};
  double patience = 1.0;  // scales the RFC's timeouts; below 1 only for tests
  bool prefer_ipv6 = true;
};

/// Concurrency: thread-safe; each deliver() runs on the executor it was spawned on and uses one
/// session at a time. The pool of idle sessions inside is shared and locked; its sessions belong to
/// the executor given here.
class Agent {
 public:
  Agent(io::Executor executor, io::Clock& clock, io::Random& random, io::Resolver& resolver,
        io::Connector& connector, AgentPolicy policy);
  ~Agent();

  /// Always ends, within `whole_delivery` and what it leaves out, with one verdict per recipient;
  /// never throws except for bugs and when the awaiting coroutine is cancelled (then the verdicts
  /// given so far stand and the rest are deferred by our own fault). Never tries the next host for
  /// what is in doubt.
  io::Async<mail::DeliveryReport> deliver(mail::DeliveryRequest request, Contents& contents);

  void adopt(AgentPolicy policy);  // for deliveries that start from now on

  /// Says QUIT on the idle sessions and forgets them.
  io::Async<void> close_idle();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tenax::delivery

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What came of one DeliveryRequest.

#include <string>
#include <string_view>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/verdict.h"

namespace tenax::mail {

/// How the destination as a whole behaved; what the scheduler learns from.
enum class Health {
  well,       // at least one host spoke with us to the end of a transaction, whatever it decided
  broke_off,  // a host took recipients, and said nothing more once the contents came
  refused_by_host,  // no host would serve us: 4xx/5xx greeting, 421, too many connections
  unreachable,      // no host could be spoken to: connect, TLS, silence
  unresolved,       // its names could not be looked up for now
  ours,             // our own fault or limit; says nothing about the destination
};
[[nodiscard]] std::string_view to_string(Health health);

/// No answer came, but only once the host had the contents or part of them: it may be for what is
/// in them. Concurrency: pure.
[[nodiscard]] bool broke_off(const Verdict& verdict);

/// What one answer says of the destination's health. Concurrency: pure.
[[nodiscard]] Health health_of(const Verdict& verdict);

struct RecipientVerdict {
  RecipientId recipient;
  Verdict verdict;
};

/// One host we spoke or tried to speak with on the way, in order; the history the operator sees.
struct HostTry {
  RemoteHost host;
  Stage stage = Stage::connect;  // how far it got
  std::string text;              // what ended it, printable; "" when it went well
  WallTime started;
  Duration took{0};
};

/// Every recipient of the request has exactly one verdict. Concurrency: value.
struct DeliveryReport {
  QueueId message;
  Destination destination;
  std::vector<RecipientVerdict> verdicts;
  std::vector<HostTry> tries;  // at most 20
  Health health = Health::ours;
  bool reused_session = false;
  WallTime started;
  WallTime finished;
  std::vector<std::string> mail_hosts = {};  // the destination's, by preference; empty: not known
};

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests and reports for a memory, in few words.

#include <string>
#include <utility>

#include "scheduler/memory.h"
#include "tests/scheduler/requests.h"

namespace tenax::scheduler {

inline mail::Verdict refusal(std::string line, int code = 451) {
  mail::Verdict verdict;
  verdict.stage = mail::Stage::rcpt;
  verdict.reply = mail::Reply{code, {std::move(line)}};
  return verdict;
}

/// A reply that names no time.
inline const char* const kLater = "4.7.1 please come back later";

inline mail::Verdict delivery() {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::delivered;
  verdict.stage = mail::Stage::dot;
  return verdict;
}

inline mail::DeliveryReport report(const mail::DeliveryRequest& request,
                                   const mail::Verdict& verdict, mail::WallTime when,
                                   mail::Health health = mail::Health::well) {
  mail::DeliveryReport made{.message = request.message,
                            .destination = request.destination,
                            .verdicts = {},
                            .tries = {},
                            .health = health,
                            .reused_session = false,
                            .started = when,
                            .finished = when};
  for (const mail::DueRecipient& one : request.recipients) {
    made.verdicts.push_back({one.id, verdict});
  }
  return made;
}

/// The mail host of one customer of a provider that has a name for each of them.
inline std::string customer(int n) {
  return "customer" + std::to_string(n) + ".mx.provider.example";
}

/// The destination has this mail host only, and it was met, or not, at this address.
inline mail::DeliveryReport answered(const mail::DeliveryRequest& request,
                                     const mail::Verdict& verdict, const std::string& host,
                                     const std::string& address, mail::WallTime when,
                                     mail::Health health = mail::Health::well) {
  mail::DeliveryReport made = report(request, verdict, when, health);
  made.mail_hosts = {host};
  mail::HostTry& one = made.tries.emplace_back();
  one.host = {.name = host, .address = address, .port = 25, .tls = ""};
  one.stage = health == mail::Health::unreachable ? mail::Stage::connect : verdict.stage;
  one.started = when;
  return made;
}

/// One attempt of a request with one recipient, written back to it as a queue would.
inline Advice attempt(Memory& memory, mail::DeliveryRequest& request, const mail::Verdict& verdict,
                      mail::WallTime when, mail::Health health = mail::Health::well) {
  memory.goes(request, when);
  const auto advice = memory.learn(request, report(request, verdict, when, health), 0, when);
  if (advice.empty()) return {};
  mail::DueRecipient& recipient = request.recipients.front();
  recipient.attempts += advice.front().counted ? 1 : 0;
  recipient.knocks = advice.front().knocks;
  if (advice.front().next_attempt) recipient.due = *advice.front().next_attempt;
  return advice.front();
}

/// Message `id` from `sender` to one recipient of its own at site 1.
inline mail::DeliveryRequest letter(std::int64_t id, const std::string& sender = "ann",
                                    int at_site = 1) {
  mail::DeliveryRequest made = request({.id = id, .site = at_site});
  const mail::Domain domain = mail::Domain::parse("example.net").value();
  made.envelope.sender = mail::Address{sender, domain};
  made.recipients.front().address = mail::Address{"user" + std::to_string(id), domain};
  return made;
}

}  // namespace tenax::scheduler

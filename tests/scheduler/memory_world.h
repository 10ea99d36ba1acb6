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

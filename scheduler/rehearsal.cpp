// SPDX-License-Identifier: Apache-2.0
#include "scheduler/rehearsal.h"

#include <algorithm>
#include <utility>

#include "mail/delivery_report.h"

#include "scheduler/memory.h"

namespace tenax::scheduler {

namespace {

// Whoever is told to wait for another message's session is told so every two seconds, for three
// minutes.
constexpr int kMostTurns = 200;

/// What every coming attempt comes to.
mail::Verdict presumed(const std::optional<mail::Verdict>& last) {
  const bool says_nothing = !last || last->fault == mail::Fault::ours;
  if (!says_nothing) return *last;
  mail::Verdict verdict;
  verdict.stage = mail::Stage::rcpt;
  return verdict;
}

mail::DeliveryReport report_of(const mail::DeliveryRequest& request, const mail::Verdict& answer,
                               mail::WallTime when) {
  mail::DeliveryReport report{.message = request.message,
                              .destination = request.destination,
                              .verdicts = {},
                              .tries = {},
                              .health = mail::health_of(answer),
                              .reused_session = false,
                              .started = when,
                              .finished = when};
  report.verdicts.push_back({request.recipients.front().id, answer});
  report.verdicts.back().verdict.kind = mail::Kind::deferred;
  return report;
}

/// When a recipient with that date really goes: its site may be closed by then, or another message
/// ask first. Nothing holds the last attempt.
Coming as_it_goes(Memory& known, mail::DeliveryRequest& request, const mail::Verdict& answer,
                  Coming plan) {
  mail::DueRecipient& recipient = request.recipients.front();
  const mail::WallTime end = known.end_of(request);
  for (int turn = 0; turn < kMostTurns && plan.when < end; ++turn) {
    const Site& site = known.site_of(request.destination, plan.when);
    if (const auto opens = site.opens(plan.when, 0)) {
      const bool down = site.outage().under_way();
      plan = {std::min(*opens, end), down ? Reason::probe : Reason::door};
      continue;
    }
    mail::DeliveryRequest asking = request;
    const std::vector<NotYet> later = known.sort_out(asking, plan.when);
    if (later.empty()) return plan;
    recipient.due = later.front().next_attempt;
    plan = {recipient.due, known.reason_of(request, answer, plan.when)};
  }
  if (plan.when >= end) plan.reason = Reason::last_chance;
  return plan;
}

}  // namespace

mail::DeliveryRequest request_of(const Role& role) {
  mail::DeliveryRequest request{.message = role.message,
                                .envelope = {},
                                .origin = mail::Origin::submitted,
                                .accepted = role.accepted,
                                .destination = role.destination,
                                .recipients = {}};
  request.envelope.sender = role.sender;
  request.recipients.push_back({.id = {},
                                .address = role.recipient,
                                .notify = {},
                                .original = {},
                                .attempts = role.attempts,
                                .due = role.due,
                                .in_doubt = false,
                                .last_host = {},
                                .knocks = role.knocks,
                                .insisted = role.insisted});
  return request;
}

Rehearsal rehearse(Memory known, const Role& role, mail::WallTime now, std::size_t limit) {
  Rehearsal rehearsal;
  mail::DeliveryRequest request = request_of(role);
  mail::DueRecipient& recipient = request.recipients.front();
  const mail::Verdict answer = presumed(role.last);
  Coming next{std::max(recipient.due, now), known.reason_of(request, role.last, now)};
  for (;;) {
    next = as_it_goes(known, request, answer, next);
    if (rehearsal.attempts.size() >= limit) {
      rehearsal.more = true;
      return rehearsal;
    }
    rehearsal.attempts.push_back(next);
    known.goes(request, next.when);
    const mail::DeliveryReport report = report_of(request, answer, next.when);
    const Advice advice = known.learn(request, report, 0, next.when).at(0);
    if (!advice.next_attempt || (role.end && next.when >= *role.end)) return rehearsal;
    ++recipient.attempts;
    recipient.knocks = advice.knocks;
    recipient.insisted = false;
    recipient.due = *advice.next_attempt;
    next = {recipient.due, advice.reason};
    if (!role.end || recipient.due < *role.end) continue;
    recipient.due = *role.end;
    next = {recipient.due, Reason::last_chance};
  }
}

Rehearsal by_schedule(const RetryPolicy& policy, const Role& role, mail::WallTime now,
                      std::size_t limit) {
  RetryPolicy schedule = policy;
  schedule.learns = false;
  const Outlook outlook{role.message, role.accepted, role.attempts, role.due, std::nullopt};
  Forecast told = forecast(schedule, outlook, now, limit);
  return {std::move(told.attempts), told.more};
}

std::size_t affordable(const Role& role) {
  constexpr std::size_t kOctetsRead = 32 * 1024;
  constexpr std::size_t kLeast = 5;
  std::size_t octets = 1;
  if (role.last && role.last->reply) {
    for (const std::string& line : role.last->reply->lines) octets += line.size();
  }
  return std::clamp(kOctetsRead / octets, kLeast, kMostRehearsed);
}

Forecast forecast(const RetryPolicy& policy, const Outlook& outlook, Rehearsal rehearsal,
                  mail::WallTime now) {
  RetryPolicy learning = policy;
  learning.learns = true;
  Forecast result = forecast(learning, outlook, now);
  if (!outlook.next_attempt) return result;
  result.attempts = std::move(rehearsal.attempts);
  result.more = rehearsal.more;
  return result;
}

}  // namespace tenax::scheduler

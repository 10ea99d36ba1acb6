// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values the engine's tests speak of, said shortly.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "engine/settle.h"

namespace tenax::testing {

using namespace std::chrono_literals;

inline mail::WallTime noon() {
  using namespace std::chrono;
  return sys_days{year{2026} / November / 24} + hours{12};
}

inline mail::Address address(std::string_view text) { return mail::Address::parse(text).value(); }
inline mail::Domain domain(std::string_view text) { return mail::Domain::parse(text).value(); }

inline mail::DueRecipient due_recipient(int id, std::string_view to, int attempts = 0) {
  return {.id = {id},
          .address = address(to),
          .notify = {},
          .original = {},
          .attempts = attempts,
          .due = noon(),
          .in_doubt = false,
          .last_host = {}};
}

/// From ann@example.org, accepted at noon, to these.
inline mail::DeliveryRequest request_to(std::vector<mail::DueRecipient> recipients) {
  mail::DeliveryRequest request{.message = {4711},
                                .envelope = {},
                                .origin = mail::Origin::submitted,
                                .accepted = noon(),
                                .destination = mail::Destination::mx("example.net"),
                                .recipients = std::move(recipients)};
  request.envelope.sender = address("ann@example.org");
  request.envelope.size = 1000;
  return request;
}

inline mail::Verdict verdict(mail::Kind kind, int code, std::string text,
                             mail::Stage stage = mail::Stage::rcpt) {
  mail::Verdict given;
  given.kind = kind;
  given.stage = stage;
  const int klass = kind == mail::Kind::delivered ? 2 : kind == mail::Kind::deferred ? 4 : 5;
  given.status = {klass, 1, 1};
  given.reply = mail::Reply{code, {text}};
  given.text = std::to_string(code) + " " + text;
  given.host.name = "mx1.example.net";
  given.host.address = "192.0.2.1";
  return given;
}
inline mail::Verdict delivered() { return verdict(mail::Kind::delivered, 250, "ok"); }
inline mail::Verdict deferred() { return verdict(mail::Kind::deferred, 450, "later"); }
inline mail::Verdict failed() { return verdict(mail::Kind::failed, 550, "no such user"); }
inline mail::Verdict our_fault() {
  mail::Verdict given;
  given.kind = mail::Kind::deferred;
  given.fault = mail::Fault::ours;
  given.stage = mail::Stage::resolve;
  given.status = {4, 4, 3};
  given.text = "no resolver answers";
  return given;
}

/// One verdict per recipient of the request, in its order.
inline mail::DeliveryReport report_on(const mail::DeliveryRequest& request,
                                      std::vector<mail::Verdict> verdicts,
                                      mail::WallTime finished = noon()) {
  mail::DeliveryReport report{.message = request.message,
                              .destination = request.destination,
                              .verdicts = {},
                              .tries = {},
                              .health = mail::Health::well,
                              .reused_session = false,
                              .started = finished - 2s,
                              .finished = finished};
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    report.verdicts.push_back({request.recipients[i].id, std::move(verdicts[i])});
  }
  return report;
}

inline engine::Terms terms() {
  return {.retry = {},
          .our_name = "out.example.org",
          .our_domain = domain("example.org"),
          .postmaster = "",
          .stopping = false};
}

}  // namespace tenax::testing

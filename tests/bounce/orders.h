// SPDX-License-Identifier: Apache-2.0
#pragma once
// Verdicts and orders as these tests write them down.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "bounce/notice.h"

namespace tenax::bounce {

using namespace std::chrono_literals;

inline const mail::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

inline mail::Address address(std::string_view text) { return mail::Address::parse(text).value(); }

/// "450 4.7.1 try again later", as a server wrote it; lines after the first come behind "\n".
inline mail::Reply reply(std::string_view text) {
  mail::Reply made{std::stoi(std::string{text.substr(0, 3)}), {}};
  text.remove_prefix(text.size() > 3 ? 4 : 3);
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find('\n');
    made.lines.emplace_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return made;
}

/// What mx1.example.net answered at that stage.
inline mail::Verdict answered(mail::Stage stage, std::string_view text) {
  mail::Verdict verdict;
  verdict.stage = stage;
  verdict.reply = reply(text);
  verdict.kind = verdict.reply->transient()   ? mail::Kind::deferred
                 : verdict.reply->permanent() ? mail::Kind::failed
                                              : mail::Kind::delivered;
  verdict.status =
      verdict.reply->status().value_or(mail::EnhancedStatus{verdict.reply->code / 100, 0, 0});
  verdict.text = verdict.reply->text();
  verdict.host = {.name = "mx1.example.net", .address = "192.0.2.1", .port = 25, .tls = {}};
  return verdict;
}

/// What we say ourselves, without an answer.
inline mail::Verdict unanswered(mail::Stage stage, mail::EnhancedStatus status,
                                std::string_view text) {
  mail::Verdict verdict;
  verdict.stage = stage;
  verdict.status = status;
  verdict.kind = status.klass == 5 ? mail::Kind::failed : mail::Kind::deferred;
  verdict.text = text;
  return verdict;
}

inline Subject subject(std::string_view recipient, std::optional<mail::Verdict> verdict) {
  return {.address = address(recipient),
          .original = std::nullopt,
          .verdict = std::move(verdict),
          .attempts = 1,
          .last_attempt = kNoon,
          .next_attempt = std::nullopt,
          .retry_until = std::nullopt};
}

/// A message from Ann of yesterday noon, about to be reported on; no recipients yet.
inline Order order(NoticeKind kind) {
  mail::Envelope envelope;
  envelope.sender = address("ann@example.org");
  return {.kind = kind,
          .notice = mail::QueueId{1'000'000},
          .message = mail::QueueId{999'999},
          .envelope = envelope,
          .accepted = kNoon - 24h,
          .subjects = {},
          .our_name = "out.example.org",
          .from_domain = mail::Domain::parse("example.org").value(),
          .postmaster = "postmaster@example.org",
          .header =
              "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\n"
              "Subject: Lunch on Friday\r\nMessage-ID: <4711@example.org>\r\n",
          .body = std::nullopt,
          .coming_attempts = {},
          .now = kNoon,
          .boundary_token = "8f3a91c2"};
}

inline Order order(NoticeKind kind, Subject one) {
  Order made = order(kind);
  made.subjects.push_back(std::move(one));
  return made;
}

}  // namespace tenax::bounce

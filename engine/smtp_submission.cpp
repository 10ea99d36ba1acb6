// SPDX-License-Identifier: Apache-2.0
#include "engine/smtp_submission.h"

#include <sysexits.h>

#include <algorithm>
#include <set>
#include <utility>

#include "mail/printable.h"
#include "mail/reply.h"

namespace tenax::engine {

namespace {

queue::SubmissionRules rules_for(const SmtpEnvelope& said, const SmtpSurroundings& around) {
  const mail::Address nobody{"MAILER-DAEMON", around.domain};
  queue::SubmissionRules rules{said.envelope.sender.value_or(nobody)};
  rules.dot_ends = false;
  for (const mail::NewRecipient& recipient : said.recipients) {
    rules.recipients.push_back(recipient.address);
  }
  rules.sender = said.envelope.sender;
  rules.ret = said.envelope.ret;
  rules.envid = said.envelope.envid;
  rules.domain = around.domain;
  rules.our_name = around.our_name;
  rules.unique = around.moment.unique;
  rules.now = around.moment.now;
  rules.utc_offset_minutes = around.moment.utc_offset_minutes;
  rules.max_size = around.max_size;
  rules.max_recipients = around.max_recipients;
  return rules;
}

/// Somebody who was named twice gets one copy; the first naming counts.
std::vector<mail::NewRecipient> each_once(std::vector<mail::NewRecipient> named) {
  std::set<std::string> seen;
  std::erase_if(named, [&seen](const mail::NewRecipient& recipient) {
    const mail::Address& address = recipient.address;
    return !seen.insert(address.local_part() + "@" + address.domain().lower()).second;
  });
  return named;
}

/// What may stand outside of a comment and inside of one.
std::string harmless(std::string_view text) {
  std::string safe = mail::printable(text, 255);
  std::ranges::replace_if(
      safe,
      [](char c) {
        return c == '(' || c == ')' || c == '\\' || c == ';' || c == '<' || c == '>' || c == '"' ||
               c == ' ' || (c & 0x80) != 0;
      },
      '?');
  return safe;
}

}  // namespace

SmtpAnswer answer_to(const queue::Refusal& refusal) {
  const bool of_the_message = refusal.exit_code == EX_DATAERR || refusal.exit_code == EX_USAGE;
  if (!of_the_message) return {451, "4.3.0 " + refusal.text};
  // One that comes from another door has its status.
  const auto status = mail::Reply{554, {refusal.text}}.status();
  if (status) return {status->text() == "5.3.4" ? 552 : 554, refusal.text};
  switch (refusal.fault) {
    case queue::Fault::content: break;
    case queue::Fault::too_large: return {552, "5.3.4 " + refusal.text};
    case queue::Fault::loop: return {554, "5.4.6 " + refusal.text};
  }
  return {554, "5.6.0 " + refusal.text};
}

SmtpAnswer answer_to(const SubmissionAnswer& answer) {
  if (answer.exit_code == EX_OK) return {250, "2.0.0 queued as " + answer.queue_id};
  const bool passes = answer.exit_code == EX_TEMPFAIL;
  return {passes ? (answer.text.starts_with("4.3.1") ? 452 : 451) : 554, answer.text};
}

SmtpSubmission::SmtpSubmission(SmtpEnvelope said, const SmtpSurroundings& around,
                               queue::Spool spool)
    : said_{std::move(said)},
      now_{around.moment.now},
      submission_{rules_for(said_, around), std::move(spool)} {}

void SmtpSubmission::push(std::string_view bytes) {
  if (!over_) over_ = !submission_.push(bytes);
}

Outcome<ReadySubmission> SmtpSubmission::finish(mail::SubmissionId id) {
  Outcome<queue::PreparedSubmission> prepared = submission_.finish();
  if (!prepared) return prepared.error();
  SubmissionEnvelope envelope;
  envelope.id = std::move(id);
  envelope.envelope = std::move(prepared->envelope);
  envelope.envelope.smtputf8 = envelope.envelope.smtputf8 || said_.envelope.smtputf8;
  envelope.recipients = each_once(std::move(said_.recipients));
  envelope.message_id = std::move(prepared->message_id);
  envelope.subject = std::move(prepared->subject);
  envelope.written = now_;
  return ReadySubmission{std::move(envelope), std::move(prepared->contents)};
}

std::string received_by_smtp(std::string_view our_name, const SmtpDialogue& dialogue, bool smtputf8,
                             std::string_view address, mail::QueueId id, mail::WallTime accepted) {
  const std::string_view protocol = smtputf8 ? "UTF8SMTP" : dialogue.extended() ? "ESMTP" : "SMTP";
  std::string from = dialogue.client().empty() ? "unknown" : harmless(dialogue.client());
  if (!address.empty()) {
    const bool v6 = address.find(':') != std::string_view::npos;
    from += " ([" + std::string{v6 ? "IPv6:" : ""} + std::string{address} + "])";
  }
  return "Received: from " + from + "\r\n\tby " + harmless(our_name) + " (Tenax) with " +
         std::string{protocol} + "\r\n\tid " + id.text() + "; " + mail::to_rfc5322(accepted) +
         "\r\n";
}

}  // namespace tenax::engine

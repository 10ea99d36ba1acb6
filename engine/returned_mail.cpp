// SPDX-License-Identifier: Apache-2.0
#include "engine/returned_mail.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"
#include "mail/header.h"

#include "bounce/explanation.h"
#include "bounce/returned_mail.h"
#include "engine/refusal_reading.h"

namespace tenax::engine {

namespace {

/// The cause that other kinds of mail have in the taxonomy.
void tell_no_trouble(Explained& told, std::string_view cause, std::string_view what) {
  told.cause = cause;
  told.temporary = false;
  told.what = what;
  told.yours.clear();
  told.evidence.clear();
  told.rule.clear();
}

/// A trouble that passes helps a mail no more that nobody tries again.
void advise(Explained& told, bounce::Cause cause, bool tried_again) {
  told.cause = to_string(cause);
  const auto status = mail::EnhancedStatus::parse(told.status).value_or(mail::EnhancedStatus{});
  const bounce::Explanation words =
      bounce::explain(cause, status, tried_again, *bounce::built_in("en"));
  told.what = words.what;
  told.yours = words.yours;
}

/// After the action is known.
void judge_into(Explained& told, const bounce::Judgement& judgement) {
  told.temporary = judgement.temporary;
  told.evidence = to_string(judgement.evidence);
  told.rule = judgement.rule;
  advise(told, judgement.cause, told.action == "delayed");
}

/// Of a queue's own words, none: "still undelivered after 4 hours" is nothing that a server asks.
std::optional<mail::Duration> wait_in(const std::string& words, mail::WallTime now) {
  // As shown, a server's reply begins with its code.
  if (words.empty() || !mail::is_digit(words.front())) return std::nullopt;
  const RefusalReading reading = read_refusal(words, now);
  const bool coded = reading.refusal.code != 0 || reading.refusal.status.has_value();
  return coded ? reading.wait : std::nullopt;
}

Explained explained(bounce::Told& one, bounce::MailKind kind, mail::WallTime now) {
  Explained told;
  told.recipient = std::move(one.recipient);
  told.led_to = std::move(one.led_to);
  told.action = to_string(one.action);
  told.status = one.status.text();
  told.reply = std::move(one.reply);
  told.remote_mta = std::move(one.remote_mta);
  judge_into(told, one.judgement);
  if (kind == bounce::MailKind::complaint) {
    told.action = "complaint";
    tell_no_trouble(told, "complaint", "The recipient, or their provider, complained of the mail.");
    told.yours = "Send this recipient nothing more of the kind.";
  } else if (kind == bounce::MailKind::auto_reply) {
    told.action = "auto-reply";
    tell_no_trouble(told, "auto-reply", "A program answered; the mail arrived.");
  } else if (!one.is_trouble()) {
    tell_no_trouble(told, "delivered", "The mail was delivered, or handed on.");
  } else if (one.status.klass == 4) {
    told.wait = wait_in(told.reply, now);
  }
  return told;
}

}  // namespace

ExplainedMail explain_mail(std::string_view mail, mail::WallTime now) {
  bounce::Reading reading = bounce::read_returned(mail);
  ExplainedMail told;
  told.kind = to_string(reading.kind);
  told.reporting_mta = std::move(reading.reporting_mta);
  told.message_id = std::move(reading.message_id);
  told.envelope_id = std::move(reading.envelope_id);
  told.returned_to = std::move(reading.returned_to);
  for (bounce::Told& one : reading.told) {
    told.recipients.push_back(explained(one, reading.kind, now));
  }
  // A complaint that names nobody is one all the same.
  if (told.recipients.empty() && reading.kind != bounce::MailKind::ordinary) {
    bounce::Told nobody;
    nobody.action = bounce::Action::delivered;
    nobody.status = {2, 0, 0};
    told.recipients.push_back(explained(nobody, reading.kind, now));
  }
  return told;
}

ExplainedMail explain_reply(std::string_view reply, mail::WallTime now) {
  const RefusalReading reading = read_refusal(reply, now);
  const bounce::Refusal& refusal = reading.refusal;
  const bounce::Judgement& judgement = reading.judgement;
  Explained one;
  const int klass = refusal.code != 0     ? refusal.code / 100
                    : refusal.status      ? refusal.status->klass
                    : judgement.temporary ? 4
                                          : 5;
  one.action = klass == 4 ? "delayed" : "failed";
  if (refusal.status) one.status = refusal.status->text();
  judge_into(one, judgement);
  one.reply = reply.substr(0, reply.find_last_not_of(" \t\r\n") + 1);
  one.wait = reading.wait;
  ExplainedMail told;
  told.kind = "reply";
  told.recipients.push_back(std::move(one));
  return told;
}

Explained explain_verdict(const mail::Verdict& verdict, mail::WallTime now, bool over) {
  Explained told;
  told.status = verdict.status.text();
  told.reply = verdict.text;
  told.remote_mta = verdict.host.name;
  if (verdict.kind == mail::Kind::delivered) {
    told.action = "delivered";
    tell_no_trouble(told, "delivered", "The mail was delivered, or handed on.");
    return told;
  }
  told.action = verdict.kind == mail::Kind::failed ? "failed" : "delayed";
  told.temporary = verdict.kind == mail::Kind::deferred;
  advise(told, bounce::cause_of(verdict), told.temporary && !over);
  if (verdict.reply && told.temporary) told.wait = read_refusal(verdict.reply->text(), now).wait;
  return told;
}

bool looks_like_mail(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.starts_with("From ") || line.starts_with(">From ")) return true;
  if (!mail::starts_field(line)) return false;
  // "550: no such user" is a field by its form only.
  return !line.empty() && !mail::is_digit(line.front());
}

std::vector<std::size_t> mails_in(std::string_view mbox, std::size_t limit) {
  std::vector<std::size_t> starts{0};
  if (!mbox.starts_with("From ")) return starts;
  for (std::size_t at = 0; starts.size() < limit;) {
    at = mbox.find("\nFrom ", at + 1);
    if (at == std::string_view::npos) break;
    const bool behind_blank = mbox[at - 1] == '\n' || mbox.substr(0, at).ends_with("\n\r");
    const std::string_view line = mbox.substr(at + 1, mbox.find('\n', at + 1) - at - 1);
    // Whoever forgot to quote "From " at a line's start seldom writes a time of day behind it.
    if (behind_blank && std::count(line.begin(), line.end(), ':') >= 2) starts.push_back(at + 1);
  }
  return starts;
}

}  // namespace tenax::engine

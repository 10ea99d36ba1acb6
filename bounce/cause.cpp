// SPDX-License-Identifier: Apache-2.0
#include "bounce/cause.h"

#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>

#include "bounce/cause_rules.h"
#include "bounce/plain_words.h"

namespace tenax::bounce {

namespace {

using mail::Stage;

bool says(std::string_view words, std::string_view phrase) {
  if (phrase.empty()) return true;
  for (std::size_t at = words.find(phrase); at != std::string_view::npos;
       at = words.find(phrase, at + 1)) {
    if (words[at - 1] == ' ') return true;  // plain words begin with a blank: at is never 0
  }
  return false;
}

std::optional<Cause> by_words(std::span<const WordRule> rules, std::string_view words) {
  for (const WordRule& rule : rules) {
    if (says(words, rule.words) && says(words, rule.also)) return rule.cause;
  }
  return std::nullopt;
}

std::optional<Cause> by_status(std::span<const StatusRule> rules,
                               const std::optional<mail::EnhancedStatus>& status) {
  if (!status) return std::nullopt;
  for (const StatusRule& rule : rules) {
    const bool detail = rule.detail == -1 || rule.detail == status->detail;
    const bool klass = rule.klass == 0 || rule.klass == status->klass;
    if (rule.subject == status->subject && detail && klass) return rule.cause;
  }
  return std::nullopt;
}

std::optional<Cause> by_code(std::span<const CodeRule> rules, int code, Stage stage) {
  for (const CodeRule& rule : rules) {
    const bool here = rule.stage == Stage::quit || rule.stage == stage;
    if (rule.code == code && here) return rule.cause;
  }
  return std::nullopt;
}

Cause first_of(std::initializer_list<std::optional<Cause>> answers, Cause otherwise) {
  for (const std::optional<Cause>& answer : answers) {
    if (answer) return *answer;
  }
  return otherwise;
}

/// Nobody answered: where it ended says most of it.
Cause by_stage(Stage stage) {
  switch (stage) {
    case Stage::resolve:
    case Stage::connect:
    case Stage::greeting:
    case Stage::ehlo:
    case Stage::mail:
    case Stage::rcpt:
    case Stage::data:
    case Stage::body:
    case Stage::dot:
    case Stage::quit: return Cause::unreachable;
    case Stage::starttls: return Cause::tls;
    case Stage::auth: return Cause::relay_denied;
    case Stage::local: return Cause::other;
  }
  std::abort();
}

Cause without_reply(const mail::Verdict& verdict) {
  const std::optional<mail::EnhancedStatus> status = verdict.status;
  if (const auto clear = by_status(clear_statuses(), status)) return *clear;
  // Our own faults carry 4.3.x like a server's, but they are no server's trouble.
  if (verdict.fault == mail::Fault::ours) {
    return status->subject == 4 ? Cause::unreachable : Cause::other;
  }
  if (verdict.stage != Stage::local && verdict.stage != Stage::resolve) {
    return by_stage(verdict.stage);
  }
  return first_of({by_status(vague_statuses(), status)}, by_stage(verdict.stage));
}

/// The first table that knows an answer, and what kind of table it is.
struct Answer {
  std::optional<Cause> cause;
  Evidence evidence;
};

Judgement judge_words(const Refusal& refusal, std::string_view words) {
  const Stage stage = refusal.stage.value_or(Stage::quit);
  for (const Answer& answer :
       {Answer{by_words(clear_words(), words), Evidence::wording},
        Answer{by_status(clear_statuses(), refusal.status), Evidence::enhanced_code},
        Answer{by_words(helpful_words(), words), Evidence::wording},
        Answer{by_code(codes(), refusal.code, stage), Evidence::reply_code},
        Answer{by_status(vague_statuses(), refusal.status), Evidence::enhanced_code},
        Answer{by_code(last_codes(), refusal.code, stage), Evidence::reply_code}}) {
    if (answer.cause) return {*answer.cause, false, answer.evidence, {}};
  }
  const int klass = refusal.code / 100;
  if (klass == 4) return {Cause::server_trouble, false, Evidence::reply_code, {}};
  if (klass == 5) return {Cause::policy, false, Evidence::reply_code, {}};
  return {};
}

bool temporary_by_code(const Refusal& refusal) {
  if (refusal.code != 0) return refusal.code < 500;
  return refusal.status && refusal.status->klass == 4;
}

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::no_such_user: return "no-such-user";
    case Cause::no_such_domain: return "no-such-domain";
    case Cause::mailbox_full: return "mailbox-full";
    case Cause::mailbox_disabled: return "mailbox-disabled";
    case Cause::recipient_refuses: return "recipient-refuses";
    case Cause::greylisted: return "greylisted";
    case Cause::rate_limited: return "rate-limited";
    case Cause::blocked: return "blocked";
    case Cause::sender_auth: return "sender-auth";
    case Cause::sender_host: return "sender-host";
    case Cause::sender_rejected: return "sender-rejected";
    case Cause::content: return "content";
    case Cause::policy: return "policy";
    case Cause::too_large: return "too-large";
    case Cause::relay_denied: return "relay-denied";
    case Cause::tls: return "tls";
    case Cause::unreachable: return "unreachable";
    case Cause::server_trouble: return "server-trouble";
    case Cause::expired: return "expired";
    case Cause::loop: return "loop";
    case Cause::malformed: return "malformed";
    case Cause::other: return "other";
  }
  std::abort();
}

std::optional<Cause> parse_cause(std::string_view text) {
  for (int cause = 0; cause <= static_cast<int>(Cause::other); ++cause) {
    if (to_string(static_cast<Cause>(cause)) == text) return static_cast<Cause>(cause);
  }
  return std::nullopt;
}

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::nothing: return "nothing";
    case Evidence::stage: return "stage";
    case Evidence::reply_code: return "reply-code";
    case Evidence::enhanced_code: return "enhanced-code";
    case Evidence::wording: return "wording";
    case Evidence::provider_code: return "provider-code";
  }
  std::abort();
}

Judgement judge(const Refusal& refusal) {
  Judgement judgement = judge_words(refusal, plain_words(refusal.text));
  judgement.temporary = temporary_by_code(refusal);
  return judgement;
}

Cause cause_of(const mail::Verdict& verdict) {
  if (verdict.reply && !verdict.reply->positive()) {
    std::string text;
    for (const std::string& line : verdict.reply->lines) text += line + ' ';
    return judge({verdict.stage, verdict.reply->code, verdict.reply->status(), text}).cause;
  }
  return without_reply(verdict);
}

}  // namespace tenax::bounce

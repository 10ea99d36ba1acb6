// SPDX-License-Identifier: Apache-2.0
#include "bounce/cause.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bounce/cause_rules.h"
#include "bounce/last_words.h"
#include "bounce/rule_table.h"

namespace tenax::bounce {

namespace {

using mail::Stage;

CauseRules& rules_in_use() {
  static CauseRules rules = built_in_rules();
  return rules;
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

/// What our own status says by itself: its words are ours and explain nothing more.
Judgement by_status(const mail::Verdict& verdict) {
  return judge({std::nullopt, 0, verdict.status, {}});
}

/// An address on our own list keeps the status that servers gave it: there our words say more.
std::optional<Judgement> by_our_list(const mail::Verdict& verdict) {
  const bool refused = verdict.fault == mail::Fault::ours && verdict.stage == Stage::local &&
                       verdict.kind == mail::Kind::failed;
  if (!refused) return std::nullopt;
  Judgement found = judge({std::nullopt, 0, std::nullopt, verdict.text});
  if (found.cause != Cause::suppressed) return std::nullopt;
  return found;
}

Judgement without_reply(const mail::Verdict& verdict) {
  if (auto listed = by_our_list(verdict)) return *std::move(listed);
  const Judgement by_code = by_status(verdict);
  const bool vague = by_code.evidence == Evidence::nothing || verdict.status.detail == 0 ||
                     (verdict.status.subject == 4 && verdict.status.detail == 1);
  // Our own faults carry 4.3.x like a server's, but they are no server's trouble.
  if (verdict.fault == mail::Fault::ours && (vague || by_code.cause == Cause::server_trouble)) {
    return {verdict.status.subject == 4 ? Cause::unreachable : Cause::other,
            true,
            Evidence::enhanced_code,
            {}};
  }
  if (vague && verdict.stage != Stage::local && verdict.stage != Stage::resolve) {
    return {by_stage(verdict.stage), verdict.kind == mail::Kind::deferred, Evidence::stage, {}};
  }
  if (by_code.evidence != Evidence::nothing) return by_code;
  return {by_stage(verdict.stage), verdict.kind == mail::Kind::deferred, Evidence::stage, {}};
}

}  // namespace

CauseRules built_in_rules() {
  // Constants of the program: nobody owns them.
  return CauseRules{{std::shared_ptr<void>{}, &rules::built_in()}};
}

void use_rules(CauseRules rules) { rules_in_use() = std::move(rules); }

Judgement judge(const Refusal& refusal) {
  const CauseRules& rules = rules_in_use();
  if (const auto around = around_last_words(refusal.text)) {
    for (const std::string_view words : {around->before, around->behind}) {
      if (words.empty()) continue;
      Judgement found = rules.judge({refusal.stage, refusal.code, refusal.status, words});
      const bool says_why = found.cause != Cause::other && found.evidence > Evidence::reply_code;
      if (says_why) return found;
    }
  }
  return rules.judge(refusal);
}

Judgement judge(const mail::Verdict& verdict) {
  if (!verdict.reply || verdict.reply->positive()) return without_reply(verdict);
  std::string text;
  for (const std::string& line : verdict.reply->lines) text += line + '\n';
  // A status that contradicts its code is none for RFC 2034, yet it may say why.
  const Refusal shown = refusal_in(text);
  return judge({verdict.stage, verdict.reply->code, shown.status, text});
}

Cause cause_of(const mail::Verdict& verdict) { return judge(verdict).cause; }

}  // namespace tenax::bounce

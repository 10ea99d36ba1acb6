// SPDX-License-Identifier: Apache-2.0
#include "bounce/explanation.h"

#include <cstdlib>
#include <string>

namespace tenax::bounce {

namespace {

/// The first of these phrases that there is.
std::string_view first_of(const Phrases& phrases, const std::string& wanted,
                          std::string_view otherwise) {
  const std::string_view phrase = phrases.of(wanted);
  return phrase.empty() ? phrases.of(otherwise) : phrase;
}

/// A reply without a reason: "550 no" to a recipient is mostly an unknown one, but not always.
bool is_guess(const mail::Verdict& verdict, const Judgement& judgement) {
  return verdict.reply && judgement.cause != Cause::other &&
         judgement.evidence <= Evidence::reply_code;
}

std::string meaning_of(const mail::Verdict& verdict, const Judgement& judgement, bool temporary,
                       const Phrases& phrases) {
  const std::string_view what = explain(judgement.cause, verdict.status, temporary, phrases).what;
  const bool guess = is_guess(verdict, judgement);
  return phrases.fill(guess ? "means.probably" : "means", {{"text", what}});
}

}  // namespace

std::string_view to_string(Actor actor) {
  switch (actor) {
    case Actor::nobody: return "nobody";
    case Actor::you: return "you";
    case Actor::your_admin: return "your-admin";
    case Actor::recipient: return "recipient";
    case Actor::their_admin: return "their-admin";
  }
  std::abort();
}

Actor actor_of(Cause cause, bool temporary) {
  switch (cause) {
    case Cause::no_such_user:
    case Cause::no_such_domain:
    case Cause::sender_rejected: return Actor::you;
    case Cause::content:
    case Cause::too_large:
    case Cause::malformed:
    case Cause::expired: return temporary ? Actor::nobody : Actor::you;
    case Cause::mailbox_full:
    case Cause::mailbox_disabled:
    case Cause::recipient_refuses: return Actor::recipient;
    case Cause::blocked:
    case Cause::sender_auth:
    case Cause::sender_host:
    case Cause::relay_denied:
    case Cause::suppressed: return Actor::your_admin;
    case Cause::tls:
    case Cause::loop:
    case Cause::other: return temporary ? Actor::nobody : Actor::your_admin;
    case Cause::greylisted:
    case Cause::unreachable:
    case Cause::server_trouble:
    case Cause::policy: return temporary ? Actor::nobody : Actor::their_admin;
    case Cause::rate_limited: return temporary ? Actor::nobody : Actor::you;
  }
  std::abort();
}

Explanation explain(Cause cause, bool temporary, const Phrases& phrases) {
  const std::string name = "cause." + std::string{to_string(cause)};
  if (!temporary) return {phrases.of(name), phrases.of(name + ".do")};
  return {first_of(phrases, name + ".now", name),
          first_of(phrases, name + ".now.do", "do.nothing")};
}

Explanation explain(Cause cause, const mail::EnhancedStatus& status, bool temporary,
                    const Phrases& phrases) {
  // Addresses that are not ASCII (RFC 6531): of form, but no program could write them otherwise.
  if (cause == Cause::malformed && status.subject == 6 && status.detail == 7) {
    return {phrases.of("international"), phrases.of("international.do")};
  }
  return explain(cause, temporary, phrases);
}

std::string meaning_of(const mail::Verdict& verdict, bool temporary, const Phrases& phrases) {
  return meaning_of(verdict, judge(verdict), temporary, phrases);
}

std::vector<std::string> advice_on(const mail::Verdict& verdict, bool temporary,
                                   const Phrases& phrases) {
  const Judgement judgement = judge(verdict);
  std::vector<std::string> lines{meaning_of(verdict, judgement, temporary, phrases)};
  const Actor actor = actor_of(judgement.cause, temporary);
  if (actor != Actor::nobody) {
    const std::string name = "actor." + std::string{to_string(actor)};
    lines.push_back(phrases.fill("who", {{"who", phrases.of(name)}}));
  }
  const std::string_view yours = explain(judgement.cause, verdict.status, temporary, phrases).yours;
  lines.push_back(phrases.fill("yours", {{"text", yours}}));
  return lines;
}

Explanation explain(Cause cause, bool temporary) {
  return explain(cause, temporary, *built_in("en"));
}

}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/reading.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mail/ascii.h"

#include "scheduler/hint.h"

namespace tenax::scheduler {

namespace {

constexpr std::size_t kEnoughText = 1000;
constexpr double kSure = 0.5;  // words that may mean anything are left to what happens

std::string lower_text(const mail::Reply& reply) {
  if (reply.lines.empty()) return {};
  return mail::to_lower(std::string_view{reply.lines.front()}.substr(0, kEnoughText));
}

template <std::size_t N>
bool says_one_of(std::string_view text, const std::string_view (&words)[N]) {
  return std::ranges::any_of(
      words, [text](std::string_view one) { return text.find(one) != std::string_view::npos; });
}

constexpr std::string_view kFull[] = {
    "mailbox full",        "mailbox is full",       "insufficient space", "quota of mailbox",
    "out of storage",      "postfach voll",         "postfach ist voll",  "lleno",
    "destinataire pleine", "te aux lettres pleine", "casella piena",      "caixa de correio cheia"};
// Of a mailbox, too, unless of what we send.
constexpr std::string_view kQuota[] = {"over quota", "quota exceeded"};
constexpr std::string_view kOfSending[] = {"policy rejection", "sending quota", "sending limit",
                                           "outgoing"};
constexpr std::string_view kUnknown[] = {"mailbox unavailable", "unverified address",
                                         "user unknown", "unknown user", "no such user"};

/// What the status and the words say of the mailbox; stranger if nothing.
Meaning about_mailbox(const mail::Verdict& verdict, std::string_view text) {
  const bool about_address = verdict.stage == mail::Stage::rcpt ||
                             verdict.stage == mail::Stage::dot ||
                             verdict.stage == mail::Stage::data;
  if (!about_address || text.find("greylist") != std::string_view::npos) return Meaning::stranger;
  const auto status = verdict.reply->status();
  if (status && status->subject == 2 && status->detail == 2) return Meaning::mailbox_full;
  if (status && status->subject == 1 && status->detail == 1) return Meaning::mailbox_unknown;
  if (says_one_of(text, kFull)) return Meaning::mailbox_full;
  if (says_one_of(text, kQuota)) {
    const bool of_sending = (status && status->subject == 7) || says_one_of(text, kOfSending);
    return of_sending ? Meaning::rate : Meaning::mailbox_full;
  }
  if (says_one_of(text, kUnknown)) return Meaning::mailbox_unknown;
  return Meaning::stranger;
}

}  // namespace

Reading read(const mail::Verdict& verdict, mail::WallTime now) {
  Reading reading;
  if (!verdict.reply) return reading;
  const std::vector<Hint> hints = hints_in(*verdict.reply, now);
  if (const std::optional<Hint> stated = stated_wait(hints)) {
    reading.wait = stated->wait;
    reading.confidence = stated->confidence;
  }
  bool of_mailbox = false;
  for (const Hint& hint : hints) {
    const bool crowd = hint.kind == HintKind::concurrency && hint.confidence >= kSure;
    if (crowd) reading.meaning = Meaning::crowded;
    // "The user you are trying to contact is receiving mail at a rate that ..."
    of_mailbox = of_mailbox || (hint.kind == HintKind::rate && hint.confidence >= kSure &&
                                hint.scope == HintScope::recipient);
    const bool of_us = hint.scope != HintScope::recipient && hint.scope != HintScope::pair;
    if (hint.kind == HintKind::rate && of_us && hint.confidence >= kSure) {
      if (reading.meaning != Meaning::crowded) reading.meaning = Meaning::rate;
      const bool sensible = hint.count > 0 && hint.wait >= std::chrono::seconds{1} &&
                            hint.wait <= std::chrono::hours{24};
      if (sensible) reading.rate = Rate{hint.count, hint.wait};
    }
  }
  if (reading.meaning != Meaning::stranger) return reading;
  reading.meaning = about_mailbox(verdict, lower_text(*verdict.reply));
  if (reading.meaning == Meaning::stranger && of_mailbox) reading.meaning = Meaning::mailbox_busy;
  if (reading.meaning != Meaning::stranger) return reading;
  const auto status = verdict.reply->status();
  // Whoever hangs up for a policy (RFC 3463 3.8) is well, and may count what it is sent.
  const bool of_policy = status && status->subject == 7;
  reading.hung_up = of_policy && verdict.reply->code == 421;
  const bool unwell =
      (status && status->subject == 3) || (verdict.reply->code == 421 && !reading.hung_up);
  if (unwell) reading.meaning = Meaning::trouble;
  return reading;
}

}  // namespace tenax::scheduler

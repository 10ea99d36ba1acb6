// SPDX-License-Identifier: Apache-2.0
#include "bounce/nearest_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mail/ascii.h"

#include "bounce/last_words.h"
#include "bounce/reply_in_text.h"
#include "bounce/returned_marks.h"
#include "bounce/text_lines.h"
#include "bounce/text_reader.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kWordsForReasons = 8000;  // twice what a judge looks at

/// The detail that RFC 3463 would have used.
mail::EnhancedStatus status_for(Cause cause, int klass) {
  struct Usual {
    Cause cause;
    int subject;
    int detail;
  };
  constexpr std::array kUsual = {
      Usual{Cause::no_such_user, 1, 1},
      Usual{Cause::no_such_domain, 1, 2},
      Usual{Cause::mailbox_full, 2, 2},
      Usual{Cause::mailbox_disabled, 2, 1},
      Usual{Cause::recipient_refuses, 7, 1},
      Usual{Cause::greylisted, 7, 1},
      Usual{Cause::rate_limited, 7, 28},
      Usual{Cause::blocked, 7, 1},
      Usual{Cause::sender_auth, 7, 26},
      Usual{Cause::sender_host, 7, 25},
      Usual{Cause::sender_rejected, 1, 8},
      Usual{Cause::content, 7, 1},
      Usual{Cause::policy, 7, 0},
      Usual{Cause::too_large, 3, 4},
      Usual{Cause::relay_denied, 7, 1},
      Usual{Cause::tls, 7, 10},
      Usual{Cause::unreachable, 4, 1},
      Usual{Cause::server_trouble, 3, 0},
      Usual{Cause::expired, 4, 7},
      Usual{Cause::loop, 4, 6},
      Usual{Cause::malformed, 5, 0},
      Usual{Cause::suppressed, 7, 1},
      Usual{Cause::other, 0, 0},
  };
  for (const Usual& usual : kUsual) {
    if (usual.cause == cause) return {klass, usual.subject, usual.detail};
  }
  return {klass, 0, 0};
}

/// Codes that many servers give to everything: words may know better.
bool is_vague(const Judgement& judgement) {
  if (judgement.evidence == Evidence::provider_code) return false;
  if (judgement.evidence < Evidence::enhanced_code) return true;
  switch (judgement.cause) {
    case Cause::other:
    case Cause::expired: return true;
    case Cause::policy:
    case Cause::malformed:
    case Cause::unreachable:
    case Cause::server_trouble:
    case Cause::mailbox_disabled:  // 5.2.1 of lists and groups
    case Cause::relay_denied: return judgement.evidence != Evidence::wording;
    default: return false;
  }
}

/// "(in reply to RCPT TO command)"; what is sure of it.
std::optional<mail::Stage> stage_told(std::string_view text) {
  struct Words {
    std::string_view words;
    mail::Stage stage;
  };
  constexpr std::array kWords = {
      Words{"to rcpt to", mail::Stage::rcpt},
      Words{"after rcpt to", mail::Stage::rcpt},
      Words{"our rcpt to", mail::Stage::rcpt},
      Words{">>> rcpt to", mail::Stage::rcpt},
      Words{"to mail from", mail::Stage::mail},
      Words{"after mail from", mail::Stage::mail},
      Words{"our mail from", mail::Stage::mail},
      Words{">>> mail from", mail::Stage::mail},
      Words{"end of data", mail::Stage::dot},
      Words{"final data", mail::Stage::dot},
      Words{"after initial connection", mail::Stage::greeting},
  };
  const std::string lower = mail::to_lower(text.substr(0, 2000));
  for (const Words& one : kWords) {
    if (lower.find(one.words) != std::string::npos) return one.stage;
  }
  return std::nullopt;
}

std::string without_last_words(std::string_view text) {
  const auto around = around_last_words(text);
  if (around && !around->before.empty()) return std::string{around->before};
  return std::string{around && !around->behind.empty() ? around->behind : text};
}

/// "Your message to bob@example.net has been rejected." tells that something happened, not why.
bool only_announces(std::string_view lower) {
  while (lower.ends_with('.') || lower.ends_with(':') || lower.ends_with(' '))
    lower.remove_suffix(1);
  for (const std::string_view start :
       {"unable to deliver", "cannot deliver", "could not deliver"}) {
    if (lower.starts_with(start) && lower.size() <= start.size() + 15 &&
        (lower.ends_with("mail") || lower.ends_with("message"))) {
      return true;
    }
  }
  const bool of_mail = lower.starts_with("your m") || lower.starts_with("your e") ||
                       lower.starts_with("the m") || lower.starts_with("the e");
  if (!of_mail || lower.size() > 200 || lower.find(". ") != std::string_view::npos) return false;
  for (const std::string_view end :
       {"been rejected", "was rejected", "been returned", "was returned", "been refused",
        "was refused", "not delivered", "be delivered"}) {
    if (lower.ends_with(end)) return true;
  }
  return false;
}

/// "----- Transcript of session follows -----", and where Exim was when it heard what follows.
bool introduces_only(std::string_view lower) {
  if (is_bar(lower)) return lower.find("transcript of") != std::string_view::npos;
  if (!lower.starts_with("smtp error from remote mail")) return false;
  const std::size_t after = lower.find(" after ");
  if (after == std::string_view::npos) return false;
  return std::ranges::count(lower.substr(after + 7), ' ') <= 2;  // "end of data:"
}

/// Fields of a report among the text: "rfc822;" and "dns;" are no words about the mail.
bool names_only(std::string_view line) {
  constexpr std::array<std::string_view, 6> kNames = {
      "final-recipient:", "original-recipient:", "reporting-mta:",
      "remote-mta:",      "received-from-mta:",  "arrival-date:"};
  if (introduces_only(mail::to_lower(mail::trimmed(line.substr(0, 400))))) return true;
  const std::string lower = mail::to_lower(mail::trimmed(line.substr(0, 40)));
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return lower.starts_with(name); });
}

std::string without_names(std::string_view text) {
  std::string rest;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (names_only(line)) continue;
    if (!rest.empty()) rest += '\n';
    rest += line;
  }
  return rest;
}

/// Without the paragraphs that stand in every notice.
std::string without_routine(std::string_view text) {
  text = text.substr(0, kWordsForReasons);
  std::string rest;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    const std::string_view paragraph = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    const std::string words = mail::to_lower(joined(paragraph, paragraph.size() + 1));
    if (routine_words().stand_in(words) || only_announces(words)) continue;
    if (!rest.empty()) rest += "\n\n";
    rest += without_names(paragraph);
  }
  return rest;
}

/// Words that every notice has somewhere around what it is about.
bool is_common(Cause cause) {
  switch (cause) {
    case Cause::other:
    case Cause::policy:
    case Cause::expired:
    case Cause::server_trouble:
    case Cause::malformed: return true;
    default: return false;
  }
}

/// Do these words know more than what was found before?
bool knows_more(const Judgement& next, const Judgement& best) {
  if (best.cause == Cause::other) return next.cause != Cause::other;
  return next.evidence >= Evidence::wording && !is_common(next.cause);
}

bool is_success(Action action) { return action != Action::failed && action != Action::delayed; }

/// Told without any code: is it of those troubles that pass?
bool passes(const Judgement& judgement) {
  switch (judgement.cause) {
    case Cause::greylisted:
    case Cause::rate_limited:
    case Cause::server_trouble:
    case Cause::expired: return true;
    default: return judgement.temporary;
  }
}

Judged weighed(std::string text, const std::optional<mail::Stage>& stage,
               const std::optional<mail::EnhancedStatus>& told) {
  Refusal refusal = refusal_in(text);
  refusal.stage = stage;
  if (!refusal.status) refusal.status = told;
  Judged found{judge(refusal), refusal.code, refusal.status, std::move(text)};
  // Who has not heard of a recipient yet speaks of the sender.
  const bool misses = found.judgement.cause == Cause::no_such_user ||
                      found.judgement.cause == Cause::no_such_domain;
  if (misses && stage == mail::Stage::mail) found.judgement.cause = Cause::sender_rejected;
  return found;
}

}  // namespace

const Judged* JudgedText::reply(const std::optional<mail::EnhancedStatus>& told) {
  if (!reply_) {
    stage_ = stage_told(text_);
    std::string reply = reply_in(text_);
    const bool inside = !reply.empty() && reply.size() < text_.size();
    reply_.emplace();
    if (inside) *reply_ = weighed(std::move(reply), stage_, told);
  }
  return *reply_ ? &**reply_ : nullptr;
}

const Judged& JudgedText::reasons(const std::optional<mail::EnhancedStatus>& told) {
  if (!reasons_) {
    routineless_ = without_routine(text_);
    std::string reasons = without_last_words(routineless_);
    shorter_ = reasons.size() < routineless_.size();
    reasons_ = weighed(std::move(reasons), stage_, told);
  }
  return *reasons_;
}

const Judged* JudgedText::words(const std::optional<mail::EnhancedStatus>& told) {
  if (!shorter_) return nullptr;
  if (!words_) words_ = weighed(routineless_, stage_, told);
  return &*words_;
}

Judged judged(std::initializer_list<std::string_view> texts, JudgedText& notice,
              const std::optional<mail::EnhancedStatus>& told) {
  std::optional<Judged> best;
  const auto weigh = [&](const Judged& next) {
    if (!best || knows_more(next.judgement, best->judgement)) best = next;
    return !is_vague(best->judgement);
  };
  // A server's own words, then what is written around them.
  const auto consider = [&](JudgedText& text) {
    const Judged* const reply = text.reply(told);
    if (reply != nullptr && weigh(*reply)) return true;
    if (weigh(text.reasons(told))) return true;
    if (best->judgement.cause != Cause::other) return false;
    const Judged* const words = text.words(told);
    return words != nullptr && weigh(*words);
  };
  for (const std::string_view text : texts) {
    if (text.empty()) continue;
    JudgedText near{text};
    if (consider(near)) return *best;
  }
  JudgedText nothing{{}};
  if (told && consider(nothing)) return *best;
  if (!notice.empty() || !best) consider(notice);
  return *best;
}

Judged judged(std::initializer_list<std::string_view> texts, std::string_view notice,
              const std::optional<mail::EnhancedStatus>& told) {
  JudgedText once{notice};
  return judged(texts, once, told);
}

Judgement judge_told(const Refusal& refusal) {
  const std::string_view text = refusal.text.substr(0, kWordsForReasons);
  std::string reply = refusal.code == 0 ? std::string{} : reply_in(text);
  const bool all = stripped(text, " \t\r\n<\"'").starts_with(std::string_view{reply}.substr(0, 3));
  if (reply.empty() || all) return judge(refusal);
  // Of a notice's lines that stand in one, the last.
  reply.resize(std::min(reply.find(" Giving up on "), reply.size()));
  const auto stage = stage_told(text);
  const Judged own = weighed(std::move(reply), stage, refusal.status);
  if (!is_vague(own.judgement)) return own.judgement;
  Judgement whole = judge({stage, refusal.code, refusal.status, refusal.text});
  return knows_more(whole, own.judgement) ? whole : own.judgement;
}

bool names_trouble(const Judged& found) {
  if (found.judgement.evidence < Evidence::wording) return false;
  switch (found.judgement.cause) {
    case Cause::no_such_user:
    case Cause::no_such_domain:
    case Cause::mailbox_full:
    case Cause::mailbox_disabled:
    case Cause::recipient_refuses:
    case Cause::too_large:
    case Cause::loop: return true;
    default: return false;
  }
}

mail::EnhancedStatus settle_status(const std::optional<mail::EnhancedStatus>& told,
                                   const Judged& judged, Action action, bool for_good) {
  if (is_success(action)) return told && told->klass == 2 ? *told : mail::EnhancedStatus{2, 0, 0};
  const auto in_reply = judged.status;
  const bool usable = told && told->klass != 2;
  const bool over = for_good && judged.judgement.cause == Cause::server_trouble;
  int klass = usable             ? told->klass
              : in_reply         ? in_reply->klass
              : judged.code != 0 ? judged.code / 100
                                 : (passes(judged.judgement) && !over ? 4 : 5);
  if (action == Action::delayed) klass = 4;
  if (usable && told->subject != 0) return {klass, told->subject, told->detail};
  if (in_reply && in_reply->subject != 0) return {klass, in_reply->subject, in_reply->detail};
  return status_for(judged.judgement.cause, klass);
}

std::string shown_reply(std::string_view text) {
  std::string reply = reply_in(text);
  return reply.empty() ? joined(text) : reply;
}

}  // namespace tenax::bounce

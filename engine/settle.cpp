// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/destinations.h"
#include "engine/notice_order.h"
#include "engine/storm.h"
#include "engine/storm_news.h"
#include "engine/suppressing.h"
#include "scheduler/forecast.h"

namespace tenax::engine {

namespace {

using bounce::NoticeKind;
using mail::Fault;
using mail::Kind;
using mail::RecipientState;

constexpr mail::EnhancedStatus kDeliveryTimeExpired{4, 4, 7};
constexpr mail::EnhancedStatus kEndedByOperator{5, 4, 7};
constexpr mail::Duration kLongestOwnDelay = std::chrono::minutes{30};
constexpr const char* kNotTriedAgain = "not tried again after this answer, by our own rules";

/// When to try again after a deferral; nullopt when this was the last chance.
std::optional<mail::WallTime> after_deferral(const mail::DeliveryRequest& request, int attempts,
                                             const scheduler::RetryPolicy& retry,
                                             mail::WallTime now) {
  const scheduler::History history{request.accepted, attempts};
  return scheduler::next_attempt(retry, history, now,
                                 scheduler::roll_for(request.message, attempts));
}

/// When to try again after a fault of our own: soon, since it says nothing about the destination,
/// but not at once, since it would fail the same way; for old mail not quite so soon, or a network
/// that is down for days would fill the history. The end of the lifetime ends only what was
/// really attempted; a message that never had its attempt gets a second lifetime for our own side
/// to be repaired, and is given up then with that reason (promise 8).
std::optional<mail::WallTime> after_own_fault(const mail::DeliveryRequest& request,
                                              const mail::DueRecipient& recipient,
                                              const Terms& terms,
                                              const scheduler::RetryPolicy& retry,
                                              mail::WallTime now) {
  if (terms.stopping) return recipient.due;
  const mail::Duration longest = std::max(terms.retry.first_delay, kLongestOwnDelay);
  const mail::Duration age = now - request.accepted;
  const mail::WallTime soon = now + std::clamp(age / 8, terms.retry.first_delay, longest);
  mail::WallTime end = scheduler::end_of_life(retry, request.accepted);
  if (recipient.attempts == 0) end += retry.lifetime;
  if (now >= end) return std::nullopt;
  return std::min(soon, end);
}

const mail::Verdict* verdict_of(const mail::DeliveryReport& report, mail::RecipientId id) {
  for (const mail::RecipientVerdict& answer : report.verdicts) {
    if (answer.recipient == id) return &answer.verdict;
  }
  return nullptr;
}

mail::Verdict no_verdict() {
  mail::Verdict verdict;
  verdict.fault = Fault::ours;
  verdict.status = {4, 3, 0};
  verdict.text = "the delivery ended without an answer";
  return verdict;
}

/// Collects, over one round, who is told what.
class Round {
 public:
  Round(const mail::DeliveryRequest& request, const Terms& terms, mail::WallTime now)
      : request_{request}, terms_{terms}, now_{now} {}

  void failed(const mail::DueRecipient& recipient, bounce::Subject subject) {
    if (eligible(NoticeKind::failed, recipient)) {
      failed_.push_back(std::move(subject));
    } else if (!request_.envelope.sender || request_.origin == mail::Origin::notice) {
      std::string text = subject.verdict ? subject.verdict->text : "";
      untold_.push_back({recipient.id, recipient.address, std::move(text)});
      if (postmaster_hears_of(recipient)) orphans_.push_back(std::move(subject));
    }
  }

  /// Of nearly every delivery nobody is told: `subject` is made of one that is.
  template <typename Make>
  void delivered(const mail::DueRecipient& recipient, const mail::Verdict& verdict, Make subject) {
    const bool asked = eligible(NoticeKind::delivered, recipient);
    const bool theirs = verdict.notify_passed_on;  // RFC 3461 5.2.2
    if (asked && !theirs) {
      delivered_.push_back(subject());
    } else if (!asked && terms_.cleared && recipient.told_of_delay &&
               eligible(NoticeKind::cleared, recipient)) {
      cleared_.push_back(subject());
    }
  }

  void into(Draft& draft) && {
    add(draft, NoticeKind::failed, std::move(failed_));
    add(draft, NoticeKind::delivered, std::move(delivered_));
    add(draft, NoticeKind::cleared, std::move(cleared_));
    if (!orphans_.empty()) draft.orders.push_back(to_the_postmaster());
    draft.untold = std::move(untold_);
  }

 private:
  [[nodiscard]] bool eligible(NoticeKind kind, const mail::DueRecipient& recipient) const {
    return bounce::eligible(kind, request_.envelope, request_.origin, recipient.notify);
  }

  /// A notice that fails was somebody's only news. What the postmaster cannot be sent is sent to
  /// nobody else.
  [[nodiscard]] bool postmaster_hears_of(const mail::DueRecipient& recipient) const {
    if (request_.origin != mail::Origin::notice) return false;
    const std::optional<mail::Address> postmaster = postmaster_of(terms_);
    return postmaster && recipient.address != *postmaster;
  }

  [[nodiscard]] bounce::Order order(NoticeKind kind) const {
    return notice_order(kind, request_.message, request_.envelope, request_.accepted, terms_, now_);
  }

  void add(Draft& draft, NoticeKind kind, std::vector<bounce::Subject> subjects) const {
    if (subjects.empty()) return;
    draft.orders.push_back(order(kind));
    draft.orders.back().subjects = std::move(subjects);
  }

  [[nodiscard]] bounce::Order to_the_postmaster() {
    bounce::Order told = order(NoticeKind::failed);
    told.double_bounce = true;
    told.postmaster.clear();  // need not be told to ask themselves
    told.envelope.ret = mail::Ret::full;
    told.envelope.sender = postmaster_of(terms_);
    told.subjects = std::move(orphans_);
    return told;
  }

  const mail::DeliveryRequest& request_;
  const Terms& terms_;
  mail::WallTime now_;
  std::vector<bounce::Subject> failed_;
  std::vector<bounce::Subject> delivered_;
  std::vector<bounce::Subject> cleared_;
  std::vector<bounce::Subject> orphans_;  // notices; to the postmaster
  std::vector<Untold> untold_;
};

/// The verdict of a recipient whose time ran out: the server's last words stay in it, and the
/// status is 4.4.7 only if nobody ever answered (RFC 3463 3.5). Its class tells the history that
/// this was no answer.
mail::Verdict expired(const mail::DueRecipient& recipient, mail::Verdict last,
                      const std::string& reason) {
  last.kind = Kind::failed;
  if (!last.reply && recipient.last_host.empty()) last.status = kDeliveryTimeExpired;
  if (last.reply) last.status.klass = kDeliveryTimeExpired.klass;
  last.text = last.text.empty() ? reason : reason + "; last: " + last.text;
  return last;
}

/// What becomes of one recipient, and why if its time ran out.
struct Decision {
  queue::RecipientOutcome outcome;
  bounce::Ended ended = bounce::Ended::by_answer;
  mail::Duration given{};      // the time it had
  std::string reason_for_end;  // the same in words, for the queue
};

void give_up(Decision& decision, const mail::DueRecipient& recipient, bool by_rule,
             const scheduler::RetryPolicy& retry) {
  decision.outcome.state = RecipientState::failed;
  if (by_rule) {
    decision.ended = bounce::Ended::by_rule;
    decision.reason_for_end = kNotTriedAgain;
  } else if (decision.outcome.verdict.fault == Fault::theirs || recipient.attempts > 0) {
    decision.ended = bounce::Ended::in_time;
    decision.given = retry.lifetime;
    decision.reason_for_end = lifetime_reason(retry);
  } else {
    decision.ended = bounce::Ended::untried;
    decision.given = 2 * retry.lifetime;
    decision.reason_for_end = "no attempt was possible within " + mail::in_words(decision.given);
  }
}

const scheduler::Advice* advice_of(const Landing& landing, mail::RecipientId id) {
  const auto found = std::ranges::find(landing.advice, id, &scheduler::Advice::recipient);
  return found == landing.advice.end() ? nullptr : &*found;
}

/// When to try again after a server put it off, or did not answer; nullopt: that was the last
/// chance.
std::optional<mail::WallTime> after_theirs(const Landing& landing,
                                           const mail::DueRecipient& recipient, const Terms& terms,
                                           const scheduler::RetryPolicy& retry, mail::WallTime now,
                                           queue::RecipientOutcome& outcome) {
  const scheduler::Advice* advice = advice_of(landing, recipient.id);
  if (advice == nullptr) {
    return after_deferral(landing.request, recipient.attempts + 1, retry, now);
  }
  outcome.knocks = advice->knocks;
  outcome.counted = advice->counted;
  if (outcome.counted) {
    // The advice knows the destination's lifetime, not one for this answer.
    const mail::WallTime end = scheduler::end_of_life(retry, landing.request.accepted);
    if (now >= end) return std::nullopt;
    if (advice->next_attempt) return std::min(*advice->next_attempt, end);
    return after_deferral(landing.request, recipient.attempts + 1, retry, now);
  }
  // Several servers fell silent at once: it is our network (docs/scheduling.md).
  const auto own = after_own_fault(landing.request, recipient, terms, retry, now);
  if (!own || !advice->next_attempt) return own;
  return std::min(*own, *advice->next_attempt);
}

/// The operator wants nothing tried again after this answer.
bool is_given_up(const Landing& landing, const mail::Verdict& verdict) {
  if (landing.entry == nullptr) return false;
  const scheduler::OnAnswer* const rule = rule_for(*landing.entry, verdict);
  return rule != nullptr && rule->fails;
}

/// Whoever was told for the last time that it waits, and until when, must hear that this is no
/// longer so. nullopt: the next notice of the delay tells it, or nobody is told.
std::optional<mail::WallTime> notice_of_the_hold(const Landing& landing,
                                                 const mail::DueRecipient& recipient,
                                                 const Terms& terms, mail::WallTime now) {
  const mail::DeliveryRequest& request = landing.request;
  const std::vector<mail::Duration>& delays = terms.retry.delay_notices;
  const bool hears =
      recipient.told_of_delay && !delays.empty() &&
      bounce::eligible(NoticeKind::delayed, request.envelope, request.origin, recipient.notify);
  if (!hears || scheduler::next_delay_notice(terms.retry, request.accepted, now)) {
    return std::nullopt;
  }
  return now + delays.front();
}

Decision decide(const Landing& landing, const mail::DueRecipient& recipient, const Terms& terms,
                mail::WallTime now) {
  const mail::Verdict* found = verdict_of(landing.report, recipient.id);
  Decision decision;
  queue::RecipientOutcome& outcome = decision.outcome;
  outcome.recipient = recipient.id;
  outcome.verdict = found != nullptr ? *found : no_verdict();
  outcome.counted = outcome.verdict.fault == Fault::theirs;
  switch (outcome.verdict.kind) {
    case Kind::delivered: outcome.state = RecipientState::delivered; break;
    case Kind::failed:
      outcome.state = RecipientState::failed;
      if (landing.storm && refused_by_policy(outcome.verdict)) {
        outcome.state = RecipientState::held;
        outcome.knocks = recipient.knocks;
        outcome.next_notice = notice_of_the_hold(landing, recipient, terms, now);
        outcome.keep_notice = !outcome.next_notice;
      }
      break;
    case Kind::deferred: {
      const scheduler::RetryPolicy& retry =
          retry_after(terms.retry, landing.entry.get(), outcome.verdict);
      const bool given_up = is_given_up(landing, outcome.verdict);
      outcome.knocks = recipient.knocks;
      if (!given_up) {
        outcome.next_attempt = outcome.counted
                                   ? after_theirs(landing, recipient, terms, retry, now, outcome)
                                   : after_own_fault(landing.request, recipient, terms, retry, now);
      }
      if (outcome.next_attempt) {
        outcome.keep_notice = true;
        break;
      }
      give_up(decision, recipient, given_up, retry);
      break;
    }
  }
  return decision;
}

/// Settles one landing, and notes in `round` who is told of it.
bounce::Subject subject_of(const Landing& landing, const mail::DueRecipient& recipient,
                           const Decision& decision) {
  const queue::RecipientOutcome& outcome = decision.outcome;
  const mail::Verdict& verdict = outcome.verdict;
  bounce::Subject subject{.id = recipient.id,
                          .address = recipient.address,
                          .original = recipient.original,
                          .verdict = verdict,
                          .attempts = recipient.attempts + (outcome.counted ? 1 : 0),
                          .last_attempt = {},
                          .next_attempt = {},
                          .retry_until = {},
                          .ended = decision.ended,
                          .given = decision.given};
  if (outcome.counted) {  // else nothing was tried (RFC 3464 2.3.7)
    subject.last_attempt = landing.report.finished;
    subject.tried.push_back({landing.report.finished, verdict.host, verdict.text});
  }
  return subject;
}

void fail(const Landing& landing, const mail::DueRecipient& recipient, Decision& decision,
          const Terms& terms, Round& round) {
  queue::RecipientOutcome& outcome = decision.outcome;
  bounce::Subject subject = subject_of(landing, recipient, decision);
  if (!decision.reason_for_end.empty()) {
    outcome.verdict = expired(recipient, std::move(outcome.verdict), decision.reason_for_end);
    if (!outcome.verdict.reply) subject.verdict->status = outcome.verdict.status;
  }
  if (decision.ended == bounce::Ended::by_answer) {
    outcome.address_fault = address_fault(outcome.verdict, terms.suppression);
  }
  round.failed(recipient, std::move(subject));
}

queue::Attempt attempt_of(const Landing& landing, const Terms& terms, mail::WallTime now,
                          Round& round) {
  queue::Attempt attempt;
  attempt.destination = landing.request.destination;
  attempt.tries = landing.report.tries;
  attempt.started = landing.report.started;
  attempt.finished = landing.report.finished;
  for (const mail::DueRecipient& recipient : landing.request.recipients) {
    Decision decision = decide(landing, recipient, terms, now);
    if (decision.outcome.state == RecipientState::delivered) {
      round.delivered(recipient, decision.outcome.verdict,
                      [&] { return subject_of(landing, recipient, decision); });
    } else if (decision.outcome.state == RecipientState::failed) {
      fail(landing, recipient, decision, terms, round);
    }
    attempt.outcomes.push_back(std::move(decision.outcome));
  }
  return attempt;
}

std::string held_back(const mail::Destination& destination) {
  return "held: " + destination.text() +
         " suddenly refuses most mail; after release it is tried again, after expire its sender is "
         "told";
}

}  // namespace

std::string lifetime_reason(const scheduler::RetryPolicy& retry) {
  return "not delivered within " + mail::in_words(retry.lifetime);
}

Draft settle(const std::vector<Landing>& landings, const Terms& terms, mail::WallTime now) {
  assert(!landings.empty());
  Draft draft;
  draft.wording = terms.wording;
  draft.notices_per_hour = terms.notices_per_hour;
  draft.settlement.message = landings.front().request.message;
  Round round{landings.front().request, terms, now};
  for (const Landing& landing : landings) {
    draft.settlement.attempts.push_back(attempt_of(landing, terms, now, round));
    const bool held = std::ranges::any_of(
        draft.settlement.attempts.back().outcomes,
        [](const auto& outcome) { return outcome.state == RecipientState::held; });
    if (held) draft.settlement.events.push_back(held_back(landing.request.destination));
  }
  std::move(round).into(draft);
  return draft;
}

std::optional<Landing> take_failures(Landing& landing, const Terms& terms, mail::WallTime now) {
  const mail::DeliveryRequest& request = landing.request;
  std::vector<mail::DueRecipient> failing;
  std::vector<mail::DueRecipient> rest;
  for (const mail::DueRecipient& recipient : request.recipients) {
    const Decision decision = decide(landing, recipient, terms, now);
    const bool to_tell =
        decision.outcome.state == RecipientState::failed &&
        bounce::eligible(NoticeKind::failed, request.envelope, request.origin, recipient.notify);
    (to_tell ? failing : rest).push_back(recipient);
  }
  if (failing.empty()) return std::nullopt;
  Landing failures = landing;
  failures.request.recipients = std::move(failing);
  // The hosts that were tried are told once, with the rest.
  if (!rest.empty()) failures.report.tries.clear();
  landing.request.recipients = std::move(rest);
  return failures;
}

Draft settle_expired_by_operator(const mail::DeliveryRequest& request, const std::string& by,
                                 const Terms& terms, mail::WallTime now) {
  Draft draft;
  draft.wording = terms.wording;
  draft.notices_per_hour = terms.notices_per_hour;
  draft.settlement.message = request.message;
  queue::Attempt& nobody_asked = draft.settlement.attempts.emplace_back();
  nobody_asked.started = now;
  nobody_asked.finished = now;

  Round round{request, terms, now};
  for (const mail::DueRecipient& recipient : request.recipients) {
    queue::RecipientOutcome outcome;
    outcome.recipient = recipient.id;
    outcome.state = RecipientState::failed;
    outcome.counted = false;
    outcome.verdict.kind = Kind::failed;
    outcome.verdict.fault = Fault::ours;
    outcome.verdict.status = kEndedByOperator;
    outcome.verdict.text = "expired by the operator (" + by + ")";
    round.failed(recipient, {.id = recipient.id,
                             .address = recipient.address,
                             .original = recipient.original,
                             .verdict = outcome.verdict,
                             .attempts = recipient.attempts,
                             .last_attempt = {},
                             .next_attempt = {},
                             .retry_until = {},
                             .ended = bounce::Ended::by_operator});
    nobody_asked.outcomes.push_back(std::move(outcome));
  }
  std::move(round).into(draft);
  return draft;
}

}  // namespace tenax::engine

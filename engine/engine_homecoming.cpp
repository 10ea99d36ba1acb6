// SPDX-License-Identifier: Apache-2.0
// What becomes of a delivery that ended.
#include <algorithm>
#include <utility>

#include "engine/destinations.h"
#include "engine/engine.h"
#include "scheduler/retry_policy.h"

namespace tenax::engine {

void Engine::landed(mail::DeliveryRequest request, mail::DeliveryReport report) {
  Flown flown{request.message, request.destination, report.health, request.recipients.size(),
              false};
  Landing landing{std::move(request), std::move(report)};
  scheduler_.met(flown.destination, landing.report.mail_hosts);
  landing.entry = scheduler_.entry_of(flown.destination);
  put_off_refusals(landing.entry.get(), landing.report);
  if (scheduler_.learns_of(flown.message, flown.destination)) {
    const bool failed = flown.health != mail::Health::well;  // else nothing is parked
    std::optional<scheduler::LaneView> before;
    if (failed) before = scheduler_.lane(flown.destination);
    landing.advice = scheduler_.landed(landing.request, landing.report, now());
    flown.counted_in = true;
    if (failed) tell_of_parking(flown.destination, before);
  } else if (flown.health == mail::Health::well) {
    scheduler_.landed(flown.message, flown.destination, flown.health, now());
    flown.counted_in = true;
  }
  watch_for_storms(landing.report);
  const bool free = flown.counted_in;
  std::vector<Landing> ready =
      gathering_.landed(std::move(landing), plan_.terms, now(), world_.clock.now());
  spawn(come_home(std::move(ready), std::move(flown)));
  if (free && calendar_.holds()) start_what_is_ready();  // its session does not wait for our disk
}

void Engine::settle_overdue() {
  for (;;) {
    std::vector<Landing> overdue = gathering_.take_overdue(world_.clock.now());
    if (overdue.empty()) return;
    spawn(settle_landings(std::move(overdue)));
  }
}

io::Async<> Engine::come_home(std::vector<Landing> landings, Flown flown) {
  if (!landings.empty()) co_await settle_landings(std::move(landings));
  if (!flown.counted_in) count_in(flown);
  scheduler_.settled(flown.message, flown.destination, now(), flown.recipients);
}

io::Async<> Engine::settle_landings(std::vector<Landing> landings) {
  plan_.terms.stopping = cut_short_;
  const mail::WallTime present = now();
  for (Landing& landing : landings) landing.storm = storms_.rages(landing.request.destination);
  Draft draft = settle(landings, plan_.terms, present);
  const std::vector<Untold> untold = draft.untold;
  io::Result<Committed> committed =
      co_await settler_.commit(std::move(draft), plan_.routes, plan_.full_limit, present);
  if (!committed) {
    note("settling", committed.error());
    co_return;
  }
  for (std::size_t i = 0; i < landings.size(); ++i) {
    mail::DeliveryRequest& request = landings[i].request;
    const mail::DeliveryReport& report = landings[i].report;
    for (std::size_t j = 0; j < request.recipients.size(); ++j) {
      queue::RecipientOutcome& outcome = committed->attempts[i].outcomes[j];
      mail::DueRecipient& recipient = request.recipients[j];
      observer_.attempted({.message = request.message,
                           .recipient = recipient.id,
                           .address = std::move(recipient.address),
                           .destination = request.destination,
                           .verdict = std::move(outcome.verdict),
                           .state = outcome.state,
                           .counted = outcome.counted,
                           .attempts = recipient.attempts + (outcome.counted ? 1 : 0),
                           .next_attempt = outcome.next_attempt,
                           .accepted = request.accepted,
                           .when = present,
                           .took = report.finished - report.started,
                           .knocks = outcome.knocks,
                           .health = report.health});
    }
  }
  tell(*committed, landings.front().request.message, untold);
  if (!committed->noticed.empty()) feed_.look_again();
  for (const queue::Attempt& attempt : committed->attempts) {
    for (const queue::RecipientOutcome& outcome : attempt.outcomes) note_due(outcome);
  }
}

void Engine::watch_for_storms(const mail::DeliveryReport& report) {
  if (!storms_.landed(report, now())) return;
  StormBegan fact{report.destination, {}};
  for (const mail::RecipientVerdict& answer : report.verdicts) {
    if (refused_by_policy(answer.verdict)) fact.text = answer.verdict.text;
  }
  observer_.storm_began(fact);
}

/// Storms are over when the operator has taken the last of their mail out of its hold.
io::Async<> Engine::read_storms() {
  const io::Result<std::vector<std::string>> stormed = co_await world_.store.stormed();
  if (stormed) {
    storms_.set(*stormed);
  } else {
    note("looking for mail held in storms", stormed.error());
  }
}

void Engine::note_due(const queue::RecipientOutcome& outcome) {
  if (outcome.keep_notice) feed_.look_again();
  if (outcome.next_attempt) feed_.will_be_due(*outcome.next_attempt);
  if (outcome.next_notice) feed_.will_be_due(*outcome.next_notice);
}

/// A failure of the destination: the scheduler learns of it when its outcome, with a date that
/// did not know of it, is told.
void Engine::count_in(const Flown& flown) {
  const auto before = scheduler_.lane(flown.destination);
  scheduler_.landed(flown.message, flown.destination, flown.health, now());
  doorbell_.ring();  // its lane may have something to give back
  tell_of_parking(flown.destination, before);
}

void Engine::tell_of_parking(const mail::Destination& destination,
                             const std::optional<scheduler::LaneView>& before) {
  const auto after = scheduler_.lane(destination);
  if (after && after->parked_until && (!before || before->parked_until != after->parked_until)) {
    observer_.parked({destination, *after->parked_until, after->failures});
  }
}

/// What a parked lane delays is told as it is; a rehearsal knows by itself.
void Engine::heed_parked_lanes(queue::NoticeDue& due) const {
  for (queue::NoticeDue::Recipient& recipient : due.recipients) {
    const scheduler::OverridePtr entry = scheduler_.entry_of(recipient.destination);
    if (scheduler_.learns() && (entry == nullptr || entry->learns)) continue;
    const auto lane = scheduler_.lane(recipient.destination);
    if (!lane || !lane->parked_until || !recipient.next_attempt) continue;
    // At the end of its lifetime it has its last attempt, or is given up, parked or not.
    const scheduler::RetryPolicy& retry =
        retry_of(plan_.terms.retry, plan_.terms.overrides, recipient.destination, recipient.last);
    const mail::WallTime end = std::max(scheduler::end_of_life(retry, due.accepted), now());
    recipient.next_attempt = std::max(*recipient.next_attempt, std::min(*lane->parked_until, end));
  }
}

Rehearse Engine::what_was_learnt(mail::WallTime now) const {
  if (!scheduler_.learns()) return {};
  return [this, now](const scheduler::Role& role, std::size_t limit) {
    return scheduler_.rehearse(role, now, limit);
  };
}

Terms Engine::terms_of_delays() const {
  Terms terms = plan_.terms;
  terms.paused = plan_.paused;
  return terms;
}

io::Async<> Engine::settle_delay(queue::NoticeDue due) {
  const mail::WallTime present = now();
  heed_parked_lanes(due);
  Draft draft = settle_delays(due, terms_of_delays(), present, what_was_learnt(present));
  const io::Result<Committed> committed =
      co_await settler_.commit(std::move(draft), plan_.routes, plan_.full_limit, present);
  --telling_;
  feed_.look_again();
  if (committed) {
    tell(*committed, due.message, {});
  } else {
    note("telling of a delay", committed.error());
  }
}

void Engine::tell(const Committed& committed, mail::QueueId message,
                  const std::vector<Untold>& untold) {
  for (const Gathered& owed : committed.gathered) {
    observer_.gathered(owed);
    feed_.will_be_due(owed.due);
  }
  for (const Noticed& notice : committed.noticed) {
    observer_.noticed(notice);
    feed_.left_behind(notice.notice, std::nullopt,
                      {plan_.routes.destination_of(notice.to.domain())}, now());
  }
  for (const Untold& failure : untold) {
    observer_.double_bounce({message, failure.address, failure.text});
  }
}

}  // namespace tenax::engine

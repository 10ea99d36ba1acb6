// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "engine/expire.h"
#include "engine/foretell.h"
#include "engine/suppressing.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

// What is due but was not claimed has its reason (a full lane, a verb under way); whoever ends the
// reason rings. This is for reasons nobody thought of: slow enough not to be a busy poll.
constexpr io::Span kLookAgain = std::chrono::seconds{1};
constexpr io::Span kFirstPause = std::chrono::seconds{2};
constexpr io::Span kLongestPause = std::chrono::seconds{60};
constexpr io::Span kCutShort = std::chrono::seconds{20};  // for cancelled sessions to come home
constexpr std::size_t kDelaysAtOnce = 50;
constexpr std::size_t kPurgeAtOnce = 200;
constexpr std::size_t kRerouteAtOnce = 2000;

}  // namespace

Engine::Engine(World world, Plan plan, Observer& observer)
    : world_{std::move(world)},
      plan_{std::move(plan)},
      observer_{observer},
      calendar_{world_.clock},
      doorbell_{world_.home, world_.clock},
      scheduler_{plan_.scheduler},
      agent_{world_.home,     world_.clock,     world_.random,
             world_.resolver, world_.connector, plan_.agent},
      feed_{world_.store, scheduler_},
      settler_{world_, observer_},
      notebook_{world_, scheduler_, observer_},
      dispatch_{world_, agent_,
                [this](mail::DeliveryRequest request, mail::DeliveryReport report) {
                  landed(std::move(request), std::move(report));
                }},
      next_housekeeping_{world_.clock.now()},
      not_before_{world_.clock.now()} {
  storms_.adopt(plan_.storm);
  dispatch_.adopt(plan_.terms.suppression);
}

Engine::~Engine() = default;

io::Async<io::Result<>> Engine::run(Mode mode) {
  observer_.phase(Phase::ready);
  once_ = mode == Mode::once;
  co_await notebook_.read(now());
  co_await read_storms();
  while (!stopping_ && !failure_) {
    co_await follow_the_calendar();
    co_await keep_house();
    keep_lessons();
    co_await follow_the_routes();
    const std::size_t moved = co_await one_round();
    if (moved > 0) continue;
    if (once_ && quiet() && operating_ == 0) break;
    const io::Instant wake = co_await next_wake();
    if (stopping_ || failure_) break;
    wake_ = wake;
    co_await doorbell_.wait_until(wake);
    wake_ = io::Instant::min();
  }
  if (once_ && !failure_ && trouble_) failure_ = trouble_;
  co_await wind_down();
  if (failure_) co_return *failure_;
  co_return io::Result<>{};
}

/// What lies in memory need not be leased meanwhile.
io::Async<> Engine::pause() {
  const io::Result<> back = co_await feed_.give_back_all(now());
  if (!back) note("giving back", back.error());
}

void Engine::stop() {
  hurrying_ = stopping_;
  stopping_ = true;
  doorbell_.ring();
}

void Engine::adopt(Plan plan) {
  if (plan.routes.text() != plan_.routes.text()) routes_are_new_ = true;
  if (plan.paused && !plan_.paused) spawn(pause());
  plan_ = std::move(plan);
  scheduler_.adopt(plan_.scheduler);
  agent_.adopt(plan_.agent);
  storms_.adopt(plan_.storm);
  dispatch_.adopt(plan_.terms.suppression);
  feed_.look_again();
  doorbell_.ring();
}

// -- the loop ---------------------------------------------------------------------------------

io::Async<> Engine::follow_the_calendar() {
  if (held_up()) co_return;
  const mail::Duration step = calendar_.deviation();
  calendar_.synchronise();
  if (within_drift(step)) co_return;

  // Everything moves before anybody can write another date; the store applies what it is given in
  // order, so what was written earlier is moved along and what comes later is already right.
  scheduler_.clock_stepped(step);
  dispatch_.clock_stepped(step);
  gathering_.clock_stepped(step);
  const io::Result<> moved = co_await world_.store.clock_stepped(step);
  feed_.look_again();
  if (moved) {
    observer_.clock_stepped({step});
    co_return;
  }
  note("following the clock", moved.error());
  calendar_.go_back_by(step);
  scheduler_.clock_stepped(-step);
  dispatch_.clock_stepped(-step);
  gathering_.clock_stepped(-step);
}

io::Async<> Engine::keep_house() {
  if (world_.clock.now() < next_housekeeping_ || held_up()) co_return;
  feed_.look_again();  // for changes nobody thought of
  next_housekeeping_ = world_.clock.now() + plan_.housekeeping;
  const mail::WallTime before = now() - plan_.history;
  const io::Result<bool> purged = co_await world_.store.purge(before, kPurgeAtOnce);
  if (!purged) {
    note("purging", purged.error());
  } else if (*purged) {
    next_housekeeping_ = world_.clock.now() + kLookAgain;
  }
}

void Engine::keep_lessons() {
  if (!held_up() && notebook_.wants_to_write(now())) spawn(write_lessons());
}

io::Async<> Engine::write_lessons() {
  const io::Result<> written = co_await notebook_.write(now());
  if (!written) note("keeping what receivers taught", written.error());
}

/// Nothing is claimed meanwhile: this is the loop that claims.
io::Async<> Engine::follow_the_routes() {
  if (!routes_are_new_ || held_up() || operating_ > 0) co_return;
  routes_are_new_ = false;
  feed_.look_again();
  const io::Result<> back = co_await feed_.give_back_all(now());
  std::optional<io::Error> wrong;
  if (!back) wrong = back.error();
  const Routes routes = plan_.routes;
  std::int64_t changed = 0;
  bool done = false;
  for (bool begin = true; !done && !wrong && !routes_are_new_ && !stopping_; begin = false) {
    queue::Routing routing{routes.text(), [routes](const mail::Address& address) {
                             return routes.destination_of(address.domain());
                           }};
    const io::Result<queue::Rerouted> rerouted =
        co_await world_.store.reroute(std::move(routing), begin, kRerouteAtOnce);
    if (!rerouted) {
      wrong = rerouted.error();
      break;
    }
    changed += rerouted->changed;
    done = rerouted->done;
  }
  if (!done) routes_are_new_ = true;
  if (wrong) note("following the routes", *wrong);
  if (changed > 0) observer_.rerouted({changed});
}

io::Async<std::size_t> Engine::one_round() {
  std::size_t claimed = 0;
  settle_overdue();
  std::size_t started = start_what_is_ready();  // and lanes whose time has come are open
  if (!held_up() && operating_ == 0) {
    const mail::WallTime present = now();
    if (!feed_.is_caught_up(present)) {
      co_await tell_of_delays(present);
      co_await tell_what_is_owed(present);
      co_await tell_of_storms(present);
    }
    const io::Result<> shed = co_await feed_.give_back_shed(present);
    if (!shed) note("giving back", shed.error());
  }
  if (!held_up() && operating_ == 0 && !stopping_ && !failure_ && !plan_.paused &&
      !feed_.is_caught_up(now())) {
    const io::Result<std::size_t> fed =
        co_await feed_.claim_some(now(), plan_.terms.retry.first_delay);
    if (fed) {
      claimed = *fed;
      trouble_.reset();
      pause_ = {};
    } else {
      note("claiming", fed.error());
    }
  }
  started += start_what_is_ready();
  co_return claimed + started;
}

io::Async<> Engine::tell_of_delays(mail::WallTime now) {
  if (telling_ > 0) co_return;
  io::Result<std::vector<queue::NoticeDue>> due =
      co_await world_.store.notices_due(now, kDelaysAtOnce);
  if (!due) {
    note("looking for delay notices", due.error());
    co_return;
  }
  for (queue::NoticeDue& notice : *due) {
    ++telling_;
    spawn(settle_delay(std::move(notice)));
  }
}

/// One digest; the loop comes back as long as more are due.
io::Async<> Engine::tell_what_is_owed(mail::WallTime now) {
  io::Result<std::optional<queue::DigestDue>> due = co_await world_.store.digest_due(now);
  if (!due) {
    note("looking for failures to tell", due.error());
    co_return;
  }
  if (!*due) co_return;
  for (queue::DigestDue::Delay& delay : (*due)->delays) heed_parked_lanes(delay.of);
  const io::Result<Digested> told = co_await settler_.tell_owed(
      std::move(**due), plan_.terms, plan_.routes, now, what_was_learnt(now));
  feed_.look_again();
  const bool changed = !told && told.error().is(io::Errc::protocol);  // meanwhile: seen next time
  if (!told && !changed) note("telling of failures", told.error());
  if (!told) co_return;
  observer_.digested(*told);
  feed_.left_behind(told->notice, std::nullopt, {plan_.routes.destination_of(told->to.domain())},
                    now);
}

/// One storm; the loop comes back as long as more are to be told of.
io::Async<> Engine::tell_of_storms(mail::WallTime now) {
  io::Result<std::optional<queue::StormDue>> due = co_await world_.store.storm_due(now);
  if (!due) {
    note("looking for storms to tell of", due.error());
    co_return;
  }
  if (!*due) co_return;
  const io::Result<std::optional<StormTold>> told =
      co_await settler_.tell_storm(std::move(**due), plan_.terms, plan_.routes, now);
  feed_.look_again();
  const bool changed = !told && told.error().is(io::Errc::protocol);  // meanwhile: seen next time
  if (!told && !changed) note("telling of a storm", told.error());
  if (!told || !*told) co_return;
  observer_.storm_told(**told);
  feed_.left_behind((*told)->mail, std::nullopt,
                    {plan_.routes.destination_of((*told)->to.domain())}, now);
}

std::size_t Engine::start_what_is_ready() {
  if (stopping_ || failure_ || plan_.paused) return 0;
  std::size_t started = 0;
  for (mail::DeliveryRequest& request : scheduler_.take_ready(now())) {
    observer_.started({request, now()});
    gathering_.started(request.message);
    dispatch_.start(std::move(request));
    ++started;
  }
  // They go back to the queue; while that is left alone, whoever ends this rings.
  if (scheduler_.has_too_early() && !held_up() && operating_ == 0) doorbell_.ring();
  return started;
}

/// What is in memory needs no loop, unless that sleeps longer than it may.
void Engine::carry_on() {
  // Nothing begins under a calendar that the loop is about to move.
  if (!calendar_.holds()) return doorbell_.ring();
  start_what_is_ready();
  const bool may_claim = !feed_.is_caught_up(now()) && feed_.has_room();
  const auto due = feed_.next_due();
  const bool due_sooner = due && calendar_.instant_of(*due) < wake_;
  const bool sooner = due_sooner || next_of_ours() < wake_;
  if (may_claim || sooner || stopping_ || failure_ || once_) doorbell_.ring();
}

/// When the loop is needed for what lies in memory.
io::Instant Engine::next_of_ours() const {
  io::Instant next = next_housekeeping_;
  if (const auto overdue = gathering_.next()) next = std::min(next, *overdue);
  if (const auto lesson = notebook_.next(now())) next = std::min(next, *lesson);
  const auto wakeup = scheduler_.next_wakeup(now());
  return wakeup ? std::min(next, calendar_.instant_of(*wakeup)) : next;
}

io::Async<io::Instant> Engine::next_wake() {
  const io::Instant present = world_.clock.now();
  if (held_up()) {
    const auto overdue = gathering_.next();
    co_return std::min(not_before_, overdue.value_or(not_before_));
  }
  // Whoever ends a pause or a verb, and whoever makes room, rings.
  const bool looks = !plan_.paused && operating_ == 0 && feed_.has_room();
  if (looks && !feed_.next_due()) {
    std::vector<std::string> except = scheduler_.except(now());
    queue::LastChances last_chances = feed_.last_chances(now());
    const io::Result<std::optional<mail::WallTime>> due =
        co_await world_.store.next_due(std::move(except), std::move(last_chances));
    if (!due) {
      note("asking what is due", due.error());
      co_return not_before_;
    }
    feed_.next_due_is(*due);
  }
  const io::Instant next = std::max(next_of_ours(), present);
  if (!looks) co_return next;
  const mail::WallTime due = feed_.next_due().value_or(now());
  const bool overdue = due <= now();
  co_return std::min(next, overdue ? present + kLookAgain : calendar_.instant_of(due));
}

io::Async<> Engine::wind_down() {
  stopping_ = true;
  observer_.phase(Phase::stopping);
  // A step of the clock that we leave behind would be unknown to the next daemon.
  if (!failure_) co_await follow_the_calendar();
  gathering_.stop();
  settle_overdue();
  if (!failure_ || !failure_->is(io::Errc::closed_intake)) {
    const io::Result<> back = co_await feed_.give_back_all(now());
    if (!back) note("giving back", back.error());
  }
  const io::Instant grace = world_.clock.now() + plan_.grace;
  while (!quiet() && !hurrying_ && !failure_ && world_.clock.now() < grace) {
    co_await doorbell_.wait_until(grace);
  }
  // With the intake closed no outcome can be kept any more: the sooner a session ends before its
  // dot, the fewer messages arrive twice.
  cut_short_ = true;
  settler_.give_up();
  dispatch_.cancel_all();
  const io::Instant last = world_.clock.now() + kCutShort;
  while (!quiet() && world_.clock.now() < last) co_await doorbell_.wait_until(last);
  if (!failure_) {
    (void)co_await notebook_.write_all(now());  // it said so if it failed
  }
  if (!hurrying_ && !failure_) co_await agent_.close_idle();
  if (!quiet() && !failure_) failure_ = io::error(io::Errc::timed_out, "ending the deliveries");
  observer_.phase(Phase::stopped);
}

// -- homecoming -------------------------------------------------------------------------------

void Engine::landed(mail::DeliveryRequest request, mail::DeliveryReport report) {
  Flown flown{request.message, request.destination, report.health, request.recipients.size(),
              false};
  Landing landing{std::move(request), std::move(report)};
  if (scheduler_.learns_of(flown.message, flown.destination)) {
    const bool failed = flown.health != mail::Health::well;  // else nothing is parked
    std::optional<scheduler::LaneView> before;
    if (failed) before = scheduler_.lane(flown.destination);
    landing.advice = scheduler_.landed(landing.request, landing.report, now());
    flown.counted_in = true;
    if (failed) tell_of_parking(flown.destination, before);
  } else {
    scheduler_.met(flown.destination, landing.report.mail_hosts);
    if (flown.health == mail::Health::well) {
      scheduler_.landed(flown.message, flown.destination, flown.health, now());
      flown.counted_in = true;
    }
  }
  landing.entry = scheduler_.entry_of(flown.destination);
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
  Terms terms = plan_.terms;
  terms.stopping = cut_short_;
  const mail::WallTime present = now();
  for (Landing& landing : landings) landing.storm = storms_.rages(landing.request.destination);
  Draft draft = settle(landings, terms, present);
  const std::vector<queue::Attempt> attempts = draft.settlement.attempts;
  const std::vector<Untold> untold = draft.untold;
  const io::Result<Committed> committed =
      co_await settler_.commit(std::move(draft), plan_.routes, plan_.full_limit, present);
  if (!committed) {
    note("settling", committed.error());
    co_return;
  }
  for (std::size_t i = 0; i < landings.size(); ++i) {
    const mail::DeliveryRequest& request = landings[i].request;
    const mail::DeliveryReport& report = landings[i].report;
    for (std::size_t j = 0; j < request.recipients.size(); ++j) {
      const queue::RecipientOutcome& outcome = attempts[i].outcomes[j];
      const mail::DueRecipient& recipient = request.recipients[j];
      observer_.attempted({.message = request.message,
                           .recipient = recipient.id,
                           .address = recipient.address,
                           .destination = request.destination,
                           .verdict = outcome.verdict,
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
  for (const queue::Attempt& attempt : attempts) {
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
    recipient.next_attempt = std::max(*recipient.next_attempt, *lane->parked_until);
  }
}

Rehearse Engine::what_was_learnt(mail::WallTime now) const {
  if (!scheduler_.learns()) return {};
  return [this, now](const scheduler::Role& role, std::size_t limit) {
    return scheduler_.rehearse(role, now, limit);
  };
}

io::Async<> Engine::settle_delay(queue::NoticeDue due) {
  const mail::WallTime present = now();
  heed_parked_lanes(due);
  Draft draft = settle_delays(due, plan_.terms, present, what_was_learnt(present));
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

// -- doors and operator -----------------------------------------------------------------------

io::Async<io::Result<queue::EnqueueResult>> Engine::accept(
    mail::NewMessage message, std::unique_ptr<queue::IncomingContents> contents) {
  Accepted fact{message.id,         message.envelope,          message.submitter,
                message.message_id, message.recipients.size(), false};
  std::vector<mail::Destination> destinations = plan_.routes.destinations_of(message.recipients);
  std::optional<mail::WallTime> first_notice;
  const bool may_be_told = message.envelope.sender && !message.envelope.automatic;
  if (may_be_told && message.origin != mail::Origin::notice) {
    first_notice = scheduler::next_delay_notice(plan_.terms.retry, message.accepted, now());
  }
  const bool may_pass = !held_up() && operating_ == 0 && !stopping_ && !failure_ && !plan_.paused &&
                        !routes_are_new_ && calendar_.holds();
  std::optional<Passing> passing;
  const mail::ReversePath sender = message.envelope.sender;
  const bool held = message.held;
  if (may_pass) passing = feed_.let_pass(message, destinations, now());
  message.leased = passing.has_value();
  std::vector<mail::Destination> left;
  if (!passing && !held) left = destinations;
  io::Result<queue::EnqueueResult> enqueued = co_await world_.store.enqueue(
      std::move(message), std::move(destinations), first_notice, std::move(contents));
  if (enqueued) {
    fact.message = enqueued->id;
    fact.repeated = enqueued->repeated;
    observer_.accepted(fact);
  }
  if (passing) {
    const std::vector<mail::RecipientId> leased =
        enqueued ? enqueued->leased : std::vector<mail::RecipientId>{};
    const io::Result<> handed = co_await feed_.hand_on(std::move(*passing), leased, now());
    if (!handed) note("giving back", handed.error());
  } else {
    feed_.look_again();
    if (enqueued && !enqueued->repeated) feed_.left_behind(enqueued->id, sender, left, now());
  }
  if (!enqueued) {
    note("accepting", enqueued.error());
    co_return enqueued.error();
  }
  carry_on();
  co_return *enqueued;
}

io::Async<io::Result<queue::Operated>> Engine::operate(queue::Operation operation) {
  ++operating_;
  operation.now = now();
  const queue::Operation asked = operation;
  io::Result<queue::Operated> operated = queue::Operated{};
  const io::Result<> back = co_await feed_.give_back_all(now());
  if (back) {
    operated = co_await world_.store.operate(std::move(operation));
  } else {
    operated = back.error();
  }
  co_await read_storms();
  --operating_;
  feed_.look_again();
  if (operated) {
    if (asked.verb == queue::Verb::retry) {
      std::vector<std::string> destinations;
      if (!asked.selection.destination.empty()) destinations = {asked.selection.destination};
      scheduler_.insist(asked.now);
      scheduler_.unpark(destinations, now());
    }
    observer_.operated({asked, *operated});
  } else {
    note("operating", operated.error());
  }
  doorbell_.ring();
  co_return operated;
}

io::Async<io::Result<queue::Operated>> Engine::expire(queue::Selection selection, std::string by) {
  ++operating_;
  io::Result<queue::Operated> expired = queue::Operated{};
  const io::Result<> back = co_await feed_.give_back_all(now());
  if (back) {
    const Told told = [this](const Committed& committed, mail::QueueId message,
                             const std::vector<Untold>& untold) {
      tell(committed, message, untold);
    };
    expired = co_await expire_selected(world_.store, settler_, plan_, std::move(selection),
                                       std::move(by), now(), told);
  } else {
    expired = back.error();
  }
  co_await read_storms();
  --operating_;
  feed_.look_again();
  if (!expired) note("expiring", expired.error());
  doorbell_.ring();
  co_return expired;
}

io::Async<io::Result<bool>> Engine::forget(mail::Destination destination) {
  if (!scheduler_.learns()) {
    const io::Result<bool> forgotten =
        co_await forget_kept(world_.store, std::move(destination), now());
    co_return forgotten;
  }
  const bool known = scheduler_.unlearn(destination, now());
  const io::Result<> written = co_await notebook_.write_all(now());
  doorbell_.ring();  // its door is open
  if (!written) co_return written.error();
  co_return known;
}

io::Async<io::Result<queue::Operated>> Engine::suppress(std::vector<queue::SuppressionEdit> edits,
                                                        std::string by) {
  SuppressionsEdited fact{by, edits.size(), 0};
  const queue::SuppressionPolicy& policy = plan_.terms.suppression;
  io::Result<queue::Operated> edited = co_await world_.store.edit_suppressions(
      std::move(edits), counted_causes(policy), policy.expires, std::move(by), now());
  if (edited) {
    fact.changed = edited->changed;
    observer_.suppressions_edited(fact);
  } else if (!edited.error().is(io::Errc::denied)) {  // a full list is no trouble of the disk
    note("changing the suppression list", edited.error());
  }
  co_return edited;
}

std::optional<std::vector<scheduler::Rehearsal>> Engine::rehearse(
    const std::vector<scheduler::Role>& roles, std::size_t limit) const {
  if (!scheduler_.learns()) return std::nullopt;
  std::vector<scheduler::Rehearsal> rehearsals;
  rehearsals.reserve(roles.size());
  const mail::WallTime present = now();
  const Rehearse learnt = [this, present](const scheduler::Role& role, std::size_t most) {
    return scheduler_.rehearse(role, present, most);
  };
  for (const scheduler::Role& role : roles) {
    const scheduler::OverridePtr entry = scheduler_.entry_of(role.destination);
    rehearsals.push_back(foretell(role, plan_.terms.retry, entry.get(), present, limit, learnt));
  }
  return rehearsals;
}

void Engine::note(std::string doing, const io::Error& error) {
  observer_.trouble({std::move(doing), io::to_string(error), std::nullopt});
  trouble_ = error;
  feed_.look_again();  // the next claim tells what the store has come to
  if (error.is(io::Errc::closed_intake)) {
    failure_ = error;
  } else {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    not_before_ = world_.clock.now() + pause_;
  }
  doorbell_.ring();
}

void Engine::spawn(io::Async<> work) {
  ++open_;
  asio::co_spawn(world_.home, std::move(work), [this](const std::exception_ptr& bug) {
    // A bug leaves the process: what is committed is safe, and nothing else may be trusted.
    if (bug) std::rethrow_exception(bug);
    --open_;
    carry_on();
  });
}

}  // namespace tenax::engine

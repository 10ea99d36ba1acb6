// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace tenax::engine {

namespace asio = io::asio;

namespace {

// What is due but was not claimed has its reason (a full lane, a verb under way); whoever ends the
// reason rings. This is for reasons nobody thought of: slow enough not to be a busy poll.
constexpr io::Span kLookAgain = std::chrono::seconds{1};
// A delay notice may be this late while a crowd is claimed.
constexpr io::Span kTellAgain = std::chrono::milliseconds{100};
constexpr io::Span kFirstClaimPause = std::chrono::seconds{2};
constexpr io::Span kLongestClaimPause = std::chrono::seconds{60};
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
      next_telling_{world_.clock.now()},
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
    co_await write_out_what_passed();
    co_await follow_the_routes();
    const std::size_t moved = co_await one_round();
    if (moved > 0) continue;
    if (once_ && quiet() && operating_ == 0 && expiring_ == 0) break;
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
  plan.agent.our_doors = std::move(plan_.agent.our_doors);
  plan_ = std::move(plan);
  scheduler_.adopt(plan_.scheduler);
  agent_.adopt(plan_.agent);
  storms_.adopt(plan_.storm);
  dispatch_.adopt(plan_.terms.suppression);
  feed_.look_again();
  doorbell_.ring();
}

void Engine::listens_at(const io::Endpoint& door) {
  plan_.agent.our_doors.push_back(door);
  agent_.adopt(plan_.agent);
}

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

/// Mail that passed is kept in short, until it is written out with what passed beside it.
io::Async<> Engine::write_out_what_passed() {
  if (!next_writing_out_ || world_.clock.now() < *next_writing_out_ || held_up()) co_return;
  next_writing_out_.reset();
  const io::Result<> written = co_await world_.store.write_out();
  if (written) co_return;
  note("writing out what passed", written.error());
  next_writing_out_ = not_before_;
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
  const bool looks = !held_up() && operating_ == 0 && !feed_.is_caught_up(now());
  // While mail is claimed one after the other, now and then: the answer is nearly always no, and
  // the next claim would wait for it behind the contents that are read meanwhile.
  const bool tells_first = looks && world_.clock.now() >= next_telling_;
  std::size_t told = 0;
  if (tells_first) told = co_await tell_who_is_due();
  if (!held_up() && operating_ == 0) {
    const io::Result<> shed = co_await feed_.give_back_shed(now());
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
  if (looks && !tells_first && claimed == 0) told = co_await tell_who_is_due();
  co_return claimed + started + told;
}

/// How many of delays, debts and storms were found to tell of.
io::Async<std::size_t> Engine::tell_who_is_due() {
  if (held_up() || operating_ > 0) co_return std::size_t{0};
  next_telling_ = world_.clock.now() + kTellAgain;
  const mail::WallTime present = now();
  const std::size_t delays = co_await tell_of_delays(present);
  const std::size_t owed = co_await tell_what_is_owed(present);
  const std::size_t storms = co_await tell_of_storms(present);
  co_return delays + owed + storms;
}

io::Async<std::size_t> Engine::tell_of_delays(mail::WallTime now) {
  if (telling_ > 0) co_return std::size_t{0};
  io::Result<std::vector<queue::NoticeDue>> due =
      co_await world_.store.notices_due(now, kDelaysAtOnce);
  if (!due) {
    note("looking for delay notices", due.error());
    co_return std::size_t{0};
  }
  for (queue::NoticeDue& notice : *due) {
    ++telling_;
    spawn(settle_delay(std::move(notice)));
  }
  co_return due->size();
}

/// One digest; the loop comes back as long as more are due.
io::Async<std::size_t> Engine::tell_what_is_owed(mail::WallTime now) {
  io::Result<std::optional<queue::DigestDue>> due = co_await world_.store.digest_due(now);
  if (!due) {
    note("looking for failures to tell", due.error());
    co_return std::size_t{0};
  }
  if (!*due) co_return std::size_t{0};
  for (queue::DigestDue::Delay& delay : (*due)->delays) heed_parked_lanes(delay.of);
  const io::Result<Digested> told = co_await settler_.tell_owed(
      std::move(**due), terms_of_delays(), plan_.routes, now, what_was_learnt(now));
  feed_.look_again();
  const bool changed = !told && told.error().is(io::Errc::protocol);  // meanwhile: seen next time
  if (!told && !changed) note("telling of failures", told.error());
  if (!told) co_return std::size_t{0};
  observer_.digested(*told);
  feed_.left_behind(told->notice, std::nullopt, {plan_.routes.destination_of(told->to.domain())},
                    now);
  co_return std::size_t{1};
}

/// One storm; the loop comes back as long as more are to be told of.
io::Async<std::size_t> Engine::tell_of_storms(mail::WallTime now) {
  io::Result<std::optional<queue::StormDue>> due = co_await world_.store.storm_due(now);
  if (!due) {
    note("looking for storms to tell of", due.error());
    co_return std::size_t{0};
  }
  if (!*due) co_return std::size_t{0};
  const io::Result<std::optional<StormTold>> told =
      co_await settler_.tell_storm(std::move(**due), plan_.terms, plan_.routes, now);
  feed_.look_again();
  const bool changed = !told && told.error().is(io::Errc::protocol);  // meanwhile: seen next time
  if (!told && !changed) note("telling of a storm", told.error());
  if (!told || !*told) co_return std::size_t{0};
  observer_.storm_told(**told);
  feed_.left_behind((*told)->mail, std::nullopt,
                    {plan_.routes.destination_of((*told)->to.domain())}, now);
  co_return std::size_t{1};
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
  const bool may_claim = !plan_.paused && !feed_.is_caught_up(now()) && feed_.has_room();
  const auto due = feed_.next_due();
  const bool due_sooner = due && calendar_.instant_of(*due) < wake_;
  const bool sooner = due_sooner || next_of_ours() < wake_;
  if (may_claim || sooner || stopping_ || failure_ || once_) doorbell_.ring();
}

/// When the loop is needed for what lies in memory.
io::Instant Engine::next_of_ours() const {
  io::Instant next = next_housekeeping_;
  if (next_writing_out_) next = std::min(next, *next_writing_out_);
  if (const auto overdue = gathering_.next()) next = std::min(next, *overdue);
  if (const auto lesson = notebook_.next(now())) next = std::min(next, *lesson);
  const auto wakeup = scheduler_.next_wakeup(now());
  return wakeup ? std::min(next, calendar_.instant_of(*wakeup)) : next;
}

/// While nothing is attempted, who waits still hears so in time.
io::Async<io::Instant> Engine::wake_in_a_pause() {
  const io::Result<std::optional<mail::WallTime>> due = co_await world_.store.next_to_tell();
  if (!due) {
    note("asking whom to tell", due.error());
    co_return not_before_;
  }
  const io::Instant present = world_.clock.now();
  const io::Instant next = std::max(next_of_ours(), present);
  if (!*due) co_return next;
  const bool overdue = **due <= now();
  co_return std::min(next, overdue ? present + kLookAgain : calendar_.instant_of(**due));
}

io::Async<io::Instant> Engine::next_wake() {
  const io::Instant present = world_.clock.now();
  if (held_up()) {
    const auto overdue = gathering_.next();
    co_return std::min(not_before_, overdue.value_or(not_before_));
  }
  // Whoever ends a pause or a verb, and whoever makes room, rings.
  if (plan_.paused && operating_ == 0) co_return co_await wake_in_a_pause();
  const bool looks = operating_ == 0 && feed_.has_room();
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
  if (!failure_) {
    const io::Result<> written = co_await world_.store.write_out();
    if (!written) note("writing out what passed", written.error());
  }
  if (!hurrying_ && !failure_) co_await agent_.close_idle();
  if (!quiet() && !failure_) failure_ = io::error(io::Errc::timed_out, "ending the deliveries");
  observer_.phase(Phase::stopped);
}

void Engine::note(std::string doing, const io::Error& error) {
  tell_trouble(std::move(doing), error);
  if (failure_) return;
  pause_ = std::clamp(pause_ * 2, kFirstClaimPause, kLongestClaimPause);
  not_before_ = world_.clock.now() + pause_;
}

void Engine::tell_trouble(std::string doing, const io::Error& error) {
  observer_.trouble({std::move(doing), io::to_string(error), std::nullopt});
  trouble_ = error;
  feed_.look_again();  // the next claim tells what the store has come to
  if (error.is(io::Errc::closed_intake)) failure_ = error;
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

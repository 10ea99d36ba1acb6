// SPDX-License-Identifier: Apache-2.0
// What the doors and the operator ask of the engine.
#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "engine/expire.h"
#include "engine/foretell.h"
#include "engine/suppressing.h"

namespace tenax::engine {

namespace {

// How long mail that passed may be kept in short: nobody but the queue's readers knows.
constexpr mail::Duration kWriteOutAfter = std::chrono::seconds{1};

}  // namespace

io::Async<io::Result<queue::EnqueueResult>> Engine::accept(
    mail::NewMessage message, std::unique_ptr<queue::IncomingContents> contents) {
  // The disk may take its time: where the message goes, and when, is decided after that.
  const io::Result<> closed = co_await contents->close();
  if (!closed) {
    tell_trouble("accepting", closed.error());
    co_return closed.error();
  }
  message.accepted = std::min(message.accepted, now());
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
    if (enqueued && !next_writing_out_) next_writing_out_ = world_.clock.now() + kWriteOutAfter;
    const io::Result<> handed = co_await feed_.hand_on(std::move(*passing), leased, now());
    if (!handed) note("giving back", handed.error());
  } else {
    feed_.look_again();
    if (enqueued && !enqueued->repeated) feed_.left_behind(enqueued->id, sender, left, now());
  }
  if (!enqueued) {
    tell_trouble("accepting", enqueued.error());
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
  // None named: more than can be, and then all. Of what failed midway some may be due by now.
  if (back && asked.verb == queue::Verb::retry && (!operated || operated->changed > 0)) {
    scheduler_.unpark(operated ? operated->destinations : std::vector<std::string>{}, now());
  }
  if (operated) {
    observer_.operated({asked, *operated});
  } else {
    tell_trouble("operating", operated.error());
  }
  doorbell_.ring();
  co_return operated;
}

io::Async<io::Result<queue::Operated>> Engine::expire(queue::Selection selection, std::string by) {
  ++expiring_;
  Lease lease = [this](queue::Selection what, queue::Rest rest) {
    return lease_to_expire(std::move(what), std::move(rest));
  };
  Told told = [this](const Committed& committed, mail::QueueId message,
                     const std::vector<Untold>& untold) { tell(committed, message, untold); };
  io::Result<queue::Operated> expired =
      co_await expire_selected(world_.store, settler_, plan_, std::move(lease),
                               std::move(selection), std::move(by), now(), std::move(told));
  --expiring_;
  feed_.look_again();
  if (!expired) tell_trouble("expiring", expired.error());
  doorbell_.ring();
  co_return expired;
}

/// Only this needs the queue to stand still: what is leased nobody else claims, and while it is
/// given up the rest need not wait.
io::Async<io::Result<queue::Selected>> Engine::lease_to_expire(queue::Selection selection,
                                                               queue::Rest rest) {
  if (rest.all != nullptr && stopping_)
    co_return io::error(io::Errc::cancelled, "the daemon stops");
  ++operating_;
  io::Result<queue::Selected> leased = queue::Selected{};
  const io::Result<> back = co_await feed_.give_back_all(now());
  if (back) {
    leased = co_await world_.store.claim_selected(std::move(selection), std::move(rest), now(),
                                                  plan_.terms.retry.first_delay);
  } else {
    leased = back.error();
  }
  co_await read_storms();
  --operating_;
  feed_.look_again();
  doorbell_.ring();
  co_return leased;
}

io::Async<io::Result<bool>> Engine::forget(mail::Destination destination) {
  if (!scheduler_.learns()) {
    // Not const: a const Result<bool> would be returned as "true", by its operator bool.
    io::Result<bool> forgotten = co_await forget_kept(world_.store, std::move(destination), now());
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
  } else if (!edited.error().is(io::Errc::unfit)) {  // a full list is no trouble of the disk
    tell_trouble("changing the suppression list", edited.error());
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

}  // namespace tenax::engine

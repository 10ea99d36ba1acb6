// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/why.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "engine/destinations.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using mail::RecipientState;

constexpr std::size_t kMostReasons = 200;

// Between the end of an attempt and the moment its outcome is written down.
constexpr std::chrono::minutes kSettledWithin{1};

const scheduler::RetryPolicy& retry_of(const queue::RecipientRow& row, const Rules& rules) {
  return engine::retry_of(rules.retry, rules.overrides, row.destination, row.last);
}

/// What the operator says of where it goes, as far as it is known here; nullptr: nothing.
scheduler::OverridePtr entry_of(const queue::RecipientRow& row, const Rules& rules) {
  return engine::entry_of(rules.overrides, row.destination, row.last);
}

/// Everything that is asked for one recipient, looked up once.
class Inquiry {
 public:
  Inquiry(const queue::MessageDetails& message, const DaemonState& daemon, const Rules& rules,
          mail::WallTime now, const CountBefore& count_before)
      : message_{message}, daemon_{daemon}, rules_{rules}, now_{now}, count_before_{count_before} {
    for (const queue::AttemptRow& attempt : message.attempts) {
      if (attempt.counted) counted_[attempt.recipient] = &attempt;
      newest_[attempt.recipient] = &attempt;
    }
    if (!daemon.view) return;
    for (const scheduler::LaneView& lane : daemon.view->lanes) {
      lanes_.emplace(lane.destination.text(), &lane);
    }
    if (!daemon.view->under_way) return;
    for (const engine::UnderWay& one : *daemon.view->under_way) {
      if (one.message == message.id) under_way_.emplace(one.recipient, one.since);
    }
  }

  [[nodiscard]] bool is_under_way(mail::RecipientId id) const { return under_way_.contains(id); }

  [[nodiscard]] Hindrance of(const queue::RecipientRow& row) const {
    Hindrance found = without_words(row);
    if (found.said.empty() && row.last) found.said = row.last->text;
    if (found.host.empty() && row.last) found.host = row.last->host.name;
    return found;
  }

 private:
  [[nodiscard]] Hindrance without_words(const queue::RecipientRow& row) const;
  [[nodiscard]] Hindrance held(const queue::RecipientRow& row) const;
  [[nodiscard]] Hindrance leased(const queue::RecipientRow& row) const;
  [[nodiscard]] Hindrance not_due(const queue::RecipientRow& row, mail::WallTime due) const;
  [[nodiscard]] Hindrance at_its_lane(const queue::RecipientRow& row, queue::Before before) const;
  [[nodiscard]] static Hindrance paced(Hindrance found, const scheduler::Override& entry) {
    found.wait = Wait::limiter;
    found.cause = Cause::paced;
    found.rate = in_words(*entry.pace);
    found.line = entry.line;
    return found;
  }
  [[nodiscard]] bool is_parked(const scheduler::LaneView* lane) const {
    return lane != nullptr && lane->parked_until && *lane->parked_until > now_;
  }
  /// Nothing of its lane lasts longer than its lifetime: the last attempt is at the deadline all
  /// the same.
  [[nodiscard]] mail::WallTime no_later_than_its_end(mail::WallTime when,
                                                     const queue::RecipientRow& row) const {
    const mail::WallTime end = scheduler::end_of_life(retry_of(row, rules_), row.accepted);
    return std::max(now_, std::min(when, end));
  }
  [[nodiscard]] mail::WallTime end_of_parking(const scheduler::LaneView& lane,
                                              const queue::RecipientRow& row) const {
    return no_later_than_its_end(*lane.parked_until, row);
  }
  [[nodiscard]] bool follows_its_own_attempt(const queue::RecipientRow& row,
                                             mail::WallTime due) const;

  [[nodiscard]] const scheduler::LaneView* lane_of(const queue::RecipientRow& row) const {
    const auto found = lanes_.find(row.destination.text());
    return found == lanes_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::optional<mail::WallTime> newest_attempt(mail::RecipientId id) const {
    const auto found = newest_.find(id);
    return found == newest_.end() ? std::nullopt : std::optional{found->second->finished};
  }

  const queue::MessageDetails& message_;
  const DaemonState& daemon_;
  const Rules& rules_;
  mail::WallTime now_;
  const CountBefore& count_before_;
  std::unordered_map<mail::RecipientId, const queue::AttemptRow*> counted_;  // the newest of each
  std::unordered_map<mail::RecipientId, const queue::AttemptRow*> newest_;
  std::unordered_map<std::string, const scheduler::LaneView*> lanes_;
  std::unordered_map<mail::RecipientId, mail::WallTime> under_way_;
};

Hindrance Inquiry::without_words(const queue::RecipientRow& row) const {
  if (row.state == RecipientState::held) return held(row);
  if (row.state == RecipientState::leased) return leased(row);
  const mail::WallTime due = row.next_attempt.value_or(now_);
  if (due > now_) return not_due(row, due);
  if (daemon_.life == DaemonState::Life::down) {
    Hindrance found;
    found.wait = Wait::own_fault;
    found.cause = Cause::daemon_down;
    found.since = due;
    return found;
  }
  return at_its_lane(row, count_before_(row));
}

Hindrance Inquiry::held(const queue::RecipientRow& row) const {
  Hindrance found;
  found.wait = Wait::hold;
  found.cause = row.stormed ? Cause::stormed : Cause::held;
  if (row.stormed) {
    found.since = newest_attempt(row.id);
    return found;  // said: the refusal
  }
  const auto event =
      std::find_if(message_.events.rbegin(), message_.events.rend(),
                   [](const queue::EventRow& one) { return one.what.starts_with("held"); });
  if (event == message_.events.rend()) return found;
  found.since = event->when;
  found.said = event->what;
  return found;
}

Hindrance Inquiry::leased(const queue::RecipientRow& row) const {
  Hindrance found;
  if (daemon_.life == DaemonState::Life::down) {
    found.wait = Wait::own_fault;
    found.cause = Cause::left_leased;
    found.next = row.next_attempt;
    return found;
  }
  const bool told = daemon_.view && daemon_.view->under_way;
  if (!told) return found;
  const auto flight = under_way_.find(row.id);
  if (flight != under_way_.end()) {
    found.since = flight->second;
    found.next = flight->second;
    return found;
  }
  const scheduler::LaneView* const lane = lane_of(row);
  if (lane == nullptr || lane->waiting == 0) {
    found.cause = Cause::settling;
    return found;
  }
  queue::Before before;
  before.waiting = static_cast<std::int64_t>(lane->waiting) - 1;
  found = at_its_lane(row, before);
  found.at_most = true;
  return found;
}

/// Its date is the one that the retry policy gives after its last attempt.
bool Inquiry::follows_its_own_attempt(const queue::RecipientRow& row, mail::WallTime due) const {
  const auto found = counted_.find(row.id);
  if (found == counted_.end()) return false;
  const scheduler::History history{row.accepted, row.attempts};
  const std::optional<mail::WallTime> date =
      scheduler::next_attempt(retry_of(row, rules_), history, found->second->finished,
                              scheduler::roll_for(row.message, row.attempts));
  return date && due <= *date + kSettledWithin;
}

Hindrance Inquiry::not_due(const queue::RecipientRow& row, mail::WallTime due) const {
  const scheduler::LaneView* const lane = lane_of(row);
  Hindrance found;
  found.next = due;
  found.since = newest_attempt(row.id);
  if (lane != nullptr) found.lane = *lane;
  if (is_parked(lane) && end_of_parking(*lane, row) > due) {
    found.wait = Wait::destination_backoff;
    found.cause = Cause::parked;
    found.next = end_of_parking(*lane, row);
    return found;
  }
  if (row.last && row.last->fault == mail::Fault::ours) {
    found.wait = Wait::own_fault;
    found.cause = Cause::own_fault;
    return found;
  }
  const bool troubled = lane != nullptr && lane->parked_until.has_value();
  const bool own_date = row.attempts > 0 && (!troubled || follows_its_own_attempt(row, due));
  if (const auto entry = entry_of(row, rules_); entry && entry->pace && !troubled) {
    // What was learnt gives dates of its own.
    const bool by_formula = !retry_of(row, rules_).learns;
    const bool its_own = row.attempts > 0 && (!by_formula || follows_its_own_attempt(row, due));
    if (!its_own) return paced(std::move(found), *entry);
  }
  found.wait = own_date ? Wait::message_backoff : Wait::destination_backoff;
  found.cause = own_date ? Cause::put_off : is_parked(lane) ? Cause::parked : Cause::sent_back;
  return found;
}

/// It is due, and a daemon is there or may be.
Hindrance Inquiry::at_its_lane(const queue::RecipientRow& row, queue::Before before) const {
  const scheduler::LaneView* const lane = lane_of(row);
  Hindrance found;
  found.before = before;
  if (lane != nullptr) found.lane = *lane;
  if (daemon_.view && daemon_.view->paused) {
    found.wait = Wait::hold;
    found.cause = Cause::paused;
    return found;
  }
  if (lane != nullptr && lane->parked_until) {
    found.wait = Wait::destination_backoff;
    found.cause = is_parked(lane) ? Cause::parked : Cause::probation;
    if (is_parked(lane)) found.next = end_of_parking(*lane, row);
    return found;
  }
  const bool shut = lane != nullptr && lane->door_until && lane->door_until >= lane->paced_until;
  if (shut) {
    found.wait = Wait::destination_backoff;
    found.cause = Cause::door;
    if (*lane->door_until > now_) found.next = no_later_than_its_end(*lane->door_until, row);
    return found;
  }
  if (lane != nullptr && lane->paced_until && *lane->paced_until > now_) {
    if (const auto entry = entry_of(row, rules_); entry && entry->pace) {
      return paced(std::move(found), *entry);
    }
  }
  found.wait = Wait::limiter;
  found.cause = Cause::in_line;
  if (lane != nullptr && lane->in_flight >= lane->window) {
    found.cause = Cause::lane_full;
  } else if (daemon_.view && rules_.sessions > 0 && daemon_.view->in_flight >= rules_.sessions) {
    found.cause = Cause::all_full;
  }
  return found;
}

/// Of whom waits for a date: the moment at which it will really go, and why then.
void ask_why_then(std::vector<Reason>& open, mail::WallTime now, const Foretell& foretell) {
  std::vector<Hindrance*> asked;
  std::vector<scheduler::Role> roles;
  for (Reason& reason : open) {
    const Cause cause = reason.hindrance.cause;
    const bool waits = cause == Cause::put_off || cause == Cause::sent_back ||
                       (cause == Cause::door && reason.hindrance.next);
    if (!waits) continue;
    asked.push_back(&reason.hindrance);
    roles.push_back(role_of(reason.recipients.front(), now));
  }
  if (roles.empty()) return;
  const std::optional<std::vector<scheduler::Rehearsal>> told = foretell(roles);
  if (!told) return;
  for (std::size_t i = 0; i < told->size() && i < asked.size(); ++i) {
    if ((*told)[i].attempts.empty()) continue;
    asked[i]->next = (*told)[i].attempts.front().when;
    asked[i]->reason = (*told)[i].attempts.front().reason;
  }
}

}  // namespace

std::optional<mail::WallTime> end_of(const std::vector<queue::RecipientRow>& recipients,
                                     const Rules& rules) {
  std::optional<mail::WallTime> end;
  for (const queue::RecipientRow& row : recipients) {
    if (mail::is_final(row.state) || row.state == RecipientState::held) continue;
    end = std::max(end, std::optional{scheduler::end_of_life(retry_of(row, rules), row.accepted)});
  }
  return end;
}

Reasons reasons_of(const queue::MessageDetails& message, DaemonState daemon, const Rules& rules,
                   mail::WallTime now, const CountBefore& count_before, const Foretell& foretell) {
  Reasons reasons{.message = message.id,
                  .sender = message.envelope.sender,
                  .accepted = message.accepted,
                  .end = end_of(message.recipients, rules),
                  .open = {},
                  .more = 0,
                  .ended = 0,
                  .daemon = std::move(daemon),
                  .now = now};
  const Inquiry inquiry{message, reasons.daemon, rules, now, count_before};
  using Likeness = std::tuple<std::string, RecipientState, int, std::optional<mail::WallTime>, bool,
                              std::string, mail::Fault>;
  std::map<Likeness, std::size_t> known;
  for (const queue::RecipientRow& row : message.recipients) {
    if (mail::is_final(row.state)) {
      ++reasons.ended;
      continue;
    }
    const Likeness likeness{row.destination.text(),
                            row.state,
                            row.attempts,
                            row.next_attempt,
                            inquiry.is_under_way(row.id),
                            row.last ? row.last->text : std::string{},
                            row.last ? row.last->fault : mail::Fault::theirs};
    const auto like = known.find(likeness);
    if (like != known.end()) {
      reasons.open[like->second].recipients.push_back(row);
    } else if (reasons.open.size() < kMostReasons) {
      known.emplace(likeness, reasons.open.size());
      reasons.open.push_back({{row}, inquiry.of(row)});
    } else {
      ++reasons.more;
    }
  }
  if (foretell) ask_why_then(reasons.open, now, foretell);
  return reasons;
}

}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
// What only a scheduler that learns does: it follows each flight home, learns from its report, and
// moves lanes when a destination turns out to lead elsewhere.

#include <algorithm>
#include <cassert>
#include <utility>

#include "scheduler/scheduler_state.h"

namespace tenax::scheduler {

void Scheduler::State::move(Lane& from, const mail::Destination& destination) {
  Lane& to = lane_of(destination);
  if (to.entry != entry_of(to)) follow(to);
  if (&to == &from) return;
  for (const Place place : from.line.places()) {
    if (from.line.at(place).destination != destination) continue;
    const bool last_chance = from.line.is_last_chance(place);
    to.line.add(from.line.take(place), place.number, last_chance);
  }
  refile(to, now);
}

/// A destination may lead elsewhere by now: the lane is the one it left from.
Scheduler::State::Flights::iterator Scheduler::State::flight_of(
    mail::QueueId message, const mail::Destination& destination, bool landed) {
  const auto [begin, end] = flights.equal_range(message);
  const auto found = std::find_if(begin, end, [&](const auto& one) {
    return one.second.landed == landed && one.second.destination == destination.text();
  });
  return found == end ? flights.end() : found;
}

std::vector<Advice> Scheduler::landed(const mail::DeliveryRequest& request,
                                      const mail::DeliveryReport& report, mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  assert(state.memory);
  const auto flight = state.flight_of(request.message, request.destination, false);
  assert(flight != state.flights.end());
  if (flight == state.flights.end()) return {};
  Lane& lane = state.lanes.at(flight->second.lane);  // it lives until all is settled
  (void)state.shaping.met(request.destination, report.mail_hosts);
  if (!state.teaches(lane, request.destination)) {
    landed(request.message, request.destination, report.health, now);
    return {};
  }
  flight->second.landed = true;
  state.land(lane, mail::Health::well);
  const bool was_down = state.memory->network().down();
  std::vector<Advice> advice = state.memory->learn(request, report, lane.window.in_flight(), now);
  state.move(lane, request.destination);
  state.refile(lane, now);
  if (was_down != state.memory->network().down()) state.refile_suspects(now);
  state.trim();
  return advice;
}

void Scheduler::landed(mail::QueueId message, const mail::Destination& destination,
                       mail::Health health, mail::WallTime now) {
  State& state = *state_;
  if (!state.memory) return landed(destination, health, now);
  state.now = now;
  const auto flight = state.flight_of(message, destination, false);
  assert(flight != state.flights.end());
  if (flight == state.flights.end()) return;
  Lane& lane = state.lanes.at(flight->second.lane);
  flight->second.landed = true;
  state.land(lane, lane.site == nullptr ? health : mail::Health::well);
  state.move(lane, destination);
  state.refile(lane, now);
  state.trim();
}

bool Scheduler::learns_of(mail::QueueId message, const mail::Destination& destination) const {
  if (!state_->memory) return false;
  const auto flight = state_->flight_of(message, destination, false);
  return flight != state_->flights.end() &&
         state_->teaches(state_->lanes.at(flight->second.lane), destination);
}

void Scheduler::settled(mail::QueueId message, const mail::Destination& destination,
                        mail::WallTime now, std::size_t recipients) {
  State& state = *state_;
  if (!state.memory) return settled(destination, now, recipients);
  state.now = now;
  const auto flight = state.flight_of(message, destination, true);
  assert(flight != state.flights.end());
  if (flight == state.flights.end()) return;
  Lane& lane = state.lanes.at(flight->second.lane);
  state.flights.erase(flight);
  state.settle(lane, recipients);
}

bool Scheduler::learns() const { return state_->memory.has_value(); }

Rehearsal Scheduler::rehearse(const Role& role, mail::WallTime now, std::size_t limit) const {
  assert(state_->memory);
  const Memory& memory = *state_->memory;
  Role later = role;
  if (memory.network().down()) later.due = std::max(later.due, memory.network().next_probe());
  return scheduler::rehearse(memory.known_of(request_of(later)), later, now, limit);
}

bool Scheduler::has_early() const { return state_->memory && state_->memory->has_early(); }

bool Scheduler::has_too_early() const { return !state_->not_yet.empty(); }

std::vector<std::string> Scheduler::take_early() {
  return state_->memory ? state_->memory->take_early() : std::vector<std::string>{};
}

std::vector<mail::Lesson> Scheduler::take_lessons(mail::WallTime now, std::size_t most, bool all) {
  return state_->memory ? state_->memory->take_lessons(now, most, all)
                        : std::vector<mail::Lesson>{};
}

std::optional<mail::WallTime> Scheduler::next_lesson() const {
  return state_->memory ? state_->memory->next_lesson() : std::nullopt;
}

Restored Scheduler::restore(std::vector<mail::Lesson> lessons, mail::WallTime now) {
  assert(state_->lanes.empty());
  return state_->memory ? state_->memory->restore(std::move(lessons), now) : Restored{};
}

bool Scheduler::unlearn(const mail::Destination& destination, mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  if (!state.memory || !state.memory->unlearn(destination, now)) return false;
  const Site* const site = state.memory->find(destination);
  const auto lane = site != nullptr ? state.lanes.find(site->name()) : state.lanes.end();
  if (lane != state.lanes.end()) state.refile(lane->second, now);
  return true;
}

void Scheduler::call_again(const std::vector<std::string>& destinations) {
  if (state_->memory) state_->memory->call_early(destinations);
}

}  // namespace tenax::scheduler

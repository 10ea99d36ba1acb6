// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <string>
#include <utility>

#include "scheduler/scheduler_state.h"

namespace tenax::scheduler {

namespace {

constexpr std::size_t kFewOfSender = 10;  // recipients that wait in a lane: more is a share of it
constexpr std::size_t kSpare = 20;  // this part of all that may be active is not for due order
constexpr std::size_t kFewLastChances = 10;  // recipients waiting in a closed lane

// A parking this short is waited for in memory: giving back and claiming again would cost more.
constexpr mail::Duration kShortParking = std::chrono::seconds{15};

LaneView view_of(const Lane& lane, mail::WallTime now) {
  LaneView view{.destination = lane.destination,
                .window = lane.width(),
                .in_flight = lane.window.in_flight(),
                .waiting = lane.line.recipients(),
                .parked_until = lane.window.parked_until(),
                .failures = lane.window.failures()};
  if (lane.site != nullptr) {
    const Outage& outage = lane.site->outage();
    view.parked_until = outage.under_way() ? std::optional{outage.next_probe()} : std::nullopt;
    view.failures = outage.failures();
    if (!outage.under_way()) view.door_until = lane.door_opens(now);
    const Quota& quota = lane.site->quota();
    const bool asks = !view.door_until && quota.closed();
    if (!outage.under_way() && asks) view.door_until = quota.next_knock();
  }
  if (lane.entry) view.line = lane.entry->line;
  if (!lane.paced_in(now)) view.paced_until = lane.pace.opens(*lane.entry->pace);
  return view;
}

}  // namespace

Scheduler::Scheduler(SchedulerPolicy policy) : state_{std::make_unique<State>(std::move(policy))} {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

void Scheduler::adopt(SchedulerPolicy policy) {
  State& state = *state_;
  state.policy = std::move(policy);
  state.shaping.adopt(state.policy.overrides);
  if (state.memory && state.policy.learning) state.memory->adopt(*state.policy.learning);
  std::set<std::string> elsewhere;  // lanes in which something waits that belongs into another
  for (auto& [name, lane] : state.lanes) {
    state.follow(lane);
    for (const Place place : lane.line.places()) {
      const mail::Destination& destination = lane.line.at(place).destination;
      if (state.find_lane(destination) != &lane) elsewhere.insert(name);
    }
  }
  for (const std::string& name : elsewhere) state.move_all(state.lanes.at(name));
  for (auto next = state.lanes.begin(); next != state.lanes.end();) {
    state.refile((next++)->second, state.now);
  }
  state.trim();
}

std::size_t Scheduler::appetite() const {
  const State& state = *state_;
  const std::size_t most = state.policy.active_recipients;
  return state.held < most ? most - state.held : 0;
}

std::size_t Scheduler::held() const { return state_->held; }

std::size_t Scheduler::lane_appetite() const { return state_->lane_share(); }

std::size_t Scheduler::spare() const { return state_->policy.active_recipients / kSpare; }

std::string Scheduler::lane_name(const mail::Destination& destination) const {
  return state_->name_of(destination);
}

std::size_t Scheduler::room_ahead(const std::string& name, Sender sender,
                                  mail::WallTime now) const {
  const auto found = state_->lanes.find(name);
  if (found == state_->lanes.end()) return kFewOfSender;
  const Lane& lane = found->second;
  const std::size_t most = state_->policy.lane_recipients;
  if (lane.held() >= most || state_->shut(lane, now)) return 0;
  const std::size_t waiting = lane.line.fresh_of(sender, kFewOfSender);
  return std::min(kFewOfSender - waiting, most - lane.held());
}

bool Scheduler::is_closed(const std::string& lane, mail::WallTime now) const {
  const auto found = state_->lanes.find(lane);
  return found != state_->lanes.end() && state_->closed(found->second, now);
}

bool Scheduler::welcomes(const std::vector<mail::Destination>& destinations, std::size_t recipients,
                         mail::WallTime now) const {
  if (recipients > appetite()) return false;
  return std::ranges::none_of(destinations, [&](const mail::Destination& destination) {
    const Lane* const lane = state_->find_lane(destination);
    return lane != nullptr && state_->closed(*lane, now);
  });
}

std::uint64_t Scheduler::turnings() const { return state_->turnings; }

std::vector<std::string> Scheduler::except(mail::WallTime now) const {
  std::vector<const Lane*> closed;
  for (const auto& [number, lane] : state_->suspects) {
    if (state_->closed(*lane, now)) closed.push_back(lane);
  }
  const auto fuller = [](const Lane* a, const Lane* b) {
    return a->held() != b->held() ? a->held() > b->held() : a->number < b->number;
  };
  const std::size_t count = std::min(closed.size(), kMostExceptions);
  const auto middle = closed.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(closed.begin(), middle, closed.end(), fuller);
  closed.resize(count);

  std::vector<std::string> names;
  names.reserve(count);
  for (const Lane* lane : closed) lane->name_destinations(kMostLeftOut, names);
  return names;
}

std::vector<std::string> Scheduler::last_chances(mail::WallTime now) const {
  std::vector<std::string> names;
  for (const auto& [number, lane] : state_->suspects) {
    const bool takes = state_->closed(*lane, now) && !state_->full(*lane) &&
                       lane->held() < kFewLastChances && names.size() < kMostLeftOut;
    if (takes) lane->name_destinations(kMostLeftOut, names);
  }
  return names;
}

void Scheduler::add(mail::DeliveryRequest request, mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  if (request.recipients.empty()) return;  // nobody to deliver to, and nothing to give back
  Lane& lane = state.lane_of(request.destination);
  const bool last_chance = request.accepted + state.lifetime_of(request.destination) <= now;
  state.held += request.recipients.size();
  lane.line.add(std::move(request), ++state.serials, last_chance);
  state.refile(lane, now);
}

std::vector<mail::DeliveryRequest> Scheduler::take_ready(mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  while (Lane* const lane = state.due.pop(now)) state.refile(*lane, now);

  std::vector<mail::DeliveryRequest> ready;
  while (state.in_flight + state.unsettled < state.policy.sessions) {
    Lane* const lane = state.next_turn();
    if (lane == nullptr) break;
    if (state.memory && !state.memory->may_try(now, state.in_flight)) {
      state.refile(*lane, now);
      break;
    }
    state.start(*lane, lane->next(now), ready);
    state.refile(*lane, now);
  }
  return ready;
}

std::vector<Shed> Scheduler::shed(mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  std::vector<Shed> shed = std::exchange(state.not_yet, {});
  const bool left_out = state.leaves_all_out();
  for (auto next = state.crowds.begin(); next != state.crowds.end();) {
    Lane& lane = *(next++)->second;
    const Window& window = lane.window;
    const mail::Duration width = window.parking() / 2;
    if (lane.site != nullptr) {
      const auto opens = lane.door_opens(now);
      // Left out of claims they need no other date, and go at once if the door opens sooner.
      if (opens && *opens - now > kShortParking) {
        state.give_back(lane, left_out ? now : *opens, {}, shed);
      }
    } else if (window.parked(now)) {
      const bool worth_it = *window.parked_until() - now > kShortParking || state.crowded();
      if (worth_it) state.give_back(lane, *window.parked_until(), width, shed);
    } else if (window.on_probation(now) && window.in_flight() > 0 && state.crowded()) {
      // A canary on a dead line may take many minutes; what is queued behind it must not keep
      // living lanes from memory meanwhile.
      state.give_back(lane, now + lane.policy.first_parking, width, shed);
    }
    if (!lane.paced_in(now)) state.give_back_unpaced(lane, now, shed);
    state.give_back_excess(lane, now, shed);
    state.refile(lane, now);
  }
  state.trim();
  return shed;
}

void Scheduler::landed(const mail::Destination& destination, mail::Health health,
                       mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  const auto found = state.lanes.find(destination.text());
  assert(found != state.lanes.end());
  if (found == state.lanes.end() || found->second.window.in_flight() == 0) return;
  state.land(found->second, health);
  state.refile(found->second, now);
  state.trim();
}

void Scheduler::settled(const mail::Destination& destination, mail::WallTime now,
                        std::size_t recipients) {
  State& state = *state_;
  state.now = now;
  const auto found = state.lanes.find(destination.text());
  assert(found != state.lanes.end() && found->second.unsettled() > 0);
  if (found == state.lanes.end() || found->second.unsettled() == 0) return;
  state.settle(found->second, recipients);
}

void Scheduler::met(const mail::Destination& destination,
                    const std::vector<std::string>& mail_hosts) {
  State& state = *state_;
  if (!state.shaping.met(destination, mail_hosts)) return;
  const auto found = state.lanes.find(destination.text());
  if (state.memory || found == state.lanes.end()) return;
  state.follow(found->second);
  state.refile(found->second, state.now);
}

OverridePtr Scheduler::entry_of(const mail::Destination& destination) const {
  return state_->shaping.of(destination);
}

std::vector<mail::DeliveryRequest> Scheduler::drain() {
  State& state = *state_;
  std::vector<mail::DeliveryRequest> all;
  for (Shed& one : std::exchange(state.not_yet, {})) all.push_back(std::move(one.request));
  for (auto next = state.lanes.begin(); next != state.lanes.end();) {
    Lane& lane = (next++)->second;
    for (const Place place : lane.line.places()) {
      all.push_back(lane.line.take(place));
      state.held -= all.back().recipients.size();
    }
    state.refile(lane, state.now);
  }
  state.trim();
  return all;
}

std::optional<mail::WallTime> Scheduler::next_wakeup(mail::WallTime now) const {
  std::optional<mail::WallTime> earliest = state_->due.earliest();
  const std::optional<Memory>& memory = state_->memory;
  if (memory && memory->network().down()) {
    // Nothing opens before that; while a probe is under way its end decides.
    if (state_->in_flight > 0) return std::nullopt;
    earliest = memory->network().next_probe();
  }
  if (!earliest) return std::nullopt;
  return std::max(*earliest, now);
}

void Scheduler::unpark(const std::vector<std::string>& destinations, mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  const auto end_parking = [&state, now](Lane& lane) {
    lane.window.unpark(now);
    if (lane.site != nullptr) lane.site->ask_now(now);
    state.refile(lane, now);
  };
  if (destinations.empty()) {
    for (auto next = state.suspects.begin(); next != state.suspects.end();) {
      end_parking(*(next++)->second);
    }
  }
  for (const std::string& name : destinations) {
    const auto destination = mail::Destination::parse(name);
    if (!destination) continue;
    const Lane* const lane = state.find_lane(*destination);
    if (lane != nullptr) end_parking(state.lanes.at(lane->name));
  }
  state.trim();
}

void Scheduler::clock_stepped(mail::Duration step) {
  State& state = *state_;
  state.now += step;
  for (auto& [name, lane] : state.lanes) {
    for (const Place place : lane.line.places()) {
      const bool last_chance = lane.line.is_last_chance(place);
      mail::DeliveryRequest request = lane.line.take(place);
      mail::shift(request, step);
      lane.line.add(std::move(request), place.number, last_chance);
    }
    lane.window.shift(step);
    lane.pace.shift(step);
  }
  for (Shed& one : state.not_yet) {
    mail::shift(one.request, step);
    one.next_attempt += step;
  }
  if (state.memory) state.memory->shift(step);
  // Also those whose moment has come and was not looked at yet.
  for (auto next = state.lanes.begin(); next != state.lanes.end();) {
    state.refile((next++)->second, state.now);
  }
  state.trim();
}

std::vector<LaneView> Scheduler::lanes() const {
  std::vector<LaneView> views;
  views.reserve(state_->lanes.size());
  for (const auto& [name, lane] : state_->lanes) views.push_back(view_of(lane, state_->now));
  return views;
}

std::optional<LaneView> Scheduler::lane(const mail::Destination& destination) const {
  const Lane* const lane = state_->find_lane(destination);
  if (lane == nullptr) return std::nullopt;
  return view_of(*lane, state_->now);
}

std::size_t Scheduler::in_flight() const { return state_->in_flight; }

mail::Duration Scheduler::lifetime() const { return state_->policy.lifetime; }

mail::Duration Scheduler::lifetime(const mail::Destination& destination) const {
  return state_->lifetime_of(destination);
}

}  // namespace tenax::scheduler

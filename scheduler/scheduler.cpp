// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <unordered_map>
#include <utility>

#include "scheduler/due_index.h"
#include "scheduler/lane.h"
#include "scheduler/memory.h"
#include "scheduler/mix.h"
#include "scheduler/turns.h"

namespace tenax::scheduler {

namespace {

constexpr std::size_t kMostExceptions = 1000;  // what a claim's query can carry
constexpr std::size_t kFewLastChances = 10;    // recipients waiting in a closed lane

// With so few requests under way their servers would wait for our disk: they get the next message
// before the last one's outcome is written down. With more, others work meanwhile, and a lane that
// goes on early would only open more sessions than it needs.
constexpr std::size_t kFewUnderWay = 50;

// A parking this short is waited for in memory: giving back and claiming again would cost more.
constexpr mail::Duration kShortParking = std::chrono::seconds{15};

/// Where in `width` this request comes back; the same for the same request and parking.
mail::Duration spread(const mail::DeliveryRequest& request, mail::WallTime from,
                      mail::Duration width) {
  const auto id = static_cast<std::uint64_t>(request.message.value);
  const double part = fraction(mix(id) ^ static_cast<std::uint64_t>(mail::to_millis(from)));
  return mail::Duration{
      static_cast<mail::Duration::rep>(part * static_cast<double>(width.count()))};
}

LaneView view_of(const Lane& lane) {
  if (lane.site != nullptr) {
    const Outage& outage = lane.site->outage();
    const bool down = outage.under_way();
    return {lane.destination,
            lane.site->width(),
            lane.window.in_flight(),
            lane.line.recipients(),
            down ? std::optional{outage.next_probe()} : std::nullopt,
            outage.failures()};
  }
  return {lane.destination,       lane.window.size(),         lane.window.in_flight(),
          lane.line.recipients(), lane.window.parked_until(), lane.window.failures()};
}

}  // namespace

struct Scheduler::State {
  using Few = std::map<std::uint64_t, Lane*>;  // by Lane::number
  struct Spot {
    Lane* lane;
    Place place;
  };

  struct Flight {
    std::string destination;
    std::string lane;
    bool landed = false;
  };
  using Flights = std::unordered_multimap<mail::QueueId, Flight>;

  explicit State(SchedulerPolicy given) : policy{given} {
    if (policy.learning) memory.emplace(*policy.learning);
  }

  Lane& lane_of(const mail::Destination& destination);
  [[nodiscard]] const Lane* find_lane(const mail::Destination& destination) const;
  /// After a report: whoever waits for a destination that leads elsewhere now goes along.
  void move(Lane& from, const mail::Destination& destination);
  void start(Lane& lane, mail::DeliveryRequest request, std::vector<mail::DeliveryRequest>& ready);
  Flights::iterator flight_of(mail::QueueId message, const mail::Destination& destination,
                              bool landed);
  void land(Lane& lane, mail::Health health);
  void settle(Lane& lane, std::size_t recipients);
  void refile_suspects(mail::WallTime at);
  void file(Lane& lane, mail::DeliveryRequest request, std::uint64_t serial, bool last_chance);
  mail::DeliveryRequest take(Lane& lane, Place place);
  void forget_spot(mail::QueueId message, Place place);
  /// Brings the indexes up to date after anything happened to the lane. Ends the lane when nothing
  /// is left that is worth remembering: do not touch it afterwards.
  void refile(Lane& lane, mail::WallTime at);
  static void keep(Few& lanes_kept, Lane& lane, bool wanted);
  void rest(Lane& lane);
  void erase(Lane& lane);
  void trim();

  [[nodiscard]] std::size_t lane_share() const;
  [[nodiscard]] bool full(const Lane& lane) const;
  [[nodiscard]] bool closed(const Lane& lane, mail::WallTime at) const;
  [[nodiscard]] bool crowded() const { return held > policy.active_recipients / 2; }
  void give_back(Lane& lane, mail::WallTime from, mail::Duration width, std::vector<Shed>& shed);
  void give_back_excess(Lane& lane, mail::WallTime at, std::vector<Shed>& shed);

  SchedulerPolicy policy;
  std::optional<Memory> memory;
  Flights flights;                                     // not settled; only while learning
  std::vector<Shed> not_yet;                           // whose turn came too early
  std::map<std::string, Lane> lanes;                   // by Destination text, or Site name
  Turns turns;                                         // lanes that may start something
  DueIndex due;                                        // lanes that wait for a parking's end
  Few suspects;                                        // lanes that closed() might be true of
  Few crowds;                                          // those of them in which requests wait
  std::list<Lane*> idle;                               // least recently used first
  std::unordered_multimap<mail::QueueId, Spot> spots;  // where a message's requests wait
  std::size_t held = 0;                                // recipients, waiting and in flight
  std::size_t in_flight = 0;                           // requests
  std::size_t unsettled = 0;                           // requests
  std::uint64_t serials = 0;
  std::uint64_t turnings = 0;
  mail::WallTime now;  // the last one we were told
};

Lane& Scheduler::State::lane_of(const mail::Destination& destination) {
  Site* const site = memory ? &memory->site_of(destination, now) : nullptr;
  const std::string& name = site != nullptr ? site->name() : destination.text();
  const auto found = lanes.find(name);
  if (found != lanes.end()) return found->second;
  Lane& lane = lanes.try_emplace(name, destination, ++serials, policy.lane).first->second;
  lane.name = name;
  lane.site = site;
  if (site != nullptr) ++site->lanes;
  return lane;
}

const Lane* Scheduler::State::find_lane(const mail::Destination& destination) const {
  const Site* const site = memory ? memory->find(destination) : nullptr;
  const auto found = lanes.find(site != nullptr ? site->name() : destination.text());
  return found == lanes.end() ? nullptr : &found->second;
}

void Scheduler::State::move(Lane& from, const mail::Destination& destination) {
  Lane& to = lane_of(destination);
  if (&to == &from) return;
  for (const Place place : from.line.places()) {
    if (from.line.at(place).destination != destination) continue;
    const bool last_chance = from.line.is_last_chance(place);
    file(to, take(from, place), place.number, last_chance);
  }
  refile(to, now);
}

void Scheduler::State::refile_suspects(mail::WallTime at) {
  for (auto next = suspects.begin(); next != suspects.end();) refile(*(next++)->second, at);
}

void Scheduler::State::file(Lane& lane, mail::DeliveryRequest request, std::uint64_t serial,
                            bool last_chance) {
  const mail::QueueId message = request.message;
  const Place place = lane.line.add(std::move(request), serial, last_chance);
  spots.emplace(message, Spot{&lane, place});
}

mail::DeliveryRequest Scheduler::State::take(Lane& lane, Place place) {
  mail::DeliveryRequest request = lane.line.take(place);
  forget_spot(request.message, place);
  return request;
}

void Scheduler::State::forget_spot(mail::QueueId message, Place place) {
  const auto [begin, end] = spots.equal_range(message);
  const auto spot = std::find_if(
      begin, end, [place](const auto& one) { return one.second.place.number == place.number; });
  assert(spot != end);
  spots.erase(spot);
}

std::size_t Scheduler::State::lane_share() const {
  return std::max<std::size_t>(1, policy.lane_recipients / 5);
}

bool Scheduler::State::full(const Lane& lane) const {
  return lane.held() + lane_share() > policy.lane_recipients;
}

bool Scheduler::State::closed(const Lane& lane, mail::WallTime at) const {
  if (full(lane)) return true;
  if (lane.site != nullptr) {
    const auto opens = lane.opens(at);
    if (opens && *opens > at) return true;
    const bool knocking = lane.site->outage().under_way() || lane.site->quota().closed();
    return knocking && lane.window.in_flight() > 0;
  }
  if (lane.window.parked(at)) return true;
  // What would be claimed now would only lie beside what lies there already.
  const bool waits = lane.window.on_probation(at) || lane.window.paused(at);
  return waits && lane.held() > 0;
}

void Scheduler::State::refile(Lane& lane, mail::WallTime at) {
  const bool now_closed = closed(lane, at);
  if (std::exchange(lane.closed, now_closed) != now_closed) ++turnings;
  turns.place(lane, lane.ring_at(at, in_flight + unsettled < kFewUnderWay));
  // Also when nothing waits here: what came back to the queue may be claimed again at that moment.
  due.set(lane, lane.opens(at));
  const bool suspect = full(lane) || lane.troubled();
  keep(suspects, lane, suspect);
  keep(crowds, lane, suspect && !lane.line.empty());
  const bool at_rest = lane.line.empty() && lane.sent.empty();
  if (at_rest) {
    rest(lane);
  } else if (lane.idle) {
    idle.erase(*lane.idle);
    lane.idle.reset();
  }
}

void Scheduler::State::keep(Few& lanes_kept, Lane& lane, bool wanted) {
  if (wanted) {
    lanes_kept.emplace(lane.number, &lane);
  } else {
    lanes_kept.erase(lane.number);
  }
}

void Scheduler::State::rest(Lane& lane) {
  const bool nothing_to_keep =
      lane.site != nullptr ? !lane.opens(now) : lane.window.knows_nothing(policy.lane);
  if (nothing_to_keep) {
    erase(lane);
    return;
  }
  if (lane.idle) idle.erase(*lane.idle);
  lane.idle = idle.insert(idle.end(), &lane);
}

void Scheduler::State::erase(Lane& lane) {
  if (lane.closed) ++turnings;
  turns.place(lane, Ring::none);
  due.set(lane, std::nullopt);
  keep(suspects, lane, false);
  keep(crowds, lane, false);
  if (lane.idle) idle.erase(*lane.idle);
  if (lane.site != nullptr) memory->left(*lane.site);
  const auto found = lanes.find(lane.name);
  lanes.erase(found);
}

void Scheduler::State::trim() {
  while (idle.size() > policy.remembered_lanes) erase(*idle.front());
}

void Scheduler::State::give_back(Lane& lane, mail::WallTime from, mail::Duration width,
                                 std::vector<Shed>& shed) {
  bool first = true;  // it will be the canary, so it comes back on the minute
  for (const Place place : lane.line.places()) {
    if (lane.line.is_last_chance(place)) continue;
    mail::DeliveryRequest request = take(lane, place);
    held -= request.recipients.size();
    mail::WallTime when = first ? from : from + spread(request, from, width);
    first = false;
    // The last attempt is at the deadline, parked or not.
    const mail::WallTime end = request.accepted + policy.lifetime;
    if (end > now) when = std::min(when, end);
    shed.push_back({std::move(request), when});
  }
}

void Scheduler::State::give_back_excess(Lane& lane, mail::WallTime at, std::vector<Shed>& shed) {
  const mail::WallTime from = at + policy.lane.first_parking;
  while (lane.held() > policy.lane_recipients && !lane.line.empty()) {
    mail::DeliveryRequest request = take(lane, lane.line.last());
    held -= request.recipients.size();
    const mail::WallTime when = from + spread(request, from, policy.lane.first_parking);
    shed.push_back({std::move(request), when});
  }
}

Scheduler::Scheduler(SchedulerPolicy policy) : state_{std::make_unique<State>(policy)} {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

void Scheduler::adopt(SchedulerPolicy policy) {
  State& state = *state_;
  const LanePolicy before = std::exchange(state.policy, policy).lane;
  if (state.memory && policy.learning) state.memory->adopt(*policy.learning);
  for (auto next = state.lanes.begin(); next != state.lanes.end();) {
    Lane& lane = (next++)->second;
    lane.window.adopt(before, state.policy.lane);
    state.refile(lane, state.now);
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
  for (const Lane* lane : closed) lane->name_destinations(kMostExceptions, names);
  return names;
}

std::vector<std::string> Scheduler::last_chances(mail::WallTime now) const {
  std::vector<std::string> names;
  for (const auto& [number, lane] : state_->suspects) {
    const bool takes = state_->closed(*lane, now) && !state_->full(*lane) &&
                       lane->held() < kFewLastChances && names.size() < kMostExceptions;
    if (takes) lane->name_destinations(kMostExceptions, names);
  }
  return names;
}

void Scheduler::add(mail::DeliveryRequest request, mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  if (request.recipients.empty()) return;  // nobody to deliver to, and nothing to give back
  Lane& lane = state.lane_of(request.destination);
  const bool last_chance = request.accepted + state.policy.lifetime <= now;
  state.held += request.recipients.size();
  state.file(lane, std::move(request), ++state.serials, last_chance);
  state.refile(lane, now);
}

std::vector<mail::DeliveryRequest> Scheduler::take_ready(mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  while (Lane* const lane = state.due.pop(now)) state.refile(*lane, now);

  std::vector<mail::DeliveryRequest> ready;
  while (state.in_flight + state.unsettled < state.policy.sessions) {
    Lane* const lane = state.turns.next();
    if (lane == nullptr) break;
    if (state.memory && !state.memory->may_try(now, state.in_flight)) {
      state.refile(*lane, now);
      break;
    }
    state.start(*lane, state.take(*lane, lane->next(now)), ready);
    state.refile(*lane, now);
  }
  return ready;
}

void Scheduler::State::start(Lane& lane, mail::DeliveryRequest request,
                             std::vector<mail::DeliveryRequest>& ready) {
  if (memory) {
    for (NotYet& one : memory->sort_out(request, now)) {
      mail::DeliveryRequest rest = request;
      rest.recipients = {std::move(one.recipient)};
      not_yet.push_back({std::move(rest), one.next_attempt});
      --held;
    }
    if (request.recipients.empty()) return;
    memory->goes(request, now);
    flights.emplace(request.message, Flight{request.destination.text(), lane.name, false});
  }
  lane.left(request.recipients.size());
  ++in_flight;
  ready.push_back(std::move(request));
}

std::vector<Shed> Scheduler::shed(mail::WallTime now) {
  State& state = *state_;
  state.now = now;
  std::vector<Shed> shed = std::exchange(state.not_yet, {});
  for (auto next = state.crowds.begin(); next != state.crowds.end();) {
    Lane& lane = *(next++)->second;
    const Window& window = lane.window;
    const mail::Duration width = window.parking() / 2;
    if (lane.site != nullptr) {
      const auto opens = lane.opens(now);
      // Left out of claims they need no other date, and go at once if the door opens sooner.
      const bool left_out = state.suspects.size() <= kMostExceptions / 2;
      if (opens && *opens - now > kShortParking) {
        state.give_back(lane, left_out ? now : *opens, {}, shed);
      }
    } else if (window.parked(now)) {
      const bool worth_it = *window.parked_until() - now > kShortParking || state.crowded();
      if (worth_it) state.give_back(lane, *window.parked_until(), width, shed);
    } else if (window.on_probation(now) && window.in_flight() > 0 && state.crowded()) {
      // A canary on a dead line may take many minutes; what is queued behind it must not keep
      // living lanes from memory meanwhile.
      state.give_back(lane, now + state.policy.lane.first_parking, width, shed);
    }
    state.give_back_excess(lane, now, shed);
    state.refile(lane, now);
  }
  state.trim();
  return shed;
}

void Scheduler::State::land(Lane& lane, mail::Health health) {
  assert(lane.window.in_flight() > 0);
  --in_flight;
  ++unsettled;
  lane.window.ended(health, now, policy.lane);
}

void Scheduler::State::settle(Lane& lane, std::size_t recipients) {
  --unsettled;
  held -= lane.came_back(recipients);
  refile(lane, now);
  trim();
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

bool Scheduler::has_early() const { return state_->memory && state_->memory->has_early(); }

bool Scheduler::has_too_early() const { return !state_->not_yet.empty(); }

std::vector<std::string> Scheduler::take_early() {
  return state_->memory ? state_->memory->take_early() : std::vector<std::string>{};
}

std::vector<mail::DeliveryRequest> Scheduler::drain() {
  State& state = *state_;
  std::vector<mail::DeliveryRequest> all;
  for (Shed& one : std::exchange(state.not_yet, {})) all.push_back(std::move(one.request));
  for (auto next = state.lanes.begin(); next != state.lanes.end();) {
    Lane& lane = (next++)->second;
    for (const Place place : lane.line.places()) {
      all.push_back(state.take(lane, place));
      state.held -= all.back().recipients.size();
    }
    state.refile(lane, state.now);
  }
  state.trim();
  return all;
}

bool Scheduler::forget(mail::QueueId message, mail::RecipientId recipient) {
  State& state = *state_;
  const auto [begin, end] = state.spots.equal_range(message);
  for (auto spot = begin; spot != end; ++spot) {
    Lane& lane = *spot->second.lane;
    const auto [found, rest] = lane.line.forget(spot->second.place, recipient);
    if (!found) continue;
    --state.held;
    if (rest) {
      spot->second.place = *rest;
    } else {
      state.spots.erase(spot);
    }
    state.refile(lane, state.now);
    state.trim();
    return true;
  }
  return false;
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
    const Site* const site =
        state.memory && destination ? state.memory->find(*destination) : nullptr;
    const auto found = state.lanes.find(site != nullptr ? site->name() : name);
    if (found != state.lanes.end()) end_parking(found->second);
  }
  state.trim();
}

void Scheduler::clock_stepped(mail::Duration step) {
  State& state = *state_;
  state.now += step;
  for (auto& [name, lane] : state.lanes) {
    for (const Place place : lane.line.places()) {
      const bool last_chance = lane.line.is_last_chance(place);
      mail::DeliveryRequest request = state.take(lane, place);
      request.accepted += step;
      for (mail::DueRecipient& recipient : request.recipients) recipient.due += step;
      state.file(lane, std::move(request), place.number, last_chance);
    }
    lane.window.shift(step);
  }
  if (state.memory) state.memory->shift(step);
  for (auto& [name, lane] : state.lanes) state.due.set(lane, lane.opens(state.now));
}

std::vector<LaneView> Scheduler::lanes() const {
  std::vector<LaneView> views;
  views.reserve(state_->lanes.size());
  for (const auto& [name, lane] : state_->lanes) views.push_back(view_of(lane));
  return views;
}

std::optional<LaneView> Scheduler::lane(const mail::Destination& destination) const {
  const Lane* const lane = state_->find_lane(destination);
  if (lane == nullptr) return std::nullopt;
  return view_of(*lane);
}

std::size_t Scheduler::in_flight() const { return state_->in_flight; }

mail::Duration Scheduler::lifetime() const { return state_->policy.lifetime; }

}  // namespace tenax::scheduler

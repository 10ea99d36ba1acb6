// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler_state.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "scheduler/mix.h"

namespace tenax::scheduler {

namespace {

// With so few requests under way their servers would wait for our disk: they get the next message
// before the last one's outcome is written down. With more, others work meanwhile, and a lane that
// goes on early would only open more sessions than it needs.
constexpr std::size_t kFewUnderWay = 50;
// A turn at the operator's rate that is waited for in memory: fresh mail waits no longer behind
// what was claimed before it.
constexpr mail::Duration kShortWait = std::chrono::minutes{1};

constexpr int kMostPassed = 100;  // lanes of suspects, in search of one that is none

/// Where in `width` this request comes back; the same for the same request and parking.
mail::Duration spread(const mail::DeliveryRequest& request, mail::WallTime from,
                      mail::Duration width) {
  const auto id = static_cast<std::uint64_t>(request.message.value);
  const double part = fraction(mix(id) ^ static_cast<std::uint64_t>(mail::to_millis(from)));
  return mail::Duration{
      static_cast<mail::Duration::rep>(part * static_cast<double>(width.count()))};
}

}  // namespace

Lane& Scheduler::State::lane_of(const mail::Destination& destination) {
  OverridePtr entry = shaping.of(destination);
  Site* const site = learns(entry) ? &memory->site_of(destination, now) : nullptr;
  const std::string name =
      site != nullptr ? site->name() : plain_name(destination, memory.has_value());
  const auto found = lanes.find(name);
  if (found != lanes.end()) return found->second;
  if (site != nullptr) entry = site->entry;
  const LanePolicy& sizes = entry ? entry->lane : policy.lane;
  Lane& lane = lanes.try_emplace(name, destination, ++serials, sizes).first->second;
  lane.name = name;
  lane.entry = std::move(entry);
  lane.site = site;
  if (site != nullptr) ++site->lanes;
  return lane;
}

std::string Scheduler::State::name_of(const mail::Destination& destination) const {
  if (!learns(shaping.of(destination))) return plain_name(destination, memory.has_value());
  const Site* const site = memory->find(destination);
  return site != nullptr ? site->name() : destination.text();
}

const Lane* Scheduler::State::find_lane(const mail::Destination& destination) const {
  const auto found = lanes.find(name_of(destination));
  return found == lanes.end() ? nullptr : &found->second;
}

/// The operator says something else of it, or nothing any more. Its pace goes on.
void Scheduler::State::follow(Lane& lane) {
  const LanePolicy before = lane.policy;
  lane.entry = entry_of(lane);
  lane.policy = lane.entry ? lane.entry->lane : policy.lane;
  lane.window.adopt(before, lane.policy);
}

mail::Duration Scheduler::State::lifetime_of(const mail::Destination& destination) const {
  const OverridePtr entry = shaping.of(destination);
  return entry ? entry->retry.lifetime : policy.lifetime;
}

void Scheduler::State::move_all(Lane& from) {
  std::map<std::string, mail::Destination> destinations;
  for (const Place place : from.line.places()) {
    const mail::Destination& one = from.line.at(place).destination;
    destinations.emplace(one.text(), one);
  }
  for (const auto& [name, destination] : destinations) move(from, destination);
}

void Scheduler::State::refile_suspects(mail::WallTime at) {
  for (auto next = suspects.begin(); next != suspects.end();) refile(*(next++)->second, at);
}

std::size_t Scheduler::State::lane_share() const {
  return std::max<std::size_t>(1, policy.lane_recipients / 5);
}

bool Scheduler::State::full(const Lane& lane) const {
  return lane.held() + lane_share() > policy.lane_recipients;
}

bool Scheduler::State::shut(const Lane& lane, mail::WallTime at) const {
  // What lies there goes first, as fast as it may.
  if (!lane.paced_in(at) && lane.held() > 0) return true;
  if (lane.site != nullptr) {
    const auto opens = lane.door_opens(at);
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
  const bool suspect = now_closed || full(lane) || lane.troubled() || !lane.paced_in(at);
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
      lane.site != nullptr ? !lane.opens(now) : lane.window.knows_nothing(lane.policy);
  const bool paid = !lane.has_pace() || lane.pace.rests_at() <= now;
  // Its destinations have lanes that do not learn: its door would keep them from being claimed for.
  const bool abandoned = lane.site != nullptr && lane.entry && !lane.entry->learns;
  if (abandoned || (nothing_to_keep && paid)) {
    erase(lane);
    return;
  }
  if (nothing_to_keep) due.set(lane, lane.pace.rests_at());
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

bool Scheduler::State::leaves_all_out() const {
  // Half of it, so that it holds for a while.
  if (suspects.size() > kMostExceptions / 2) return false;
  std::size_t names = 0;
  for (const auto& [number, lane] : suspects) {
    names += lane->site != nullptr ? lane->site->destinations.size() : 1;
  }
  return names <= kMostLeftOut / 2;
}

void Scheduler::State::give_back(Lane& lane, mail::WallTime from, mail::Duration width,
                                 std::vector<Shed>& shed) {
  bool first = true;  // it will be the canary, so it comes back on the minute
  for (const Place place : lane.line.places()) {
    if (lane.line.is_last_chance(place)) continue;
    mail::DeliveryRequest request = lane.line.take(place);
    held -= request.recipients.size();
    mail::WallTime when = first ? from : from + spread(request, from, width);
    first = false;
    // The last attempt is at the deadline, parked or not.
    const mail::WallTime end = request.accepted + lifetime_of(request.destination);
    if (end > now) when = std::min(when, end);
    shed.push_back({std::move(request), when});
  }
}

void Scheduler::State::give_back_excess(Lane& lane, mail::WallTime at, std::vector<Shed>& shed) {
  const mail::WallTime from = at + lane.policy.first_parking;
  while (lane.held() > policy.lane_recipients && !lane.line.empty()) {
    mail::DeliveryRequest request = lane.line.take(lane.line.last());
    held -= request.recipients.size();
    const mail::WallTime when = from + spread(request, from, lane.policy.first_parking);
    shed.push_back({std::move(request), when});
  }
}

/// What the operator's rate keeps here for long would keep room from others: it comes back when its
/// turn is.
void Scheduler::State::give_back_unpaced(Lane& lane, mail::WallTime at, std::vector<Shed>& shed) {
  const PaceLimit& limit = *lane.entry->pace;
  int others = 0;
  for (const Place place : lane.line.places()) {
    const mail::WallTime turn = lane.pace.slot(limit, others++, at);
    if (turn - at <= kShortWait) continue;
    mail::DeliveryRequest request = lane.line.take(place);
    held -= request.recipients.size();
    const mail::WallTime end = request.accepted + lifetime_of(request.destination);
    shed.push_back({std::move(request), end > at ? std::min(turn, end) : turn});
  }
}

Lane* Scheduler::State::next_turn() {
  Lane* lane = turns.next();
  if (!memory || !memory->network().down()) return lane;
  const auto suspect = [this](const Lane& one) {
    return one.site != nullptr && memory->network().suspects(one.site->number());
  };
  for (int passed = 0; lane != nullptr && suspect(*lane) && passed < kMostPassed; ++passed) {
    refile(*lane, now);  // behind the others
    lane = turns.next();
  }
  return lane;
}

void Scheduler::State::start(Lane& lane, Place place, std::vector<mail::DeliveryRequest>& ready) {
  mail::DeliveryRequest request = lane.line.start(place);
  if (lane.entry) {
    request.recipients_per_transaction = lane.entry->recipients_per_transaction;
    request.messages_per_session = lane.entry->messages_per_session;
  }
  if (lane.site != nullptr) {
    for (NotYet& one : memory->sort_out(request, now)) {
      mail::DeliveryRequest rest = request;
      rest.recipients = {std::move(one.recipient)};
      not_yet.push_back({std::move(rest), one.next_attempt});
      --held;
    }
    if (request.recipients.empty()) return;
    memory->goes(request, now, lane.window.in_flight());
  }
  if (memory) {
    flights.emplace(request.message, Flight{request.destination.text(), lane.name, false});
  }
  lane.left(request.recipients.size(), now);
  ++in_flight;
  ready.push_back(std::move(request));
}

void Scheduler::State::land(Lane& lane, mail::Health health) {
  assert(lane.window.in_flight() > 0);
  --in_flight;
  ++unsettled;
  lane.window.ended(health, now, lane.policy);
}

void Scheduler::State::settle(Lane& lane, std::size_t recipients) {
  --unsettled;
  held -= lane.came_back(recipients);
  refile(lane, now);
  trim();
}

}  // namespace tenax::scheduler

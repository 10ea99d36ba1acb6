// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Scheduler has in mind. Seen only by its own files: scheduler.cpp, which every scheduler
// needs, and scheduler_learning.cpp, for one that learns.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/due_index.h"
#include "scheduler/lane.h"
#include "scheduler/memory.h"
#include "scheduler/scheduler.h"
#include "scheduler/shaping.h"
#include "scheduler/turns.h"

namespace tenax::scheduler {

constexpr std::size_t kMostExceptions = 1000;  // lanes that a claim leaves out,
constexpr std::size_t kMostLeftOut = 10'000;   // and their destinations

struct Scheduler::State {
  using Few = std::map<std::uint64_t, Lane*>;  // by Lane::number
  struct Flight {
    std::string destination;
    std::string lane;
    bool landed = false;
  };
  using Flights = std::unordered_multimap<mail::QueueId, Flight>;

  explicit State(SchedulerPolicy given) : policy{std::move(given)}, shaping{policy.overrides} {
    if (policy.learning) memory.emplace(*policy.learning, &shaping);
  }

  /// Does what sites teach decide for a destination of which the operator says this?
  [[nodiscard]] bool learns(const OverridePtr& entry) const {
    return memory && (entry == nullptr || entry->learns);
  }
  /// Does a report of what left from this lane teach anything?
  [[nodiscard]] bool teaches(const Lane& lane, const mail::Destination& destination) const {
    return lane.site != nullptr && learns(shaping.of(destination));
  }
  [[nodiscard]] static std::string plain_name(const mail::Destination& destination, bool beside) {
    // No site is called like that.
    return beside ? "= " + destination.text() : destination.text();
  }
  Lane& lane_of(const mail::Destination& destination);
  /// What the operator says of a lane, as far as it is known.
  [[nodiscard]] OverridePtr entry_of(const Lane& lane) const {
    return lane.site != nullptr ? lane.site->entry : shaping.of(lane.destination);
  }
  void follow(Lane& lane);
  /// The key in `lanes` of the one where mail for this destination waits, or would.
  [[nodiscard]] std::string name_of(const mail::Destination& destination) const;
  [[nodiscard]] const Lane* find_lane(const mail::Destination& destination) const;
  /// After a report: whoever waits for a destination that leads elsewhere now goes along.
  void move(Lane& from, const mail::Destination& destination);
  void move_all(Lane& from);
  /// Whose turn it is; while our own network seems down, of a site that did not fail meanwhile if
  /// there is one near: several that fail together may have something else in common.
  Lane* next_turn();
  void start(Lane& lane, Place place, std::vector<mail::DeliveryRequest>& ready);
  Flights::iterator flight_of(mail::QueueId message, const mail::Destination& destination,
                              bool landed);
  void land(Lane& lane, mail::Health health);
  void settle(Lane& lane, std::size_t recipients);
  void refile_suspects(mail::WallTime at);
  /// Brings the indexes up to date after anything happened to the lane. Ends the lane when nothing
  /// is left that is worth remembering: do not touch it afterwards.
  void refile(Lane& lane, mail::WallTime at);
  static void keep(Few& lanes_kept, Lane& lane, bool wanted);
  void rest(Lane& lane);
  void erase(Lane& lane);
  void trim();

  [[nodiscard]] std::size_t lane_share() const;
  [[nodiscard]] bool full(const Lane& lane) const;
  [[nodiscard]] bool closed(const Lane& lane, mail::WallTime at) const {
    return full(lane) || shut(lane, at);
  }
  /// Closed although there is room.
  [[nodiscard]] bool shut(const Lane& lane, mail::WallTime at) const;
  [[nodiscard]] bool crowded() const { return held > policy.active_recipients / 2; }
  /// Will except() name every destination of every lane that is closed?
  [[nodiscard]] bool leaves_all_out() const;
  void give_back(Lane& lane, mail::WallTime from, mail::Duration width, std::vector<Shed>& shed);
  void give_back_excess(Lane& lane, mail::WallTime at, std::vector<Shed>& shed);
  void give_back_unpaced(Lane& lane, mail::WallTime at, std::vector<Shed>& shed);
  [[nodiscard]] mail::Duration lifetime_of(const mail::Destination& destination) const;

  SchedulerPolicy policy;
  Shaping shaping;
  std::optional<Memory> memory;
  Flights flights;                    // not settled; only while learning
  std::vector<Shed> not_yet;          // whose turn came too early
  std::map<std::string, Lane> lanes;  // by Destination text, or Site name
  Turns turns;                        // lanes that may start something
  DueIndex due;                       // lanes that wait for a parking's end
  Few suspects;                       // lanes that closed() might be true of
  Few crowds;                         // those of them in which requests wait
  std::list<Lane*> idle;              // least recently used first
  std::size_t held = 0;               // recipients, waiting and in flight
  std::size_t in_flight = 0;          // requests
  std::size_t unsettled = 0;          // requests
  std::uint64_t serials = 0;
  std::uint64_t turnings = 0;
  mail::WallTime now;  // the last one we were told
};

}  // namespace tenax::scheduler

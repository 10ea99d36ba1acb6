// SPDX-License-Identifier: Apache-2.0
#pragma once
// One destination as the scheduler sees it: its line, its window, and where the lane itself stands
// in the scheduler's indexes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "mail/destination.h"

#include "scheduler/line.h"
#include "scheduler/overrides.h"
#include "scheduler/pace.h"
#include "scheduler/site.h"
#include "scheduler/window.h"

namespace tenax::scheduler {

/// Which lanes take turns with each other.
enum class Ring { none, fresh, retries };  // fresh: a first attempt waits there

/// Concurrency: value; lives at one address, since the indexes point to it.
struct Lane {
  Lane(mail::Destination where, std::uint64_t serial, const LanePolicy& sizes)
      : destination{std::move(where)}, number{serial}, policy{sizes}, window{sizes} {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  mail::Destination destination;          // the first that led here
  std::string name = destination.text();  // by which the scheduler finds it
  std::uint64_t number;                   // tells lanes apart in an order that a seed replays
  LanePolicy policy;
  OverridePtr entry;  // what the operator says of it; nullptr: nothing
  Line line;
  Window window;
  Pace pace;
  Site* site = nullptr;  // what is known of where it leads; then its door decides, not the window
  std::vector<std::size_t> sent;  // recipients of each request that left and is not settled
  std::size_t sent_recipients = 0;
  bool closed = false;  // nothing is claimed for it, as of its last filing

  Ring ring = Ring::none;
  std::list<Lane*>::iterator turn{};                 // valid unless ring is none
  std::optional<mail::WallTime> wakes;               // its key in the DueIndex
  std::optional<std::list<Lane*>::iterator> idle{};  // its place among the idle ones

  /// May one more start?
  [[nodiscard]] bool open_at(mail::WallTime now) const {
    if (!paced_in(now) || window.in_flight() >= width()) return false;
    return site != nullptr ? site->allows(now, window.in_flight()) : window.allows(now);
  }
  /// So many sessions at once: what was learnt, or less where the operator says so.
  [[nodiscard]] int width() const {
    if (site == nullptr) return window.size();
    return entry ? std::min(site->width(), policy.longest_window) : site->width();
  }
  /// When its door may open by time alone; nullopt: not by time.
  [[nodiscard]] std::optional<mail::WallTime> door_opens(mail::WallTime now) const {
    return site != nullptr ? site->opens(now, window.in_flight()) : window.opens(now);
  }
  /// The same, and the rate the operator allows.
  [[nodiscard]] std::optional<mail::WallTime> opens(mail::WallTime now) const {
    const std::optional<mail::WallTime> door = door_opens(now);
    return paced_in(now) ? door : std::max(door, std::optional{pace.opens(*entry->pace)});
  }
  [[nodiscard]] bool has_pace() const { return entry && entry->pace; }
  /// The operator's rate allows one more.
  [[nodiscard]] bool paced_in(mail::WallTime now) const {
    return !has_pace() || pace.allows(*entry->pace, now);
  }
  /// Something is wrong there, or was until lately.
  [[nodiscard]] bool troubled() const {
    if (site == nullptr) return window.troubled();
    return site->outage().under_way() || site->quota().closed() || site->quota().rate();
  }
  [[nodiscard]] std::size_t held() const { return line.recipients() + sent_recipients; }
  /// Requests whose delivery ended and whose outcome is being written down.
  [[nodiscard]] std::size_t unsettled() const {
    return sent.size() - static_cast<std::size_t>(window.in_flight());
  }

  /// Adds the destinations that lead here to `names`, which holds no more than `most`.
  void name_destinations(std::size_t most, std::vector<std::string>& names) const;

  /// The ring it belongs to now; none when nothing of it may start. `early`: also while as many
  /// requests as the window is wide are being settled.
  [[nodiscard]] Ring ring_at(mail::WallTime now, bool early) const;
  /// The next request; only when it has a ring. Counts as started.
  [[nodiscard]] Place next(mail::WallTime now) const;
  /// A request with so many recipients left for the destination, or came back (see
  /// Scheduler::finished).
  void left(std::size_t recipients, mail::WallTime now);
  std::size_t came_back(std::size_t recipients);
};

}  // namespace tenax::scheduler

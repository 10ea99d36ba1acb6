// SPDX-License-Identifier: Apache-2.0
#include "queue/due_scan.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tenax::queue {

namespace {

// How far to walk through a crowd of destinations that may not be taken from. Some 5 ms; beyond it,
// asking each destination by itself is cheaper.
constexpr std::int64_t kRowsWalked = 20'000;
// With so few destinations it is cheaper already beyond so many rows walked past in vain. To count
// that many takes a third of a millisecond.
constexpr int kFewDestinations = 64;
constexpr std::int64_t kFewRows = 300;

// One at a time goes to a parked destination, each perhaps for minutes.
constexpr std::size_t kLastChancesAtOnce = 3;
constexpr std::int64_t kOldOnes = 1000;
// Most of them may be held, and in nobody's way.
constexpr std::int64_t kOldMessages = 10'000;

}  // namespace

const char* const kOldOnesWalk =
    "SELECT r.id, r.next_attempt, r.destination FROM "
    "(SELECT id FROM message WHERE ended IS NULL AND accepted <= ?1 ORDER BY accepted LIMIT ?3) m "
    "CROSS JOIN recipient r INDEXED BY recipient_of_message ON r.message_id = m.id "
    "WHERE r.state = 'waiting' AND r.next_attempt <= ?2 LIMIT ?4";
const char* const kOldOnesThereWalk =
    "SELECT r.id, r.next_attempt FROM (SELECT id, message_id, next_attempt FROM recipient "
    "WHERE state = 'waiting' AND destination = ?1 AND retried = ?2 AND next_attempt <= ?3 "
    "ORDER BY next_attempt LIMIT ?4) r CROSS JOIN message m ON m.id = r.message_id "
    "WHERE m.accepted <= ?5";

DueScan::DueScan(Connection& db, const ClaimOrder& order)
    : db_{db}, order_{order}, except_{order.except.begin(), order.except.end()} {
  const std::vector<std::string>& last = order.last_chances.destinations;
  except_.insert(last.begin(), last.end());
}

std::size_t DueScan::room_for(const std::string& destination) const {
  if (except_.contains(destination)) return 0;
  const auto taken = taken_.find(destination);
  const std::size_t used = taken == taken_.end() ? 0 : taken->second;
  return order_.max_per_destination > used ? order_.max_per_destination - used : 0;
}

io::Result<std::vector<Pick>> DueScan::run() {
  const io::Result<> small = ahead();
  if (!small) return small.error();
  if (!order_.last_chances.destinations.empty()) {
    const io::Result<> done = last_chances();
    if (!done) return done.error();
  }
  const io::Result<> sooner = early();
  if (!sooner) return sooner.error();
  for (const bool retried : {order_.later_first, !order_.later_first}) {
    if (room() == 0) break;
    const io::Result<bool> whole = by_time(retried);
    if (!whole) return whole.error();
    if (*whole) continue;
    const io::Result<> done = by_destination(retried);
    if (!done) return done.error();
  }
  return std::move(picks_);
}

void DueScan::take(std::vector<Found> found) {
  for (const Found& one : found) {
    ++taken_[one.destination];
    picks_.push_back(one.pick);
  }
}

io::Result<> DueScan::ahead() {
  for (const Ahead& one : order_.ahead) {
    // By its message; the lane's index would lead through the crowd.
    Statement walk = db_.query(
        "SELECT id, next_attempt FROM recipient INDEXED BY recipient_of_message "
        "WHERE message_id = ?1 AND state = 'waiting' AND destination = ?2 AND retried = 0 AND "
        "next_attempt <= ?3 ORDER BY id LIMIT ?4",
        one.message.value, one.destination, order_.now, static_cast<std::int64_t>(one.recipients));
    for (;;) {
      const io::Result<bool> row = walk.step();
      if (!row) return row.error();
      if (!*row) break;
      if (!picked_.insert(walk.integer(0)).second) continue;  // named twice
      ++ahead_count_;
      picks_.push_back({walk.integer(0), walk.integer(1)});
    }
  }
  return io::Result<>{};
}

io::Result<> DueScan::last_chances() {
  const LastChances& wanted = order_.last_chances;
  std::unordered_map<std::string, std::size_t> chances;  // that are left there
  for (const std::string& destination : wanted.destinations) {
    if (!wanted.lifetimes.contains(destination)) chances[destination] = kLastChancesAtOnce;
  }
  // From the few messages that are so old: whoever waits is a thousand times as many.
  Statement walk =
      db_.query(kOldOnesWalk, wanted.now - wanted.lifetime, order_.now, kOldMessages, kOldOnes);
  while (room() > 0 && !chances.empty()) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) break;
    const auto left = chances.find(std::string{walk.bytes(2)});
    if (left == chances.end() || !picked_.insert(walk.integer(0)).second) continue;
    if (--left->second == 0) chances.erase(left);
    picks_.push_back({walk.integer(0), walk.integer(1)});
  }
  for (const auto& [destination, lifetime] : wanted.lifetimes) {
    const io::Result<> done = last_chances_at(destination, lifetime);
    if (!done) return done;
  }
  return io::Result<>{};
}

// Messages of an age at which others are young: looked for where they go. What was due first is the
// next to be as old as that.
io::Result<> DueScan::last_chances_at(const std::string& destination, mail::Duration lifetime) {
  std::size_t left = kLastChancesAtOnce;
  for (const bool retried : {true, false}) {
    Statement walk = db_.query(kOldOnesThereWalk, destination, retried, order_.now, kOldOnes,
                               order_.last_chances.now - lifetime);
    while (room() > 0 && left > 0) {
      const io::Result<bool> row = walk.step();
      if (!row) return row.error();
      if (!*row) break;
      if (!picked_.insert(walk.integer(0)).second) continue;
      --left;
      picks_.push_back({walk.integer(0), walk.integer(1)});
    }
  }
  return io::Result<>{};
}

// What is due there comes first of them; the walks that follow leave these destinations out.
io::Result<> DueScan::early() {
  const std::set<std::string> each_once{order_.early.begin(), order_.early.end()};
  for (const std::string& destination : each_once) {
    for (const bool retried : {false, true}) {
      const io::Result<> done = from_lane(destination, retried, mail::WallTime::max());
      if (!done) return done;
      std::sort_heap(best_.begin(), best_.end());
      take(std::exchange(best_, {}));
    }
  }
  except_.insert(order_.early.begin(), order_.early.end());
  return io::Result<>{};
}

io::Result<bool> DueScan::by_time(bool retried) {
  Statement walk = db_.query(
      "SELECT id, next_attempt, destination FROM recipient "
      "WHERE state = 'waiting' AND retried = ?1 AND next_attempt <= ?2 "
      "ORDER BY next_attempt, destination, id LIMIT ?3",
      retried, order_.now, kRowsWalked);
  std::vector<Found> found;
  std::unordered_map<std::string, std::size_t> here;
  std::int64_t in_vain = 0;
  for (std::int64_t seen = 0; found.size() < room(); ++seen) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) {
      if (seen == kRowsWalked) return false;
      break;
    }
    std::string destination{walk.bytes(2)};
    if (picked_.contains(walk.integer(0))) continue;
    std::size_t& count = here[destination];
    if (count >= room_for(destination)) {
      if (++in_vain != kFewRows) continue;
      const io::Result<bool> few = few_destinations();
      if (!few) return few.error();
      if (*few) return false;
      continue;
    }
    ++count;
    found.push_back({{walk.integer(0), walk.integer(1)}, std::move(destination)});
  }
  take(std::move(found));
  return true;
}

io::Result<bool> DueScan::few_destinations() {
  std::string last;
  for (int count = 0; count <= kFewDestinations; ++count) {
    const io::Result<std::optional<std::string>> next = next_destination(db_, last);
    if (!next) return next.error();
    if (!*next) return true;
    last = **next;
  }
  return false;
}

io::Result<> DueScan::by_destination(bool retried) {
  best_.clear();
  std::string last;
  for (;;) {
    const io::Result<std::optional<std::string>> next = next_destination(db_, last);
    if (!next) return next.error();
    if (!*next) break;
    last = **next;
    const io::Result<> done = from_lane(last, retried, order_.now);
    if (!done) return done;
  }
  std::sort_heap(best_.begin(), best_.end());
  take(std::move(best_));
  return io::Result<>{};
}

io::Result<> DueScan::from_lane(const std::string& destination, bool retried,
                                mail::WallTime until) {
  const std::size_t most = std::min(room_for(destination), room());
  if (most == 0) return io::Result<>{};
  Statement walk = db_.query(
      "SELECT id, next_attempt FROM recipient "
      "WHERE state = 'waiting' AND destination = ?1 AND retried = ?2 AND next_attempt <= ?3 "
      "ORDER BY next_attempt, id LIMIT ?4",
      destination, retried, until, static_cast<std::int64_t>(most));
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    if (picked_.contains(walk.integer(0))) continue;
    Found one{{walk.integer(0), walk.integer(1)}, destination};
    if (best_.size() == room()) {
      if (!(one < best_.front())) return io::Result<>{};  // this lane has only later ones left
      std::pop_heap(best_.begin(), best_.end());
      best_.pop_back();
    }
    best_.push_back(std::move(one));
    std::push_heap(best_.begin(), best_.end());
  }
}

io::Result<std::optional<std::string>> next_destination(Connection& db, const std::string& last) {
  Statement next = db.query(
      "SELECT destination FROM recipient WHERE state = 'waiting' AND destination > ?1 "
      "ORDER BY destination LIMIT 1",
      last);
  const io::Result<bool> row = next.step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::string>{};
  return std::optional{std::string{next.bytes(0)}};
}

}  // namespace tenax::queue

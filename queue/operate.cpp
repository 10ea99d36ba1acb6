// SPDX-License-Identifier: Apache-2.0
#include "queue/operate.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "mail/printable.h"

#include "queue/filter.h"
#include "queue/storms.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

constexpr std::int64_t kMostDestinations = 1000;
// What a commit that does this much costs, whoever stands behind it does not notice: 0.2 s.
constexpr std::size_t kMostInPiece = 5000;

// What a verb does to a row: which states it takes, what it writes, how the history says it, and
// how an answer does.
struct Deed {
  const char* from;
  const char* set;
  const char* said;
  const char* done;
};

Deed deed(Verb verb) {
  switch (verb) {
    case Verb::retry:
      return {"'waiting'", "next_attempt = min(next_attempt, :now), insisted = 1", "retry",
              "made due now"};
    case Verb::hold:
      return {"'waiting'", "state = 'held', next_attempt = NULL, stormed = 0", "held", "held"};
    case Verb::release:
      return {"'held'", "state = 'waiting', next_attempt = :now, stormed = 0", "released",
              "released"};
    case Verb::remove:
      return {"'waiting', 'leased', 'held'",
              "state = 'removed', next_attempt = NULL, next_notice = NULL, lease_owner = NULL, "
              "ended = :now",
              "removed", "removed"};
  }
  return {"''", "state = state", "", ""};
}

// The ids lie in a table of this connection's own memory: what the verb changes cannot change what
// it selects.
io::Result<> select(Connection& db, std::span<const Meant> piece, const std::string& states) {
  io::Result<> done = db.script(
      "CREATE TEMP TABLE IF NOT EXISTS selected (id INTEGER PRIMARY KEY, message_id INTEGER);"
      "DELETE FROM temp.selected");
  if (!done) return done;
  std::string ids = "[";
  for (const Meant& one : piece) {
    ids += (ids.size() == 1 ? "" : ",") + std::to_string(one.recipient);
  }
  ids += "]";
  Statement fill = db.prepare_once(
      "INSERT INTO temp.selected SELECT r.id, r.message_id FROM json_each(:ids) j "
      "CROSS JOIN recipient r ON r.id = j.value WHERE r.ended IS NULL AND r.state IN (" +
      states + ")");
  fill.bind(fill.place_of(":ids"), ids);
  return fill.run();
}

io::Result<> write_events(Connection& db, const Operation& operation, const char* said) {
  const std::string what = std::string{said} + " by " + mail::printable(operation.by, 200);
  return db.run(
      "INSERT INTO event (message_id, happened, what) "
      "SELECT message_id, ?1, ?2 || ': ' || count(*) || "
      "CASE count(*) WHEN 1 THEN ' recipient' ELSE ' recipients' END "
      "FROM temp.selected GROUP BY message_id",
      operation.now, what);
}

io::Result<std::vector<std::string>> destinations_of_selected(Connection& db) {
  std::vector<std::string> destinations;
  Statement found = db.query(
      "SELECT DISTINCT r.destination FROM temp.selected s JOIN recipient r ON r.id = s.id LIMIT ?1",
      kMostDestinations + 1);
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) break;
    destinations.emplace_back(found.bytes(0));
  }
  if (std::ssize(destinations) > kMostDestinations) destinations.clear();
  return destinations;
}

io::Result<> forget_ended(Connection& db, std::vector<std::string>& forgotten) {
  Statement ended = db.prepare(
      "SELECT file FROM message WHERE ended IS NOT NULL AND file IS NOT NULL "
      "AND id IN (SELECT message_id FROM temp.selected)");
  for (;;) {
    const io::Result<bool> row = ended.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    forgotten.emplace_back(ended.bytes(0));
  }
}

}  // namespace

io::Result<std::int64_t> count_leased(Connection& db, const Selection& selection) {
  const Filter filter{selection};
  Statement count =
      db.prepare_once("SELECT count(*) FROM " + filter.tables() +
                      " WHERE r.ended IS NULL AND r.state = 'leased' AND " + filter.condition());
  filter.bind(count);
  const io::Result<bool> row = count.step();
  if (!row) return row.error();
  return count.integer(0);
}

io::Result<std::vector<mail::QueueId>> unknown_among(Connection& db,
                                                     const std::vector<mail::QueueId>& messages) {
  std::vector<mail::QueueId> unknown;
  std::set<std::int64_t> asked;
  for (const mail::QueueId id : messages) {
    if (!asked.insert(id.value).second) continue;
    const io::Result<std::int64_t> known =
        db.number("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1)", id.value);
    if (!known) return known.error();
    if (*known == 0) unknown.push_back(id);
  }
  return unknown;
}

io::Result<std::vector<Meant>> find_meant(Connection& db, const Selection& selection,
                                          const std::string& states) {
  std::vector<Meant> all;
  const Filter filter{selection};
  Statement walk = db.prepare_once("SELECT r.message_id, r.id FROM " + filter.tables() +
                                   " WHERE r.ended IS NULL AND r.state IN (" + states + ") AND " +
                                   filter.condition());
  filter.bind(walk);
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) break;
    all.push_back({walk.integer(0), walk.integer(1)});
  }
  std::ranges::sort(all);
  return all;
}

io::Result<Chosen> choose(Connection& db, const Operation& operation) {
  Chosen chosen;
  io::Result<std::vector<mail::QueueId>> unknown = unknown_among(db, operation.selection.messages);
  if (!unknown) return unknown.error();
  chosen.unknown = std::move(*unknown);
  if (operation.verb == Verb::retry || operation.verb == Verb::hold) {
    const io::Result<std::int64_t> leased = count_leased(db, operation.selection);
    if (!leased) return leased.error();
    chosen.leased = *leased;
  }
  io::Result<std::vector<Meant>> meant =
      find_meant(db, operation.selection, deed(operation.verb).from);
  if (!meant) return meant.error();
  chosen.all = std::move(*meant);
  return chosen;
}

std::size_t end_of_piece(const Chosen& chosen, const Operation& operation, std::size_t first) {
  const std::size_t all = chosen.all.size();
  if (!operation.selection.messages.empty() || all - first <= kMostInPiece) return all;
  std::size_t end = first + kMostInPiece;
  while (end < all && chosen.all[end].message == chosen.all[end - 1].message) ++end;
  return end;
}

io::Result<Operated> operate(Connection& db, const Operation& operation,
                             std::span<const Meant> piece, std::vector<std::string>& forgotten) {
  const Deed what = deed(operation.verb);
  Operated operated;
  io::Result<> done = select(db, piece, what.from);
  if (!done) return done.error();
  Statement change = db.prepare_once("UPDATE recipient SET " + std::string{what.set} +
                                     " WHERE id IN (SELECT id FROM temp.selected)");
  const int now = change.place_of(":now");
  if (now > 0) change.bind(now, operation.now);
  done = change.run();
  if (!done) return done.error();
  operated.changed = db.changes();
  if (operation.verb == Verb::retry) {
    io::Result<std::vector<std::string>> destinations = destinations_of_selected(db);
    if (!destinations) return destinations.error();
    operated.destinations = std::move(*destinations);
  }
  done = write_events(db, operation, what.said);
  if (done) done = forget_ended(db, forgotten);
  if (done) done = db.run("DELETE FROM temp.selected");
  if (done) done = end_storms(db, operation.now);
  if (!done) return done.error();
  return operated;
}

void add_piece(Operated& operated, Operated piece) {
  const auto many = [](const Operated& one) { return one.changed > 0 && one.destinations.empty(); };
  const bool too_many = many(operated) || many(piece);
  operated.changed += piece.changed;
  std::set<std::string> all{operated.destinations.begin(), operated.destinations.end()};
  all.insert(piece.destinations.begin(), piece.destinations.end());
  operated.destinations.clear();
  if (too_many || std::ssize(all) > kMostDestinations) return;
  operated.destinations.assign(all.begin(), all.end());
}

const char* done_by(Verb verb) { return deed(verb).done; }

}  // namespace tenax::queue

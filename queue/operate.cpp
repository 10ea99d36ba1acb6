// SPDX-License-Identifier: Apache-2.0
#include "queue/operate.h"

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

// What a verb does to a row: which states it takes, what it writes, how the history says it.
struct Deed {
  const char* from;
  const char* set;
  const char* said;
};

Deed deed(Verb verb) {
  switch (verb) {
    case Verb::retry: return {"'waiting'", "next_attempt = min(next_attempt, :now)", "retry"};
    case Verb::hold:
      return {"'waiting'", "state = 'held', next_attempt = NULL, stormed = 0", "held"};
    case Verb::release:
      return {"'held'", "state = 'waiting', next_attempt = :now, stormed = 0", "released"};
    case Verb::remove:
      return {"'waiting', 'leased', 'held'",
              "state = 'removed', next_attempt = NULL, next_notice = NULL, lease_owner = NULL, "
              "ended = :now",
              "removed"};
  }
  return {"''", "state = state", ""};
}

// The selected ids lie in a table of this connection's own memory: one walk decides, and what the
// verb changes cannot change what it selects.
io::Result<> select(Connection& db, const Selection& selection, const std::string& states) {
  io::Result<> done = db.script(
      "CREATE TEMP TABLE IF NOT EXISTS selected (id INTEGER PRIMARY KEY, message_id INTEGER);"
      "DELETE FROM temp.selected");
  if (!done) return done;
  const Filter filter{selection};
  Statement fill = db.prepare_once(
      "INSERT INTO temp.selected SELECT r.id, r.message_id FROM recipient r "
      "JOIN message m ON m.id = r.message_id WHERE r.ended IS NULL AND r.state IN (" +
      states + ") AND " + filter.condition());
  filter.bind(fill);
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
  Statement count = db.prepare_once(
      "SELECT count(*) FROM recipient r JOIN message m ON m.id = r.message_id "
      "WHERE r.ended IS NULL AND r.state = 'leased' AND " +
      filter.condition());
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

io::Result<Operated> operate(Connection& db, const Operation& operation,
                             std::vector<std::string>& forgotten) {
  const Deed what = deed(operation.verb);
  Operated operated;
  io::Result<std::vector<mail::QueueId>> unknown = unknown_among(db, operation.selection.messages);
  if (!unknown) return unknown.error();
  operated.unknown = std::move(*unknown);
  if (operation.verb == Verb::retry || operation.verb == Verb::hold) {
    const io::Result<std::int64_t> leased = count_leased(db, operation.selection);
    if (!leased) return leased.error();
    operated.leased = *leased;
  }
  io::Result<> done = select(db, operation.selection, what.from);
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

}  // namespace tenax::queue

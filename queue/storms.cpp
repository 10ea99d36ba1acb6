// SPDX-License-Identifier: Apache-2.0
#include "queue/storms.h"

#include <chrono>
#include <string>
#include <utility>

#include "queue/sqlite_rows.h"

namespace tenax::queue {

const char* const kStormSchema = R"sql(

-- Storms of refusals, for the mail that tells the operator of them: a row from the commit that
-- holds the first recipient until the end is told. What is held says recipient.stormed.
CREATE TABLE storm (
  destination TEXT    PRIMARY KEY CHECK (destination <> ''),
  began       INTEGER NOT NULL,
  due         INTEGER NOT NULL,                      -- the next mail, while it goes on
  over        INTEGER,                               -- nothing is held: when its end is told
  mails       INTEGER NOT NULL CHECK (mails >= 0)    -- so many told of it
) STRICT, WITHOUT ROWID;

)sql";

namespace {

// A mail about a storm that began a moment ago could not say how large it is; one about a storm
// that ended a moment ago could not say whether what was let go is held again.
constexpr mail::Duration kGather = std::chrono::minutes{2};
// As many as there can be at once (engine/storm), and what changed routes make of them.
constexpr std::int64_t kMostStorms = 1000;
// Held recipients whose answers are looked at, the newest; and different answers among them.
constexpr std::int64_t kMostAsked = 10'000;
constexpr std::int64_t kMostSaid = 1000;

#define TENAX_HELD_OF_STORM                                                \
  "(SELECT 1 FROM recipient r WHERE r.ended IS NULL AND r.state = 'held' " \
  "AND r.destination = storm.destination AND r.stormed = 1)"

io::Result<bool> any_storm(Connection& db) {
  const io::Result<std::int64_t> one = db.number("SELECT 1 FROM storm LIMIT 1");
  if (one) return true;
  if (one.error().is(io::Errc::not_found)) return false;
  return one.error();
}

io::Result<> count_held(Connection& db, StormDue& due) {
  Statement held = db.query(
      "SELECT count(*), count(DISTINCT r.message_id), count(DISTINCT m.sender) FROM recipient r "
      "JOIN message m ON m.id = r.message_id WHERE r.ended IS NULL AND r.state = 'held' "
      "AND r.destination = ?1 AND r.stormed = 1",
      due.destination);
  const io::Result<bool> row = held.step();
  if (!row) return row.error();
  due.recipients = held.integer(0);
  due.messages = held.integer(1);
  due.senders = held.integer(2);
  return io::Result<>{};
}

io::Result<> read_answers(Connection& db, StormDue& due) {
  Statement walk = db.query(
      "SELECT substr(a.text, 1, 1000), count(*) FROM (SELECT r.id FROM recipient r "
      "WHERE r.ended IS NULL AND r.state = 'held' AND r.destination = ?1 AND r.stormed = 1 "
      "ORDER BY r.id DESC LIMIT ?2) h "
      "JOIN answer a ON a.id = (SELECT max(id) FROM answer WHERE recipient_id = h.id) "
      "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?3",
      due.destination, kMostAsked, kMostSaid);
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    due.said.push_back({std::string{walk.bytes(0)}, walk.integer(1)});
  }
}

}  // namespace

io::Result<> note_storm(Connection& db, mail::RecipientId recipient, mail::WallTime now) {
  return db.run(
      "INSERT INTO storm (destination, began, due, mails) "
      "SELECT destination, ?2, ?3, 0 FROM recipient WHERE id = ?1 "
      "ON CONFLICT (destination) DO UPDATE SET over = NULL",
      recipient.value, now, now + kGather);
}

io::Result<> end_storms(Connection& db, mail::WallTime now) {
  const io::Result<bool> any = any_storm(db);
  if (!any) return any.error();
  if (!*any) return io::Result<>{};
  // Of what nobody was told, nobody needs to hear the end.
  const io::Result<> forgotten =
      db.run("DELETE FROM storm WHERE mails = 0 AND NOT EXISTS " TENAX_HELD_OF_STORM);
  if (!forgotten) return forgotten;
  return db.run("UPDATE storm SET over = ?1 WHERE over IS NULL AND NOT EXISTS " TENAX_HELD_OF_STORM,
                now + kGather);
}

io::Result<> find_storms(Connection& db, mail::WallTime now) {
  const io::Result<> found = db.run(
      "INSERT INTO storm (destination, began, due, mails) SELECT destination, ?1, ?2, 0 FROM "
      "(SELECT DISTINCT destination FROM recipient WHERE ended IS NULL AND state = 'held' "
      "AND stormed = 1 LIMIT ?3) WHERE true ON CONFLICT (destination) DO UPDATE SET over = NULL",
      now, now + kGather, kMostStorms);
  if (!found) return found;
  return end_storms(db, now);
}

io::Result<> move_storms(Connection& db, const Ways& ways) {
  const io::Result<bool> any = any_storm(db);
  if (!any) return any.error();
  if (!*any) return io::Result<>{};
  for (const auto& [from, to] : ways) {
    const io::Result<> moved = db.run(
        "INSERT INTO storm (destination, began, due, mails) "
        "SELECT ?2, began, due, mails FROM storm WHERE destination = ?1 AND EXISTS "
        "(SELECT 1 FROM recipient r WHERE r.ended IS NULL AND r.state = 'held' "
        "AND r.destination = ?2 AND r.stormed = 1) "
        "ON CONFLICT (destination) DO UPDATE SET over = NULL",
        from, to);
    if (!moved) return moved;
  }
  // It did not end, it goes by another name.
  return db.run("DELETE FROM storm WHERE over IS NULL AND NOT EXISTS " TENAX_HELD_OF_STORM);
}

io::Result<std::optional<StormDue>> storm_due(Connection& db, mail::WallTime now, bool& damaged) {
  using Found = std::optional<StormDue>;
  Statement first = db.query(
      "SELECT destination, began, over IS NOT NULL, mails FROM storm "
      "WHERE ifnull(over, due) <= ?1 ORDER BY ifnull(over, due), destination LIMIT 1",
      now);
  const io::Result<bool> any = first.step();
  if (!any) return any.error();
  if (!*any) return Found{};
  Row read{first, "storm"};
  StormDue due;
  due.destination = read.text();
  due.began = read.time();
  due.over = read.integer(0, 1) == 1;
  due.mails = read.integer(0, INT64_MAX);
  damaged = !read.ok();
  if (damaged) return Found{};
  if (due.over) return Found{std::move(due)};
  io::Result<> done = count_held(db, due);
  if (done) done = read_answers(db, due);
  if (!done) return done.error();
  due.over = due.recipients == 0;
  return Found{std::move(due)};
}

io::Result<> renew_damaged_storm(Connection& db, mail::WallTime now) {
  const io::Result<> gone = db.run(
      "DELETE FROM storm WHERE destination = (SELECT destination FROM storm "
      "WHERE ifnull(over, due) <= ?1 ORDER BY ifnull(over, due), destination LIMIT 1)",
      now);
  if (!gone) return gone;
  return find_storms(db, now);
}

io::Result<> tell_storm(Connection& db, const ToldStorm& told, Entering* mail,
                        WriterState& writer) {
  const bool mailed = mail != nullptr;
  const io::Result<> noted =
      told.over ? db.run(
                      "DELETE FROM storm WHERE destination = ?1 AND mails = ?2 "
                      "AND NOT EXISTS " TENAX_HELD_OF_STORM,
                      told.destination, told.mails)
                : db.run(
                      "UPDATE storm SET due = ?3, mails = mails + ?4 "
                      "WHERE destination = ?1 AND over IS NULL AND mails = ?2 AND due < ?3",
                      told.destination, told.mails, told.next, mailed);
  if (!noted) return noted;
  // Whoever tried this before may have come to its commit, or it rages again.
  if (db.changes() == 0) return io::error(io::Errc::protocol, "a storm that is not to be told of");
  if (!mailed) return io::Result<>{};
  const io::Result<EnqueueResult> entered = enter(db, *mail, writer);
  if (!entered) return entered.error();
  return io::Result<>{};
}

io::Result<std::optional<std::int64_t>> next_storm(Connection& db) {
  const io::Result<std::int64_t> due =
      db.number("SELECT ifnull(over, due) FROM storm ORDER BY 1 LIMIT 1");
  if (due) return std::optional{*due};
  if (due.error().is(io::Errc::not_found)) return std::optional<std::int64_t>{};
  return due.error();
}

}  // namespace tenax::queue

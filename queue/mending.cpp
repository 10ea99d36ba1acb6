// SPDX-License-Identifier: Apache-2.0
#include "queue/mending.h"

#include <string>

namespace tenax::queue {

namespace {

#define TENAX_OPEN_STATE "(state = 'waiting' OR state = 'leased' OR state = 'held')"

/// Each half is found by an index of its own.
#define TENAX_TORN                                                         \
  "SELECT id FROM recipient WHERE ended IS NOT NULL AND " TENAX_OPEN_STATE \
  " UNION ALL SELECT id FROM recipient WHERE ended IS NULL AND state IN "  \
  "('delivered', 'failed', 'removed')"

io::Result<std::string> text_of(Connection& db, const char* trigger) {
  Statement found =
      db.query("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1", trigger);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  return std::string{*row ? found.bytes(0) : ""};
}

/// The triggers that guard what has ended would guard the damage too.
io::Result<> hold_torn(Connection& db, mail::WallTime now) {
  const io::Result<std::string> final = text_of(db, "recipient_final");
  if (!final) return final.error();
  const io::Result<std::string> moves = text_of(db, "recipient_moves");
  if (!moves) return moves.error();
  io::Result<> done = db.run(
      "INSERT INTO event (message_id, happened, what) "
      "SELECT m.id, ?1, 'held at start-up: recipient ' || r.id || ' was noted as ' || r.state || "
      "CASE WHEN r.ended IS NULL THEN ', but not' ELSE ' and' END || ' as ended' "
      "FROM recipient r JOIN message m ON m.id = r.message_id WHERE r.id IN (" TENAX_TORN ")",
      now);
  if (done) done = db.script("DROP TRIGGER recipient_final; DROP TRIGGER recipient_moves");
  if (done) {
    done = db.run(
        "UPDATE recipient SET state = 'held', ended = NULL, next_attempt = NULL, "
        "next_notice = NULL, lease_owner = NULL, stormed = 0 WHERE id IN (" TENAX_TORN ")");
  }
  if (done) done = db.script(final->c_str());
  if (done) done = db.script(moves->c_str());
  return done;
}

io::Result<> count_anew(Connection& db, mail::WallTime now, std::int64_t& mended) {
  io::Result<> done = db.run(
      "UPDATE message SET open = c.n, ended = NULL, "
      "place = CASE WHEN file IS NULL THEN 'database' ELSE 'file' END "
      "FROM (SELECT message_id, count(*) AS n FROM recipient WHERE ended IS NULL "
      "GROUP BY message_id) AS c "
      "WHERE message.id = c.message_id AND (message.open <> c.n OR message.ended IS NOT NULL)");
  if (!done) return done;
  mended += db.changes();
  // Without any recipient it is not for us to say that it has ended.
  done = db.run(
      "UPDATE message SET open = 0, ended = ?1, place = 'gone' WHERE ended IS NULL "
      "AND EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = message.id) "
      "AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = message.id "
      "AND r.ended IS NULL)",
      now);
  if (!done || db.changes() == 0) return done;
  mended += db.changes();
  return db.run(
      "DELETE FROM contents WHERE message_id IN (SELECT id FROM message WHERE ended = ?1)", now);
}

}  // namespace

io::Result<std::int64_t> mend(Connection& db, mail::WallTime now) {
  const io::Result<std::int64_t> torn = db.number("SELECT count(*) FROM (" TENAX_TORN ")");
  if (!torn) return torn.error();
  std::int64_t mended = *torn;
  if (mended > 0) {
    const io::Result<> held = hold_torn(db, now);
    if (!held) return held.error();
  }
  // To count for each message takes three times as long as for all (0.7 s for a million); two
  // errors that make up for each other are left to `tenax check`.
  const io::Result<std::int64_t> noted =
      db.number("SELECT ifnull(sum(open), 0) FROM message WHERE ended IS NULL");
  if (!noted) return noted.error();
  const io::Result<std::int64_t> found =
      db.number("SELECT count(*) FROM recipient WHERE ended IS NULL");
  if (!found) return found.error();
  if (*noted != *found) {
    const io::Result<> counted = count_anew(db, now, mended);
    if (!counted) return counted.error();
  }
  return mended;
}

}  // namespace tenax::queue

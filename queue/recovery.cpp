// SPDX-License-Identifier: Apache-2.0
#include "queue/recovery.h"

#include <filesystem>
#include <string>
#include <vector>

#include "queue/claim.h"
#include "queue/hollow.h"
#include "queue/mending.h"
#include "queue/passing.h"
#include "queue/sqlite_rows.h"
#include "queue/storms.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

// All that was leased: we hold the lock, so whoever had it is dead.
io::Result<std::int64_t> end_leases(Connection& db) {
  const io::Result<> held = db.run(
      "UPDATE recipient SET state = 'held', next_attempt = NULL, lease_owner = NULL "
      "WHERE state = 'leased' AND ended IS NULL "
      "AND substr(lease_owner, -length(" TENAX_WAS_HELD ")) = " TENAX_WAS_HELD);
  if (!held) return held.error();
  const io::Result<> done = db.run(
      "UPDATE recipient SET state = 'waiting', lease_owner = NULL "
      "WHERE state = 'leased' AND ended IS NULL");
  if (!done) return done.error();
  return db.changes();
}

// Files that no open message names: of a hand-over that never came to its commit, or of a message
// whose commit came but not the unlink after it.
io::Result<std::int64_t> remove_orphans(Connection& db, const ContentsFolder& folder) {
  // Beside a brand-new database nothing is an orphan: somebody lost or moved the old one, and these
  // may be the last copies of mail.
  const io::Result<std::int64_t> openings = db.number("SELECT generation FROM mark");
  if (!openings) return openings.error();
  if (*openings == 0) return std::int64_t{0};
  std::error_code wrong;
  std::filesystem::directory_iterator entry{folder.path(), wrong};
  std::int64_t removed = 0;
  for (; !wrong && entry != std::filesystem::directory_iterator{}; entry.increment(wrong)) {
    const std::string name = entry->path().filename().string();
    if (!ContentsFolder::is_name(name)) continue;  // not ours to judge
    const io::Result<std::int64_t> named =
        db.number("SELECT 1 FROM message WHERE file = ?1 AND ended IS NULL", name);
    if (named) continue;
    if (!named.error().is(io::Errc::not_found)) return named.error();
    folder.remove(name);
    ++removed;
  }
  if (wrong) return io::error_from_errno(wrong.value(), folder.path());
  return removed;
}

// Of dates that move when the calendar is stepped: what ended keeps the dates it had.
io::Result<mail::WallTime> newest_date(Connection& db) {
  const io::Result<std::int64_t> newest = db.number(
      "SELECT max((SELECT ifnull(max(accepted), 0) FROM message WHERE ended IS NULL), "
      "(SELECT ifnull(max(written), 0) FROM lesson))");
  if (!newest) return newest.error();
  return mail::WallTime{mail::Duration{*newest}};
}

io::Result<Recovery> within(Connection& db, const ContentsFolder& folder, mail::WallTime now) {
  Recovery recovery;
  const io::Result<> whole = write_out(db);
  if (!whole) return whole.error();
  const io::Result<std::int64_t> mended = mend(db, now);
  if (!mended) return mended.error();
  recovery.mended = *mended;
  const io::Result<std::int64_t> lapsed = end_leases(db);
  if (!lapsed) return lapsed.error();
  recovery.lapsed_leases = *lapsed;
  const io::Result<std::int64_t> orphans = remove_orphans(db, folder);
  if (!orphans) return orphans.error();
  recovery.orphans = *orphans;
  const io::Result<std::vector<Hollow>> hollow = find_hollow_files(db, folder);
  if (!hollow) return hollow.error();
  const io::Result<std::int64_t> held = hold_hollow(db, *hollow, "held at start-up: ", now);
  if (!held) return held.error();
  recovery.missing = *held;
  const io::Result<std::int64_t> unread = db.number("SELECT count(*) FROM owed WHERE due IS NULL");
  if (!unread) return unread.error();
  recovery.owed_unread = *unread;
  const io::Result<> storms = find_storms(db, now);
  if (!storms) return storms.error();
  const io::Result<std::int64_t> messages =
      db.number("SELECT count(*) FROM message WHERE ended IS NULL");
  if (!messages) return messages.error();
  recovery.messages = *messages;
  const io::Result<std::int64_t> recipients =
      db.number("SELECT count(*) FROM recipient WHERE ended IS NULL");
  if (!recipients) return recipients.error();
  recovery.recipients = *recipients;
  const io::Result<mail::WallTime> newest = newest_date(db);
  if (!newest) return newest.error();
  recovery.newest = *newest;
  return recovery;
}

}  // namespace

io::Result<Recovery> recover(Connection& db, const ContentsFolder& folder, mail::WallTime now) {
  const io::Result<> begun = db.run("BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  const io::Result<Recovery> recovery = within(db, folder, now);
  const io::Result<> ended = recovery ? db.run("COMMIT") : io::Result<>{recovery.error()};
  if (ended) return recovery;
  if (db.in_transaction()) (void)db.run("ROLLBACK");
  return ended.error();
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/hollow.h"

#include <set>
#include <utility>

#include "queue/sqlite_rows.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

std::string short_by(std::int64_t there, std::int64_t size) {
  return "its contents are " + std::to_string(there) + " bytes instead of " + std::to_string(size);
}

}  // namespace

io::Result<std::vector<Hollow>> find_hollow_files(Connection& db, const ContentsFolder& folder) {
  std::vector<Hollow> hollow;
  Statement files =
      db.prepare("SELECT id, file, size FROM message WHERE file IS NOT NULL AND ended IS NULL");
  for (;;) {
    const io::Result<bool> row = files.step();
    if (!row) return row.error();
    if (!*row) return hollow;
    const mail::QueueId id{files.integer(0)};
    const io::Result<std::int64_t> length = folder.length(std::string{files.bytes(1)});
    if (!length) {
      hollow.push_back({id, "its contents are missing: " + io::to_string(length.error())});
    } else if (*length != files.integer(2)) {
      hollow.push_back({id, short_by(*length, files.integer(2))});
    }
  }
}

io::Result<> hold_hollow_among(Connection& db, std::vector<std::int64_t>& recipients,
                               mail::WallTime now) {
  if (recipients.empty()) return io::Result<>{};
  std::string ids;
  for (const std::int64_t id : recipients) ids += (ids.empty() ? "[" : ",") + std::to_string(id);
  std::vector<Hollow> hollow;
  std::set<std::int64_t> theirs;
  {
    // The length is at the beginning of a row: this reads no more than to look whether it is there.
    Statement rows = db.query(
        "SELECT r.id, m.id, length(c.bytes), m.size FROM json_each(?1) j "
        "CROSS JOIN recipient r ON r.id = j.value CROSS JOIN message m ON m.id = r.message_id "
        "LEFT JOIN contents c ON c.message_id = m.id "
        "WHERE m.file IS NULL AND length(c.bytes) IS NOT m.size",
        ids + "]");
    for (;;) {
      const io::Result<bool> row = rows.step();
      if (!row) return row.error();
      if (!*row) break;
      theirs.insert(rows.integer(0));
      const mail::QueueId message{rows.integer(1)};
      const bool there = rows.type(2) != SQLITE_NULL;
      hollow.push_back({message, there ? short_by(rows.integer(2), rows.integer(3))
                                       : "its contents are missing"});
    }
  }
  if (hollow.empty()) return io::Result<>{};
  std::erase_if(recipients, [&theirs](std::int64_t id) { return theirs.contains(id); });
  const io::Result<std::int64_t> held = hold_hollow(db, hollow, "held: ", now);
  return held ? io::Result<>{} : held.error();
}

io::Result<std::int64_t> hold_hollow(Connection& db, const std::vector<Hollow>& hollow,
                                     const char* when, mail::WallTime now) {
  std::int64_t held = 0;
  for (const Hollow& message : hollow) {
    io::Result<> done = db.run(
        "UPDATE recipient SET state = 'held', next_attempt = NULL, next_notice = NULL, stormed = 0 "
        "WHERE message_id = ?1 AND state = 'waiting'",
        message.message.value);
    if (!done) return done.error();
    ++held;
    if (db.changes() == 0) continue;  // all held already, and the history says why
    done = write_event(db, message.message, now, when + message.why);
    if (!done) return done.error();
  }
  return held;
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/purge.h"

#include <chrono>
#include <string>
#include <vector>

namespace tenax::queue {

namespace {

// Submission ids are kept a day longer than the history: a hand-over is repeated within minutes, or
// by a drop file that the daemon finds at its next start.
constexpr mail::Duration kSubmissionsLonger = std::chrono::hours{24};

// Their answers go with them: some 0.1 s.
constexpr std::int64_t kMostRecipientsPurged = 5000;

#define TENAX_TO_PURGE                                         \
  "(SELECT id FROM message m WHERE ended < ?1 AND NOT EXISTS " \
  "(SELECT 1 FROM owed o WHERE o.message_id = m.id) ORDER BY ended LIMIT ?2)"

/// True if more are left.
io::Result<bool> purge_messages(Connection& db, mail::WallTime before, std::int64_t most) {
  // Of a message to very many some go now, and the rest with the message by and by.
  io::Result<> done = db.run(
      "DELETE FROM recipient WHERE id IN (SELECT r.id FROM " TENAX_TO_PURGE
      " t CROSS JOIN recipient r INDEXED BY recipient_of_message ON r.message_id = t.id LIMIT ?3)",
      before, most, kMostRecipientsPurged);
  if (!done) return done.error();
  const bool more_recipients = db.changes() >= kMostRecipientsPurged;
  done = db.run("DELETE FROM message WHERE id IN " TENAX_TO_PURGE
                " AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = message.id)",
                before, most);
  if (!done) return done.error();
  return more_recipients || db.changes() >= most;
}

/// Looks at so many, from where the last look ended: most may be of messages that are still there.
io::Result<> purge_submissions(Connection& db, mail::WallTime before, std::int64_t most,
                               WriterState::Looked& looked) {
  std::vector<std::string> gone;
  std::int64_t count = 0;
  {
    Statement walk = db.query(
        "SELECT s.accepted, s.id, EXISTS (SELECT 1 FROM message m WHERE m.id = s.message_id) "
        "FROM submission s INDEXED BY submission_accepted "
        "WHERE s.accepted < ?1 AND (s.accepted, s.id) > (?2, ?3) "
        "ORDER BY s.accepted, s.id LIMIT ?4",
        before, looked.accepted, looked.id, most);
    for (;; ++count) {
      const io::Result<bool> row = walk.step();
      if (!row) return row.error();
      if (!*row) break;
      looked = {walk.integer(0), std::string{walk.bytes(1)}};
      if (walk.integer(2) == 0) gone.push_back(looked.id);
    }
  }
  if (count < most) looked = {};
  for (const std::string& id : gone) {
    const io::Result<> done = db.run("DELETE FROM submission WHERE id = ?1", id);
    if (!done) return done;
  }
  return io::Result<>{};
}

}  // namespace

io::Result<bool> purge(Connection& db, mail::WallTime before, std::size_t max_messages,
                       WriterState& writer) {
  const auto most = static_cast<std::int64_t>(max_messages);
  const io::Result<bool> more = purge_messages(db, before, most);
  if (!more) return more;
  // Ten times as many: they are small, and without messages left they must still come to an end.
  io::Result<> done =
      purge_submissions(db, before - kSubmissionsLonger, 10 * most, writer.submissions);
  if (!done) return done.error();
  // Room goes back to the disk when a quarter of the file lies idle, 4 MiB at a time; the rest is
  // kept for the mail of the next hours.
  const io::Result<std::int64_t> idle = db.number("PRAGMA freelist_count");
  const io::Result<std::int64_t> pages = db.number("PRAGMA page_count");
  if (idle && pages && *idle > 1024 && *idle * 4 > *pages) {
    done = db.script("PRAGMA incremental_vacuum(1024)");
    if (!done) return done.error();
  }
  return more;
}

}  // namespace tenax::queue

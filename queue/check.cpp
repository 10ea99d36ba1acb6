// SPDX-License-Identifier: Apache-2.0
#include "queue/check.h"

#include <chrono>
#include <string>

#include "mail/printable.h"

#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

constexpr std::int64_t kMostOfAKind = 100;

// A promise and the question whose answers break it: each row names the place. The schema's CHECKs
// and triggers refuse most of these when they are written; here they are read back, because a file
// can be changed by other hands and by failing disks.
struct Question {
  const char* promise;
  const char* sql;  // a message's id, or NULL, and a text; ?1 is now
};

constexpr Question kQuestions[] = {
    {"the state is one of six",
     "SELECT message_id, 'recipient ' || id || ': ' || state FROM recipient WHERE state NOT IN "
     "('waiting', 'leased', 'held', 'delivered', 'failed', 'removed')"},
    {"next_attempt is set exactly while waiting or leased",
     "SELECT message_id, 'recipient ' || id || ': ' || state FROM recipient "
     "WHERE (state IN ('waiting', 'leased')) <> (next_attempt IS NOT NULL)"},
    {"a lease has an owner, and only a lease",
     "SELECT message_id, 'recipient ' || id || ': ' || state FROM recipient "
     "WHERE (state = 'leased') <> (lease_owner IS NOT NULL)"},
    {"promise 2: a recipient has ended exactly when its state is final",
     "SELECT message_id, 'recipient ' || id || ': ' || state FROM recipient "
     "WHERE (state IN ('delivered', 'failed', 'removed')) <> (ended IS NOT NULL)"},
    {"no delay notice is due for who has ended",
     "SELECT message_id, 'recipient ' || id FROM recipient "
     "WHERE ended IS NOT NULL AND next_notice IS NOT NULL"},
    {"every recipient belongs to a message",
     "SELECT message_id, 'recipient ' || id FROM recipient r "
     "WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id = r.message_id)"},
    {"promise 6: every message has a recipient",
     "SELECT id, '' FROM message m "
     "WHERE NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = m.id)"},
    {"promise 2: a message counts its open recipients",
     "SELECT m.id, m.open || ' noted, ' || count(r.ended IS NULL OR NULL) "
     "|| ' found' FROM message m JOIN recipient r ON r.message_id = m.id GROUP BY m.id "
     "HAVING m.open <> count(r.ended IS NULL OR NULL)"},
    {"a message has ended exactly when its last recipient has",
     "SELECT id, '' FROM message WHERE (open = 0) <> (ended IS NOT NULL)"},
    {"contents are kept exactly while a recipient is open",
     "SELECT id, place FROM message "
     "WHERE (place = 'gone') <> (ended IS NOT NULL)"},
    {"contents in the database belong to an open message that looks for them there",
     "SELECT c.message_id, 'contents' FROM contents c LEFT JOIN message m "
     "ON m.id = c.message_id WHERE m.place IS NOT 'database'"},
    {"contents in the database are there, and whole",
     "SELECT m.id, ifnull(length(c.bytes), 'no') || ' bytes of ' || m.size "
     "FROM message m LEFT JOIN contents c ON c.message_id = m.id "
     "WHERE m.place = 'database' AND length(c.bytes) IS NOT m.size"},
    {"promise 3: a failed recipient has an answer that says why",
     "SELECT message_id, 'recipient ' || id FROM recipient r WHERE state = 'failed' "
     "AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.recipient_id = r.id)"},
    {"promise 3: what is owed is a failure, or a delay, of that sender's message",
     "SELECT o.message_id, 'recipient ' || o.recipient_id FROM owed o "
     "LEFT JOIN recipient r ON r.id = o.recipient_id LEFT JOIN message m ON m.id = o.message_id "
     "WHERE (o.kind = 'failed' AND r.state IS NOT 'failed') OR r.message_id IS NOT o.message_id "
     "OR m.sender IS NOT o.sender"},
    {"promise 3: what is owed has a date and can be read",
     "SELECT message_id, 'recipient ' || recipient_id FROM owed WHERE due IS NULL"},
    {"promise 3: what is owed is told within an hour",
     "SELECT message_id, 'recipient ' || recipient_id FROM owed WHERE due > ?1 + 90000000"},
    {"the operator is to be told of every storm that mail is held in",
     "SELECT r.message_id, 'recipient ' || r.id || ': ' || r.destination FROM recipient r "
     "WHERE r.ended IS NULL AND r.state = 'held' AND r.stormed = 1 "
     "AND NOT EXISTS (SELECT 1 FROM storm s WHERE s.destination = r.destination)"},
    {"the operator is told of a storm once a day",
     "SELECT NULL, destination FROM storm WHERE due > ?1 + 2 * 86400000"},
    {"promise 7: a notice has the null sender",
     "SELECT id, '' FROM message WHERE origin = 'notice' AND sender IS NOT NULL"},
    {"promise 7: mail from the null path is not answered",
     "SELECT n.id, '' FROM message n JOIN message m "
     "ON m.id = n.about WHERE n.origin = 'notice' AND m.origin <> 'notice' AND m.sender IS NULL"},
    {"promise 8: who expired had an attempt, or a said reason",
     "SELECT r.message_id, 'recipient ' || r.id FROM recipient r "
     "WHERE r.state = 'failed' AND r.attempts = 0 AND NOT EXISTS (SELECT 1 FROM answer a WHERE "
     "a.recipient_id = r.id AND a.text <> '')"},
    {"promise 9: attempts are those counted",
     "SELECT r.message_id, 'recipient ' || r.id || ': ' || r.attempts || ' noted, ' || "
     "(SELECT count(*) FROM answer a WHERE a.recipient_id = r.id AND a.counted) || ' in the "
     "history' "
     "FROM recipient r WHERE r.state <> 'removed' AND r.attempts < "
     "(SELECT count(*) FROM answer a WHERE a.recipient_id = r.id AND a.counted)"},
    {"the last id that was given out is noted",
     "SELECT NULL, 'mark' WHERE NOT EXISTS (SELECT 1 FROM mark)"},
    {"queue ids do not run ahead of those given out",
     "SELECT max(id), '' FROM message HAVING max(id) > (SELECT last_id FROM mark)"},
    {"an accepted submission names the message it became",
     "SELECT s.message_id, 'submission ' || s.id FROM submission s WHERE s.message_id > "
     "(SELECT last_id FROM mark)"},
    {"what is kept in short is nowhere else",
     "SELECT id, 'passing' FROM passing p WHERE EXISTS (SELECT 1 FROM message m WHERE m.id = p.id) "
     "OR EXISTS (SELECT 1 FROM recipient r WHERE r.id = p.recipient_id)"},
    {"what passed had come",
     "SELECT id, 'passed' FROM passed d "
     "WHERE NOT EXISTS (SELECT 1 FROM passing p WHERE p.id = d.id)"},
    {"there are no more lessons than are kept",
     "SELECT NULL, count(*) || ' lessons' FROM lesson HAVING count(*) > 12000"},
    {"a lesson has a name and a bounded text",
     "SELECT NULL, 'lesson ' || id FROM lesson WHERE typeof(key) <> 'text' "
     "OR length(key) NOT BETWEEN 1 AND 512 OR typeof(text) <> 'blob' OR length(text) > 16384"},
    {"there are no more suppressed addresses than are kept",
     "SELECT NULL, count(*) || ' addresses' FROM suppression HAVING count(*) > 2001000"},
    {"an address is on the list because it failed, or because the operator says so",
     "SELECT NULL, 'suppression ' || id FROM suppression WHERE (failures > 0) <> (last IS NOT "
     "NULL) "
     "OR (failures = 0 AND added IS NULL)"},
    {"what has ended did not end in the future",
     "SELECT message_id, 'recipient ' || id FROM recipient WHERE ended > ?1 + 86400000"},
};

void note(std::vector<Violation>& violations, std::string promise, std::string_view where) {
  violations.push_back({std::move(promise), mail::printable(where, 500)});
}

/// "message 2RFJL7VQ000: recipient 17: leased", with the id as every other verb shows it.
std::string place_of(const Statement& answer) {
  const std::string text{answer.bytes(1)};
  if (answer.type(0) == SQLITE_NULL) return text;
  const std::string message = "message " + mail::QueueId{answer.integer(0)}.text();
  return text.empty() ? message : message + ": " + text;
}

io::Result<> ask(Connection& db, const Question& question, mail::WallTime now,
                 std::vector<Violation>& violations) {
  Statement answers =
      db.prepare_once("SELECT * FROM (" + std::string{question.sql} + ") LIMIT 100");
  if (const int place = answers.place_of("?1"); place > 0) answers.bind(place, now);
  for (;;) {
    const io::Result<bool> row = answers.step();
    if (!row && row.error().is(io::Errc::corrupt)) {
      note(violations, question.promise, io::to_string(row.error()));
      return io::Result<>{};
    }
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    note(violations, question.promise, place_of(answers));
  }
}

// SQLite's own look at the file: pages, indexes, NOT NULL and CHECKs.
io::Result<> integrity(Connection& db, std::vector<Violation>& violations) {
  Statement said = db.prepare_once("PRAGMA integrity_check(100)");
  for (;;) {
    const io::Result<bool> row = said.step();
    if (!row && row.error().is(io::Errc::corrupt)) {
      note(violations, "the database file is whole", io::to_string(row.error()));
      return io::Result<>{};
    }
    if (!row) return row.error();
    if (!*row) break;
    if (said.bytes(0) != "ok") note(violations, "the database file is whole", said.bytes(0));
  }
  Statement strays = db.prepare_once("PRAGMA foreign_key_check");
  for (std::int64_t found = 0; found < kMostOfAKind; ++found) {
    const io::Result<bool> row = strays.step();
    if (!row) return row.error();
    if (!*row) break;
    note(violations, "every row belongs to the row it names",
         std::string{strays.bytes(0)} + " " + std::to_string(strays.integer(1)));
  }
  return io::Result<>{};
}

io::Result<> files(Connection& db, const ContentsFolder& folder,
                   std::vector<Violation>& violations) {
  const std::string promise = "contents files are there, and whole";
  Statement found = db.prepare("SELECT id, file, size FROM message WHERE place = 'file'");
  for (std::int64_t wrong = 0; wrong < kMostOfAKind;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    const std::string where = "message " + mail::QueueId{found.integer(0)}.text() + ": ";
    const io::Result<std::int64_t> length = folder.length(std::string{found.bytes(1)});
    if (length && *length == found.integer(2)) continue;
    ++wrong;
    note(violations, promise,
         where + (length ? std::to_string(*length) + " bytes of " + std::to_string(found.integer(2))
                         : io::to_string(length.error())));
  }
  return io::Result<>{};
}

// Everything the store reads back must be readable: addresses, destinations, verdicts.
io::Result<> readable(Connection& db, std::vector<Violation>& violations) {
  const std::string promise = "every row can be read";
  Statement messages = db.prepare("SELECT " TENAX_MESSAGE_COLUMNS " FROM message m");
  for (std::int64_t wrong = 0; wrong < kMostOfAKind;) {
    const io::Result<bool> row = messages.step();
    if (!row) return row.error();
    if (!*row) break;
    Row read{messages, "message"};
    (void)read_message(read);
    if (read.ok()) continue;
    note(violations, promise, read.error().context);
    ++wrong;
  }
  Statement recipients = db.prepare(
      "SELECT id, forward_path, destination, notify, original, state, attempts, next_attempt, "
      "next_notice, ended FROM recipient");
  for (std::int64_t wrong = 0; wrong < kMostOfAKind;) {
    const io::Result<bool> row = recipients.step();
    if (!row) return row.error();
    if (!*row) break;
    Row read{recipients, "recipient"};
    read.id();
    (void)read.address();
    (void)read.destination();
    (void)read.notify();
    (void)read.original();
    (void)read.state();
    read.integer(0, 1'000'000'000);
    (void)read.perhaps_time();
    (void)read.perhaps_time();
    (void)read.perhaps_time();
    if (read.ok()) continue;
    note(violations, promise, read.error().context);
    ++wrong;
  }
  Statement answers = db.prepare("SELECT a.id, " TENAX_VERDICT_COLUMNS " FROM answer a");
  for (std::int64_t wrong = 0; wrong < kMostOfAKind;) {
    const io::Result<bool> row = answers.step();
    if (!row) return row.error();
    if (!*row) break;
    Row read{answers, "answer"};
    read.id();
    (void)read_verdict(read);
    if (read.ok()) continue;
    note(violations, promise, read.error().context);
    ++wrong;
  }
  return io::Result<>{};
}

}  // namespace

io::Result<std::vector<Violation>> find_violations(Connection& db, const ContentsFolder& folder,
                                                   mail::WallTime now) {
  std::vector<Violation> violations;
  io::Result<> done = integrity(db, violations);
  for (const Question& question : kQuestions) {
    if (done) done = ask(db, question, now, violations);
  }
  if (done) done = files(db, folder, violations);
  if (done) done = readable(db, violations);
  // What cannot be read at all after so much could be: said like the rest.
  if (!done && !done.error().is(io::Errc::corrupt)) return done.error();
  if (!done) note(violations, "the database file is whole", io::to_string(done.error()));
  return violations;
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/owed.h"

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "queue/claim.h"
#include "queue/sqlite_rows.h"

namespace tenax::queue {

const char* const kOwedSchema = R"sql(

-- How many notices of failure a sender has had since its hour began.
CREATE TABLE notice_hour (
  sender TEXT    PRIMARY KEY CHECK (sender <> ''),
  ends   INTEGER NOT NULL,
  told   INTEGER NOT NULL CHECK (told > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_hour_ends ON notice_hour (ends);

-- What failed beyond that, until the digest that tells of it is in the queue: written in the commit
-- of the failure, deleted in the commit of the digest. What is owed keeps its message from being
-- purged.
CREATE TABLE owed (
  recipient_id INTEGER PRIMARY KEY REFERENCES recipient (id),
  message_id   INTEGER NOT NULL REFERENCES message (id),
  sender       TEXT    NOT NULL CHECK (sender <> ''),
  due          INTEGER,                                -- NULL: the row is damaged
  ended        TEXT    NOT NULL,                       -- why it is over, as bounce calls it
  given        INTEGER NOT NULL CHECK (given >= 0)     -- the time it had
) STRICT;

CREATE INDEX owed_due        ON owed (due) WHERE due IS NOT NULL;
CREATE INDEX owed_of_sender  ON owed (sender, due);
CREATE INDEX owed_of_message ON owed (message_id);

)sql";

const char* const kOwedDelaysSchema = R"sql(

-- Delays are counted and gathered with the failures. One that is over before it is told is dropped;
-- one that becomes a failure is told as that.
ALTER TABLE owed ADD COLUMN kind TEXT NOT NULL DEFAULT 'failed' CHECK (kind IN ('failed', 'delayed'));

)sql";

namespace {

constexpr mail::Duration kHour = std::chrono::hours{1};
// Recipients of one digest: some 2 MB of fields. What is beyond comes in the next, at once.
constexpr std::int64_t kMostInDigest = 2'000;
constexpr std::int64_t kForgottenAtOnce = 10;  // hours that are over; a notice begins one at most

// Who is being tried may not be late any more in a moment.
#define TENAX_NOT_IN_DELIVERY \
  "NOT (kind = 'delayed' AND (SELECT state FROM recipient WHERE id = recipient_id) IS 'leased')"

struct Hour {
  mail::WallTime ends;
  std::int64_t told = 0;
};

io::Result<std::optional<Hour>> hour_of(Connection& db, const NoticeCap& cap) {
  Statement found = db.query("SELECT ends, told FROM notice_hour WHERE sender = ?1", cap.sender);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Hour>{};
  const Hour hour{mail::from_millis(found.integer(0)), found.integer(1)};
  // One that ends later than that was begun under another calendar.
  const bool goes_on = hour.ends > cap.now && hour.ends <= cap.now + kHour;
  return goes_on ? std::optional{hour} : std::nullopt;
}

io::Result<> count_notice(Connection& db, const NoticeCap& cap, const std::optional<Hour>& hour) {
  const io::Result<> done = db.run(
      "INSERT INTO notice_hour (sender, ends, told) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (sender) DO UPDATE SET ends = excluded.ends, told = excluded.told",
      cap.sender, hour ? hour->ends : cap.now + kHour, hour ? hour->told + 1 : 1);
  if (!done || hour) return done;
  return db.run(
      "DELETE FROM notice_hour WHERE sender IN "
      "(SELECT sender FROM notice_hour WHERE ends <= ?1 ORDER BY ends LIMIT ?2)",
      cap.now, kForgottenAtOnce);
}

OwedFailure read_failure(Row& read) {
  OwedFailure failure;
  failure.recipient = mail::RecipientId{read.id()};
  failure.ended = read.text(40);
  failure.given = mail::Duration{read.integer(0, INT64_MAX)};
  return failure;
}

/// nullopt: the row cannot be read.
std::optional<DigestDue::Failure> read_owed(Statement& found) {
  Row read{found, "owed"};
  OwedFailure why = read_failure(read);
  const mail::QueueId message{read.integer(1, INT64_MAX)};
  const mail::WallTime accepted = read.time();
  std::string subject = read.text();
  std::string envid = read.text();
  std::optional<mail::Address> address = read.address();
  std::optional<mail::OriginalRecipient> original = read.original();
  const auto attempts = static_cast<int>(read.integer(0, 1'000'000'000));
  const std::optional<mail::WallTime> last_attempt = read.perhaps_time();
  mail::Verdict verdict = read_verdict(read);
  if (!read.ok() || !address) return std::nullopt;
  return DigestDue::Failure{.why = std::move(why),
                            .message = message,
                            .accepted = accepted,
                            .subject = std::move(subject),
                            .envid = std::move(envid),
                            .address = *address,
                            .original = std::move(original),
                            .attempts = attempts,
                            .last_attempt = last_attempt,
                            .verdict = std::move(verdict)};
}

io::Result<> find_failures(Connection& db, const std::string& sender, mail::WallTime now,
                           DigestDue& due) {
  Statement walk = db.query(
      "SELECT o.recipient_id, o.ended, o.given, m.id, m.accepted, m.subject, m.envid, "
      "r.forward_path, r.original, r.attempts, CASE WHEN a.counted THEN " TENAX_FINISHED
      " END, " TENAX_VERDICT_COLUMNS
      " FROM owed o LEFT JOIN recipient r ON r.id = o.recipient_id "
      "LEFT JOIN message m ON m.id = o.message_id "
      "LEFT JOIN answer a ON a.id = (SELECT max(id) FROM answer WHERE recipient_id = "
      "r.id)" TENAX_ITS_ATTEMPT
      "WHERE o.sender = ?1 AND o.due <= ?2 AND o.kind = 'failed' ORDER BY o.due LIMIT ?3",
      sender, now, kMostInDigest);
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    std::optional<DigestDue::Failure> failure = read_owed(walk);
    if (failure) {
      due.failures.push_back(std::move(*failure));
    } else {
      due.unread.push_back(mail::RecipientId{walk.integer(0)});
    }
  }
}

/// As many as there is room for beside the failures.
io::Result<> find_delays(Connection& db, const std::string& sender, mail::WallTime now,
                         DigestDue& due, SetAside& aside) {
  const auto room = kMostInDigest - static_cast<std::int64_t>(due.failures.size());
  Statement walk = db.query(
      "SELECT o.recipient_id, o.message_id, (r.state IS 'waiting' OR (r.state IS 'held' AND "
      "r.stormed)), m.subject, (SELECT max(" TENAX_FINISHED ") FROM answer a" TENAX_ITS_ATTEMPT
      "WHERE a.recipient_id = r.id AND a.counted = 1) "
      "FROM owed o LEFT JOIN recipient r ON r.id = o.recipient_id "
      "LEFT JOIN message m ON m.id = o.message_id WHERE o.sender = ?1 AND o.due <= ?2 "
      "AND o.kind = 'delayed' AND r.state IS NOT 'leased' ORDER BY o.due LIMIT ?3",
      sender, now, room);
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    Row read{walk, "owed"};
    const std::int64_t recipient = read.id();
    const std::int64_t message = read.any();
    const bool late = read.flag();
    if (!late) {
      aside.needless.push_back(recipient);
      continue;
    }
    DigestDue::Delay delay{.of = {}, .subject = read.text(), .last_attempt = read.perhaps_time()};
    io::Result<NoticeDue> of = delay_of(db, message, recipient);
    if (!of && !of.error().is(io::Errc::corrupt)) return of.error();
    if (!of || !read.ok()) {
      aside.needless.push_back(recipient);  // whoever claims its row holds it, and says why
      continue;
    }
    delay.of = std::move(*of);
    due.delays.push_back(std::move(delay));
  }
}

}  // namespace

io::Result<std::optional<mail::WallTime>> gather(Connection& db, mail::QueueId message,
                                                 const NoticeCap& cap) {
  using Due = std::optional<mail::WallTime>;
  const io::Result<std::optional<Hour>> hour = hour_of(db, cap);
  if (!hour) return hour.error();
  if (!*hour || (*hour)->told < cap.per_hour) {
    const io::Result<> counted = count_notice(db, cap, *hour);
    if (!counted) return counted.error();
    return Due{};
  }
  const mail::WallTime due = (*hour)->ends;
  for (const OwedFailure& failure : cap.failures) {
    // Who was removed meanwhile has not failed. A delay that became a failure is told as that.
    const io::Result<> noted =
        db.run(cap.of_delay
                   ? "INSERT INTO owed (recipient_id, message_id, sender, due, ended, given, kind) "
                     "SELECT id, message_id, ?3, ?4, ?5, ?6, 'delayed' FROM recipient "
                     "WHERE id = ?1 AND message_id = ?2 AND ended IS NULL "
                     "ON CONFLICT (recipient_id) DO NOTHING"
                   : "INSERT INTO owed (recipient_id, message_id, sender, due, ended, given, kind) "
                     "SELECT id, message_id, ?3, ?4, ?5, ?6, 'failed' FROM recipient "
                     "WHERE id = ?1 AND message_id = ?2 AND state = 'failed' "
                     "ON CONFLICT (recipient_id) DO UPDATE SET due = excluded.due, "
                     "ended = excluded.ended, given = excluded.given, kind = excluded.kind",
               failure.recipient.value, message.value, cap.sender, due, failure.ended,
               std::int64_t{failure.given.count()});
    if (!noted) return noted.error();
  }
  const io::Result<> said = write_event(db, message, cap.now,
                                        std::string{cap.of_delay ? "late" : "failed"} +
                                            ": its sender has had " + std::to_string(cap.per_hour) +
                                            " notices within the hour and is told in a digest at " +
                                            mail::to_rfc3339(due));
  if (!said) return said.error();
  return Due{due};
}

io::Result<std::optional<DigestDue>> digest_due(Connection& db, mail::WallTime now,
                                                SetAside& aside) {
  using Found = std::optional<DigestDue>;
  Statement first =
      db.query("SELECT recipient_id, sender FROM owed WHERE due <= ?1 AND " TENAX_NOT_IN_DELIVERY
               " ORDER BY due LIMIT 1",
               now);
  const io::Result<bool> any = first.step();
  if (!any) return any.error();
  if (!*any) return Found{};
  const std::string sender{first.bytes(1)};
  const auto address = mail::Address::parse(sender);
  if (!address) {
    aside.damaged.push_back(first.integer(0));
    return Found{};
  }
  DigestDue due{.sender = *address, .failures = {}};
  const io::Result<> failures = find_failures(db, sender, now, due);
  if (!failures) return failures.error();
  const io::Result<> delays = find_delays(db, sender, now, due, aside);
  if (!delays) return delays.error();
  if (due.failures.empty() && due.delays.empty() && due.unread.empty()) return Found{};
  return Found{std::move(due)};
}

io::Result<> set_aside(Connection& db, const SetAside& aside) {
  for (const std::int64_t recipient : aside.damaged) {
    const io::Result<> done =
        db.run("UPDATE owed SET due = NULL WHERE recipient_id = ?1", recipient);
    if (!done) return done;
  }
  for (const std::int64_t recipient : aside.needless) {
    const io::Result<> done =
        db.run("DELETE FROM owed WHERE recipient_id = ?1 AND kind = 'delayed'", recipient);
    if (!done) return done;
  }
  return io::Result<>{};
}

io::Result<> tell_owed(Connection& db, const ToldOwed& told, Entering& digest,
                       WriterState& writer) {
  // Nothing is told that is not owed: whoever tried this before may have come to its commit, and a
  // delay may be over.
  const auto wrong = [] { return io::error(io::Errc::protocol, "a digest of what is not owed"); };
  std::map<std::int64_t, std::string> messages;
  for (const ToldOwed::About& about : told.about) {
    const io::Result<> done =
        db.run(about.of_delay ? "DELETE FROM owed WHERE recipient_id = ?1 AND message_id = ?2 "
                                "AND kind = 'delayed' AND EXISTS "
                                "(SELECT 1 FROM recipient WHERE id = ?1 AND ended IS NULL)"
                              : "DELETE FROM owed WHERE recipient_id = ?1 AND message_id = ?2 "
                                "AND kind = 'failed'",
               about.recipient.value, about.message.value);
    if (!done) return done;
    if (db.changes() == 0) return wrong();
    messages.emplace(about.message.value, about.of_delay ? "delay" : "failure");
    if (!about.of_delay) continue;
    const io::Result<> heard = db.run(
        "UPDATE recipient SET told = 1 WHERE id = ?1 AND ended IS NULL", about.recipient.value);
    if (!heard) return heard;
  }
  for (const mail::RecipientId recipient : told.unread) {
    const io::Result<> done = db.run(
        "UPDATE owed SET due = NULL WHERE recipient_id = ?1 AND due IS NOT NULL", recipient.value);
    if (!done) return done;
    if (db.changes() == 0) return wrong();
  }
  for (const auto& [message, what] : messages) {
    const io::Result<> said = write_event(
        db, mail::QueueId{message}, digest.message.accepted,
        "its sender was told of the " + what + " in the digest " + digest.message.id.text());
    if (!said) return said;
  }
  const io::Result<EnqueueResult> entered = enter(db, digest, writer);
  if (!entered) return entered.error();
  return io::Result<>{};
}

io::Result<std::optional<std::int64_t>> next_digest(Connection& db) {
  const io::Result<std::int64_t> due =
      db.number("SELECT due FROM owed WHERE due IS NOT NULL AND " TENAX_NOT_IN_DELIVERY
                " ORDER BY due LIMIT 1");
  if (due) return std::optional{*due};
  if (due.error().is(io::Errc::not_found)) return std::optional<std::int64_t>{};
  return due.error();
}

}  // namespace tenax::queue

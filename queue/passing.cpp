// SPDX-License-Identifier: Apache-2.0
#include "queue/passing.h"

#include <array>
#include <limits>
#include <memory>

#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

// Of contents: they are copied once more when the message stays.
constexpr std::size_t kMostContents = std::size_t{16} * 1024;
// Messages. From here on some are written out whenever nobody waits for the disk; so many that the
// pages of the tables are changed for several at once, so few that who comes meanwhile waits for
// about a millisecond.
constexpr std::size_t kMuchInShort = 64;
constexpr std::int64_t kSome = 32;
// And here at the latest, whoever waits: some twenty milliseconds.
constexpr std::size_t kMostInShort = 500;

// Of the messages ?1 to ?2. The words are those of enqueue, passing, and of settle.
constexpr std::array kWriteOut = {
    "INSERT OR FAIL INTO message (id, sender, ret, envid, body, smtputf8, automatic, size, origin, "
    "uid, pid, door, accepted, message_id, subject, place, open, ended) "
    "SELECT p.id, p.sender, p.ret, p.envid, p.body, p.smtputf8, p.automatic, length(p.bytes), "
    "'submitted', p.uid, p.pid, p.door, p.accepted, p.message_id, p.subject, "
    "CASE WHEN d.id IS NULL THEN 'database' ELSE 'gone' END, d.id IS NULL, d.finished "
    "FROM passing p LEFT JOIN passed d ON d.id = p.id WHERE p.id BETWEEN ?1 AND ?2 ORDER BY p.id",

    "INSERT OR FAIL INTO recipient (id, message_id, forward_path, destination, notify, original, "
    "state, attempts, retried, next_attempt, next_notice, lease_owner, ended) "
    "SELECT p.recipient_id, p.id, p.forward_path, p.destination, p.notify, p.original, "
    "CASE WHEN d.id IS NULL THEN 'leased' ELSE 'delivered' END, ifnull(d.counted, 0), "
    "ifnull(d.counted, 0), CASE WHEN d.id IS NULL THEN p.accepted END, "
    "CASE WHEN d.id IS NULL THEN p.next_notice END, CASE WHEN d.id IS NULL THEN p.lease_owner END, "
    "d.finished "
    "FROM passing p LEFT JOIN passed d ON d.id = p.id WHERE p.id BETWEEN ?1 AND ?2 ORDER BY p.id",

    "INSERT OR FAIL INTO contents SELECT p.id, p.bytes FROM passing p "
    "WHERE p.id BETWEEN ?1 AND ?2 AND NOT EXISTS (SELECT 1 FROM passed d WHERE d.id = p.id) "
    "ORDER BY p.id",

    "INSERT OR FAIL INTO answer (started, finished, recipient_id, counted, kind, scope, fault, "
    "stage, status, code, reply, text, host, address, port, tls, in_doubt, passed_on) "
    "SELECT d.started, d.finished, p.recipient_id, d.counted, d.kind, d.scope, d.fault, d.stage, "
    "d.status, d.code, d.reply, d.text, d.host, d.address, d.port, d.tls, d.in_doubt, d.passed_on "
    "FROM passed d CROSS JOIN passing p ON p.id = d.id WHERE d.id BETWEEN ?1 AND ?2 ORDER BY d.id",

    "DELETE FROM passed WHERE id BETWEEN ?1 AND ?2",
    "DELETE FROM passing WHERE id BETWEEN ?1 AND ?2",
};

io::Result<> write_out_range(Connection& db, std::int64_t first, std::int64_t last) {
  for (const char* const sql : kWriteOut) {
    const io::Result<> done = db.run(sql, first, last);
    if (!done) return done;
  }
  return io::Result<>{};
}

/// The only recipient was delivered by the only host that was asked, and nobody need be told.
bool is_short(const Settlement& settlement) {
  if (settlement.attempts.size() != 1 || !settlement.marks.empty()) return false;
  if (!settlement.notices.empty() || !settlement.events.empty()) return false;
  const Attempt& attempt = settlement.attempts.front();
  if (!attempt.destination || attempt.outcomes.size() != 1) return false;
  const RecipientOutcome& outcome = attempt.outcomes.front();
  return outcome.state == mail::RecipientState::delivered && outcome.knocks.count == 0 &&
         !outcome.address_fault && is_told_by_answers(attempt);
}

}  // namespace

bool may_enter_in_short(const Entering& entering) {
  const mail::NewMessage& message = entering.message;
  return message.leased && !message.held && message.recipients.size() == 1 &&
         message.origin == mail::Origin::submitted && !entering.about && !entering.contents.file &&
         entering.contents.bytes.size() <= kMostContents;
}

io::Result<EnqueueResult> enter_in_short(Connection& db, const Entering& entering,
                                         WriterState& writer) {
  if (writer.in_short >= kMostInShort) {
    const io::Result<> written = write_out(db);
    if (!written) return written.error();
    writer.in_short = 0;
  }
  const mail::NewMessage& message = entering.message;
  const mail::Envelope& envelope = message.envelope;
  const mail::NewRecipient& recipient = message.recipients.front();
  const std::optional<std::string> sender =
      envelope.sender ? std::optional{envelope.sender->text()} : std::nullopt;
  const std::optional<std::string> original =
      recipient.original ? std::optional{recipient.original->xtext()} : std::nullopt;
  EnqueueResult entered;
  entered.id = message.id;
  entered.leased = {mail::RecipientId{++writer.last_recipient}};
  const io::Result<> done = db.run(
      "INSERT OR FAIL INTO passing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
      message.id.value, sender, word(envelope.ret), bounded(envelope.envid), word(envelope.body),
      envelope.smtputf8, envelope.automatic, message.submitter.uid, message.submitter.pid,
      bounded(message.submitter.door), message.accepted, bounded(message.message_id),
      bounded(message.subject), writer.last_recipient, recipient.address.text(),
      entering.destinations.front().text(), recipient.notify.text(), original,
      entering.first_notice, writer.owner, Blob{entering.contents.bytes});
  if (!done) return done.error();
  ++writer.in_short;
  return entered;
}

io::Result<bool> settle_in_short(Connection& db, const Settlement& settlement,
                                 const WriterState& writer) {
  const io::Result<std::int64_t> here =
      db.number("SELECT 1 FROM passing WHERE id = ?1", settlement.message.value);
  if (!here && here.error().is(io::Errc::not_found)) return false;
  if (!here) return here.error();
  if (is_short(settlement)) {
    const Attempt& attempt = settlement.attempts.front();
    const RecipientOutcome& outcome = attempt.outcomes.front();
    const io::Result<> done = VerdictColumns{outcome.verdict}.run(
        db,
        "INSERT OR IGNORE INTO passed SELECT id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
        "?15, ?16, ?17, ?18, ?19, ?20 FROM passing "
        "WHERE id = ?1 AND recipient_id = ?2 AND lease_owner = ?3",
        settlement.message.value, outcome.recipient.value, writer.owner, attempt.started,
        attempt.finished, outcome.counted);
    if (!done) return done.error();
    if (db.changes() > 0) return true;
  }
  const io::Result<> whole =
      write_out_range(db, settlement.message.value, settlement.message.value);
  if (!whole) return whole.error();
  return false;
}

bool is_much_in_short(const WriterState& writer) { return writer.in_short >= kMuchInShort; }

io::Result<> write_out_some(Connection& db, WriterState& writer) {
  const io::Result<std::int64_t> last =
      db.number("SELECT id FROM passing ORDER BY id LIMIT 1 OFFSET ?1", kSome - 1);
  if (!last && !last.error().is(io::Errc::not_found)) return last.error();
  const io::Result<> done = last ? write_out_range(db, 1, *last) : write_out(db);
  if (!done) return done;
  writer.in_short = last ? writer.in_short - kSome : 0;
  return done;
}

io::Result<> write_out(Connection& db) {
  const io::Result<std::int64_t> any = db.number("SELECT 1 FROM passing LIMIT 1");
  if (!any) return any.error().is(io::Errc::not_found) ? io::Result<>{} : any.error();
  return write_out_range(db, 1, std::numeric_limits<std::int64_t>::max());
}

void write_out_before_reading(Connection& reader) {
  if (!reader.number("SELECT 1 FROM passing LIMIT 1")) return;
  const io::Result<std::unique_ptr<Connection>> writer =
      Connection::open(reader.path(), Access::read_write, "");
  if (!writer || !(*writer)->run("BEGIN IMMEDIATE")) return;
  const io::Result<> written = write_out(**writer);
  (void)(*writer)->run(written ? "COMMIT" : "ROLLBACK");
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/writes.h"

#include <algorithm>
#include <set>

#include "queue/claim.h"
#include "queue/owed.h"
#include "queue/passing.h"
#include "queue/sqlite_rows.h"
#include "queue/storms.h"

namespace tenax::queue {

namespace {

constexpr std::int64_t kMostAnswers = 500;
constexpr int kMostTries = 100;  // the schema's bound; a report has at most 20

io::Result<std::optional<mail::QueueId>> known_submission(Connection& db,
                                                          const mail::SubmissionId& submission) {
  const io::Result<std::int64_t> known =
      db.number("SELECT message_id FROM submission WHERE id = ?1", submission.text);
  if (known) return std::optional{mail::QueueId{*known}};
  if (known.error().is(io::Errc::not_found)) return std::optional<mail::QueueId>{};
  return known.error();
}

io::Result<> insert_message(Connection& db, const Entering& entering) {
  const mail::NewMessage& message = entering.message;
  const mail::Envelope& envelope = message.envelope;
  const std::optional<std::string> sender =
      envelope.sender ? std::optional{envelope.sender->text()} : std::nullopt;
  const std::optional<std::int64_t> about =
      entering.about ? std::optional{entering.about->value} : std::nullopt;
  const Gathered& contents = entering.contents;
  const std::optional<std::string> file =
      contents.file ? std::optional{contents.file->name()} : std::nullopt;
  return db.run(
      "INSERT INTO message (id, sender, ret, envid, body, smtputf8, automatic, size, origin, "
      "about, uid, pid, door, accepted, message_id, subject, place, file, open) VALUES "
      "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
      message.id.value, sender, word(envelope.ret), bounded(envelope.envid), word(envelope.body),
      envelope.smtputf8, envelope.automatic, contents.size, word(message.origin), about,
      message.submitter.uid, message.submitter.pid, bounded(message.submitter.door),
      message.accepted, bounded(message.message_id), bounded(message.subject),
      file ? "file" : "database", file, static_cast<std::int64_t>(message.recipients.size()));
}

mail::RecipientState state_at_entry(const mail::NewMessage& message) {
  if (message.held) return mail::RecipientState::held;
  return message.leased ? mail::RecipientState::leased : mail::RecipientState::waiting;
}

io::Result<EnqueueResult> insert_recipients(Connection& db, const Entering& entering,
                                            WriterState& writer) {
  const mail::NewMessage& message = entering.message;
  EnqueueResult entered;
  entered.id = message.id;
  const mail::RecipientState state = state_at_entry(message);
  const bool leased = state == mail::RecipientState::leased;
  const std::optional<mail::WallTime> due =
      message.held ? std::nullopt : std::optional{message.accepted};
  const std::optional<std::string> lease_owner =
      leased ? std::optional{writer.owner} : std::nullopt;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const mail::NewRecipient& recipient = message.recipients[i];
    const std::optional<std::string> original =
        recipient.original ? std::optional{recipient.original->xtext()} : std::nullopt;
    const io::Result<> done = db.run(
        "INSERT INTO recipient (id, message_id, forward_path, destination, notify, original, "
        "state, next_attempt, next_notice, lease_owner) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        ++writer.last_recipient, message.id.value, recipient.address.text(),
        entering.destinations[i].text(), recipient.notify.text(), original, mail::to_string(state),
        due, entering.first_notice, lease_owner);
    if (!done) return done.error();
    if (leased) entered.leased.push_back(mail::RecipientId{writer.last_recipient});
  }
  return entered;
}

// True when it was leased by us and is now as the report says. False: it is no longer ours to
// change (removed meanwhile), which is no error.
io::Result<bool> apply_outcome(Connection& db, mail::QueueId message,
                               const RecipientOutcome& outcome, mail::WallTime finished,
                               const std::string& owner) {
  const bool ends = mail::is_final(outcome.state);
  const bool waits = outcome.state == mail::RecipientState::waiting;
  const std::optional<mail::WallTime> next = waits ? outcome.next_attempt : std::nullopt;
  const std::optional<mail::WallTime> ended = ends ? std::optional{finished} : std::nullopt;
  const bool knocked = outcome.knocks.count > 0;
  const io::Result<> done = db.run(
      "UPDATE OR FAIL recipient SET state = ?1, attempts = attempts + ?2, retried = (attempts + ?2 "
      "> 0), "
      "next_attempt = ?3, "
      "next_notice = CASE WHEN ?4 THEN NULL WHEN ?5 THEN next_notice ELSE ?6 END, "
      "lease_owner = NULL, ended = ?7, knocks = ?11, first_knock = ?12, last_knock = ?13, "
      "stormed = ?14, insisted = (insisted AND NOT ?2) "
      "WHERE id = ?8 AND message_id = ?9 AND state = 'leased' "
      "AND (lease_owner = ?10 OR lease_owner = ?10 || " TENAX_WAS_HELD ")",
      mail::to_string(outcome.state), outcome.counted ? 1 : 0, next, ends, outcome.keep_notice,
      outcome.next_notice, ended, outcome.recipient.value, message.value, owner,
      std::int64_t{outcome.knocks.count},
      knocked ? std::optional{outcome.knocks.first} : std::nullopt,
      knocked ? std::optional{outcome.knocks.last} : std::nullopt,
      outcome.state == mail::RecipientState::held);
  if (!done) return done.error();
  return db.changes() > 0;
}

io::Result<bool> apply_mark(Connection& db, const Settlement& settlement, const NoticeMark& mark) {
  const io::Result<> done = db.run(
      "UPDATE recipient SET next_notice = ?1 WHERE id = ?2 AND message_id = ?3 AND ended IS NULL",
      mark.next_notice, mark.recipient.value, settlement.message.value);
  if (!done) return done.error();
  return db.changes() > 0;
}

/// Of a delay that is owed nobody has heard yet.
io::Result<> note_told(Connection& db, const Settlement& settlement,
                       const std::set<std::int64_t>& owed) {
  for (const NoticeMark& mark : settlement.marks) {
    if (!mark.told || owed.contains(mark.recipient.value)) continue;
    const io::Result<> done =
        db.run("UPDATE recipient SET told = 1 WHERE id = ?1 AND message_id = ?2 AND ended IS NULL",
               mark.recipient.value, settlement.message.value);
    if (!done) return done;
  }
  return io::Result<>{};
}

io::Result<> write_tries(Connection& db, std::int64_t row, const Attempt& attempt) {
  int n = 0;
  for (const mail::HostTry& tried : attempt.tries) {
    if (n == kMostTries) break;
    const io::Result<> done =
        db.run("INSERT INTO host_try VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", row, n++,
               bounded(tried.host.name), bounded(tried.host.address),
               std::clamp(tried.host.port, 0, 65535), bounded(tried.host.tls),
               mail::to_string(tried.stage), bounded(tried.text), tried.started,
               std::int64_t{tried.took.count()});
    if (!done) return done;
  }
  return io::Result<>{};
}

io::Result<bool> has_row(io::Result<std::int64_t> found) {
  if (found) return true;
  if (found.error().is(io::Errc::not_found)) return false;
  return found.error();
}

io::Result<bool> exists(Connection& db, mail::QueueId message) {
  return has_row(db.number("SELECT 1 FROM message WHERE id = ?1", message.value));
}

io::Result<bool> exists(Connection& db, mail::QueueId message, mail::RecipientId recipient) {
  return has_row(db.number("SELECT 1 FROM recipient WHERE id = ?1 AND message_id = ?2",
                           recipient.value, message.value));
}

// A patient schedule leaves some 50 answers in five days, but a network of our own that is down for
// days, or a script that says retry every minute, would leave thousands.
io::Result<> bound_answers(Connection& db, mail::RecipientId recipient) {
  return db.run(
      "DELETE FROM answer WHERE recipient_id = ?1 AND id <= ("
      "SELECT id FROM answer WHERE recipient_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      recipient.value, kMostAnswers);
}

io::Result<OfAttempt> write_attempt(Connection& db, mail::QueueId message, const Attempt& attempt) {
  if (is_told_by_answers(attempt)) return OfAttempt{{}, attempt.started, attempt.finished};
  // Whether one of its answers says why mail waits.
  const bool deferred = std::ranges::any_of(attempt.outcomes, [](const RecipientOutcome& outcome) {
    return outcome.counted && outcome.verdict.kind == mail::Kind::deferred;
  });
  io::Result<> done = db.run(
      "INSERT INTO attempt (message_id, destination, started, finished, deferred) "
      "VALUES (?1, ?2, ?3, ?4, ?5)",
      message.value, attempt.destination ? attempt.destination->text() : "", attempt.started,
      attempt.finished, deferred);
  if (!done) return done.error();
  const OfAttempt written{.row = db.last_row(), .started = {}, .finished = {}};
  done = write_tries(db, *written.row, attempt);
  if (!done) return done.error();
  return written;
}

// The history also of those whose state was no longer ours to change (`changed` is false): the
// server did answer.
io::Result<> write_history(Connection& db, mail::QueueId message, const Attempt& attempt,
                           const std::vector<bool>& changed) {
  if (attempt.outcomes.empty()) return io::Result<>{};
  const io::Result<OfAttempt> of = write_attempt(db, message, attempt);
  if (!of) return of.error();
  for (std::size_t i = 0; i < attempt.outcomes.size(); ++i) {
    const RecipientOutcome& outcome = attempt.outcomes[i];
    const io::Result<bool> there =
        changed[i] ? io::Result<bool>{true} : exists(db, message, outcome.recipient);
    if (!there) return there.error();
    if (!*there) continue;
    io::Result<> done = write_answer(db, *of, outcome.recipient, outcome.counted, outcome.verdict);
    // Only who goes on waiting can gather answers without end.
    if (done && !mail::is_final(outcome.state)) done = bound_answers(db, outcome.recipient);
    if (!done) return done;
  }
  return io::Result<>{};
}

io::Result<Applied> forget_if_ended(Connection& db, mail::QueueId message,
                                    std::vector<std::string>& forgotten) {
  Statement ended =
      db.query("SELECT file FROM message WHERE id = ?1 AND ended IS NOT NULL", message.value);
  const io::Result<bool> row = ended.step();
  if (!row) return row.error();
  if (*row && ended.type(0) != SQLITE_NULL) forgotten.emplace_back(ended.bytes(0));
  return Applied{*row};
}

}  // namespace

bool is_told_by_answers(const Attempt& attempt) {
  if (attempt.tries.size() != 1) return false;
  const mail::HostTry& only = attempt.tries.front();
  const auto tells = [&only](const RecipientOutcome& outcome) {
    const mail::Verdict& verdict = outcome.verdict;
    return verdict.kind == mail::Kind::delivered && verdict.host == only.host &&
           verdict.stage == only.stage;
  };
  return only.text.empty() && std::ranges::all_of(attempt.outcomes, tells);
}

io::Result<EnqueueResult> enter(Connection& db, Entering& entering, WriterState& writer) {
  const mail::NewMessage& message = entering.message;
  if (message.recipients.empty() || entering.destinations.size() != message.recipients.size()) {
    return io::error(io::Errc::protocol, "message " + message.id.text() +
                                             " needs recipients, each with its destination");
  }
  if (message.submission) {
    const io::Result<std::optional<mail::QueueId>> known =
        known_submission(db, *message.submission);
    if (!known) return known.error();
    if (*known) {
      EnqueueResult repeated;
      repeated.id = **known;
      repeated.repeated = true;
      return repeated;
    }
    const io::Result<> noted = db.run("INSERT INTO submission VALUES (?1, ?2, ?3)",
                                      message.submission->text, message.id.value, message.accepted);
    if (!noted) return noted.error();
  }
  if (may_enter_in_short(entering)) return enter_in_short(db, entering, writer);
  io::Result<> done = insert_message(db, entering);
  if (!done) return done.error();
  io::Result<EnqueueResult> entered = insert_recipients(db, entering, writer);
  if (!entered) return entered;
  if (entering.contents.file) {
    entering.contents.file->named = true;
    return entered;
  }
  done = db.run("INSERT INTO contents VALUES (?1, ?2)", message.id.value,
                Blob{entering.contents.bytes});
  if (!done) return done.error();
  return entered;
}

io::Result<Applied> apply(Connection& db, const Settlement& settlement, WriterState& writer,
                          std::vector<Entering>& notices, std::vector<std::string>& forgotten) {
  const io::Result<bool> in_short = settle_in_short(db, settlement, writer);
  if (!in_short) return in_short.error();
  if (*in_short) return Applied{true};
  bool applied = false;
  std::vector<std::vector<bool>> changed(settlement.attempts.size());
  for (std::size_t i = 0; i < settlement.attempts.size(); ++i) {
    const Attempt& attempt = settlement.attempts[i];
    for (const RecipientOutcome& outcome : attempt.outcomes) {
      const io::Result<bool> one =
          apply_outcome(db, settlement.message, outcome, attempt.finished, writer.owner);
      if (!one) return one.error();
      if (*one && outcome.address_fault) {
        const io::Result<bool> counted = count_failure(
            db, outcome.recipient, *outcome.address_fault, outcome.verdict.text, attempt.finished);
        if (!counted) return counted.error();
      }
      if (*one && outcome.state == mail::RecipientState::held) {
        const io::Result<> noted = note_storm(db, outcome.recipient, attempt.finished);
        if (!noted) return noted.error();
      }
      changed[i].push_back(*one);
      applied = applied || *one;
    }
  }
  if (!applied) {
    const io::Result<bool> known = exists(db, settlement.message);
    if (!known) return known.error();
    if (!*known) return Applied{};  // removed and purged while the delivery went on
  }
  for (std::size_t i = 0; i < settlement.attempts.size(); ++i) {
    const io::Result<> written =
        write_history(db, settlement.message, settlement.attempts[i], changed[i]);
    if (!written) return written.error();
  }
  for (const NoticeMark& mark : settlement.marks) {
    const io::Result<bool> one = apply_mark(db, settlement, mark);
    if (!one) return one.error();
    applied = applied || *one;
  }
  for (const std::string& what : settlement.events) {
    if (!applied || settlement.attempts.empty()) break;
    const io::Result<> written =
        write_event(db, settlement.message, settlement.attempts.front().finished, what);
    if (!written) return written.error();
  }
  // Whoever removed the last of these recipients did it silently: nobody is told.
  const bool speaks = applied || (settlement.attempts.empty() && settlement.marks.empty());
  Settled told;
  std::set<std::int64_t> owed;
  for (Entering& notice : notices) {
    if (!speaks) break;
    std::optional<mail::WallTime>& gathered = told.gathered.emplace_back();
    if (notice.cap) {
      const io::Result<std::optional<mail::WallTime>> later =
          gather(db, settlement.message, *notice.cap);
      if (!later) return later.error();
      gathered = *later;
    }
    if (gathered && notice.cap->of_delay) {
      for (const OwedFailure& late : notice.cap->failures) owed.insert(late.recipient.value);
    }
    if (gathered) continue;
    const io::Result<EnqueueResult> entered = enter(db, notice, writer);
    if (!entered) return entered.error();
  }
  const io::Result<> heard = note_told(db, settlement, owed);
  if (!heard) return heard.error();
  io::Result<Applied> done = forget_if_ended(db, settlement.message, forgotten);
  if (done) done->settled = std::move(told);
  return done;
}

io::Result<> put_back(Connection& db, const std::vector<mail::RecipientId>& recipients,
                      mail::WallTime next_attempt, const std::string& owner) {
  bool held = false;
  for (const mail::RecipientId recipient : recipients) {
    io::Result<> done = db.run(
        "UPDATE OR FAIL recipient SET state = 'waiting', lease_owner = NULL, next_attempt = ?1 "
        "WHERE id = ?2 AND state = 'leased' AND lease_owner = ?3",
        next_attempt, recipient.value, owner);
    if (done && db.changes() == 0) {
      done = db.run(
          "UPDATE OR FAIL recipient SET state = 'held', lease_owner = NULL, next_attempt = NULL "
          "WHERE id = ?1 AND state = 'leased' AND lease_owner = ?2 || " TENAX_WAS_HELD,
          recipient.value, owner);
      held = held || (done && db.changes() > 0);
    }
    if (!done) return done;
  }
  return held ? find_storms(db, next_attempt) : io::Result<>{};
}

io::Result<> clock_stepped(Connection& db, mail::Duration step) {
  const std::int64_t by = step.count();
  io::Result<> done = db.run(
      "UPDATE recipient SET next_attempt = max(0, next_attempt + ?1), "
      "next_notice = max(0, next_notice + ?1), first_knock = max(0, first_knock + ?1), "
      "last_knock = max(0, last_knock + ?1) WHERE ended IS NULL",
      by);
  if (!done) return done;
  done = db.run("UPDATE message SET accepted = max(0, accepted + ?1) WHERE ended IS NULL", by);
  if (!done) return done;
  done = db.run(
      "UPDATE suppression SET first = max(0, first + ?1), last = max(0, last + ?1), "
      "added = max(0, added + ?1)",
      by);
  if (!done) return done;
  done = db.run("UPDATE owed SET due = max(0, due + ?1)", by);
  if (!done) return done;
  done = db.run("UPDATE notice_hour SET ends = max(0, ends + ?1)", by);
  if (!done) return done;
  done = db.run(
      "UPDATE storm SET began = max(0, began + ?1), due = max(0, due + ?1), "
      "over = max(0, over + ?1)",
      by);
  if (!done) return done;
  // The dates within are the scheduler's to move, by writing it anew.
  return db.run("UPDATE lesson SET written = max(0, written + ?1)", by);
}

io::Result<> write_event(Connection& db, mail::QueueId message, mail::WallTime when,
                         const std::string& what) {
  return db.run("INSERT INTO event (message_id, happened, what) VALUES (?1, ?2, ?3)", message.value,
                when, bounded(what));
}

}  // namespace tenax::queue

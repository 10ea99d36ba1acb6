// SPDX-License-Identifier: Apache-2.0
#include "queue/listing.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "queue/filter.h"
#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

constexpr std::int64_t kMostAttempts = 10'000;
constexpr std::size_t kMostRecipientsShown = 100'000;

#define TENAX_RECIPIENT_COLUMNS                                                                    \
  "r.id, m.id, m.sender, r.forward_path, r.destination, r.state, r.attempts, m.accepted, m.size, " \
  "m.origin, r.next_attempt, r.next_notice, r.ended, m.subject, r.knocks, r.first_knock, "         \
  "r.last_knock, r.stormed, r.insisted"

/// In place of what cannot be read; nobody can have a mailbox there (RFC 2606).
mail::Address made_up_address() {
  return mail::Address::parse("unreadable@damaged.invalid").value();
}
mail::Destination made_up_destination() { return mail::Destination::mx("damaged.invalid"); }

/// One row that is damaged must not hide the others, nor what can be read of it.
io::Result<RecipientRow> read_recipient(Connection& db, Statement& statement) {
  Row read{statement, "recipient"};
  const mail::RecipientId id{read.id()};
  const mail::QueueId message{read.integer(1, std::numeric_limits<std::int64_t>::max())};
  mail::ReversePath sender = read.reverse_path();
  std::optional<mail::Address> address = read.address();
  std::optional<mail::Destination> destination = read.destination();
  const mail::RecipientState state = read.state();
  const auto attempts = static_cast<int>(read.integer(0, 1'000'000'000));
  const mail::WallTime accepted = read.time();
  const std::int64_t size = read.integer(0, std::numeric_limits<std::int64_t>::max());
  const mail::Origin origin = read.origin();
  const std::optional<mail::WallTime> next_attempt = read.perhaps_time();
  const std::optional<mail::WallTime> next_notice = read.perhaps_time();
  const std::optional<mail::WallTime> ended = read.perhaps_time();
  std::string subject = read.text();
  const mail::Knocks knocks = read.knocks();
  const bool stormed = read.flag();
  const bool insisted = read.flag();
  std::string damage = read.ok() ? "" : read.error().context;
  io::Result<std::optional<mail::Verdict>> last = last_verdict(db, id);
  if (!last && !last.error().is(io::Errc::corrupt)) return last.error();
  if (!last && damage.empty()) damage = last.error().context;
  return RecipientRow{message,
                      id,
                      std::move(sender),
                      address.value_or(made_up_address()),
                      destination.value_or(made_up_destination()),
                      state,
                      attempts,
                      accepted,
                      size,
                      origin,
                      next_attempt,
                      next_notice,
                      ended,
                      last ? std::move(*last) : std::nullopt,
                      std::move(subject),
                      knocks,
                      stormed,
                      insisted,
                      std::move(damage)};
}

/// The first that is noted is told.
void note(std::string& damage, const io::Error& error) {
  if (damage.empty()) damage = error.context;
}

io::Result<std::vector<mail::HostTry>> read_tries(Connection& db, std::int64_t attempt) {
  std::vector<mail::HostTry> tries;
  Statement found = db.query(
      "SELECT host, address, port, tls, stage, text, started, took FROM host_try "
      "WHERE attempt_id = ?1 ORDER BY n",
      attempt);
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return tries;
    Row read{found, "host_try of an attempt"};
    mail::HostTry tried;
    tried.host = read.host();
    tried.stage = read.stage();
    tried.text = read.text();
    tried.started = read.time();
    tried.took = mail::Duration{read.any()};
    if (!read.ok()) return read.error();
    tries.push_back(std::move(tried));
  }
}

/// The hosts of the attempt `row` (0: it has none), of which `attempt` is an answer: as rows of
/// their own, or, where the only host took everything, as the answer tells.
io::Result<std::vector<mail::HostTry>> tries_of(Connection& db, std::int64_t row,
                                                const AttemptRow& attempt) {
  io::Result<std::vector<mail::HostTry>> tries;
  if (row != 0) tries = read_tries(db, row);
  const mail::Verdict& verdict = attempt.verdict;
  const bool untold = tries && tries->empty() && verdict.kind == mail::Kind::delivered;
  if (untold && !verdict.host.address.empty()) {
    const mail::Duration took = attempt.finished - attempt.started;
    tries->push_back({verdict.host, verdict.stage, "", attempt.started, took});
  }
  return tries;
}

io::Result<std::vector<AttemptRow>> read_attempts(Connection& db, mail::QueueId message,
                                                  std::string& damage) {
  std::vector<AttemptRow> attempts;
  // The newest, if there are too many; then turned round.
  Statement found =
      db.query("SELECT a.id, ifnull(a.attempt_id, 0), a.recipient_id, " TENAX_STARTED
               ", " TENAX_FINISHED ", a.counted, " TENAX_VERDICT_COLUMNS
               " FROM recipient r CROSS JOIN answer a ON a.recipient_id = r.id" TENAX_ITS_ATTEMPT
               "WHERE r.message_id = ?1 ORDER BY a.id DESC LIMIT ?2",
               message.value, kMostAttempts);
  std::int64_t known = 0;
  std::vector<mail::HostTry> tries;
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) break;
    Row read{found, "answer"};
    AttemptRow attempt;
    read.id();
    const std::int64_t of = read.any();
    attempt.recipient = mail::RecipientId{read.any()};
    attempt.started = read.time();
    attempt.finished = read.time();
    attempt.counted = read.flag();
    attempt.verdict = read_verdict(read);
    if (!read.ok()) note(damage, read.error());
    if (!read.ok()) continue;
    if (of != known || of == 0) {
      io::Result<std::vector<mail::HostTry>> fresh = tries_of(db, of, attempt);
      if (!fresh && !fresh.error().is(io::Errc::corrupt)) return fresh.error();
      if (!fresh) note(damage, fresh.error());
      tries = fresh ? std::move(*fresh) : std::vector<mail::HostTry>{};
      known = of;
    }
    attempt.tries = tries;
    attempts.push_back(std::move(attempt));
  }
  std::reverse(attempts.begin(), attempts.end());
  return attempts;
}

io::Result<std::vector<EventRow>> read_events(Connection& db, mail::QueueId message,
                                              std::string& damage) {
  std::vector<EventRow> events;
  Statement found = db.query(
      "SELECT id, happened, what FROM event WHERE message_id = ?1 ORDER BY id", message.value);
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return events;
    Row read{found, "event"};
    read.id();
    EventRow event;
    event.when = read.time();
    event.what = read.text(3 * 4096);
    if (!read.ok()) note(damage, read.error());
    if (read.ok()) events.push_back(std::move(event));
  }
}

io::Result<std::vector<OwedRow>> read_owed(Connection& db, mail::QueueId message,
                                           std::string& damage) {
  std::vector<OwedRow> owed;
  Statement found = db.query(
      "SELECT recipient_id, due, kind = 'delayed' FROM owed WHERE message_id = ?1 "
      "ORDER BY recipient_id LIMIT ?2",
      message.value, static_cast<std::int64_t>(kMostRecipientsShown));
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return owed;
    Row read{found, "what is owed"};
    OwedRow one;
    one.recipient = mail::RecipientId{read.id()};
    one.due = read.perhaps_time();
    one.of_delay = read.flag();
    if (!read.ok()) note(damage, read.error());
    if (read.ok()) owed.push_back(one);
  }
}

}  // namespace

io::Result<std::vector<RecipientRow>> read_list(Connection& db, const Selection& selection,
                                                std::size_t limit) {
  const Filter filter{selection};
  Statement found =
      db.prepare_once("SELECT " TENAX_RECIPIENT_COLUMNS " FROM " + filter.tables() + " WHERE " +
                      filter.condition() + " ORDER BY m.id, r.id LIMIT :most");
  filter.bind(found);
  found.bind(found.place_of(":most"), static_cast<std::int64_t>(limit));
  std::vector<RecipientRow> rows;
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return rows;
    io::Result<RecipientRow> recipient = read_recipient(db, found);
    if (!recipient) return recipient.error();
    rows.push_back(std::move(*recipient));
  }
}

io::Result<MessageDetails> read_details(Connection& db, mail::QueueId message) {
  MessageDetails details;
  {
    Statement found = db.query("SELECT " TENAX_MESSAGE_COLUMNS
                               ", m.uid, m.pid, m.door, m.message_id, m.subject, m.place"
                               " FROM message m WHERE m.id = ?1",
                               message.value);
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return io::error(io::Errc::not_found, "message " + message.text());
    Row read{found, "message"};
    MessageRow envelope = read_message(read);
    details.id = message;
    details.envelope = std::move(envelope.envelope);
    details.origin = envelope.origin;
    details.accepted = envelope.accepted;
    details.submitter.uid = read.any();
    details.submitter.pid = read.any();
    details.submitter.door = read.text();
    details.message_id = read.text();
    details.subject = read.text();
    details.contents_kept = read.text(20) != "gone";
    if (!read.ok()) note(details.damage, read.error());
  }
  Selection all;
  all.messages = {message};
  all.states = {mail::RecipientState::waiting, mail::RecipientState::leased,
                mail::RecipientState::held,    mail::RecipientState::delivered,
                mail::RecipientState::failed,  mail::RecipientState::removed};
  io::Result<std::vector<RecipientRow>> recipients = read_list(db, all, kMostRecipientsShown);
  if (!recipients) return recipients.error();
  details.recipients = std::move(*recipients);
  io::Result<std::vector<AttemptRow>> attempts = read_attempts(db, message, details.damage);
  if (!attempts) return attempts.error();
  details.attempts = std::move(*attempts);
  io::Result<std::vector<EventRow>> events = read_events(db, message, details.damage);
  if (!events) return events.error();
  details.events = std::move(*events);
  io::Result<std::vector<OwedRow>> owed = read_owed(db, message, details.damage);
  if (!owed) return owed.error();
  details.owed = std::move(*owed);
  std::vector<std::string> open;
  for (const RecipientRow& row : details.recipients) {
    if (!mail::is_final(row.state)) open.push_back(suppression_key(row.address));
  }
  io::Result<std::vector<Suppression>> listed = suppressions_of(db, open);
  if (!listed) return listed.error();
  details.listed = std::move(*listed);
  return details;
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/suppression.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "io/name_key.h"

#include "queue/address_key.h"
#include "queue/sqlite_rows.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

constexpr std::size_t kLongestAddress = 1024;
constexpr std::size_t kLongestWords = 500;
// The list is walked for what is too much only now and then.
constexpr std::int64_t kBetweenTrims = 100;
// Messages of ours with one Message-ID: a program that numbers its mails has few of each.
constexpr std::size_t kMostNamesakes = 100;

#define TENAX_SUPPRESSION_COLUMNS "id, address, failures, first, last, cause, text, added, by, note"

std::string words(const std::string& text) { return mail::printable(text, kLongestWords); }

Suppression read_one(Row& read) {
  Suppression one;
  read.id();
  one.address = read.text(kLongestAddress);
  one.failures = read.integer(0, INT64_MAX);
  one.first = read.perhaps_time();
  one.last = read.perhaps_time();
  one.cause = read.text();
  one.text = read.text();
  one.added = read.perhaps_time();
  one.by = read.text();
  one.note = read.text();
  return one;
}

/// What an operator said goes last of all, and only by his word.
io::Result<> trim(Connection& db, mail::WallTime before) {
  const io::Result<> done =
      db.run("DELETE FROM suppression WHERE added IS NULL AND last < ?1", before);
  if (!done) return done;
  const io::Result<std::int64_t> all = db.number("SELECT count(*) FROM suppression");
  if (!all) return all.error();
  if (*all <= kMostSuppressions) return io::Result<>{};
  return db.run(
      "DELETE FROM suppression WHERE id IN (SELECT id FROM suppression INDEXED BY suppression_last "
      "WHERE last IS NOT NULL AND added IS NULL ORDER BY last LIMIT ?1)",
      *all - kMostSuppressions);
}

/// As earlier versions spelled the same address; nullopt: no otherwise.
std::optional<std::string> earlier_spelling(const std::string& key) {
  if (!has_other_spellings(key)) return std::nullopt;
  const std::size_t domain = key.rfind('@') + 1;
  return key.substr(0, domain) + io::in_u_labels(key.substr(domain));
}

/// What is listed under an earlier spelling goes on under the key.
io::Result<> adopt(Connection& db, const std::string& key) {
  const std::optional<std::string> earlier = earlier_spelling(key);
  if (!earlier) return {};
  return db.run("UPDATE OR IGNORE suppression SET address = ?1 WHERE address = ?2", key, *earlier);
}

struct Returning {
  std::int64_t message = 0;
  std::string address;
};

/// Notes that this recipient's mail came back; nullopt when that was known, or nobody is known.
io::Result<std::optional<Returning>> note_return(Connection& db, mail::RecipientId recipient,
                                                 mail::WallTime now) {
  Statement found =
      db.query("SELECT message_id, forward_path FROM recipient WHERE id = ?1", recipient.value);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Returning>{};
  Row read{found, "recipient"};
  Returning returning{read.id(), {}};
  const std::optional<mail::Address> address = read.address();
  if (!address) return read.error();
  returning.address = suppression_key(*address);
  found.reset();
  const io::Result<> noted =
      db.run("INSERT OR IGNORE INTO returned (recipient_id, happened) VALUES (?1, ?2)",
             recipient.value, now);
  if (!noted) return noted.error();
  if (db.changes() == 0) return std::optional<Returning>{};
  return std::optional{std::move(returning)};
}

io::Result<> count(Connection& db, const std::string& address, const AddressFault& fault,
                   const std::string& text, mail::WallTime now) {
  const io::Result<> adopted = adopt(db, address);
  if (!adopted) return adopted;
  const mail::WallTime before = now - fault.expires;
  const io::Result<> done = db.run(
      "INSERT INTO suppression (address, failures, first, last, cause, text) "
      "VALUES (?1, 1, ?2, ?2, ?3, ?4) ON CONFLICT (address) DO UPDATE SET "
      "first = CASE WHEN last > ?5 THEN first ELSE ?2 END, "
      "failures = CASE WHEN last > ?5 THEN failures + 1 ELSE 1 END, "
      "last = ?2, cause = ?3, text = ?4",
      address, now, words(fault.cause), words(text), before);
  if (!done || db.last_row() % kBetweenTrims != 0) return done;
  return trim(db, before);
}

/// How many more the operator may add. To tell those that were added apart means to look at all.
io::Result<std::int64_t> room_to_add(Connection& db) {
  const io::Result<std::int64_t> all = db.number("SELECT count(*) FROM suppression");
  if (!all) return all.error();
  if (*all < kMostSuppressions / 2) return kMostSuppressions - *all;
  const io::Result<std::int64_t> added =
      db.number("SELECT count(*) FROM suppression WHERE added IS NOT NULL");
  if (!added) return added.error();
  return kMostSuppressions - *added;
}

io::Result<bool> add(Connection& db, const SuppressionEdit& edit, const std::string& by,
                     mail::WallTime now, std::int64_t& room) {
  if (room <= 0) return io::error(io::Errc::unfit, "the suppression list is full");
  const io::Result<> done = db.run(
      "INSERT INTO suppression (address, failures, added, by, note) VALUES (?1, 0, ?2, ?3, ?4) "
      "ON CONFLICT (address) DO UPDATE SET added = ?2, by = ?3, note = ?4 WHERE added IS NULL",
      edit.address, now, words(by), words(edit.text));
  if (!done) return done.error();
  room -= db.changes();
  return db.changes() > 0;
}

io::Result<bool> apply_edit(Connection& db, const SuppressionEdit& edit,
                            const std::vector<std::string>& counted, mail::Duration expires,
                            const std::string& by, mail::WallTime now, std::int64_t& room) {
  if (edit.verb != SuppressionVerb::returned) {
    const io::Result<> adopted = adopt(db, edit.address);
    if (!adopted) return adopted.error();
  }
  if (edit.verb == SuppressionVerb::add) return add(db, edit, by, now, room);
  if (edit.verb == SuppressionVerb::remove) {
    const io::Result<> done = db.run("DELETE FROM suppression WHERE address IN (?1, ?2)",
                                     edit.address, earlier_spelling(edit.address));
    if (!done) return done.error();
    return db.changes() > 0;
  }
  const io::Result<std::optional<Returning>> returning = note_return(db, edit.recipient, now);
  if (!returning) return returning.error();
  if (!*returning) return false;
  io::Result<> done =
      write_event(db, mail::QueueId{(*returning)->message}, now,
                  "came back from " + mail::printable((*returning)->address, 300) + ": " +
                      words(edit.cause) + (edit.text.empty() ? "" : ": " + words(edit.text)));
  const bool counts = std::ranges::find(counted, edit.cause) != counted.end();
  if (done && counts)
    done = count(db, (*returning)->address, {edit.cause, expires}, edit.text, now);
  if (!done) return done.error();
  return true;
}

/// Which of `sought` each name belongs to.
using Names = std::unordered_multimap<std::string, std::size_t>;

struct Candidate {
  std::int64_t message = 0;
  std::size_t sought = 0;
};

io::Result<std::vector<Candidate>> named_messages(Connection& db,
                                                  const std::vector<Sought>& sought) {
  Names by_message_id;
  Names by_envelope_id;
  Names by_sender;
  for (std::size_t i = 0; i < sought.size(); ++i) {
    if (!sought[i].message_id.empty()) by_message_id.emplace(sought[i].message_id, i);
    if (!sought[i].envelope_id.empty()) by_envelope_id.emplace(sought[i].envelope_id, i);
    if (!sought[i].sender.empty()) by_sender.emplace(mail::to_lower(sought[i].sender), i);
  }
  std::vector<Candidate> found;
  std::vector<std::size_t> namesakes(sought.size());
  Statement messages =
      db.prepare("SELECT id, message_id, envid, ifnull(sender, '') FROM message ORDER BY id DESC");
  const auto look = [&](const Names& names, const std::string& name, std::int64_t message) {
    if (name.empty()) return;
    const auto [first, last] = names.equal_range(name);
    for (auto it = first; it != last; ++it) {
      if (++namesakes[it->second] <= kMostNamesakes) found.push_back({message, it->second});
    }
  };
  for (;;) {
    const io::Result<bool> row = messages.step();
    if (!row) return row.error();
    if (!*row) return found;
    const std::int64_t id = messages.integer(0);
    look(by_message_id, std::string{messages.bytes(1)}, id);
    look(by_envelope_id, std::string{messages.bytes(2)}, id);
    if (!by_sender.empty()) look(by_sender, mail::to_lower(messages.bytes(3)), id);
  }
}

#define TENAX_SENT                                                                       \
  "SELECT r.id, r.state, EXISTS (SELECT 1 FROM returned t WHERE t.recipient_id = r.id) " \
  "FROM recipient r"

io::Result<std::optional<Sent>> sent_to(Connection& db, std::int64_t message,
                                        const std::string& recipient) {
  const std::string key = address_key(recipient);
  Statement found = db.query(
      has_other_spellings(key)
          ? TENAX_SENT " WHERE r.message_id = ?1 AND address_key(r.forward_path) = ?2 LIMIT 1"
          : TENAX_SENT " WHERE r.message_id = ?1 AND lower(r.forward_path) = ?2 LIMIT 1",
      message, key);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Sent>{};
  Row read{found, "recipient"};
  Sent sent;
  sent.message = mail::QueueId{message};
  sent.recipient = mail::RecipientId{read.id()};
  sent.state = read.state();
  sent.known = read.flag();
  if (!read.ok()) return read.error();
  return std::optional{sent};
}

io::Result<std::optional<Suppression>> listed_as(Connection& db, const std::string& address) {
  Statement found =
      db.query("SELECT " TENAX_SUPPRESSION_COLUMNS " FROM suppression WHERE address = ?1", address);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Suppression>{};
  Row read{found, "suppression"};
  Suppression one = read_one(read);
  // A row that is none holds back no mail.
  if (!read.ok()) return std::optional<Suppression>{};
  return std::optional{std::move(one)};
}

}  // namespace

std::string suppression_key(const mail::Address& address) { return address_key(address.text()); }

io::Result<bool> count_failure(Connection& db, mail::RecipientId recipient,
                               const AddressFault& fault, const std::string& text,
                               mail::WallTime now) {
  const io::Result<std::optional<Returning>> returning = note_return(db, recipient, now);
  if (!returning) return returning.error();
  if (!*returning) return false;
  const io::Result<> done = count(db, (*returning)->address, fault, text, now);
  if (!done) return done.error();
  return true;
}

io::Result<Operated> edit_suppressions(Connection& db, const std::vector<SuppressionEdit>& edits,
                                       const std::vector<std::string>& counted,
                                       mail::Duration expires, const std::string& by,
                                       mail::WallTime now) {
  Operated operated;
  std::int64_t room = 0;
  if (std::ranges::find(edits, SuppressionVerb::add, &SuppressionEdit::verb) != edits.end()) {
    const io::Result<std::int64_t> found = room_to_add(db);
    if (!found) return found.error();
    room = *found;
  }
  for (const SuppressionEdit& edit : edits) {
    const io::Result<bool> changed = apply_edit(db, edit, counted, expires, by, now, room);
    if (!changed) return changed.error();
    if (*changed) ++operated.changed;
  }
  return operated;
}

io::Result<std::vector<Suppression>> suppressions_of(Connection& db,
                                                     const std::vector<std::string>& addresses) {
  std::vector<Suppression> all;
  for (const std::string& address : addresses) {
    io::Result<std::optional<Suppression>> one = listed_as(db, address);
    const std::optional<std::string> earlier = earlier_spelling(address);
    if (one && !*one && earlier) one = listed_as(db, *earlier);
    if (!one) return one.error();
    if (!*one) continue;
    (*one)->address = address;
    all.push_back(std::move(**one));
  }
  return all;
}

io::Result<std::vector<Suppression>> read_suppressions(Connection& db, std::size_t limit) {
  Statement found = db.query(
      "SELECT " TENAX_SUPPRESSION_COLUMNS
      " FROM suppression ORDER BY max(ifnull(last, 0), ifnull(added, 0)) DESC, address LIMIT ?1",
      static_cast<std::int64_t>(limit));
  std::vector<Suppression> all;
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return all;
    Row read{found, "suppression"};
    Suppression one = read_one(read);
    if (read.ok()) all.push_back(std::move(one));
  }
}

io::Result<std::vector<std::optional<Sent>>> find_sent(Connection& db,
                                                       const std::vector<Sought>& sought) {
  const io::Result<std::vector<Candidate>> candidates = named_messages(db, sought);
  if (!candidates) return candidates.error();
  std::vector<std::optional<Sent>> found(sought.size());
  for (const Candidate& one : *candidates) {
    if (found[one.sought]) continue;
    io::Result<std::optional<Sent>> sent = sent_to(db, one.message, sought[one.sought].recipient);
    if (!sent) return sent.error();
    found[one.sought] = *sent;
  }
  return found;
}

}  // namespace tenax::queue

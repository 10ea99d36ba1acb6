// SPDX-License-Identifier: Apache-2.0
#include "queue/claim.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "queue/due_scan.h"
#include "queue/filter.h"
#include "queue/hollow.h"
#include "queue/operate.h"
#include "queue/owed.h"
#include "queue/sqlite_rows.h"
#include "queue/storms.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

// Bounds of what one call brings into memory.
constexpr std::size_t kMostSelected = 10'000;
constexpr std::int64_t kMostNotices = 10'000;

// How far next_due looks through destinations it may not count, before it asks each by itself.
constexpr std::int64_t kPatience = 1000;

struct Leased {
  mail::DueRecipient recipient;
  MessageRow message;
  mail::Destination destination;
};

// Reads one recipient with its message and its newest answer. Errors: corrupt (hold it), others
// (the disk).
io::Result<Leased> read_due(Connection& db, std::int64_t id, mail::WallTime now) {
  Statement found = db.query(
      "SELECT r.id, r.forward_path, r.notify, r.original, r.attempts, "
      "r.next_attempt, r.destination, " TENAX_MESSAGE_COLUMNS
      ", r.knocks, r.first_knock, r.last_knock, r.told, r.insisted, a.id, a.in_doubt, a.address"
      " FROM recipient r JOIN message m ON m.id = r.message_id"
      " LEFT JOIN answer a ON a.id = (SELECT max(id) FROM answer WHERE recipient_id = r.id)"
      " WHERE r.id = ?1",
      id);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return io::error(io::Errc::corrupt, "recipient without a message");
  Row read{found, "recipient"};
  const mail::RecipientId recipient{read.id()};
  const std::optional<mail::Address> address = read.address();
  const mail::Notify notify = read.notify();
  const std::optional<mail::OriginalRecipient> original = read.original();
  const auto attempts = static_cast<int>(read.integer(0, 1'000'000'000));
  const std::optional<mail::WallTime> due = read.perhaps_time();
  const std::optional<mail::Destination> destination = read.destination();
  if (!read.ok()) return read.error();
  MessageRow message = read_message(read);
  if (!read.ok()) return read.error();
  mail::DueRecipient leased{recipient, *address,          notify, original,
                            attempts,  due.value_or(now), false,  {}};
  leased.knocks = read.knocks();
  leased.told_of_delay = read.flag();
  leased.insisted = read.flag();
  if (!read.ok()) return read.error();
  if (!read.null()) {
    (void)read.id();
    leased.in_doubt = read.flag();
    leased.last_host = read.text();
  }
  if (!read.ok()) return read.error();
  return Leased{std::move(leased), std::move(message), *destination};
}

// Gathers what is leased into one request per message and destination, in the order of the picks.
class Requests {
 public:
  void add(Leased leased) {
    const auto key = std::pair{leased.message.id, leased.destination.text()};
    const auto [known, fresh] = places_.emplace(key, requests_.size());
    if (fresh) {
      requests_.push_back({leased.message.id,
                           std::move(leased.message.envelope),
                           leased.message.origin,
                           leased.message.accepted,
                           std::move(leased.destination),
                           {}});
    }
    requests_[known->second].recipients.push_back(std::move(leased.recipient));
  }
  std::vector<mail::DeliveryRequest> take() { return std::move(requests_); }

 private:
  std::map<std::pair<mail::QueueId, std::string>, std::size_t> places_;
  std::vector<mail::DeliveryRequest> requests_;
};

io::Result<std::vector<mail::DeliveryRequest>> lease(Connection& db,
                                                     const std::vector<std::int64_t>& picks,
                                                     mail::WallTime now, mail::Duration guard,
                                                     const std::string& owner, Unfit& unfit) {
  Requests requests;
  const std::set<std::int64_t> passed_over = unfit.all();
  for (const std::int64_t id : picks) {
    if (passed_over.contains(id)) continue;
    io::Result<Leased> leased = read_due(db, id, now);
    std::string damage = "it breaks the rules of the queue";
    if (leased) {
      const io::Result<> done = db.run(
          "UPDATE OR FAIL recipient SET state = 'leased', lease_owner = ?1 || CASE state "
          "WHEN 'held' THEN " TENAX_WAS_HELD " ELSE '' END, next_attempt = ?2 WHERE id = ?3",
          owner, now + guard, id);
      if (done) requests.add(std::move(*leased));
      if (done) continue;
      if (!db.refused()) return done.error();
    } else {
      if (!leased.error().is(io::Errc::corrupt)) return leased.error();
      damage = leased.error().context;
    }
    const io::Result<bool> held = hold_damaged(db, id, now, damage);
    if (!held) return held.error();
    if (!*held) unfit.add(id);
  }
  return requests.take();
}

io::Result<std::optional<std::int64_t>> earliest_attempt(
    Connection& db, bool retried, const std::unordered_set<std::string>& except,
    const std::set<std::int64_t>& unfit) {
  const std::int64_t patience = except.empty() && unfit.empty() ? 1 : kPatience;
  Statement walk = db.query(
      "SELECT next_attempt, destination, id FROM recipient WHERE state = 'waiting' "
      "AND retried = ?1 ORDER BY next_attempt LIMIT ?2",
      retried, patience);
  for (std::int64_t seen = 0;; ++seen) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row && seen < patience) return std::optional<std::int64_t>{};
    if (!*row) break;
    if (unfit.contains(walk.integer(2))) continue;
    if (!except.contains(std::string{walk.bytes(1)})) return std::optional{walk.integer(0)};
  }
  std::optional<std::int64_t> earliest;
  std::string last;
  for (;;) {
    const io::Result<std::optional<std::string>> next = next_destination(db, last);
    if (!next) return next.error();
    if (!*next) return earliest;
    last = **next;
    if (except.contains(last)) continue;
    Statement there = db.query(
        "SELECT next_attempt, id FROM recipient WHERE state = 'waiting' AND destination = ?1 "
        "AND retried = ?2 ORDER BY next_attempt",
        last, retried);
    io::Result<bool> row = there.step();
    while (row && *row && unfit.contains(there.integer(1))) row = there.step();
    if (!row) return row.error();
    if (*row) earliest = std::min(earliest.value_or(there.integer(0)), there.integer(0));
  }
}

io::Result<NoticeDue::Recipient> read_notice_recipient(Connection& db, std::int64_t id) {
  Statement found = db.query(
      "SELECT id, forward_path, notify, original, destination, attempts, next_attempt, "
      "next_notice, state, knocks, first_knock, last_knock, stormed FROM recipient WHERE id = ?1",
      id);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return io::error(io::Errc::corrupt, "recipient without a row");
  Row read{found, "recipient"};
  const mail::RecipientId recipient{read.id()};
  const std::optional<mail::Address> address = read.address();
  const mail::Notify notify = read.notify();
  const std::optional<mail::OriginalRecipient> original = read.original();
  const std::optional<mail::Destination> destination = read.destination();
  const auto attempts = static_cast<int>(read.integer(0, 1'000'000'000));
  const std::optional<mail::WallTime> next_attempt = read.perhaps_time();
  const mail::WallTime due = read.perhaps_time().value_or(mail::WallTime{});
  const mail::RecipientState state = read.state();
  const mail::Knocks knocks = read.knocks();
  const bool stormed = read.flag();
  if (!read.ok()) return read.error();
  const io::Result<std::optional<mail::Verdict>> last = last_verdict(db, recipient);
  if (!last) return last.error();
  return NoticeDue::Recipient{recipient,    *address, notify, original, *destination, attempts,
                              next_attempt, due,      *last,  state,    knocks,       stormed};
}

io::Result<NoticeDue> read_notice_message(Connection& db, std::int64_t id) {
  Statement found = db.query("SELECT " TENAX_MESSAGE_COLUMNS " FROM message m WHERE m.id = ?1", id);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  if (!*row) return io::error(io::Errc::corrupt, "message without a row");
  Row read{found, "message"};
  MessageRow message = read_message(read);
  if (!read.ok()) return read.error();
  return NoticeDue{message.id, std::move(message.envelope), message.origin, message.accepted, {}};
}

/// Of whole messages, since its sender hears once of each. Who has changed meanwhile is left out.
io::Result<std::vector<std::int64_t>> take_some(Connection& db, Rest& rest) {
  const std::vector<Meant>& all = *rest.all;
  const std::size_t begin = rest.done;
  std::string ids = "[";
  for (; rest.done < all.size(); ++rest.done) {
    const std::size_t taken = rest.done - begin;
    if (taken >= kMostSelected && all[rest.done].message != all[rest.done - 1].message) break;
    ids += (taken == 0 ? "" : ",") + std::to_string(all[rest.done].recipient);
  }
  ids += "]";
  Statement still = db.prepare_once(
      "SELECT r.id FROM json_each(:ids) j CROSS JOIN recipient r ON r.id = j.value "
      "WHERE r.ended IS NULL AND r.state IN ('waiting', 'held')");
  still.bind(still.place_of(":ids"), ids);
  std::vector<std::int64_t> picks;
  for (;;) {
    const io::Result<bool> row = still.step();
    if (!row) return row.error();
    if (!*row) return picks;
    picks.push_back(still.integer(0));
  }
}

}  // namespace

io::Result<NoticeDue> delay_of(Connection& db, std::int64_t message, std::int64_t recipient) {
  io::Result<NoticeDue> due = read_notice_message(db, message);
  if (!due) return due;
  io::Result<NoticeDue::Recipient> one = read_notice_recipient(db, recipient);
  if (!one) return one.error();
  due->recipients.push_back(std::move(*one));
  return due;
}

io::Result<bool> hold_damaged(Connection& db, std::int64_t recipient, mail::WallTime now,
                              const std::string& why) {
  const io::Result<> done = db.run(
      "UPDATE recipient SET state = 'held', next_attempt = NULL, next_notice = NULL, "
      "lease_owner = NULL, stormed = 0 WHERE id = ?1 AND ended IS NULL AND state <> 'leased'",
      recipient);
  if (!done && !db.refused()) return done.error();
  const bool held = done && db.changes() > 0;
  // Its message may be what is missing.
  const io::Result<> said = db.run(
      "INSERT INTO event (message_id, happened, what) SELECT m.id, ?1, ?2 FROM recipient r "
      "JOIN message m ON m.id = r.message_id WHERE r.id = ?3",
      now, (held ? "held: this row is damaged: " : "passed over: this row is damaged: ") + why,
      recipient);
  if (!said) return said.error();
  return held;
}

io::Result<std::vector<mail::DeliveryRequest>> claim(Connection& db, const ClaimOrder& order,
                                                     const std::string& owner, Unfit& unfit) {
  const io::Result<std::vector<Pick>> picks = DueScan{db, order}.run();
  if (!picks) return picks.error();
  std::vector<std::int64_t> ids;
  ids.reserve(picks->size());
  for (const Pick& pick : *picks) ids.push_back(pick.recipient);
  const io::Result<> whole = hold_hollow_among(db, ids, order.now);
  if (!whole) return whole.error();
  return lease(db, ids, order.now, order.guard, owner, unfit);
}

io::Result<Selected> claim_selected(Connection& db, const Selection& selection, Rest rest,
                                    mail::WallTime now, mail::Duration guard,
                                    const std::string& owner, Unfit& unfit) {
  if (rest.all == nullptr) {
    io::Result<std::vector<Meant>> meant = find_meant(db, selection, "'waiting', 'held'");
    if (!meant) return meant.error();
    rest.all = std::make_shared<const std::vector<Meant>>(std::move(*meant));
  }
  const io::Result<std::vector<std::int64_t>> picks = take_some(db, rest);
  if (!picks) return picks.error();
  io::Result<std::vector<mail::DeliveryRequest>> leased =
      lease(db, *picks, now, guard, owner, unfit);
  if (!leased) return leased.error();
  const io::Result<> ended = end_storms(db, now);
  if (!ended) return ended.error();
  io::Result<std::vector<mail::QueueId>> unknown = unknown_among(db, selection.messages);
  if (!unknown) return unknown.error();
  Selected selected{std::move(*leased), std::move(rest), std::move(*unknown)};
  if (!selected.requests.empty() || !selected.rest.empty()) return selected;
  const io::Result<std::int64_t> in_delivery = count_leased(db, selection);
  if (!in_delivery) return in_delivery.error();
  selected.in_delivery = *in_delivery;
  return selected;
}

io::Result<std::optional<mail::WallTime>> next_to_tell(Connection& db) {
  std::optional<std::int64_t> earliest;
  const io::Result<std::int64_t> notice = db.number(
      "SELECT next_notice FROM recipient WHERE next_notice IS NOT NULL AND state <> 'leased' "
      "AND ended IS NULL ORDER BY next_notice LIMIT 1");
  if (!notice && !notice.error().is(io::Errc::not_found)) return notice.error();
  if (notice) earliest = *notice;
  const io::Result<std::optional<std::int64_t>> digest = next_digest(db);
  if (!digest) return digest.error();
  if (*digest) earliest = std::min(earliest.value_or(**digest), **digest);
  const io::Result<std::optional<std::int64_t>> storm = next_storm(db);
  if (!storm) return storm.error();
  if (*storm) earliest = std::min(earliest.value_or(**storm), **storm);
  if (!earliest) return std::optional<mail::WallTime>{};
  return std::optional{mail::from_millis(*earliest)};
}

io::Result<std::optional<mail::WallTime>> next_due(Connection& db,
                                                   const std::vector<std::string>& except,
                                                   const LastChances& last_chances,
                                                   const Unfit& unfit) {
  const std::set<std::int64_t> passed_over = unfit.all();
  const std::unordered_set<std::string> excepted{except.begin(), except.end()};
  std::optional<std::int64_t> earliest;
  for (const bool retried : {false, true}) {
    const io::Result<std::optional<std::int64_t>> attempt =
        earliest_attempt(db, retried, excepted, passed_over);
    if (!attempt) return attempt.error();
    if (*attempt) earliest = std::min(earliest.value_or(**attempt), **attempt);
  }
  const io::Result<std::optional<mail::WallTime>> told = next_to_tell(db);
  if (!told) return told.error();
  if (*told) {
    const std::int64_t due = (**told).time_since_epoch().count();
    earliest = std::min(earliest.value_or(due), due);
  }
  if (!last_chances.destinations.empty()) {
    // The next message to end its lifetime, wherever it goes: asking where would cost more than
    // looking in vain does.
    std::set<mail::Duration> lifetimes = {last_chances.lifetime};
    for (const auto& [name, lifetime] : last_chances.lifetimes) lifetimes.insert(lifetime);
    for (const mail::Duration lifetime : lifetimes) {
      const io::Result<std::int64_t> youth = db.number(
          "SELECT accepted FROM message WHERE ended IS NULL AND accepted > ?1 "
          "ORDER BY accepted LIMIT 1",
          last_chances.now - lifetime);
      if (!youth && !youth.error().is(io::Errc::not_found)) return youth.error();
      if (!youth) continue;
      const std::int64_t end = *youth + lifetime.count();
      earliest = std::min(earliest.value_or(end), end);
    }
  }
  if (!earliest) return std::optional<mail::WallTime>{};
  return std::optional{mail::from_millis(*earliest)};
}

io::Result<std::vector<NoticeDue>> notices_due(Connection& db, mail::WallTime now,
                                               std::size_t max_messages,
                                               std::vector<std::int64_t>& damaged) {
  std::vector<NoticeDue> notices;
  std::unordered_map<std::int64_t, std::size_t> places;
  Statement walk = db.query(
      "SELECT id, message_id FROM recipient "
      "WHERE next_notice IS NOT NULL AND next_notice <= ?1 AND state <> 'leased' "
      "AND ended IS NULL ORDER BY next_notice, id LIMIT ?2",
      now, kMostNotices);
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return notices;
    const std::int64_t id = walk.integer(0);
    const std::int64_t message = walk.integer(1);
    auto place = places.find(message);
    if (place == places.end() && notices.size() >= max_messages) continue;
    io::Result<NoticeDue::Recipient> recipient = read_notice_recipient(db, id);
    io::Result<> usable;
    if (!recipient) usable = recipient.error();
    if (usable && place == places.end()) {
      io::Result<NoticeDue> fresh = read_notice_message(db, message);
      if (!fresh) usable = fresh.error();
      if (fresh) place = places.emplace(message, notices.size()).first;
      if (fresh) notices.push_back(std::move(*fresh));
    }
    if (usable) notices[place->second].recipients.push_back(std::move(*recipient));
    if (!usable && !usable.error().is(io::Errc::corrupt)) return usable.error();
    if (!usable) damaged.push_back(id);
  }
}

}  // namespace tenax::queue

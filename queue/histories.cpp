// SPDX-License-Identifier: Apache-2.0
#include "queue/histories.h"

#include <limits>
#include <utility>

#include "queue/sqlite_rows.h"

namespace tenax::queue {

// The joins stand in the order of the walk, and every step of it is one of an index in the order
// that is asked for: nothing is sorted, so nothing is collected.
const char* const kHistoriesWalk =
    "SELECT r.id, m.id, r.destination, r.state, m.accepted, r.ended, r.attempts, " TENAX_STARTED
    ", " TENAX_FINISHED
    ", a.counted, a.kind, substr(a.status, 1, 1) = '5' "
    "FROM message m CROSS JOIN recipient r ON r.message_id = m.id "
    "CROSS JOIN answer a ON a.recipient_id = r.id" TENAX_ITS_ATTEMPT
    "WHERE m.accepted >= ?1 ORDER BY m.id, r.id, a.id";

namespace {

void read_recipient(Row& read, mail::RecipientId id, RecipientHistory& history) {
  history.id = id;
  history.tries.clear();
  history.message = mail::QueueId{read.integer(1, std::numeric_limits<std::int64_t>::max())};
  history.destination = read.text();
  history.state = read.state();
  history.accepted = read.time();
  history.ended = read.perhaps_time();
  history.attempts = static_cast<int>(read.integer(0, 1'000'000'000));
}

RecipientHistory::Try read_try(Row& read) {
  RecipientHistory::Try one;
  one.started = read.time();
  one.finished = read.time();
  one.counted = read.flag();
  const std::optional<mail::Kind> kind = mail::parse_kind(read.text(20));
  if (!kind) read.bad("kind");
  one.kind = kind.value_or(mail::Kind::deferred);
  one.transient = !read.flag();
  return one;
}

}  // namespace

io::Result<> read_histories(Connection& db, mail::WallTime since,
                            const std::function<void(const RecipientHistory&)>& each) {
  Statement walk = db.query(kHistoriesWalk, since);
  RecipientHistory history;
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) break;
    Row read{walk, "history of recipient"};
    const mail::RecipientId id{read.id()};
    if (history.tries.empty() || id != history.id) {
      if (!history.tries.empty()) each(history);
      read_recipient(read, id, history);
    } else {
      for (int column = 1; column < 7; ++column) read.skip();
    }
    history.tries.push_back(read_try(read));
    if (!read.ok()) return read.error();
  }
  if (!history.tries.empty()) each(history);
  return io::Result<>{};
}

}  // namespace tenax::queue

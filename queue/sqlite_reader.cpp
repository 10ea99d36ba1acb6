// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "io/file.h"

#include "queue/check.h"
#include "queue/contents.h"
#include "queue/histories.h"
#include "queue/lessons.h"
#include "queue/listing.h"
#include "queue/migrations.h"
#include "queue/passing.h"
#include "queue/reader.h"
#include "queue/sqlite.h"
#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMostCounted = 100'000;
constexpr std::size_t kMostHeader = 256 * 1024;
constexpr std::array<mail::Duration, 7> kAges = {5min, 20min, 1h, 4h, 12h, 24h, 72h};

// In the order in which a claim takes them.
io::Result<Before> count_before(Connection& db, mail::RecipientId recipient, mail::WallTime now) {
  Statement found = db.query(
      "SELECT (SELECT count(*) FROM (SELECT 1 FROM recipient o WHERE o.state = 'waiting' "
      "AND o.destination = r.destination AND o.next_attempt <= ?2 "
      "AND (o.retried, o.next_attempt, o.id) < (r.retried, r.next_attempt, r.id) LIMIT ?3)), "
      "(SELECT count(*) FROM (SELECT 1 FROM recipient o WHERE o.state = 'leased' "
      "AND o.ended IS NULL AND o.destination = r.destination LIMIT ?3)) "
      "FROM recipient r WHERE r.id = ?1 AND r.state = 'waiting'",
      recipient.value, now, kMostCounted);
  const io::Result<bool> row = found.step();
  if (!row) return row.error();
  Before before;
  if (!*row) return before;
  Row read{found, "recipients before one"};
  before.waiting = read.integer(0, kMostCounted);
  before.leased = read.integer(0, kMostCounted);
  if (!read.ok()) return read.error();
  before.more = before.waiting == kMostCounted;
  return before;
}

// Everything of one state and destination, counted by the age of its messages.
io::Result<> read_destinations(Connection& db, mail::WallTime now, std::size_t max_destinations,
                               Summary& summary) {
  Statement found = db.prepare(
      "SELECT r.destination, count(*), sum(r.state = 'held'), sum(r.state = 'leased'), "
      "sum(m.accepted > ?1), sum(m.accepted <= ?1 AND m.accepted > ?2), "
      "sum(m.accepted <= ?2 AND m.accepted > ?3), sum(m.accepted <= ?3 AND m.accepted > ?4), "
      "sum(m.accepted <= ?4 AND m.accepted > ?5), sum(m.accepted <= ?5 AND m.accepted > ?6), "
      "sum(m.accepted <= ?6 AND m.accepted > ?7), sum(m.accepted <= ?7), "
      "min(m.accepted), min(CASE r.state WHEN 'waiting' THEN r.next_attempt END), "
      "sum(r.state = 'waiting' AND r.attempts > 0), sum(r.state = 'held' AND r.stormed = 1) "
      "FROM recipient r JOIN message m ON m.id = r.message_id "
      "WHERE r.ended IS NULL GROUP BY r.destination ORDER BY count(*) DESC, r.destination");
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    found.bind(static_cast<int>(i) + 1, now - kAges[i]);
  }
  constexpr std::int64_t kMany = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
    Row read{found, "summary of destinations"};
    DestinationRow destination;
    destination.destination = read.text();
    destination.recipients = read.integer(0, kMany);
    destination.held = read.integer(0, kMany);
    destination.leased = read.integer(0, kMany);
    for (std::int64_t& count : destination.by_age) count = read.integer(0, kMany);
    destination.oldest = read.perhaps_time();
    destination.next_attempt = read.perhaps_time();
    summary.deferred += read.integer(0, kMany);
    destination.stormed = read.integer(0, kMany);
    if (!read.ok()) return read.error();
    summary.recipients += destination.recipients;
    summary.held += destination.held;
    summary.leased += destination.leased;
    if (destination.next_attempt) {
      summary.next_attempt = std::min(summary.next_attempt.value_or(*destination.next_attempt),
                                      *destination.next_attempt);
    }
    if (summary.destinations.size() < max_destinations) {
      summary.destinations.push_back(std::move(destination));
    }
  }
}

// Neither what was delivered nor what we cut off ourselves says why mail waits; nor does what was
// said before any of it was here.
io::Result<> read_last_texts(Connection& db, Summary& summary) {
  for (DestinationRow& destination : summary.destinations) {
    Statement newest = db.query(
        "SELECT a.text FROM (SELECT id, finished FROM attempt WHERE destination = ?1 "
        "AND deferred = 1 ORDER BY id DESC LIMIT 10) t CROSS JOIN answer a ON a.attempt_id = t.id "
        "WHERE t.finished >= ?2 AND a.kind = 'deferred' AND a.counted "
        "ORDER BY t.id DESC, a.id DESC LIMIT 1",
        destination.destination, destination.oldest);
    const io::Result<bool> row = newest.step();
    if (!row) return row.error();
    if (!*row) continue;
    Row read{newest, "answer"};
    destination.last_text = read.text();
    if (!read.ok()) return read.error();
  }
  return io::Result<>{};
}

io::Result<> read_totals(Connection& db, mail::WallTime now, Summary& summary) {
  Statement open = db.prepare(
      "SELECT count(*), ifnull(sum(size), 0), min(accepted), id FROM message WHERE ended IS NULL");
  io::Result<bool> row = open.step();
  if (!row) return row.error();
  constexpr std::int64_t kMany = std::numeric_limits<std::int64_t>::max();
  Row read{open, "summary"};
  summary.messages = read.integer(0, kMany);
  summary.octets = read.integer(0, kMany);
  summary.oldest = read.perhaps_time();
  // SQLite takes a bare column from the row that has the minimum.
  if (summary.oldest) summary.oldest_message = mail::QueueId{read.integer(1, kMany)};
  if (!read.ok()) return read.error();
  Statement ended = db.query(
      "SELECT ifnull(sum(state = 'delivered'), 0), ifnull(sum(state = 'failed'), 0) "
      "FROM recipient WHERE ended IS NOT NULL AND ended > ?1",
      now - 24h);
  row = ended.step();
  if (!row) return row.error();
  summary.delivered_last_day = ended.integer(0);
  summary.failed_last_day = ended.integer(1);
  Statement owed = db.prepare(
      "SELECT count(*), count(DISTINCT sender), min(due) FROM owed WHERE kind = 'failed'");
  row = owed.step();
  if (!row) return row.error();
  Row due{owed, "what is owed"};
  summary.owed = due.integer(0, kMany);
  summary.owed_senders = due.integer(0, kMany);
  summary.next_digest = due.perhaps_time();
  if (!due.ok()) return due.error();
  return io::Result<>{};
}

class SqliteReader final : public Reader {
 public:
  SqliteReader(std::unique_ptr<Connection> db, ContentsFolder folder)
      : db_{std::move(db)}, folder_{std::move(folder)} {}

  io::Result<Summary> summary(mail::WallTime now, std::size_t max_destinations) override {
    return at_one_moment<Summary>([&]() -> io::Result<Summary> {
      Summary summary;
      io::Result<> done = read_totals(*db_, now, summary);
      if (done) done = read_destinations(*db_, now, max_destinations, summary);
      if (done) done = read_last_texts(*db_, summary);
      if (!done) return done.error();
      summary.waiting = summary.recipients - summary.held - summary.leased;
      return summary;
    });
  }

  io::Result<std::vector<RecipientRow>> list(const Selection& selection,
                                             std::size_t limit) override {
    using Rows = std::vector<RecipientRow>;
    return at_one_moment<Rows>([&] { return read_list(*db_, selection, limit); });
  }

  io::Result<MessageDetails> show(mail::QueueId message) override {
    return at_one_moment<MessageDetails>([&] { return read_details(*db_, message); });
  }

  io::Result<> histories(mail::WallTime since,
                         const std::function<void(const RecipientHistory&)>& each) override {
    return at_one_moment<void>([&] { return read_histories(*db_, since, each); });
  }

  io::Result<Before> before(mail::RecipientId recipient, mail::WallTime now) override {
    return at_one_moment<Before>([&] { return count_before(*db_, recipient, now); });
  }

  io::Result<ContentsRead> contents(mail::QueueId message, std::size_t limit) override {
    return at_one_moment<ContentsRead>([&] { return read_contents(message, limit); });
  }

  io::Result<std::vector<mail::Lesson>> lessons() override {
    return at_one_moment<std::vector<mail::Lesson>>([&] { return read_lessons(*db_); });
  }

  io::Result<std::vector<Suppression>> suppressions(std::size_t limit) override {
    return at_one_moment<std::vector<Suppression>>([&] { return read_suppressions(*db_, limit); });
  }

  io::Result<std::vector<std::optional<Sent>>> find_sent(
      const std::vector<Sought>& sought) override {
    using All = std::vector<std::optional<Sent>>;
    return at_one_moment<All>([&] { return queue::find_sent(*db_, sought); });
  }

  io::Result<std::vector<Violation>> check(mail::WallTime now) override {
    using Violations = std::vector<Violation>;
    return at_one_moment<Violations>([&] { return find_violations(*db_, folder_, now); });
  }

 private:
  // One snapshot for all the statements of an answer.
  template <class T, class Work>
  io::Result<T> at_one_moment(const Work& work) {
    write_out_before_reading(*db_);
    const io::Result<> begun = db_->run("BEGIN");
    if (!begun) return begun.error();
    io::Result<T> answer = work();
    const io::Result<> ended = db_->run("ROLLBACK");
    if (answer && !ended) return ended.error();
    return answer;
  }

  io::Result<ContentsRead> read_contents(mail::QueueId message, std::size_t limit) {
    io::Result<StoredContents> found = find_contents(*db_, folder_, message);
    if (!found) return found.error();
    std::string all = std::move(found->first);
    std::size_t wanted = kMostHeader;
    bool in_header = true;
    for (std::size_t last = all.size(); last > 0;) {
      const std::size_t end = in_header ? all.find("\r\n\r\n") : std::string::npos;
      if (end != std::string::npos) {
        in_header = false;
        wanted = std::min(all.max_size() - 4, end + 4) + std::min(limit, all.max_size() / 2);
      }
      if (all.size() >= wanted) break;
      const auto offset = static_cast<std::int64_t>(all.size());
      const io::Result<std::string> piece = read_piece(*db_, *found, offset, kPiece);
      if (!piece) return piece.error();
      last = piece->size();
      all += *piece;
    }
    if (all.size() > wanted) all.resize(wanted);
    if (found->length == found->size) return ContentsRead{std::move(all)};
    return ContentsRead{std::move(all), "there are " + std::to_string(found->length) +
                                            " bytes of it instead of " +
                                            std::to_string(found->size)};
  }

  std::unique_ptr<Connection> db_;
  ContentsFolder folder_;
};

io::Result<std::unique_ptr<Connection>> open_current(const std::string& path, Access access) {
  io::Result<std::unique_ptr<Connection>> db = Connection::open(path, access, "");
  if (!db) return db;
  const io::Result<> current = require_current(**db);
  if (!current) return current.error();
  return db;
}

bool has_log(const std::string& path) {
  std::error_code none;
  const std::uintmax_t length = std::filesystem::file_size(path + "-wal", none);
  return !none && length > 0;
}

}  // namespace

io::Result<std::unique_ptr<Reader>> Reader::open(const std::string& state_directory) {
  const io::Result<> sound = refuse_emptied(state_directory);
  if (!sound) return sound.error();
  const std::string path = state_directory + "/queue.db";
  io::Result<std::unique_ptr<Connection>> db = open_current(path, Access::read_only);
  // A reader makes an index of the log, which a read-only or full disk does not let it. Without a
  // log there is no daemon either, and all is in the file.
  const bool may_rest = !db && !db.error().is(io::Errc::not_found) &&
                        !db.error().is(io::Errc::busy) && !has_log(path);
  if (may_rest) {
    io::Result<std::unique_ptr<Connection>> resting = open_current(path, Access::at_rest);
    if (resting) db = std::move(resting);
  }
  if (!db) return db.error();
  const ContentsFolder folder{state_directory + "/contents", sqlite3_vfs_find(nullptr)};
  std::unique_ptr<Reader> reader = std::make_unique<SqliteReader>(std::move(*db), folder);
  return reader;
}

}  // namespace tenax::queue

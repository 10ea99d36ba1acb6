// SPDX-License-Identifier: Apache-2.0
#include "queue/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "io/file.h"

#include "queue/answering.h"
#include "queue/claim.h"
#include "queue/lessons.h"
#include "queue/lock.h"
#include "queue/migrations.h"
#include "queue/passing.h"
#include "queue/past_attempts.h"
#include "queue/purge.h"
#include "queue/queue_ids.h"
#include "queue/recovery.h"
#include "queue/reroute.h"
#include "queue/store_calls.h"
#include "queue/storms.h"
#include "queue/suppression.h"

namespace tenax::queue {

namespace {

// Contents in the database are gathered in memory first: the option is held below what a process
// with many submitters can bear.
constexpr std::int64_t kInlineMost = std::int64_t{4} << 20;

// SQLite's VFS reports a file of one byte as empty (a workaround of its own for other systems): one
// byte is always small.
constexpr std::int64_t kInlineLeast = 1;

template <class T>
io::Async<io::Result<T>> refuse(std::string why) {
  co_return io::error(io::Errc::protocol, std::move(why));
}

}  // namespace

class SqliteStore final : public Store {
 public:
  SqliteStore(StorePartsPtr parts, DirectoryLock lock, QueueIds ids)
      : parts_{std::move(parts)}, lock_{std::move(lock)}, ids_{std::move(ids)} {}

  ~SqliteStore() override {
    // The reader first: whoever closes last moves the log into the database, and it cannot.
    parts_->disk->close();
    parts_->group->abandon();
  }

  mail::QueueId new_id(mail::WallTime now) override { return ids_.next(now); }

  std::unique_ptr<IncomingContents> new_contents() override { return incoming(); }

  io::Async<io::Result<EnqueueResult>> enqueue(
      mail::NewMessage message, std::vector<mail::Destination> destinations,
      std::optional<mail::WallTime> first_notice,
      std::unique_ptr<IncomingContents> contents) override {
    auto* own = dynamic_cast<Incoming*>(contents.get());
    if (own == nullptr) return refuse<EnqueueResult>("contents of another store");
    (void)contents.release();
    auto entering = std::make_shared<Entering>();
    entering->message = std::move(message);
    entering->destinations = std::move(destinations);
    entering->first_notice = first_notice;
    return do_enqueue(parts_, std::move(entering), std::unique_ptr<Incoming>{own});
  }

  io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim(ClaimOrder order) override {
    using Requests = std::vector<mail::DeliveryRequest>;
    return commit<Requests>(parts_,
                            answering<Requests>([order = std::move(order), owner = parts_->owner,
                                                 unfit = parts_->unfit](Connection& db, Change&) {
                              return queue::claim(db, order, owner, *unfit);
                            }));
  }

  io::Async<io::Result<Selected>> claim_selected(Selection selection, Rest rest, mail::WallTime now,
                                                 mail::Duration guard) override {
    return commit<Selected>(
        parts_, answering<Selected>(
                    whole([selection = std::move(selection), rest = std::move(rest), now, guard,
                           owner = parts_->owner, unfit = parts_->unfit](Connection& db, Change&) {
                      return queue::claim_selected(db, selection, rest, now, guard, owner, *unfit);
                    })));
  }

  io::Async<io::Result<>> put_back(std::vector<mail::RecipientId> recipients,
                                   mail::WallTime next_attempt) override {
    return commit_silent(parts_, silent(whole([recipients = std::move(recipients), next_attempt,
                                               owner = parts_->owner](Connection& db, Change&) {
                           return queue::put_back(db, recipients, next_attempt, owner);
                         })));
  }

  io::Async<io::Result<Settled>> settle(Settlement settlement) override {
    auto settling = std::make_shared<Settling>();
    std::vector<std::unique_ptr<Incoming>> contents;
    for (NewNotice& notice : settlement.notices) {
      Entering entering = entering_of(notice);
      entering.about = settlement.message;
      settling->notices.push_back(std::move(entering));
      contents.push_back(incoming());
    }
    settling->settlement = std::move(settlement);
    return do_settle(parts_, std::move(settling), std::move(contents));
  }

  io::Async<io::Result<std::optional<DigestDue>>> digest_due(mail::WallTime now) override {
    return do_digest(parts_, now);
  }

  io::Async<io::Result<>> tell_owed(ToldOwed told) override {
    auto digest = std::make_shared<Entering>(entering_of(told.digest));
    return do_tell_owed(parts_, std::make_shared<ToldOwed>(std::move(told)), std::move(digest),
                        incoming());
  }

  io::Async<io::Result<std::optional<StormDue>>> storm_due(mail::WallTime now) override {
    return do_storm(parts_, now);
  }

  io::Async<io::Result<>> tell_storm(ToldStorm told) override {
    std::shared_ptr<Entering> mail;
    if (told.mail) mail = std::make_shared<Entering>(entering_of(*told.mail));
    return do_tell_storm(parts_, std::make_shared<ToldStorm>(std::move(told)), std::move(mail),
                         incoming());
  }

  io::Async<io::Result<std::vector<NoticeDue>>> notices_due(mail::WallTime now,
                                                            std::size_t max_messages) override {
    return do_notices(parts_, now, max_messages);
  }

  io::Async<io::Result<std::vector<PastAttempt>>> past_attempts(
      std::vector<mail::RecipientId> recipients, std::size_t most) override {
    return DiskRoom::run<std::vector<PastAttempt>>(
        parts_->disk, [recipients = std::move(recipients), most](Connection& db) {
          return queue::past_attempts(db, recipients, most);
        });
  }

  io::Async<io::Result<std::vector<std::string>>> stormed() override {
    return DiskRoom::run<std::vector<std::string>>(
        parts_->disk, [](Connection& db) { return queue::stormed(db); });
  }

  io::Async<io::Result<std::optional<mail::WallTime>>> next_due(std::vector<std::string> except,
                                                                LastChances last_chances) override {
    return DiskRoom::run<std::optional<mail::WallTime>>(
        parts_->disk,
        [except = std::move(except), last_chances = std::move(last_chances), unfit = parts_->unfit](
            Connection& db) { return queue::next_due(db, except, last_chances, *unfit); });
  }

  io::Async<io::Result<std::optional<mail::WallTime>>> next_to_tell() override {
    return DiskRoom::run<std::optional<mail::WallTime>>(
        parts_->disk, [](Connection& db) { return queue::next_to_tell(db); });
  }

  io::Async<io::Result<Operated>> operate(Operation operation) override {
    return do_operate(parts_, std::make_shared<const Operation>(std::move(operation)));
  }

  io::Async<io::Result<Rerouted>> reroute(Routing routing, bool begin, std::size_t most) override {
    return commit<Rerouted>(parts_, answering<Rerouted>(whole([routing = std::move(routing), begin,
                                                               most](Connection& db, Change&) {
                              return queue::reroute(db, routing, begin, most);
                            })));
  }

  io::Async<io::Result<Operated>> edit_suppressions(std::vector<SuppressionEdit> edits,
                                                    std::vector<std::string> counted,
                                                    mail::Duration expires, std::string by,
                                                    mail::WallTime now) override {
    return commit<Operated>(
        parts_,
        answering<Operated>(whole([edits = std::move(edits), counted = std::move(counted), expires,
                                   by = std::move(by), now](Connection& db, Change&) {
          return queue::edit_suppressions(db, edits, counted, expires, by, now);
        })));
  }

  io::Async<io::Result<std::vector<Suppression>>> suppressions_of(
      std::vector<std::string> addresses) override {
    return DiskRoom::run<std::vector<Suppression>>(
        parts_->disk, [addresses = std::move(addresses)](Connection& db) {
          return queue::suppressions_of(db, addresses);
        });
  }

  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_body(mail::QueueId message) override {
    return do_open(parts_, message);
  }

  io::Async<io::Result<>> keep_lessons(std::vector<mail::Lesson> lessons) override {
    return commit_silent(parts_, silent([lessons = std::move(lessons)](Connection& db, Change&) {
                           return write_lessons(db, lessons);
                         }));
  }

  io::Async<io::Result<std::vector<mail::Lesson>>> lessons() override {
    return DiskRoom::run<std::vector<mail::Lesson>>(
        parts_->disk, [](Connection& db) { return read_lessons(db); });
  }

  io::Async<io::Result<>> clock_stepped(mail::Duration step) override {
    return commit_silent(
        parts_,
        silent(whole([step](Connection& db, Change&) { return queue::clock_stepped(db, step); })));
  }

  io::Async<io::Result<bool>> purge(mail::WallTime before, std::size_t max_messages) override {
    return commit<bool>(
        parts_, answering<bool>(
                    whole([before, max_messages, writer = parts_->writer](Connection& db, Change&) {
                      return queue::purge(db, before, max_messages, *writer);
                    })));
  }

  io::Async<io::Result<>> write_out() override {
    return commit_silent(parts_,
                         silent([](Connection& db, Change&) { return queue::write_out(db); }));
  }

  void close() override {
    parts_->group->finish();
    parts_->disk->close();
    parts_->group->abandon();
    lock_.release();
  }

 private:
  std::unique_ptr<Incoming> incoming() {
    return std::make_unique<Incoming>(parts_, parts_->owner + "-" + std::to_string(++files_));
  }

  StorePartsPtr parts_;
  DirectoryLock lock_;
  QueueIds ids_;
  std::int64_t files_ = 0;  // with `owner` random, names never meet again
};

namespace {

struct Marks {
  std::int64_t last_id = 0;
  std::int64_t opening = 0;
  std::int64_t last_recipient = 0;
};

io::Result<Marks> next_opening(Connection& db) {
  const io::Result<> counted = db.run("UPDATE mark SET generation = generation + 1");
  if (!counted) return counted.error();
  const io::Result<std::int64_t> last = db.number("SELECT last_id FROM mark");
  if (!last) return last.error();
  const io::Result<std::int64_t> opening = db.number("SELECT generation FROM mark");
  if (!opening) return opening.error();
  const io::Result<std::int64_t> recipient =
      db.number("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'recipient'");
  if (!recipient) return recipient.error();
  return Marks{*last, *opening, *recipient};
}

}  // namespace

io::Result<OpenedStore> open_sqlite_store(SqliteStoreOptions options, io::Executor home,
                                          io::Executor writer, io::Random& random,
                                          mail::WallTime now) {
  const std::string contents = options.directory + "/contents";
  io::Result<> made = io::make_directories(contents, 0700);
  if (!made) return made.error();
  io::Result<DirectoryLock> lock = DirectoryLock::take(options.directory + "/lock");
  if (!lock) return lock.error();

  const io::Result<> sound = refuse_emptied(options.directory);
  if (!sound) return sound.error();
  const std::string path = options.directory + "/queue.db";
  io::Result<std::unique_ptr<Connection>> db =
      Connection::open(path, Access::read_write, options.vfs);
  if (!db) return db.error();
  const io::Result<> migrated = migrate(**db);
  if (!migrated) return migrated.error();
  made = io::sync_directory(options.directory);
  if (!made) return made.error();

  const char* vfs_name = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const ContentsFolder folder{contents, sqlite3_vfs_find(vfs_name)};
  const io::Result<Recovery> recovery = recover(**db, folder, now);
  if (!recovery) return recovery.error();
  const io::Result<Marks> marks = next_opening(**db);
  if (!marks) return marks.error();
  io::Result<std::unique_ptr<Connection>> reader =
      Connection::open(path, Access::read_only, options.vfs);
  if (!reader) return reader.error();

  QueueIds ids{marks->last_id, marks->opening};
  const std::optional<io::Executor> alone = home == writer ? std::optional{home} : std::nullopt;
  auto parts = std::make_shared<StoreParts>();
  parts->owner = io::hex(random, 16);
  parts->writer = std::make_shared<WriterState>(WriterState{parts->owner, marks->last_recipient});
  parts->inline_limit = std::clamp(options.inline_limit, kInlineLeast, kInlineMost);
  parts->group = std::make_shared<CommitGroup>(std::move(*db), folder, home, writer, ids.last());
  parts->group->when_idle(
      [writer = parts->writer] { return is_much_in_short(*writer); },
      [writer = parts->writer](Connection& on) { return write_out_some(on, *writer); });
  parts->disk = std::make_shared<DiskRoom>(std::move(*reader), folder, alone);
  OpenedStore opened;
  opened.store = std::make_unique<SqliteStore>(std::move(parts), std::move(*lock), std::move(ids));
  opened.recovery = *recovery;
  return opened;
}

}  // namespace tenax::queue

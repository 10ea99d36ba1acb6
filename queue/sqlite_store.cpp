// SPDX-License-Identifier: Apache-2.0
#include "queue/sqlite_store.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "io/file.h"

#include "queue/claim.h"
#include "queue/commit_group.h"
#include "queue/contents.h"
#include "queue/disk_room.h"
#include "queue/fresh_contents.h"
#include "queue/lessons.h"
#include "queue/lock.h"
#include "queue/migrations.h"
#include "queue/operate.h"
#include "queue/owed.h"
#include "queue/past_attempts.h"
#include "queue/recovery.h"
#include "queue/reroute.h"
#include "queue/writes.h"

namespace tenax::queue {

namespace {

// Contents in the database are gathered in memory first: the option is held below what a process
// with many submitters can bear.
constexpr std::int64_t kInlineMost = std::int64_t{4} << 20;

// SQLite's VFS reports a file of one byte as empty (a workaround of its own for other systems): one
// byte is always small.
constexpr std::int64_t kInlineLeast = 1;

/// Gives out queue ids: the millisecond, then 9 bits of the opening and 12 bits to count. An id
/// that was given out but never came to a commit is known to no table; the opening's bits keep it
/// apart from what a later process gives out if the clock goes back to that very millisecond.
/// Concurrency: the engine's strand; `last` is read by the writer.
class Ids {
 public:
  Ids(std::int64_t last, std::int64_t opening)
      : last_{std::make_shared<std::atomic<std::int64_t>>(last)},
        opening_{(opening & kOpenings) << kCountBits} {}

  mail::QueueId next(mail::WallTime now) {
    const std::int64_t millis =
        std::clamp<std::int64_t>(mail::to_millis(now), 0, (std::int64_t{1} << 42) - 1);
    const std::int64_t wanted = millis << kLowBits | opening_;
    std::int64_t id = std::max(wanted, last_->load() + 1);
    // Counted past our own room, or behind a mark of another opening: on to the next millisecond.
    if ((id & (kOpenings << kCountBits)) != opening_) {
      id = ((id >> kLowBits) + 1) << kLowBits | opening_;
    }
    last_->store(id);
    return mail::QueueId{id};
  }
  [[nodiscard]] std::shared_ptr<const std::atomic<std::int64_t>> last() const { return last_; }

 private:
  static constexpr int kLowBits = 21;
  static constexpr int kCountBits = 12;
  static constexpr std::int64_t kOpenings = (1 << 9) - 1;
  std::shared_ptr<std::atomic<std::int64_t>> last_;
  std::int64_t opening_;
};

/// What the store and its calls under way share.
struct Shared {
  std::shared_ptr<CommitGroup> group;
  std::shared_ptr<DiskRoom> disk;
  FreshContents fresh;
  std::string owner;  // of our leases
  std::int64_t inline_limit = 0;
};
using SharedPtr = std::shared_ptr<Shared>;

/// Contents on their way in. Concurrency: one user at a time.
class Incoming final : public IncomingContents {
 public:
  Incoming(SharedPtr shared, std::string name)
      : shared_{std::move(shared)}, name_{std::move(name)} {}

  io::Async<io::Result<>> append(std::string_view bytes) override {
    if (wrong_) co_return *wrong_;
    buffer_ += bytes;
    size_ += static_cast<std::int64_t>(bytes.size());
    if (size_ <= shared_->inline_limit) co_return io::Result<>{};
    if (file_ && buffer_.size() < kPiece) co_return io::Result<>{};
    io::Async<io::Result<>> writing = write_out(false);
    const io::Result<> written = co_await std::move(writing);
    co_return written;
  }

  [[nodiscard]] std::int64_t size() const override { return size_; }

  /// The contents, durable if they are a file. Nothing may be appended afterwards.
  io::Async<io::Result<Gathered>> finish() {
    if (wrong_) co_return *wrong_;
    Gathered gathered;
    gathered.size = size_;
    if (size_ <= shared_->inline_limit) {
      gathered.bytes = std::move(buffer_);
      co_return std::move(gathered);
    }
    io::Async<io::Result<>> writing = write_out(true);
    const io::Result<> written = co_await std::move(writing);
    if (!written) co_return written.error();
    gathered.file = std::move(file_);
    co_return std::move(gathered);
  }

 private:
  io::Async<io::Result<>> write_out(bool last) {
    if (shared_->group->closed_intake()) co_return io::error(io::Errc::closed_intake, name_);
    if (!file_) file_ = std::make_shared<NewFile>(shared_->disk->folder(), name_);
    const auto work = [file = file_, last, bytes = std::exchange(buffer_, {})](Connection&) {
      const io::Result<> written = file->append(bytes);
      return written && last ? file->finish() : written;
    };
    io::Async<io::Result<void>> writing = DiskRoom::run<void>(shared_->disk, work);
    const io::Result<> written = co_await std::move(writing);
    if (written) co_return written;
    wrong_ = written.error();
    // A sync that failed says that this disk may have lost what it took before, too.
    if (last && !wrong_->is(io::Errc::disk_full)) shared_->group->close_intake();
    co_return written;
  }

  SharedPtr shared_;
  std::string name_;
  std::string buffer_;
  std::int64_t size_ = 0;
  std::shared_ptr<NewFile> file_;
  std::optional<io::Error> wrong_;
};

/// A change whose result travels back beside it.
template <class T>
struct Answering : Change {
  std::optional<T> answer;
};

template <class T>
io::Async<io::Result<T>> commit(SharedPtr shared, std::shared_ptr<Answering<T>> change) {
  io::Async<io::Result<>> committing = CommitGroup::commit(shared->group, change);
  const io::Result<> done = co_await std::move(committing);
  if (!done) co_return done.error();
  co_return std::move(*change->answer);
}

/// `work(db, change)` answers io::Result<T>.
template <class T, class Work>
std::shared_ptr<Answering<T>> answering(Work work) {
  auto change = std::make_shared<Answering<T>>();
  // The change outlives its run; a shared pointer to itself would keep it for ever.
  Answering<T>* self = change.get();
  change->apply = [self, work = std::move(work)](Connection& db) mutable -> io::Result<> {
    io::Result<T> answer = work(db, *self);
    if (!answer) return answer.error();
    self->answer = std::move(*answer);
    return io::Result<>{};
  };
  return change;
}

struct Done {};  // the answer of changes that have none

template <class Work>
std::shared_ptr<Answering<Done>> silent(Work work) {
  return answering<Done>(
      [work = std::move(work)](Connection& db, Change& change) mutable -> io::Result<Done> {
        const io::Result<> done = work(db, change);
        if (!done) return done.error();
        return Done{};
      });
}

io::Async<io::Result<>> commit_silent(SharedPtr shared, std::shared_ptr<Answering<Done>> change) {
  io::Async<io::Result<>> committing = CommitGroup::commit(shared->group, change);
  const io::Result<> done = co_await std::move(committing);
  co_return done;
}

io::Async<io::Result<EnqueueResult>> do_enqueue(SharedPtr shared,
                                                std::shared_ptr<Entering> entering,
                                                std::unique_ptr<Incoming> contents) {
  io::Async<io::Result<Gathered>> finishing = contents->finish();
  io::Result<Gathered> gathered = co_await std::move(finishing);
  if (!gathered) co_return gathered.error();
  entering->contents = std::move(*gathered);
  auto change =
      answering<EnqueueResult>([entering, owner = shared->owner](Connection& db, Change&) {
        return enter(db, *entering, owner);
      });
  // Whether the file stays is the group's to decide, however the caller ends.
  if (entering->contents.file) change->files.push_back(entering->contents.file);
  change->octets = entering->contents.bytes.size();
  io::Async<io::Result<EnqueueResult>> committing =
      commit<EnqueueResult>(shared, std::move(change));
  io::Result<EnqueueResult> entered = co_await std::move(committing);
  if (entered && !entered->leased.empty() && !entering->contents.file) {
    shared->fresh.keep(entered->id, std::move(entering->contents.bytes));
  }
  co_return entered;
}

struct Settling {
  Settlement settlement;
  std::vector<Entering> notices;
};

io::Async<io::Result<Settled>> do_settle(SharedPtr shared, std::shared_ptr<Settling> settling,
                                         std::vector<std::unique_ptr<Incoming>> contents) {
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string bytes = std::move(settling->settlement.notices[i].contents);
    io::Async<io::Result<>> appending = contents[i]->append(bytes);
    const io::Result<> appended = co_await std::move(appending);
    if (!appended) co_return appended.error();
    io::Async<io::Result<Gathered>> finishing = contents[i]->finish();
    io::Result<Gathered> gathered = co_await std::move(finishing);
    if (!gathered) co_return gathered.error();
    settling->notices[i].contents = std::move(*gathered);
  }
  auto change = answering<Applied>([settling, owner = shared->owner](Connection& db, Change& own) {
    return apply(db, settling->settlement, owner, settling->notices, own.forgotten);
  });
  for (const Entering& notice : settling->notices) {
    if (notice.contents.file) change->files.push_back(notice.contents.file);
    change->octets += notice.contents.bytes.size();
  }
  io::Async<io::Result<Applied>> committing = commit<Applied>(shared, std::move(change));
  io::Result<Applied> settled = co_await std::move(committing);
  if (!settled) co_return settled.error();
  if (settled->ended) shared->fresh.forget(settling->settlement.message);
  co_return std::move(settled->settled);
}

io::Async<io::Result<std::unique_ptr<io::ByteSource>>> do_open(SharedPtr shared,
                                                               mail::QueueId message) {
  if (std::shared_ptr<const std::string> fresh = shared->fresh.find(message)) {
    std::unique_ptr<io::ByteSource> source = source_of(std::move(fresh));
    co_return std::move(source);
  }
  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> opening =
      open_source(shared->disk, message);
  io::Result<std::unique_ptr<io::ByteSource>> source = co_await std::move(opening);
  co_return source;
}

struct Notices {
  std::vector<NoticeDue> due;
  std::vector<std::int64_t> damaged;
};

io::Async<io::Result<std::vector<NoticeDue>>> do_notices(SharedPtr shared, mail::WallTime now,
                                                         std::size_t max_messages) {
  const auto work = [now, max_messages](Connection& db) -> io::Result<Notices> {
    Notices found;
    io::Result<std::vector<NoticeDue>> due = notices_due(db, now, max_messages, found.damaged);
    if (!due) return due.error();
    found.due = std::move(*due);
    return found;
  };
  io::Async<io::Result<Notices>> looking = DiskRoom::run<Notices>(shared->disk, work);
  io::Result<Notices> found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (!found->damaged.empty()) {
    // Or they would be due for ever.
    auto change = silent([damaged = found->damaged, now](Connection& db, Change&) {
      for (const std::int64_t id : damaged) {
        io::Result<> held = hold_damaged(db, id, now, "recipient " + std::to_string(id));
        if (held)
          held =
              db.run("UPDATE recipient SET next_notice = NULL WHERE id = ?1 AND ended IS NULL", id);
        if (!held) return held;
      }
      return io::Result<>{};
    });
    io::Async<io::Result<>> holding = commit_silent(shared, std::move(change));
    const io::Result<> held = co_await std::move(holding);
    if (!held) co_return held.error();
  }
  co_return std::move(found->due);
}

struct Digest {
  std::optional<DigestDue> due;
  std::vector<std::int64_t> damaged;
};

io::Async<io::Result<std::optional<DigestDue>>> do_digest(SharedPtr shared, mail::WallTime now) {
  const auto work = [now](Connection& db) -> io::Result<Digest> {
    Digest found;
    io::Result<std::optional<DigestDue>> due = queue::digest_due(db, now, found.damaged);
    if (!due) return due.error();
    found.due = std::move(*due);
    return found;
  };
  io::Async<io::Result<Digest>> looking = DiskRoom::run<Digest>(shared->disk, work);
  io::Result<Digest> found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (!found->damaged.empty()) {
    auto change = silent(
        [damaged = found->damaged](Connection& db, Change&) { return set_aside(db, damaged); });
    io::Async<io::Result<>> setting = commit_silent(shared, std::move(change));
    const io::Result<> set = co_await std::move(setting);
    if (!set) co_return set.error();
  }
  co_return std::move(found->due);
}

io::Async<io::Result<>> do_tell_owed(SharedPtr shared, std::shared_ptr<ToldOwed> told,
                                     std::shared_ptr<Entering> digest,
                                     std::unique_ptr<Incoming> contents) {
  const std::string bytes = std::move(told->digest.contents);
  io::Async<io::Result<>> appending = contents->append(bytes);
  const io::Result<> appended = co_await std::move(appending);
  if (!appended) co_return appended;
  io::Async<io::Result<Gathered>> finishing = contents->finish();
  io::Result<Gathered> gathered = co_await std::move(finishing);
  if (!gathered) co_return gathered.error();
  digest->contents = std::move(*gathered);
  auto change = silent([told, digest, owner = shared->owner](Connection& db, Change&) {
    return queue::tell_owed(db, *told, *digest, owner);
  });
  if (digest->contents.file) change->files.push_back(digest->contents.file);
  change->octets = digest->contents.bytes.size();
  io::Async<io::Result<>> committing = commit_silent(shared, std::move(change));
  const io::Result<> done = co_await std::move(committing);
  co_return done;
}

/// A notice but for its contents.
Entering entering_of(NewNotice& notice) {
  Entering entering;
  entering.message = std::move(notice.message);
  entering.destinations = std::move(notice.destinations);
  entering.cap = std::move(notice.cap);
  if (entering.destinations.empty()) {
    for (const mail::NewRecipient& recipient : entering.message.recipients) {
      entering.destinations.push_back(mail::Destination::of(recipient.address.domain()));
    }
  }
  return entering;
}

template <class T>
io::Async<io::Result<T>> refuse(std::string why) {
  co_return io::error(io::Errc::protocol, std::move(why));
}

}  // namespace

class SqliteStore final : public Store {
 public:
  SqliteStore(SharedPtr shared, DirectoryLock lock, Ids ids)
      : shared_{std::move(shared)}, lock_{std::move(lock)}, ids_{std::move(ids)} {}

  ~SqliteStore() override {
    // The reader first: whoever closes last moves the log into the database, and it cannot.
    shared_->disk->close();
    shared_->group->abandon();
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
    return do_enqueue(shared_, std::move(entering), std::unique_ptr<Incoming>{own});
  }

  io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim(ClaimOrder order) override {
    using Requests = std::vector<mail::DeliveryRequest>;
    return commit<Requests>(
        shared_, answering<Requests>(
                     [order = std::move(order), owner = shared_->owner](Connection& db, Change&) {
                       return queue::claim(db, order, owner);
                     }));
  }

  io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim_selected(
      Selection selection, mail::WallTime now, mail::Duration guard) override {
    using Requests = std::vector<mail::DeliveryRequest>;
    return commit<Requests>(shared_,
                            answering<Requests>([selection = std::move(selection), now, guard,
                                                 owner = shared_->owner](Connection& db, Change&) {
                              return queue::claim_selected(db, selection, now, guard, owner);
                            }));
  }

  io::Async<io::Result<>> put_back(std::vector<mail::RecipientId> recipients,
                                   mail::WallTime next_attempt) override {
    return commit_silent(shared_, silent([recipients = std::move(recipients), next_attempt,
                                          owner = shared_->owner](Connection& db, Change&) {
                           return queue::put_back(db, recipients, next_attempt, owner);
                         }));
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
    return do_settle(shared_, std::move(settling), std::move(contents));
  }

  io::Async<io::Result<std::optional<DigestDue>>> digest_due(mail::WallTime now) override {
    return do_digest(shared_, now);
  }

  io::Async<io::Result<>> tell_owed(ToldOwed told) override {
    auto digest = std::make_shared<Entering>(entering_of(told.digest));
    return do_tell_owed(shared_, std::make_shared<ToldOwed>(std::move(told)), std::move(digest),
                        incoming());
  }

  io::Async<io::Result<std::vector<NoticeDue>>> notices_due(mail::WallTime now,
                                                            std::size_t max_messages) override {
    return do_notices(shared_, now, max_messages);
  }

  io::Async<io::Result<std::vector<PastAttempt>>> past_attempts(
      std::vector<mail::RecipientId> recipients, std::size_t most) override {
    return DiskRoom::run<std::vector<PastAttempt>>(
        shared_->disk, [recipients = std::move(recipients), most](Connection& db) {
          return queue::past_attempts(db, recipients, most);
        });
  }

  io::Async<io::Result<std::vector<std::string>>> stormed() override {
    return DiskRoom::run<std::vector<std::string>>(
        shared_->disk, [](Connection& db) { return queue::stormed(db); });
  }

  io::Async<io::Result<std::optional<mail::WallTime>>> next_due(std::vector<std::string> except,
                                                                LastChances last_chances) override {
    return DiskRoom::run<std::optional<mail::WallTime>>(
        shared_->disk, [except = std::move(except), last_chances = std::move(last_chances)](
                           Connection& db) { return queue::next_due(db, except, last_chances); });
  }

  io::Async<io::Result<Operated>> operate(Operation operation) override {
    return commit<Operated>(shared_, answering<Operated>([operation = std::move(operation)](
                                                             Connection& db, Change& change) {
                              return queue::operate(db, operation, change.forgotten);
                            }));
  }

  io::Async<io::Result<Rerouted>> reroute(Routing routing, bool begin, std::size_t most) override {
    return commit<Rerouted>(shared_, answering<Rerouted>([routing = std::move(routing), begin,
                                                          most](Connection& db, Change&) {
                              return queue::reroute(db, routing, begin, most);
                            }));
  }

  io::Async<io::Result<Operated>> edit_suppressions(std::vector<SuppressionEdit> edits,
                                                    std::vector<std::string> counted,
                                                    mail::Duration expires, std::string by,
                                                    mail::WallTime now) override {
    return commit<Operated>(
        shared_, answering<Operated>([edits = std::move(edits), counted = std::move(counted),
                                      expires, by = std::move(by), now](Connection& db, Change&) {
          return queue::edit_suppressions(db, edits, counted, expires, by, now);
        }));
  }

  io::Async<io::Result<std::vector<Suppression>>> suppressions_of(
      std::vector<std::string> addresses) override {
    return DiskRoom::run<std::vector<Suppression>>(
        shared_->disk, [addresses = std::move(addresses)](Connection& db) {
          return queue::suppressions_of(db, addresses);
        });
  }

  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_body(mail::QueueId message) override {
    return do_open(shared_, message);
  }

  io::Async<io::Result<>> keep_lessons(std::vector<mail::Lesson> lessons) override {
    return commit_silent(shared_, silent([lessons = std::move(lessons)](Connection& db, Change&) {
                           return write_lessons(db, lessons);
                         }));
  }

  io::Async<io::Result<std::vector<mail::Lesson>>> lessons() override {
    return DiskRoom::run<std::vector<mail::Lesson>>(
        shared_->disk, [](Connection& db) { return read_lessons(db); });
  }

  io::Async<io::Result<>> clock_stepped(mail::Duration step) override {
    return commit_silent(shared_, silent([step](Connection& db, Change&) {
                           return queue::clock_stepped(db, step);
                         }));
  }

  io::Async<io::Result<bool>> purge(mail::WallTime before, std::size_t max_messages) override {
    return commit<bool>(shared_, answering<bool>([before, max_messages](Connection& db, Change&) {
                          return queue::purge(db, before, max_messages);
                        }));
  }

  void close() override {
    shared_->group->finish();
    shared_->disk->close();
    shared_->group->abandon();
    lock_.release();
  }

 private:
  std::unique_ptr<Incoming> incoming() {
    return std::make_unique<Incoming>(shared_, shared_->owner + "-" + std::to_string(++files_));
  }

  SharedPtr shared_;
  DirectoryLock lock_;
  Ids ids_;
  std::int64_t files_ = 0;  // with `owner` random, names never meet again
};

namespace {

struct Marks {
  std::int64_t last_id = 0;
  std::int64_t opening = 0;
};

io::Result<Marks> next_opening(Connection& db) {
  const io::Result<> counted = db.run("UPDATE mark SET generation = generation + 1");
  if (!counted) return counted.error();
  const io::Result<std::int64_t> last = db.number("SELECT last_id FROM mark");
  if (!last) return last.error();
  const io::Result<std::int64_t> opening = db.number("SELECT generation FROM mark");
  if (!opening) return opening.error();
  return Marks{*last, *opening};
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

  Ids ids{marks->last_id, marks->opening};
  const std::optional<io::Executor> alone = home == writer ? std::optional{home} : std::nullopt;
  auto shared = std::make_shared<Shared>();
  shared->owner = io::hex(random, 16);
  shared->inline_limit = std::clamp(options.inline_limit, kInlineLeast, kInlineMost);
  shared->group = std::make_shared<CommitGroup>(std::move(*db), folder, home, writer, ids.last());
  shared->disk = std::make_shared<DiskRoom>(std::move(*reader), folder, alone);
  OpenedStore opened;
  opened.store = std::make_unique<SqliteStore>(std::move(shared), std::move(*lock), std::move(ids));
  opened.recovery = *recovery;
  return opened;
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Many callers, one transaction, one fsync. There is no timer: while the disk is busy with one
// group, the next one gathers.

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "io/async.h"
#include "io/result.h"

#include "queue/contents.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// The state in which a failed commit leaves the disk.
enum class Damage {
  none,     // everything or nothing is there, and we know which
  unknown,  // the commit may be on the disk or not: only a new opening can tell
};

/// One caller's part of a group. `apply` runs on the writer; an error undoes what it did and nobody
/// else's. It may be run again after the whole group was undone for another's sake.
struct Change {
  std::function<io::Result<>(Connection&)> apply;
  std::vector<std::shared_ptr<NewFile>> files;  // brought along; kept if the commit names them
  std::vector<std::string> forgotten;           // files to remove when the commit stands
  std::size_t octets = 0;                       // of contents it writes into the database
};

/// Concurrency: thread-safe (locked inside); `apply` runs on the writer, callers resume at home.
/// Shared: what is under way keeps it alive.
class CommitGroup : public std::enable_shared_from_this<CommitGroup> {
 public:
  /// `last_id` is the newest queue id given out; it is written down with every commit.
  CommitGroup(std::unique_ptr<Connection> db, ContentsFolder folder, io::Executor home,
              io::Executor writer, std::shared_ptr<const std::atomic<std::int64_t>> last_id);
  ~CommitGroup();

  /// Work that nobody waits for, in a transaction of its own: done, while it is wanted, after a
  /// group behind which nobody stands. An error is as one of a group. Set before the first change.
  void when_idle(std::function<bool()> wanted, std::function<io::Result<>(Connection&)> work) {
    idle_work_wanted_ = std::move(wanted);
    idle_work_ = std::move(work);
  }

  /// Succeeds when the change is durable. Waits for the commit even when the caller is cancelled:
  /// it may already be on its way to the disk. The change lives until the caller resumes.
  static io::Async<io::Result<>> commit(std::shared_ptr<CommitGroup> group,
                                        std::shared_ptr<Change> change);

  /// Commits what is waiting, refuses what comes. Blocks until the writer rests.
  void finish();
  /// Forgets what is waiting (cancelled), refuses what comes, closes the database: as if we died
  /// here. Blocks while a commit is being written.
  void abandon();

  [[nodiscard]] bool closed_intake() const { return closed_intake_; }
  /// A sync outside the database failed.
  void close_intake() { closed_intake_ = true; }

 private:
  struct Place;
  using Group = std::vector<std::shared_ptr<Place>>;

  void enter(const std::shared_ptr<Place>& place);
  void call_writer();
  void send_to_writer();
  void run_next();
  bool run_one();  // false: nothing waits any more
  Group take();
  Damage write(Group& group);
  io::Result<> fill_boldly(Group& group);
  io::Result<> fill(Group& group);
  io::Result<> apply(Place& place);
  void run_change(Place& place);
  [[nodiscard]] static bool stands(const Group& group);
  [[nodiscard]] bool breaks_all(const Place& place) const;
  Damage undo(Group& group, const io::Error& error);
  void tidy(const Group& group, Damage damage);
  void send_home(Group group);
  void care_for_log();
  void do_idle_work();
  [[nodiscard]] io::Result<> write_mark();

  io::Executor home_;
  io::Executor writer_;
  std::unique_ptr<Connection> db_;  // touched by the writer only, once the first change is in
  ContentsFolder folder_;
  std::shared_ptr<const std::atomic<std::int64_t>> last_id_;
  std::function<bool()> idle_work_wanted_;
  std::function<io::Result<>(Connection&)> idle_work_;
  std::int64_t marked_id_ = 0;
  int log_frames_ = 0;
  int next_checkpoint_;  // when it has so many
  std::atomic<bool> closed_intake_{false};

  std::mutex mutex_;
  std::condition_variable rests_;
  std::deque<std::shared_ptr<Place>> waiting_;
  bool busy_ = false;      // a run is wanted, posted or under way
  bool called_ = true;     // the run that is wanted was posted
  bool writing_ = false;   // under way
  bool refusing_ = false;  // finish() or abandon() was called
};

}  // namespace tenax::queue

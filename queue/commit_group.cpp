// SPDX-License-Identifier: Apache-2.0
#include "queue/commit_group.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <optional>
#include <utility>

namespace tenax::queue {

namespace asio = io::asio;

namespace {

// A group this large has spread the cost of its fsync thin enough; a larger one would only make its
// first caller wait for its last.
constexpr std::size_t kMostInGroup = 1000;

// And so much contents (a tenth of a second on a slow disk, a quarter of the log's size limit).
constexpr std::size_t kMostOctetsInGroup = std::size_t{16} << 20;

// Bound of those waiting. The engine has fewer calls in flight by far; beyond it the caller hears
// `busy`, as a sender over a wire would.
constexpr std::size_t kMostWaiting = 100'000;

// A checkpoint when the log holds so many pages (16 MiB): pages that every commit changes are moved
// once for all of them.
constexpr int kFramesToCheckpoint = 4000;
// A reader kept the log from beginning anew: again when it is longer by this part.
constexpr int kPartToTryAgain = 8;
// From here (64 MiB) on we wait for readers, a little, so that readers in turns cannot let it grow
// on.
constexpr int kFramesToInsist = 16'000;

}  // namespace

// The caller's coroutine waits on a timer in its own frame; what travels to the writer and back
// holds no asio object, so it may outlive the context.
struct CommitGroup::Place {
  std::shared_ptr<Change> change;
  io::Result<> result;
  bool done = false;                     // at home only
  asio::steady_timer* waiter = nullptr;  // at home only; null once the frame is gone
};

CommitGroup::CommitGroup(std::unique_ptr<Connection> db, ContentsFolder folder, io::Executor home,
                         io::Executor writer,
                         std::shared_ptr<const std::atomic<std::int64_t>> last_id)
    : home_{std::move(home)},
      writer_{std::move(writer)},
      db_{std::move(db)},
      folder_{std::move(folder)},
      last_id_{std::move(last_id)},
      next_checkpoint_{kFramesToCheckpoint} {}

CommitGroup::~CommitGroup() = default;

io::Async<io::Result<>> CommitGroup::commit(std::shared_ptr<CommitGroup> group,
                                            std::shared_ptr<Change> change) {
  struct Waiter {
    Waiter(std::shared_ptr<Place> in, const io::Executor& home)
        : place{std::move(in)}, timer{home, asio::steady_timer::time_point::max()} {
      place->waiter = &timer;
    }
    ~Waiter() { place->waiter = nullptr; }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    std::shared_ptr<Place> place;
    asio::steady_timer timer;
  };
  const auto place = std::make_shared<Place>();
  place->change = std::move(change);
  Waiter waiter{place, group->home_};
  group->enter(place);
  while (!place->done) {
    // No cancellation reaches this wait: see the header.
    co_await waiter.timer.async_wait(asio::bind_cancellation_slot(
        asio::cancellation_slot{}, asio::as_tuple(asio::use_awaitable)));
  }
  co_return place->result;
}

void CommitGroup::enter(const std::shared_ptr<Place>& place) {
  const std::lock_guard lock{mutex_};
  std::optional<io::Error> refusal;
  if (closed_intake_) refusal = io::error(io::Errc::closed_intake, "queue");
  if (refusing_) refusal = io::error(io::Errc::cancelled, "the queue is closing");
  if (waiting_.size() >= kMostWaiting) refusal = io::error(io::Errc::busy, "queue");
  if (refusal) {
    place->result = *refusal;
    place->done = true;  // nobody waits yet
    return;
  }
  waiting_.push_back(place);
  if (busy_) return;
  busy_ = true;
  if (home_ == writer_) return send_to_writer();
  // Not yet: what else home has before it at this moment goes with it.
  called_ = false;
  asio::post(home_, [self = shared_from_this()] { self->call_writer(); });
}

void CommitGroup::call_writer() {
  const std::lock_guard lock{mutex_};
  if (!std::exchange(called_, true)) send_to_writer();
}

void CommitGroup::send_to_writer() {
  asio::post(writer_, [self = shared_from_this()] { self->run_next(); });
}

void CommitGroup::run_next() {
  if (!run_one()) return;
  // Posted, not looped: others have business on this executor too.
  asio::post(writer_, [self = shared_from_this()] { self->run_next(); });
}

bool CommitGroup::run_one() {
  Group group = take();
  if (!group.empty()) {
    const Damage damage = write(group);
    tidy(group, damage);
    send_home(std::move(group));
    do_idle_work();
    care_for_log();
  }
  const std::lock_guard lock{mutex_};
  writing_ = false;
  busy_ = !waiting_.empty();
  rests_.notify_all();
  return busy_;
}

CommitGroup::Group CommitGroup::take() {
  const std::lock_guard lock{mutex_};
  Group group;
  std::size_t octets = 0;
  while (!waiting_.empty() && group.size() < kMostInGroup && octets < kMostOctetsInGroup) {
    octets += waiting_.front()->change->octets;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  writing_ = !group.empty();
  return group;
}

Damage CommitGroup::write(Group& group) {
  if (closed_intake_) {
    for (const auto& place : group) place->result = io::error(io::Errc::closed_intake, "queue");
    return Damage::none;
  }
  // Savepoints are dear: SQLite copies each page before it is changed within one. As a rule all
  // changes stand, so the group is tried without them; when one does not, all begin anew with them.
  io::Result<> done = db_->run("BEGIN IMMEDIATE");
  if (done) done = fill_boldly(group);
  if (done && !stands(group)) {
    done = db_->run("ROLLBACK");
    if (done) done = db_->run("BEGIN IMMEDIATE");
    if (done) done = fill(group);
  }
  if (done) done = db_->run("COMMIT");
  if (!done) return undo(group, done.error());
  return Damage::none;
}

bool CommitGroup::stands(const Group& group) {
  return std::ranges::all_of(group, [](const auto& place) { return place->result.has_value(); });
}

// Stops at the first change that fails; an error returned here concerns the whole group.
io::Result<> CommitGroup::fill_boldly(Group& group) {
  for (const auto& place : group) {
    run_change(*place);
    if (place->result) continue;
    if (breaks_all(*place)) return place->result;
    return io::Result<>{};
  }
  return write_mark();
}

io::Result<> CommitGroup::fill(Group& group) {
  for (const auto& place : group) {
    const io::Result<> stands = apply(*place);
    if (!stands) return stands;
  }
  return write_mark();
}

void CommitGroup::run_change(Place& place) {
  place.change->forgotten.clear();
  try {
    place.result = place.change->apply(*db_);
  } catch (const std::bad_alloc&) {
    place.result = io::error(io::Errc::busy, "out of memory");
  }
}

// Full disks and failed ones may end the whole transaction from within a statement; and after a
// failed write or read nothing further is built on it.
bool CommitGroup::breaks_all(const Place& place) const {
  return !db_->in_transaction() || place.result.error().is(io::Errc::disk_failed);
}

// An error returned here concerns the whole group; the caller's own is in its place.
io::Result<> CommitGroup::apply(Place& place) {
  io::Result<> done = db_->run("SAVEPOINT caller");
  if (!done) return done;
  run_change(place);
  if (!place.result) {
    if (breaks_all(place)) return place.result;
    done = db_->run("ROLLBACK TO caller");
    if (!done) return done;
  }
  return db_->run("RELEASE caller");
}

io::Result<> CommitGroup::write_mark() {
  const std::int64_t last = last_id_->load();
  if (last <= marked_id_) return io::Result<>{};
  const io::Result<> done = db_->run("UPDATE OR FAIL mark SET last_id = max(last_id, ?1)", last);
  if (done) marked_id_ = last;  // undone with the group: then it is only written once more
  return done;
}

Damage CommitGroup::undo(Group& group, const io::Error& error) {
  if (db_->in_transaction()) (void)db_->run("ROLLBACK");
  marked_id_ = 0;
  // A full disk, or somebody else's lock, is seen before anything of ours is valid: nothing
  // changed. After anything else we do not know what the disk holds, and asking it again for a sync
  // proves nothing (docs/queue-states.md, "When the disk fails").
  const bool harmless = error.is(io::Errc::disk_full) || error.is(io::Errc::busy);
  if (!harmless) {
    closed_intake_ = true;
    db_->leave_log_on_close();
  }
  for (const auto& place : group) place->result = error;
  return harmless ? Damage::none : Damage::unknown;
}

void CommitGroup::tidy(const Group& group, Damage damage) {
  for (const auto& place : group) {
    for (const auto& file : place->change->files) {
      if (damage == Damage::unknown || (place->result && file->named)) file->keep();
    }
    // Here, not at home: removing a file may take its time.
    place->change->files.clear();
    if (!place->result) continue;
    for (const std::string& name : place->change->forgotten) folder_.remove(name);
  }
}

void CommitGroup::send_home(Group group) {
  asio::post(home_, [group = std::move(group)] {
    for (const auto& place : group) {
      place->done = true;
      if (place->waiter != nullptr) place->waiter->cancel();
    }
  });
}

// After the callers were sent home, while nobody stands behind them.
void CommitGroup::do_idle_work() {
  if (closed_intake_ || !idle_work_wanted_ || !idle_work_wanted_()) return;
  {
    const std::lock_guard lock{mutex_};
    if (!waiting_.empty()) return;
  }
  io::Result<> done = db_->run("BEGIN IMMEDIATE");
  if (done) done = idle_work_(*db_);
  if (done) done = db_->run("COMMIT");
  if (done) return;
  Group nobody;
  (void)undo(nobody, done.error());
}

// After the callers were sent home: none of them pays for this.
void CommitGroup::care_for_log() {
  if (closed_intake_) return;
  const int frames = db_->wal_frames();
  if (frames < log_frames_) next_checkpoint_ = kFramesToCheckpoint;  // the log began anew
  log_frames_ = frames;
  if (frames < next_checkpoint_) return;
  const io::Result<> moved = db_->checkpoint(frames > kFramesToInsist);
  next_checkpoint_ = frames + frames / kPartToTryAgain;
  // What was acknowledged is safe in the log, also if the disk has no room to move it.
  if (moved || moved.error().is(io::Errc::disk_full)) return;
  closed_intake_ = true;
  db_->leave_log_on_close();
}

void CommitGroup::finish() {
  {
    std::unique_lock lock{mutex_};
    refusing_ = true;
    if (home_ != writer_) {
      if (!std::exchange(called_, true)) send_to_writer();
      // Without a deadline: a thread inside fsync cannot be called back, and leaving it behind
      // would let it post to a home that is gone.
      rests_.wait(lock, [this] { return !busy_; });
      return;
    }
  }
  while (run_one()) {
  }
}

void CommitGroup::abandon() {
  std::unique_lock lock{mutex_};
  refusing_ = true;
  Group left{waiting_.begin(), waiting_.end()};
  waiting_.clear();
  if (home_ != writer_) rests_.wait(lock, [this] { return !writing_; });
  if (closed_intake_ && db_) db_->leave_log_on_close();
  db_.reset();
  lock.unlock();
  for (const auto& place : left) {
    place->change->files.clear();  // never named: they go now
    place->result = io::error(io::Errc::cancelled, "the queue is closed");
  }
  // Where nobody waits any more, home itself may be gone.
  std::erase_if(left, [](const auto& place) { return place->waiter == nullptr; });
  if (!left.empty()) send_home(std::move(left));
}

}  // namespace tenax::queue

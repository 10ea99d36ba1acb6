// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where contents are read and written: beside the writer, so that a large message does not stand
// between small ones and their commit, and a small commit does not wait for a large file's fsync.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "io/async.h"
#include "io/byte_source.h"
#include "io/result.h"

#include "queue/contents.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// A thread with a reading connection; or, when there is only one executor, that. Shared: open
/// bodies keep it alive. Concurrency: thread-safe; what is given to run() runs one after another.
class DiskRoom {
 public:
  /// `alone` unset: on a thread of its own.
  DiskRoom(std::unique_ptr<Connection> db, ContentsFolder folder, std::optional<io::Executor> alone)
      : db_{std::move(db)}, folder_{std::move(folder)} {
    if (alone) {
      executor_ = *alone;
    } else {
      thread_.emplace(1);
      executor_ = thread_->get_executor();
    }
  }

  /// Runs `work(db)` there; the caller resumes where it was. `work` must own what it uses: its
  /// caller may be gone by then. Cancelling the caller does not call back what a disk is doing.
  template <class T, class Work>
  static io::Async<io::Result<T>> run(std::shared_ptr<DiskRoom> room, Work work) {
    const io::Executor there = room->executor_;
    return io::asio::co_spawn(
        there, there_we<T, Work>(std::move(room), std::move(work)),
        io::asio::bind_cancellation_slot(io::asio::cancellation_slot{}, io::asio::use_awaitable));
  }

  /// Ends after what was given to run(); nothing may be given afterwards.
  void close() {
    if (thread_) thread_->join();
    db_.reset();
  }

  [[nodiscard]] const ContentsFolder& folder() const { return folder_; }

 private:
  template <class T, class Work>
  static io::Async<io::Result<T>> there_we(std::shared_ptr<DiskRoom> room, Work work) {
    if (!room->db_) co_return io::error(io::Errc::cancelled, "the queue is closed");
    co_return work(*room->db_);
  }

  std::unique_ptr<Connection> db_;
  ContentsFolder folder_;
  io::Executor executor_;
  std::optional<io::asio::thread_pool> thread_;
};

/// Contents that lie in memory.
[[nodiscard]] std::unique_ptr<io::ByteSource> source_of(std::shared_ptr<const std::string> bytes);

/// The contents of an open message, in pieces; the first comes with the opening.
[[nodiscard]] io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_source(
    std::shared_ptr<DiskRoom> room, mail::QueueId message);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Store on SQLite: one writing connection, group commit, contents in the database or beside it.

#include <memory>
#include <string>

#include "io/random.h"

#include "queue/store.h"

namespace tenax::queue {

struct SqliteStoreOptions {
  std::string directory;  // queue.db, contents/, lock; made when missing (0700)
  std::string vfs;        // "" for SQLite's default; tests give a faulty one
  std::int64_t inline_limit =
      256 * 1024;  // contents up to this stay in the database: docs/decisions/0001
};

/// Locks the directory (Errc::busy when another daemon has it), migrates, ends the leases of the
/// dead, reports.
///
/// `home` is where callers are resumed; `writer` is where SQLite blocks: a thread of its own in the
/// daemon, `home` itself in the simulation, where everything happens on one thread: then close()
/// commits right there, and destroying the store is as if the process had died. With a writer of
/// its own, destroy the store (or close() it) before the contexts of `home` and `writer`. `now` is
/// for history.
struct OpenedStore {
  std::unique_ptr<Store> store;
  Recovery recovery;
};
[[nodiscard]] io::Result<OpenedStore> open_sqlite_store(SqliteStoreOptions options,
                                                        io::Executor home, io::Executor writer,
                                                        io::Random& random, mail::WallTime now);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings a queue made by an older Tenax to today's tables, one step per version.

#include <string>

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// What this program writes; PRAGMA user_version of its queues.
constexpr int kSchemaVersion = 13;
/// PRAGMA application_id, "TeNx": a database that is somebody else's is not touched.
constexpr int kApplicationId = 0x54654e78;

/// Each step is one transaction: a crash leaves the version before or after it. Errors: unfit when
/// the database is of a newer Tenax or none of ours.
[[nodiscard]] io::Result<> migrate(Connection& db);

/// No queue.db, or an empty one, becomes a new queue. One that was emptied or moved away, by a disk
/// or a hand, must not: the new queue would forget and clean away what is left of the old one.
/// Corrupt when contents or a log lie beside it; to be asked before SQLite opens the file and drops
/// the log.
[[nodiscard]] io::Result<> refuse_emptied(const std::string& directory);

/// Fails as migrate() would, with not_found where nothing was made yet, and when there is a step to
/// make (unfit): readers change nothing.
[[nodiscard]] io::Result<> require_current(Connection& db);

}  // namespace tenax::queue

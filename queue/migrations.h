// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings a queue made by an older Tenax to today's tables, one step per version.

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// What this program writes; PRAGMA user_version of its queues.
constexpr int kSchemaVersion = 1;
/// PRAGMA application_id, "TeNx": a database that is somebody else's is not touched.
constexpr int kApplicationId = 0x54654e78;

/// Each step is one transaction: a crash leaves the version before or after it. Errors: denied when
/// the database is of a newer Tenax or none of ours.
[[nodiscard]] io::Result<> migrate(Connection& db);

/// Fails as migrate() would, and when there is a step to make (denied): readers change nothing.
[[nodiscard]] io::Result<> require_current(Connection& db);

}  // namespace tenax::queue

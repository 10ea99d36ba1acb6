// SPDX-License-Identifier: Apache-2.0
#pragma once
// What start-up makes whole again of rows that say two things at once.

#include <cstdint>

#include "mail/time.h"

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// In a transaction, before anything else looks at the states. A recipient that has ended by one
/// column and not by another is held, with the reason as an event: a person decides. What a message
/// counts is counted anew. How many of both. Concurrency: the writer.
[[nodiscard]] io::Result<std::int64_t> mend(Connection& db, mail::WallTime now);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What sites have taught the scheduler, kept from one start of the daemon to the next.

#include <vector>

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// In a caller's part of a commit.
[[nodiscard]] io::Result<> keep_lessons(Connection& db, const std::vector<Lesson>& lessons,
                                        mail::WallTime forget_before);

[[nodiscard]] io::Result<std::vector<Lesson>> lessons(Connection& db, std::size_t most);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What receivers taught, row by row. Its words are the scheduler's; here only sizes count.

#include <vector>

#include "mail/lesson.h"

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// Each takes the place of what its key held; without a text it leaves none. Beyond
/// mail::kMostLessons the ones learnt longest ago go.
[[nodiscard]] io::Result<> write_lessons(Connection& db, const std::vector<mail::Lesson>& lessons);

/// The newest first, at most mail::kMostLessons. Rows that are none are passed over: a lesson is
/// worth no mail.
[[nodiscard]] io::Result<std::vector<mail::Lesson>> read_lessons(Connection& db);

}  // namespace tenax::queue

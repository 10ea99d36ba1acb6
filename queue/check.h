// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax check`: does this queue keep the promises of docs/queue-states.md?

#include <vector>

#include "mail/time.h"

#include "io/result.h"

#include "queue/contents.h"
#include "queue/reader.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// At most 100 violations of each kind. An error means that the database could not be read at all.
[[nodiscard]] io::Result<std::vector<Violation>> find_violations(Connection& db,
                                                                 const ContentsFolder& folder,
                                                                 mail::WallTime now);

}  // namespace tenax::queue

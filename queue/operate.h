// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operator's verbs, in the caller's part of a commit.

#include <string>
#include <vector>

#include "io/result.h"

#include "queue/selection.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// Appends to `forgotten` the contents files of messages that closed.
[[nodiscard]] io::Result<Operated> operate(Connection& db, const Operation& operation,
                                           std::vector<std::string>& forgotten);

/// Of those selected, how many a delivery has right now.
[[nodiscard]] io::Result<std::int64_t> count_leased(Connection& db, const Selection& selection);

/// Those of which neither the queue nor its history has a message, in their order.
[[nodiscard]] io::Result<std::vector<mail::QueueId>> unknown_among(
    Connection& db, const std::vector<mail::QueueId>& messages);

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was tried for some recipients before, for whoever tells of it.

#include <vector>

#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// As Store::past_attempts. Errors: corrupt, others (the disk).
[[nodiscard]] io::Result<std::vector<PastAttempt>> past_attempts(
    Connection& db, const std::vector<mail::RecipientId>& recipients, std::size_t most);

}  // namespace tenax::queue

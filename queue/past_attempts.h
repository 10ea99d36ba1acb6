// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happened before, for whoever tells of it or goes on from it.

#include <string>
#include <vector>

#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// As Store::past_attempts. Errors: corrupt, others (the disk).
[[nodiscard]] io::Result<std::vector<PastAttempt>> past_attempts(
    Connection& db, const std::vector<mail::RecipientId>& recipients, std::size_t most);

/// As Store::stormed.
[[nodiscard]] io::Result<std::vector<std::string>> stormed(Connection& db);

}  // namespace tenax::queue

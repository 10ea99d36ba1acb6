// SPDX-License-Identifier: Apache-2.0
#pragma once
// Open recipients follow changed routes, in the caller's part of a commit.

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// One piece of Store::reroute.
[[nodiscard]] io::Result<Rerouted> reroute(Connection& db, const Routing& routing, bool begin,
                                           std::size_t most);

}  // namespace tenax::queue

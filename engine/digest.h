// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> bounce. What a sender is told at once of many failures.

#include "bounce/digest.h"
#include "engine/settle.h"
#include "queue/store.h"

namespace tenax::engine {

/// How many notices of failures and delays the one who is told of this gets in an hour; nullopt: it
/// is told whatever else is. Concurrency: pure.
[[nodiscard]] std::optional<queue::NoticeCap> cap_of(const bounce::Order& order, int per_hour);

/// All of the digest but its id and its boundary. Dates of delays as in settle_delays().
/// Concurrency: pure.
[[nodiscard]] bounce::Digest digest_of(const queue::DigestDue& due, const Terms& terms,
                                       mail::WallTime now, const Rehearse& rehearse = {});

/// Whom it tells of. Concurrency: pure.
[[nodiscard]] std::vector<queue::ToldOwed::About> about(const queue::DigestDue& due);

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: operator -> queue. Ends what an operator has given up, and tells the senders.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/async.h"

#include "engine/route.h"
#include "engine/settle.h"
#include "engine/settler.h"
#include "queue/store.h"

namespace tenax::engine {

/// What was committed for one message.
using Told = std::function<void(const Committed& committed, mail::QueueId message,
                                const std::vector<Untold>& untold)>;

/// Store::claim_selected, with what has to be done around it.
using Lease = std::function<io::Async<io::Result<queue::Selected>>(queue::Selection selection,
                                                                   queue::Rest rest)>;

/// Leases what is selected and waits or is held, and settles it as failed: some hundred messages at
/// once, so that they share commits, and at most one notice for each. What enters meanwhile, those
/// notices too, is left alone; what is in delivery when all others are given up is counted. After
/// an error, which says how many were given up, the others are as they were, but due at once. All
/// that is given by reference outlives the call. Concurrency: the store's strand.
io::Async<io::Result<queue::Operated>> expire_selected(queue::Store& store, Settler& settler,
                                                       const Plan& plan, Lease lease,
                                                       queue::Selection selection, std::string by,
                                                       mail::WallTime now, Told told);

/// Requests of the same message become one, in the order of the first ones. Concurrency: pure.
[[nodiscard]] std::vector<mail::DeliveryRequest> by_message(
    std::vector<mail::DeliveryRequest> requests);

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: operator -> queue. Ends what an operator has given up, and tells the senders.

#include <functional>
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

/// Leases what is selected and waits or is held, and settles it as failed: one commit and at most
/// one notice for each message. What enters meanwhile, those notices too, is left alone. After an
/// error, which says how many were given up, the others are as they were, but due at once. All that
/// is given by reference outlives the call. Concurrency: the store's strand.
io::Async<io::Result<queue::Operated>> expire_selected(queue::Store& store, Settler& settler,
                                                       const Plan& plan, queue::Selection selection,
                                                       std::string by, mail::WallTime now,
                                                       Told told);

/// Requests of the same message become one, in the order of the first ones. Concurrency: pure.
[[nodiscard]] std::vector<mail::DeliveryRequest> by_message(
    std::vector<mail::DeliveryRequest> requests);

}  // namespace tenax::engine

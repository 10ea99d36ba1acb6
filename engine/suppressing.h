// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> delivery. What counts against an address, and what is said when mail to a
// suppressed one is refused (docs/suppression.md).

#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "io/async.h"

#include "queue/store.h"

namespace tenax::engine {

/// Causes that lie with the address, if failures are counted at all.
[[nodiscard]] std::vector<std::string> counted_causes(const queue::SuppressionPolicy& policy);

/// Of a recipient that a server refused for good. Concurrency: pure.
[[nodiscard]] std::optional<queue::AddressFault> address_fault(
    const mail::Verdict& verdict, const queue::SuppressionPolicy& policy);

/// Why mail to it is not even tried. Concurrency: pure.
[[nodiscard]] mail::Verdict refusal_of(const queue::Suppression& listed);

/// Takes the suppressed recipients out of `request` and says so of each. Notices of our own are
/// tried in any case: somebody waits for them. A list that cannot be read suppresses nobody.
io::Async<std::vector<mail::RecipientVerdict>> take_suppressed(queue::Store& store,
                                                               mail::DeliveryRequest& request,
                                                               queue::SuppressionPolicy policy,
                                                               mail::WallTime now);

}  // namespace tenax::engine

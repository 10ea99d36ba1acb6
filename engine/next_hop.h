// SPDX-License-Identifier: Apache-2.0
#pragma once
// A domain whose name is not ASCII can be written in several ways, and is one next hop: lanes,
// routes and entries of [[destination]] know it by its A-labels.

#include "mail/destination.h"
#include "mail/domain.h"

namespace tenax::engine {

/// The domain's own mail servers. Concurrency: pure.
[[nodiscard]] mail::Destination own_servers(const mail::Domain& domain);

/// The same next hop, by the name that is its key. Concurrency: pure.
[[nodiscard]] mail::Destination by_its_key(const mail::Destination& destination);

}  // namespace tenax::engine

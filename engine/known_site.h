// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> scheduler. What the lessons that are kept say of one destination, with or
// without a daemon.

#include <optional>
#include <vector>

#include "mail/destination.h"
#include "mail/lesson.h"

#include "scheduler/site_view.h"

namespace tenax::engine {

/// nullopt: nothing. Concurrency: pure.
[[nodiscard]] std::optional<scheduler::SiteView> known_site(std::vector<mail::Lesson> lessons,
                                                            const mail::Destination& destination,
                                                            mail::WallTime now);

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a site taught, as JSON: a part of what `tenax destination --json` answers.

#include <nlohmann/json_fwd.hpp>

#include "engine/known_site.h"

namespace tenax::cli {

/// Lengths of time are seconds, as the keys say. Concurrency: pure.
[[nodiscard]] nlohmann::ordered_json site_as_json(const scheduler::SiteView& site);

}  // namespace tenax::cli

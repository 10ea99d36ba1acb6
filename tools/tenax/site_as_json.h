// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a site taught, as JSON: a part of what `tenax destination --json` answers.

#include <chrono>
#include <nlohmann/json_fwd.hpp>

#include "mail/time.h"

#include "engine/known_site.h"

namespace tenax::cli {

/// A length of time as JSON tells it.
[[nodiscard]] inline double seconds(mail::Duration length) {
  return std::chrono::duration<double>{length}.count();
}

/// Lengths of time are seconds, as the keys say. Concurrency: pure.
[[nodiscard]] nlohmann::ordered_json site_as_json(const scheduler::SiteView& site);

}  // namespace tenax::cli

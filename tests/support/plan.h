// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a whole engine is told in tests, where the test does not say otherwise.

#include <string>

#include "engine/route.h"

namespace tenax::testing {

/// A plan of nobody's wishes for a machine of this name, which is also its domain: history for
/// a week, no limit of size, up to 1000 recipients.
[[nodiscard]] engine::Plan plan_of(const std::string& our_name);

}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a text to the first rule that fits it.

#include "bounce/cause.h"
#include "bounce/rule_table.h"

namespace tenax::bounce::rules {

/// nullptr when none fits. Takes time by the length of what is looked at, never more: see
/// kOctetsLookedAt and kMostGaps. Concurrency: pure.
[[nodiscard]] const Rule* first_fit(const Table& table, const Refusal& refusal);

/// Gaps of one phrase; each multiplies the places looked at.
inline constexpr int kMostGaps = 2;

}  // namespace tenax::bounce::rules

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The grammar proper: three readings of the same tokens. They find hints independently; hint.cpp
// weighs them against each other.

#include <vector>

#include "mail/time.h"

#include "scheduler/hint.h"
#include "scheduler/hint_words.h"

namespace tenax::scheduler::hints {

// How unambiguous words can be.
inline constexpr double kCertain = 0.95;  // "try again in 300 seconds"
inline constexpr double kClear = 0.8;     // "too many connections"
inline constexpr double kLikely = 0.6;    // "service refused, slow down"
inline constexpr double kGuess = 0.4;     // "451 4.7.1 try again later"

/// Which tokens belong to the period of a rate: "100 messages in 60 seconds" asks for no wait.
using Taken = std::vector<bool>;

/// Rates, concurrency and caps. Where the words do not say whose, `known` may. Concurrency: pure,
/// as all here.
void read_limits(const Said& said, const std::vector<Hint>& known, Taken& taken,
                 std::vector<Hint>& found);

/// Waits of stated length. Their scope is left to the caller.
void read_waits(const Said& said, const Taken& taken, mail::WallTime now, std::vector<Hint>& found);

/// What is known by its code or its fixed words, greylisting of unknown length among it.
[[nodiscard]] std::vector<Hint> habits(const Said& said);

}  // namespace tenax::scheduler::hints

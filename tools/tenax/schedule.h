// SPDX-License-Identifier: Apache-2.0
#pragma once
// A retry schedule as it is typed and as it is shown.

#include <string>

#include "mail/parsed.h"

#include "engine/what_if.h"

namespace tenax::cli {

/// As typed; "" for what is to stay as it is in force.
struct ScheduleWords {
  std::string delays = {};  // "5m,10m,20m"
  std::string first_delay = {};
  std::string longest_delay = {};
  std::string growth = {};
  std::string jitter = {};
  std::string lifetime = {};
};

/// Fails on what is no schedule, and when nothing is given at all. Concurrency: pure.
[[nodiscard]] mail::Parsed<scheduler::Schedule> schedule_of(const ScheduleWords& words,
                                                            const scheduler::RetryPolicy& in_force);

/// "5m, 10m, 20m and so on, up to 10 % more; for 5d".
[[nodiscard]] std::string in_words(const scheduler::Schedule& schedule);

}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config -> daemon. All that a daemon is told, and all that is wrong with it: what tenaxd
// starts by and what `tenax config` judges by.

#include <optional>
#include <string>
#include <vector>

#include "bounce/cause_rules.h"
#include "engine/config.h"
#include "engine/control_door.h"
#include "engine/route.h"

namespace tenax::engine {

struct Orders {
  Config config;
  Plan plan;
  Operators operators;
  std::optional<bounce::CauseRules> cause_rules;  // unless there is a problem with them
  std::vector<ConfigProblem> problems;            // empty: a daemon can start
};

/// The operator's rules of what refusals mean, and behind them the built-in ones. Blocking, short.
[[nodiscard]] mail::Parsed<bounce::CauseRules> cause_rules_of(const Config& config);

/// Looks at the files, groups and places that the config names, as the user we are. Blocking,
/// short. Concurrency: thread-safe.
[[nodiscard]] Orders orders_of(LoadedConfig loaded);

/// The keys that `read` gives another value than `running` has, and that a reload does not change.
/// Concurrency: pure.
[[nodiscard]] std::vector<std::string> waiting_for_a_start(const Config& running,
                                                           const Config& read);

}  // namespace tenax::engine

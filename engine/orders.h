// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config -> daemon. All that a daemon is told, and all that is wrong with it: what tenaxd
// starts by and what `tenax config` judges by.

#include <vector>

#include "engine/config.h"
#include "engine/control_door.h"
#include "engine/route.h"

namespace tenax::engine {

struct Orders {
  Config config;
  Plan plan;
  Operators operators;
  std::vector<ConfigProblem> problems;  // empty: a daemon can start
};

/// Looks at the files, groups and places that the config names, as the user we are. Blocking,
/// short. Concurrency: thread-safe.
[[nodiscard]] Orders orders_of(LoadedConfig loaded);

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything an Engine needs of the outside. The daemon gives the real one, the tests and the
// simulation give theirs; the Engine cannot tell.

#include <functional>

#include "io/clock.h"
#include "io/random.h"
#include "io/resolver.h"
#include "io/stream.h"

#include "queue/store.h"

namespace tenax::engine {

/// All of it outlives the Engine. Concurrency: value.
struct World {
  io::Executor home;                         // the engine's strand; the store resumes here
  std::function<io::Executor()> new_strand;  // where one delivery runs; `home` where all is one
  io::Clock& clock;
  io::Random& random;
  io::Resolver& resolver;
  io::Connector& connector;
  queue::Store& store;
};

}  // namespace tenax::engine

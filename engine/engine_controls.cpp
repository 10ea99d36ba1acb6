// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_controls.h"

#include <unistd.h>

#include <utility>

namespace tenax::engine {

io::Async<io::Result<queue::Operated>> EngineControls::operate(queue::Operation operation) {
  return engine_.operate(std::move(operation));
}

io::Async<io::Result<queue::Operated>> EngineControls::expire(queue::Selection selection,
                                                              std::string by) {
  return engine_.expire(std::move(selection), std::move(by));
}

io::Async<io::Result<bool>> EngineControls::forget(mail::Destination destination) {
  return engine_.forget(std::move(destination));
}

io::Async<io::Result<queue::Operated>> EngineControls::suppress(
    std::vector<queue::SuppressionEdit> edits, std::string by) {
  return engine_.suppress(std::move(edits), std::move(by));
}

EngineView EngineControls::view() const {
  return {.pid = ::getpid(),
          .version = TENAX_VERSION,
          .started = started_,
          .in_flight = static_cast<std::int64_t>(engine_.in_flight()),
          .paused = engine_.plan().paused,
          .lanes = engine_.lanes()};
}

}  // namespace tenax::engine

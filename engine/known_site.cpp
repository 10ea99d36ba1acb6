// SPDX-License-Identifier: Apache-2.0
#include "engine/known_site.h"

#include <utility>

#include "scheduler/memory.h"

namespace tenax::engine {

std::optional<scheduler::SiteView> known_site(std::vector<mail::Lesson> lessons,
                                              const mail::Destination& destination,
                                              mail::WallTime now) {
  scheduler::Memory memory{scheduler::MemoryPolicy{}};
  memory.restore(std::move(lessons), now);
  return memory.view(destination, now);
}

}  // namespace tenax::engine

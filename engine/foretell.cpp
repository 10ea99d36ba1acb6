// SPDX-License-Identifier: Apache-2.0
#include "engine/foretell.h"

#include <algorithm>
#include <utility>

#include "engine/destinations.h"

namespace tenax::engine {

scheduler::Rehearsal foretell(scheduler::Role role, const scheduler::RetryPolicy& everybody,
                              const scheduler::Override* entry, mail::WallTime now,
                              std::size_t limit, const Rehearse& learnt) {
  const std::size_t most = std::min(limit, scheduler::affordable(role));
  if (entry == nullptr) return learnt(role, most);
  const scheduler::RetryPolicy& retry =
      role.last ? retry_after(everybody, entry, *role.last) : entry->retry;
  if (!entry->learns) return scheduler::by_schedule(retry, role, now, limit);
  // What was learnt knows the destination's lifetime, not one for this answer.
  if (retry.lifetime < entry->retry.lifetime) {
    role.end = scheduler::end_of_life(retry, role.accepted);
  }
  return learnt(role, most);
}

}  // namespace tenax::engine

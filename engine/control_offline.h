// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the command line does itself while no daemon runs: it opens the queue, under the queue's
// lock like a daemon, and carries out the one request with the daemon's own code.

#include <string>

#include "engine/config.h"
#include "engine/control.h"

namespace tenax::engine {

/// Blocking. Never creates a queue: where there is none the answer is "not found". Where another
/// process has the lock it is "busy".
[[nodiscard]] ControlAnswer control_offline(const Config& config, const ControlRequest& request,
                                            const std::string& by);

/// Becomes the owner of `directory`, for good, when we are root and it is not root's: what root
/// made there its daemon could not open afterwards, and what lies there is its owner's to trick
/// us with. Errors: not_found, denied.
[[nodiscard]] io::Result<> become_owner_of(const std::string& directory);

}  // namespace tenax::engine

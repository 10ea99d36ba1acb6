// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a forecast asks of the daemon and is told, as members of the lines of the control socket.

#include "engine/control_json.h"
#include "scheduler/rehearsal.h"

namespace tenax::engine {

[[nodiscard]] control_json::json to_json(const scheduler::Role& role);
[[nodiscard]] control_json::json to_json(const scheduler::Rehearsal& rehearsal);

/// These throw Unreadable.
[[nodiscard]] scheduler::Role role_from(const control_json::json& object);
[[nodiscard]] scheduler::Rehearsal rehearsal_from(const control_json::json& object);

}  // namespace tenax::engine

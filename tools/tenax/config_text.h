// SPDX-License-Identifier: Apache-2.0
#pragma once
// The configuration in effect, as a tenax.toml that would bring it about.

#include <string>

#include "engine/config.h"

namespace tenax::cli {

/// Every key with its value; reading it back gives the same configuration. Names of password files
/// are in it, passwords are not. Concurrency: pure.
[[nodiscard]] std::string config_text(const engine::Config& config);

/// What an entry says, in one line: "rate = "100/h", lifetime = "2d"; on cause = ["4.2.2"], ...".
[[nodiscard]] std::string rules_text(const engine::DestinationConfig& entry);

}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the log is to go, looked at before it is opened: some places would keep whoever opens them.

#include <string>

namespace tenax::engine {

/// What opening the log would stumble over, or wait for, found without making the file; "" when
/// nothing. `to`: as log.to has it.
[[nodiscard]] std::string fault_of_log(const std::string& to);

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What sendmail(8) was also called for: mailq and queue runs. `tenax` does that.

#include <string>

namespace tenax::sendmail {

/// Becomes `tenax <command>`; returns only when there is none to become, saying why.
[[nodiscard]] std::string become_tenax(const std::string& command);

}  // namespace tenax::sendmail

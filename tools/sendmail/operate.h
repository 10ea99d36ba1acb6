// SPDX-License-Identifier: Apache-2.0
#pragma once
// What sendmail(8) was also called for: mailq and queue runs. `tenax` does that.

#include <string>
#include <vector>

namespace tenax::sendmail {

/// Becomes `tenax <arguments>`; returns only when there is none to become, saying why.
[[nodiscard]] std::string become_tenax(std::vector<std::string> arguments);

}  // namespace tenax::sendmail

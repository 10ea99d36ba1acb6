// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax simulate --stdio`: the daemon's scheduler in a world that speaks on standard input.

#include <iosfwd>

namespace tenax::cli {

/// Returns the exit code; what was wrong is one line on `error`.
[[nodiscard]] int simulate(std::istream& in, std::ostream& out, std::ostream& error);

}  // namespace tenax::cli

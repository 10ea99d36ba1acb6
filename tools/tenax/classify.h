// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax classify`: reply texts on standard input, what each means on standard output.

#include <iosfwd>

#include "mail/time.h"

namespace tenax::cli {

/// A text a line, an answer a line; a longer text than anyone writes is cut. Returns the exit code.
[[nodiscard]] int classify(std::istream& in, std::ostream& out, mail::WallTime now, bool json);

}  // namespace tenax::cli

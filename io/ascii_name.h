// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names as people write them into names as DNS knows them (RFC 5890). A header of its own, without
// wires: programs that resolve nothing use it too.

#include <string>
#include <string_view>

#include "io/result.h"

namespace tenax::io {

/// The A-label form of a name, lower case; error protocol when it is no name (IDNA 2008, RFC 5890).
[[nodiscard]] Result<std::string> to_ascii_name(std::string_view name);

}  // namespace tenax::io

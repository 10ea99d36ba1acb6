// SPDX-License-Identifier: Apache-2.0
#pragma once
// Record contents as they come over the wire (RFC 1035 3.3), read as hostile bytes.

#include <optional>
#include <string_view>

#include "io/resolver.h"

namespace tenax::io {

/// nullopt when it is none, or when its exchange is no host name we would ever ask for.
[[nodiscard]] std::optional<MxRecord> parse_mx_rdata(std::string_view rdata);

/// 4 bytes are an A, 16 an AAAA; nullopt for any other length.
[[nodiscard]] std::optional<IpAddress> parse_address_rdata(std::string_view rdata);

}  // namespace tenax::io

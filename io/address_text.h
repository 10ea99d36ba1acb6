// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses of hosts as text.

#include <string>

#include "io/resolver.h"
#include "io/stream.h"

namespace tenax::io {

/// "192.0.2.1", "2001:db8::1". Concurrency: pure.
[[nodiscard]] std::string to_string(const IpAddress& address);

/// "192.0.2.1:25", "[2001:db8::1]:25". Concurrency: pure.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace tenax::io

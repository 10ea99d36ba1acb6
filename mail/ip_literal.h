// SPDX-License-Identifier: Apache-2.0
#pragma once
// IP addresses as text: RFC 5321 4.1.3 and RFC 4291 2.2, written back in the one form of RFC 5952.

#include <optional>
#include <string>
#include <string_view>

namespace tenax::mail {

/// Four decimal numbers without leading zeros (010 is 8 to some and 10 to others).
[[nodiscard]] std::optional<std::string> canonical_ipv4(std::string_view text);

/// "2001:DB8:0:0::1" -> "2001:db8::1". No zone ("%eth0"), no prefix length.
[[nodiscard]] std::optional<std::string> canonical_ipv6(std::string_view text);

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses as a config names them: networks ("192.0.2.0/24", "2001:db8::/32", "192.0.2.7"), and
// where to listen.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mail/parsed.h"

namespace tenax::engine {

/// Concurrency: value.
class Network {
 public:
  /// Fails on what is none, on bits set behind the prefix, and on prefixes so short that they mean
  /// everybody (under 8 bits of IPv4, under 16 of IPv6): a relay open to the world is nobody's
  /// wish.
  static mail::Parsed<Network> parse(std::string_view text);

  /// An address in text; IPv4 mapped into IPv6 counts as IPv4. False for what is no address.
  [[nodiscard]] bool holds(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> bits_{};
  bool v6_ = false;
  int length_ = 0;
};

/// Where to listen: "127.0.0.1:2525", "[::1]:2525", "0.0.0.0:25"; port 0: any. Concurrency: value.
struct ListenAddress {
  std::string host;  // an address, without brackets
  std::uint16_t port = 0;
  static mail::Parsed<ListenAddress> parse(std::string_view text);
};

/// Whom limits take an address for: of IPv6 its /64, which is the least that anybody has to choose
/// from; IPv4 mapped into IPv6 is IPv4. What is no address stands for itself.
[[nodiscard]] std::string client_of(std::string_view address);

/// 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace tenax::engine

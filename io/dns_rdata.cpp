// SPDX-License-Identifier: Apache-2.0
#include "io/dns_rdata.h"

#include <algorithm>

namespace tenax::io {

namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

// An uncompressed name that fills `wire` exactly; "" for the root.
std::optional<std::string> parse_name(std::string_view wire) {
  std::string name;
  for (;;) {
    if (wire.empty()) return std::nullopt;
    const std::size_t length = byte(wire.front());
    wire.remove_prefix(1);
    if (length == 0) break;
    if (length > 63 || length > wire.size()) return std::nullopt;
    const std::string_view label = wire.substr(0, length);
    // A dot inside a label would make another name of it.
    if (label.find('.') != std::string_view::npos) return std::nullopt;
    if (!name.empty()) name += '.';
    name += label;
    wire.remove_prefix(length);
  }
  if (!wire.empty()) return std::nullopt;
  if (name.empty()) return name;
  const Result<std::string> ascii = to_ascii_name(name);
  // What changes on the way (bytes past ASCII) was no A-label.
  if (!ascii || ascii->size() != name.size()) return std::nullopt;
  return *ascii;
}

}  // namespace

std::optional<MxRecord> parse_mx_rdata(std::string_view rdata) {
  if (rdata.size() < 3) return std::nullopt;
  std::optional<std::string> exchange = parse_name(rdata.substr(2));
  if (!exchange) return std::nullopt;
  const auto preference = static_cast<std::uint16_t>((byte(rdata[0]) << 8) | byte(rdata[1]));
  return MxRecord{preference, std::move(*exchange)};
}

std::optional<IpAddress> parse_address_rdata(std::string_view rdata) {
  if (rdata.size() == 4) {
    asio::ip::address_v4::bytes_type bytes{};
    std::ranges::transform(rdata, bytes.begin(), byte);
    return asio::ip::address_v4{bytes};
  }
  if (rdata.size() == 16) {
    asio::ip::address_v6::bytes_type bytes{};
    std::ranges::transform(rdata, bytes.begin(), byte);
    return asio::ip::address_v6{bytes};
  }
  return std::nullopt;
}

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#include "io/address_text.h"

#include <array>
#include <charconv>

namespace tenax::io {

std::string to_string(const IpAddress& address) {
  if (!address.is_v4()) return address.to_string();
  // Asio has snprintf put it together, at ten times the cost.
  std::array<char, 16> text;
  char* end = text.data();
  for (const unsigned char octet : address.to_v4().to_bytes()) {
    if (end != text.data()) *end++ = '.';
    end = std::to_chars(end, text.data() + text.size(), octet).ptr;
  }
  return {text.data(), end};
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address());
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace tenax::io

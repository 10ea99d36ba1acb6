// SPDX-License-Identifier: Apache-2.0
#include "engine/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "mail/printable.h"

namespace tenax::engine {

namespace {

using Bits = std::array<std::uint8_t, 16>;

struct Binary {
  Bits bits{};
  bool v6 = false;
};

std::optional<Binary> binary_of(std::string_view text) {
  const std::string address{text.substr(0, text.find('%'))};  // without a zone
  Binary found;
  if (::inet_pton(AF_INET, address.c_str(), found.bits.data()) == 1) return found;
  if (::inet_pton(AF_INET6, address.c_str(), found.bits.data()) != 1) return std::nullopt;
  found.v6 = true;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), found.bits.begin())) {
    Binary v4;
    std::copy(found.bits.begin() + 12, found.bits.end(), v4.bits.begin());
    return v4;
  }
  return found;
}

bool agree(const Bits& a, const Bits& b, int length) {
  for (int bit = 0; bit < length; bit += 8) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int here = std::min(8, length - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - here));
    if ((a.at(at) & mask) != (b.at(at) & mask)) return false;
  }
  return true;
}

}  // namespace

mail::Parsed<Network> Network::parse(std::string_view text) {
  const std::string shown = "\"" + mail::printable(text, 80) + "\"";
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<Binary> binary = binary_of(text.substr(0, slash));
  if (!binary) return mail::ParseError{shown + " is no network"};
  const int most = binary->v6 ? 128 : 32;
  int length = most;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const bool whole = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
    if (!whole || length < 0 || length > most) {
      return mail::ParseError{shown + " has no prefix length of 0 to " + std::to_string(most)};
    }
  }
  if (length < (binary->v6 ? 16 : 8)) {
    return mail::ParseError{shown + " would let the whole Internet in"};
  }
  Network network;
  network.v6_ = binary->v6;
  network.length_ = length;
  network.bits_ = binary->bits;
  Bits cut{};
  for (int bit = 0; bit < length; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    cut.at(at) = static_cast<std::uint8_t>(cut.at(at) | (binary->bits.at(at) & (0x80 >> bit % 8)));
  }
  if (cut != binary->bits) return mail::ParseError{shown + " has bits behind its prefix"};
  return network;
}

bool Network::holds(std::string_view address) const {
  const std::optional<Binary> binary = binary_of(address);
  return binary && binary->v6 == v6_ && agree(binary->bits, bits_, length_);
}

mail::Parsed<ListenAddress> ListenAddress::parse(std::string_view text) {
  const mail::ParseError wrong{"\"" + mail::printable(text, 80) +
                               "\" is no address with a port behind a colon"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const std::optional<Binary> binary = binary_of(host);
  const bool v6 = host.find(':') != std::string_view::npos;
  if (!binary || v6 != brackets) return wrong;
  ListenAddress address{std::string{host}, 0};
  const std::string_view digits = text.substr(colon + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return wrong;
  return address;
}

std::string client_of(std::string_view address) {
  std::optional<Binary> binary = binary_of(address);
  if (!binary) return std::string{address};
  if (binary->v6) std::fill(binary->bits.begin() + 8, binary->bits.end(), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(binary->v6 ? AF_INET6 : AF_INET, binary->bits.data(), text.data(), text.size());
  return std::string{text.data()} + (binary->v6 ? "/64" : "");
}

bool is_loopback(std::string_view address) {
  const std::optional<Binary> binary = binary_of(address);
  if (!binary) return false;
  if (!binary->v6) return binary->bits[0] == 127;
  Bits one{};
  one[15] = 1;
  return binary->bits == one;
}

}  // namespace tenax::engine

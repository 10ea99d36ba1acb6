// SPDX-License-Identifier: Apache-2.0
#pragma once
// The next hop under which recipients share connections, window and back-off.

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/domain.h"
#include "mail/parsed.h"

namespace tenax::mail {

/// "example.net" (by its MX), "example.net:2525" (MX, other port), "[relay.example.com]:587" (that
/// host, no MX look-up; also "[192.0.2.1]:25", "[2001:db8::1]:25"). Written canonically in lower
/// case; equal when written the same. Concurrency: value.
class Destination {
 public:
  /// The domain's own mail servers; an address literal becomes that host.
  static Destination of(const Domain& domain);
  static Destination mx(std::string_view name, std::uint16_t port = 25);
  static Destination host(std::string_view name_or_address, std::uint16_t port = 25);
  static Parsed<Destination> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }  // canonical; the key everywhere
  [[nodiscard]] const std::string& name() const { return name_; }  // without brackets and port
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool by_mx() const { return by_mx_; }

  friend bool operator==(const Destination& a, const Destination& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Destination& a, const Destination& b) {
    return a.text_ <=> b.text_;
  }

 private:
  Destination(std::string name, std::uint16_t port, bool by_mx);
  std::string name_;
  std::string text_;
  std::uint16_t port_ = 25;
  bool by_mx_ = true;
};

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/destination.h"

#include <utility>

#include "mail/ascii.h"
#include "mail/ip_literal.h"
#include "mail/printable.h"

namespace tenax::mail {

namespace {

constexpr std::uint16_t kSmtp = 25;

ParseError not_a_destination(std::string_view text, std::string_view why) {
  return {"\"" + printable(text, 100) + "\" is no destination: " + std::string{why}};
}

/// One spelling per name: lower case, no final dot; IPv6 as RFC 5952 writes it.
std::string canonical(std::string_view name) {
  if (auto address = canonical_ipv6(name)) return *std::move(address);
  if (name.size() > 1 && name.back() == '.') name.remove_suffix(1);
  return to_lower(name);
}

std::string_view without_tag(std::string_view address) {
  constexpr std::string_view kTag = "ipv6:";  // as address literals of mailboxes carry it
  return equal_in_any_case(address.substr(0, kTag.size()), kTag) ? address.substr(kTag.size())
                                                                 : address;
}

/// "" is 25, else ":" and a port from 1 on.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return kSmtp;
  if (text.front() != ':') return std::nullopt;
  const auto number = parse_number(text.substr(1), 65535);
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

Destination::Destination(std::string name, std::uint16_t port, bool by_mx)
    : name_{std::move(name)}, port_{port}, by_mx_{by_mx} {
  text_ = by_mx ? name_ : "[" + name_ + "]";
  // A host always says its port: "[a]:25" reads as what it is, one door.
  if (!by_mx || port != kSmtp) text_ += ":" + std::to_string(port);
}

Destination Destination::of(const Domain& domain) {
  return domain.is_literal() ? host(domain.literal_address()) : mx(domain.text());
}

Destination Destination::mx(std::string_view name, std::uint16_t port) {
  return {canonical(name), port, true};
}

Destination Destination::host(std::string_view name_or_address, std::uint16_t port) {
  return {canonical(name_or_address), port, false};
}

Parsed<Destination> Destination::parse(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return not_a_destination(text, "\"[\" without \"]\"");
    const auto port = parse_port(text.substr(end + 1));
    if (!port) return not_a_destination(text, "no port from 1 to 65535");
    const std::string_view name = without_tag(text.substr(1, end - 1));
    if (canonical_ipv6(name)) return host(name, *port);
    if (!Domain::parse(name)) return not_a_destination(text, "no name or address in brackets");
    return host(name, *port);
  }
  if (canonical_ipv6(text)) return not_a_destination(text, "an address stands in brackets");
  const std::size_t colon = text.find(':');
  const auto name = Domain::parse(text.substr(0, colon));
  if (!name) return not_a_destination(text, name.error().why);
  const auto port = parse_port(colon == std::string_view::npos ? "" : text.substr(colon));
  if (!port) return not_a_destination(text, "no port from 1 to 65535");
  return mx(name->text(), *port);
}

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "mail/ascii.h"
#include "mail/ip_literal.h"
#include "mail/printable.h"
#include "mail/utf8.h"

namespace tenax::mail {

namespace {

constexpr std::size_t kLongestDomain = 255;  // RFC 5321 4.5.3.1.2
constexpr std::size_t kLongestLabel = 63;    // RFC 1035 2.3.4
constexpr std::string_view kIpv6Tag = "IPv6:";

ParseError not_a_domain(std::string_view text, std::string_view why) {
  return {"\"" + printable(text, 100) + "\" is no domain: " + std::string{why}};
}

/// Non-ASCII blanks, and the full stops that IDNA maps to "." (UTS 46 2.3): a label holding one
/// would be two labels to the resolver.
bool splits_labels(char32_t value) {
  constexpr std::array<char32_t, 11> kFound = {0x00A0, 0x1680, 0x200B, 0x202F, 0x205F, 0x2060,
                                               0x3000, 0x3002, 0xFE52, 0xFF0E, 0xFF61};
  return (value >= 0x2000 && value <= 0x200A) ||
         std::find(kFound.begin(), kFound.end(), value) != kFound.end();
}

/// "" when it is a label, else what is wrong with it.
std::string_view fault_of_label(std::string_view label) {
  if (label.empty()) return "an empty label";
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  std::size_t characters = 0;
  for (std::string_view rest = label; !rest.empty(); ++characters) {
    const CodePoint next = first_code_point(rest);
    const char c = rest.front();
    const bool ascii_fits = is_letter(c) || is_digit(c) || c == '-' || c == '_';
    if (is_ascii(c) ? !ascii_fits : splits_labels(next.value)) return "a character not allowed";
    rest.remove_prefix(next.length);
  }
  // A U-label is counted in characters: its A-label is what the 63 octets hold for, and that is for
  // whoever looks the name up to make.
  return characters > kLongestLabel ? "a label longer than 63 characters" : "";
}

std::string_view fault_of_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kLongestDomain) return "longer than 255 octets";
  if (!is_printable(name)) return "a character not allowed";
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view fault = fault_of_label(name.substr(0, dot));
    if (!fault.empty() || dot == std::string_view::npos) return fault;
    name.remove_prefix(dot + 1);
  }
}

/// Of "[IPv6:2001:db8::1]"; nullopt when it is no literal.
std::optional<std::string> address_in(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != '[' || literal.back() != ']') return std::nullopt;
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  if (equal_in_any_case(inside.substr(0, kIpv6Tag.size()), kIpv6Tag)) {
    return canonical_ipv6(inside.substr(kIpv6Tag.size()));
  }
  return canonical_ipv4(inside);
}

}  // namespace

Parsed<Domain> Domain::parse(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    if (!address_in(text)) return not_a_domain(text, "no IPv4 or IPv6 address literal");
    return Domain{std::string{text}};
  }
  std::string_view name = text;
  if (name.size() > 1 && name.back() == '.') name.remove_suffix(1);
  const std::string_view fault = fault_of_name(name);
  if (!fault.empty()) return not_a_domain(text, fault);
  return Domain{std::string{name}};
}

std::string Domain::lower() const { return to_lower(text_); }

std::string Domain::literal_address() const { return address_in(text_).value_or(""); }

bool Domain::is_ascii() const { return mail::is_ascii(text_); }

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/ip_literal.h"

#include <array>
#include <cstdint>
#include <vector>

#include "mail/ascii.h"

namespace tenax::mail {

namespace {

using Quad = std::array<int, 4>;
using Groups = std::array<std::uint16_t, 8>;

std::optional<Quad> parse_ipv4(std::string_view text) {
  Quad quad{};
  for (std::size_t i = 0; i < quad.size(); ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const auto number = parse_number(text.substr(0, dot), 255);
    if (!number) return std::nullopt;
    quad[i] = *number;
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return quad;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return static_cast<std::uint16_t>(value);
}

/// The groups of one side of "::"; the last may be an IPv4 address where `ipv4_may_end`.
std::optional<std::vector<std::uint16_t>> parse_side(std::string_view text, bool ipv4_may_end) {
  std::vector<std::uint16_t> groups;
  if (text.empty()) return groups;
  while (groups.size() < 8) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (const auto quad = last && ipv4_may_end ? parse_ipv4(part) : std::nullopt) {
      groups.push_back(static_cast<std::uint16_t>((*quad)[0] * 256 + (*quad)[1]));
      groups.push_back(static_cast<std::uint16_t>((*quad)[2] * 256 + (*quad)[3]));
      return groups;
    }
    const auto group = parse_group(part);
    if (!group) return std::nullopt;
    groups.push_back(*group);
    if (last) return groups;
    text.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

std::optional<Groups> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_side(text.substr(0, gap), !has_gap);
  const auto tail = parse_side(has_gap ? text.substr(gap + 2) : std::string_view{}, true);
  if (!head || !tail) return std::nullopt;
  const std::size_t given = head->size() + tail->size();
  if (has_gap ? given > 7 : given != 8) return std::nullopt;

  Groups groups{};
  std::copy(head->begin(), head->end(), groups.begin());
  std::copy_backward(tail->begin(), tail->end(), groups.end());
  return groups;
}

struct Run {
  std::size_t first = 0;
  std::size_t length = 0;
};

/// The first of the longest runs of zero groups (RFC 5952 4.2.3).
Run longest_zeros(const Groups& groups) {
  Run longest;
  Run current;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != 0) {
      current = {};
      continue;
    }
    if (current.length++ == 0) current.first = i;
    if (current.length > longest.length) longest = current;
  }
  return longest;
}

void append_group(std::string& out, std::uint16_t group) {
  std::array<char, 4> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), group, 16);
  out.append(digits.data(), written.ptr);
}

}  // namespace

std::optional<std::string> canonical_ipv4(std::string_view text) {
  // One spelling only is taken, so it is the canonical one.
  return parse_ipv4(text) ? std::optional<std::string>{text} : std::nullopt;
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  const auto groups = parse_ipv6(text);
  if (!groups) return std::nullopt;
  const Run zeros = longest_zeros(*groups);
  const bool shorten = zeros.length >= 2;  // RFC 5952 4.2.2
  std::string out;
  for (std::size_t i = 0; i < groups->size(); ++i) {
    if (shorten && i == zeros.first) {
      out += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    append_group(out, (*groups)[i]);
  }
  return out;
}

}  // namespace tenax::mail

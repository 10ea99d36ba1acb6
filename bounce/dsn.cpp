// SPDX-License-Identifier: Apache-2.0
#include "bounce/dsn.h"

#include <algorithm>

#include "bounce/lines.h"

namespace tenax::bounce {

namespace {

std::string harmless(std::string_view token) {
  constexpr std::size_t kLongest = 40;  // a boundary has at most 70 (RFC 2046 5.1.1)
  std::string out;
  for (const char c : token.substr(0, kLongest)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (fits) out += c;
  }
  return out;
}

}  // namespace

bool Part::eight_bit() const { return !is_ascii(content); }

std::string boundary_for(const std::vector<Part>& parts, std::string_view token) {
  const std::string stem = "=_" + harmless(token) + "_";
  for (std::size_t number = 0;; ++number) {
    // Ends: each number that is taken stands somewhere in the parts, and they are finite.
    std::string boundary = stem + std::to_string(number);
    const std::string line = "--" + boundary;
    const bool taken = std::ranges::any_of(
        parts, [&line](const Part& part) { return part.content.find(line) != std::string::npos; });
    if (!taken) return boundary;
  }
}

std::string join(const std::vector<Part>& parts, std::string_view boundary) {
  const std::string line = "--" + std::string{boundary};
  std::string out;
  for (const Part& part : parts) {
    out += line + "\r\n";
    if (!part.description.empty()) out += field("Content-Description", part.description);
    out += field("Content-Type", part.type);
    if (!part.language.empty()) out += field("Content-Language", part.language);
    if (part.eight_bit()) out += "Content-Transfer-Encoding: 8bit\r\n";
    out += "\r\n" + part.content + "\r\n";
  }
  return out + line + "--\r\n";
}

}  // namespace tenax::bounce

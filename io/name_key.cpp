// SPDX-License-Identifier: Apache-2.0
#include "io/name_key.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "io/ascii_name.h"

namespace tenax::io {

namespace {

constexpr std::size_t kLongestOfKey = 253;  // RFC 1035 2.3.4, without the root's dot
constexpr std::size_t kLongestGiven = 1024;
constexpr std::string_view kTag = "xn--";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string in_lower_case(std::string_view text) {
  std::string key{text};
  std::ranges::transform(key, key.begin(), lower);
  return key;
}

std::string label_key(std::string_view label) {
  if (is_plain(label) || label.find_first_of("*?") != std::string_view::npos) {
    return in_lower_case(label);
  }
  Result<std::string> ascii = to_ascii_name(label);
  return ascii ? *std::move(ascii) : in_lower_case(label);
}

}  // namespace

std::string name_key(std::string_view name_or_pattern) {
  if (name_or_pattern.size() > 1 && name_or_pattern.ends_with('.'))
    name_or_pattern.remove_suffix(1);
  if (is_plain(name_or_pattern) || name_or_pattern.size() > kLongestGiven) {
    return in_lower_case(name_or_pattern);
  }
  std::string key;
  for (std::string_view rest = name_or_pattern;;) {
    const std::size_t dot = rest.find('.');
    key += label_key(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    key += '.';
    rest.remove_prefix(dot + 1);
  }
  // No DNS knows such a name, and nobody may take it for a domain.
  return key.size() > kLongestOfKey ? in_lower_case(name_or_pattern) : key;
}

bool has_a_label(std::string_view key) { return key.find(kTag) != std::string_view::npos; }

std::string in_u_labels(const std::string& key) {
  char* raw = nullptr;
  const int code = idn2_to_unicode_8z8z(key.c_str(), &raw, 0);
  const std::unique_ptr<char, void (*)(void*)> owner{raw, idn2_free};
  return code == IDN2_OK ? std::string{raw} : key;
}

}  // namespace tenax::io

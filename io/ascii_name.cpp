// SPDX-License-Identifier: Apache-2.0
// By the rules of RFC 5891 and RFC 1123 2.1.
#include "io/ascii_name.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

namespace tenax::io {

namespace {

constexpr std::size_t kLongestName = 253;  // RFC 1035 2.3.4, without the root's dot
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestInput = 1024;  // UTF-8 of any name that could still fit

Error no_name(std::string_view name, std::string_view why) {
  // The name may be anything at all; only its printable ASCII is repeated.
  std::string shown;
  for (const char c : name.substr(0, 80)) shown += c > ' ' && c < '\x7f' ? c : '?';
  return error(Errc::protocol, "name \"" + shown + "\": " + std::string{why});
}

// The underscore is no host's, but _dmarc and _25._tcp are names too.
bool in_label(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, in_label);
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_ascii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

Result<std::string> to_ascii_name(std::string_view name) {
  if (name.size() > kLongestInput) return no_name(name, "too long");
  if (name.find('\0') != std::string_view::npos) return no_name(name, "not a name");
  std::string ascii{name};
  if (!is_ascii(name)) {
    char* raw = nullptr;
    const int code = idn2_to_ascii_8z(ascii.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> owner{raw, idn2_free};
    if (code != IDN2_OK) return no_name(name, idn2_strerror(code));
    ascii = raw;
  }
  std::ranges::transform(ascii, ascii.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (ascii.ends_with('.')) ascii.pop_back();
  if (!is_name(ascii)) return no_name(name, "not a name");
  return ascii;
}

}  // namespace tenax::io

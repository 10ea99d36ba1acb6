// SPDX-License-Identifier: Apache-2.0
#include "delivery/capabilities.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tenax::delivery {

namespace {

constexpr std::size_t kMostMechanisms = 32;
constexpr std::size_t kLongestMechanism = 20;  // RFC 4422 3.1

std::string upper(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

/// Takes the next word off `rest`; "" at the end.
std::string_view next_word(std::string_view& rest) {
  const std::size_t begin = std::min(rest.find_first_not_of(" \t"), rest.size());
  const std::size_t end = std::min(rest.find_first_of(" \t", begin), rest.size());
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

void note_mechanisms(std::string_view rest, std::vector<std::string>& mechanisms) {
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (mechanisms.size() == kMostMechanisms) return;
    if (word.size() > kLongestMechanism) continue;
    std::string name = upper(word);
    if (std::ranges::find(mechanisms, name) == mechanisms.end()) {
      mechanisms.push_back(std::move(name));
    }
  }
}

std::int64_t limit_in(std::string_view rest) {
  const std::string_view word = next_word(rest);
  std::int64_t octets = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), octets);
  const bool whole = read.ec == std::errc{} && read.ptr == word.data() + word.size();
  return whole && octets > 0 ? octets : 0;
}

}  // namespace

Capabilities Capabilities::parse(const mail::Reply& reply) {
  Capabilities found;
  for (std::size_t at = 1; at < reply.lines.size(); ++at) {  // the first line is its name
    std::string_view rest = reply.lines[at];
    const std::string keyword = upper(next_word(rest));
    if (keyword == "PIPELINING") found.pipelining = true;
    if (keyword == "8BITMIME") found.eight_bit = true;
    if (keyword == "SMTPUTF8") found.smtputf8 = true;
    if (keyword == "DSN") found.dsn = true;
    if (keyword == "STARTTLS") found.starttls = true;
    if (keyword == "AUTH") note_mechanisms(rest, found.auth);
    // "AUTH=LOGIN": how servers said it before RFC 2554, beside or instead of the real form.
    if (keyword.starts_with("AUTH=")) {
      note_mechanisms(keyword.substr(5), found.auth);
      note_mechanisms(rest, found.auth);
    }
    if (keyword == "SIZE") {
      found.size = true;
      found.largest = limit_in(rest);
    }
  }
  return found;
}

}  // namespace tenax::delivery

// SPDX-License-Identifier: Apache-2.0
#include "delivery/capabilities.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "mail/ascii.h"

namespace tenax::delivery {

namespace {

constexpr std::size_t kMostMechanisms = 32;
constexpr std::size_t kLongestMechanism = 20;  // RFC 4422 3.1

void note_mechanisms(std::string_view rest, std::vector<std::string>& mechanisms) {
  for (auto word = mail::next_word(rest); !word.empty(); word = mail::next_word(rest)) {
    if (mechanisms.size() == kMostMechanisms) return;
    if (word.size() > kLongestMechanism) continue;
    std::string name = mail::to_upper(word);
    if (std::ranges::find(mechanisms, name) == mechanisms.end()) {
      mechanisms.push_back(std::move(name));
    }
  }
}

/// 0 when it is no number, or too large for a T.
template <class T>
T positive_number(std::string_view word) {
  T number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == word.data() + word.size();
  return whole && number > 0 ? number : 0;
}

/// RFC 9422 3: "MAILMAX=100 RCPTMAX=50"; names nobody knows are passed over.
void note_limits(std::string_view rest, Capabilities& found) {
  for (auto word = mail::next_word(rest); !word.empty(); word = mail::next_word(rest)) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string name = mail::to_upper(word.substr(0, equals));
    const std::string_view value = word.substr(std::min(equals + 1, word.size()));
    if (name == "MAILMAX") found.most_transactions = positive_number<int>(value);
    if (name == "RCPTMAX") found.most_recipients = positive_number<int>(value);
  }
}

}  // namespace

Capabilities Capabilities::parse(const mail::Reply& reply) {
  Capabilities found;
  for (std::size_t at = 1; at < reply.lines.size(); ++at) {  // the first line is its name
    std::string_view rest = reply.lines[at];
    const std::string keyword = mail::to_upper(mail::next_word(rest));
    if (keyword == "PIPELINING") found.pipelining = true;
    if (keyword == "8BITMIME") found.eight_bit = true;
    if (keyword == "SMTPUTF8") found.smtputf8 = true;
    if (keyword == "DSN") found.dsn = true;
    if (keyword == "STARTTLS") found.starttls = true;
    if (keyword == "LIMITS") note_limits(rest, found);
    if (keyword == "AUTH") note_mechanisms(rest, found.auth);
    // "AUTH=LOGIN": how servers said it before RFC 2554, beside or instead of the real form.
    if (keyword.starts_with("AUTH=")) {
      note_mechanisms(keyword.substr(5), found.auth);
      note_mechanisms(rest, found.auth);
    }
    if (keyword == "SIZE") {
      found.size = true;
      found.largest = positive_number<std::int64_t>(mail::next_word(rest));
    }
  }
  return found;
}

}  // namespace tenax::delivery

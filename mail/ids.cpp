// SPDX-License-Identifier: Apache-2.0
#include "mail/ids.h"

#include <algorithm>

#include "mail/ascii.h"
#include "mail/printable.h"

namespace tenax::mail {

namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kQueueIdLength = 13;  // 63 bits by fives; the first character holds three
constexpr std::size_t kSubmissionIdLength = 32;

}  // namespace

std::string QueueId::text() const {
  std::string out(kQueueIdLength, '0');
  auto rest = static_cast<std::uint64_t>(value);
  for (auto c = out.rbegin(); c != out.rend(); ++c, rest >>= 5) *c = kCrockford[rest & 31];
  return out;
}

Parsed<QueueId> QueueId::parse(std::string_view text) {
  const ParseError none{"\"" + printable(text, 60) + "\" is no queue id"};
  // From '8' on the first character would need a 64th bit.
  if (text.size() != kQueueIdLength || text.front() > '7') return none;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = kCrockford.find(to_upper(c));
    if (digit == std::string_view::npos) return none;
    value = value << 5 | digit;
  }
  return QueueId{static_cast<std::int64_t>(value)};
}

Parsed<SubmissionId> SubmissionId::parse(std::string_view text) {
  const auto fits = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (text.size() != kSubmissionIdLength || !std::all_of(text.begin(), text.end(), fits)) {
    return ParseError{"\"" + printable(text, 60) + "\" is no submission id"};
  }
  return SubmissionId{std::string{text}};
}

}  // namespace tenax::mail

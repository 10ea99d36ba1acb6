// SPDX-License-Identifier: Apache-2.0
// Where the codes stand in a raw reply.
#include <algorithm>

#include "mail/ascii.h"

#include "bounce/cause.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kMost = 4000;  // servers put what matters first

using mail::is_digit;

/// "450" or "550" of a refusal, with nothing glued to it but what may follow a code.
std::optional<int> code_at(std::string_view text) {
  if (text.size() < 3 || (text[0] != '4' && text[0] != '5') || !is_digit(text[1]) ||
      !is_digit(text[2])) {
    return std::nullopt;
  }
  if (text.size() > 3 &&
      std::string_view{" -\t\r\n:,;)]>"}.find(text[3]) == std::string_view::npos) {
    return std::nullopt;
  }
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

/// "5.1.1", wherever it ends; RFC 3463 knows the subjects 0 to 7.
std::optional<mail::EnhancedStatus> status_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  while (end > 0 && text[end - 1] == '.') --end;
  if (end < text.size() && (mail::is_letter(text[end]) || text[end] == '@')) return std::nullopt;
  const auto status = mail::EnhancedStatus::parse(text.substr(0, end));
  if (!status || status->subject > 7 || status->klass == 2) return std::nullopt;
  return status;
}

std::string_view without_leading(std::string_view text, std::string_view marks) {
  text.remove_prefix(std::min(text.find_first_not_of(marks), text.size()));
  return text;
}

struct Codes {
  int code = 0;
  std::optional<mail::EnhancedStatus> status;
};

/// A reply as it begins: "550 5.1.1 ", "550-5.1.1 ", "5.1.1 ", "550 #5.1.1 ".
std::optional<Codes> reply_at(std::string_view text) {
  Codes found;
  if (const auto code = code_at(text)) {
    found.code = *code;
    text.remove_prefix(3);
  }
  found.status = status_at(without_leading(text, " -:#(\t"));
  if (found.code == 0 && !found.status) return std::nullopt;
  return found;
}

/// May a code stand behind this? Inside a sentence a number is a number.
bool opens_a_reply(char before) {
  return std::string_view{":=>([<\"'\n|;"}.find(before) != std::string_view::npos;
}

/// Does a number or name begin at `at`, rather than go on?
bool begins(std::string_view text, std::size_t at) {
  if (text[at] != '4' && text[at] != '5') return false;
  const char before = at == 0 ? ' ' : text[at - 1];
  return !is_digit(before) && !mail::is_letter(before) && before != '.' && before != '-';
}

/// "... said: 550 no", "(450 4.1.1 unknown)".
std::optional<Codes> reply_inside(std::string_view text) {
  char before = '\n';
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins(text, at)) {
      const auto found = reply_at(text.substr(at));
      // A status gives itself away; a bare code needs its place.
      if (found && (found->status || opens_a_reply(before))) return found;
    }
    if (!mail::is_blank(text[at]) && text[at] != '#') before = text[at];
  }
  return std::nullopt;
}

/// "550 no such user (#5.1.1)"
std::optional<mail::EnhancedStatus> status_inside(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begins(text, at)) continue;
    if (const auto status = status_at(text.substr(at))) return status;
  }
  return std::nullopt;
}

}  // namespace

Refusal refusal_in(std::string_view raw) {
  const std::string_view text = without_leading(raw.substr(0, kMost), " \t\r\n<\"'");
  Refusal refusal{std::nullopt, 0, std::nullopt, raw};
  const auto first = reply_at(text);
  const auto found = first ? first : reply_inside(text);
  if (!found) return refusal;
  refusal.code = found->code;
  refusal.status = found->status;
  if (!refusal.status) refusal.status = status_inside(text);
  return refusal;
}

}  // namespace tenax::bounce

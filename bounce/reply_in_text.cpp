// SPDX-License-Identifier: Apache-2.0
#include "bounce/reply_in_text.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"

#include "bounce/returned_marks.h"
#include "bounce/text_lines.h"

namespace tenax::bounce {

namespace {

/// "550 ", "250-": whether it is a refusal or not.
bool begins_with_code(std::string_view line) {
  return line.size() > 3 && line[0] >= '2' && line[0] <= '5' && mail::is_digit(line[1]) &&
         mail::is_digit(line[2]) && (line[3] == ' ' || line[3] == '-');
}

/// What programs add of their own behind a server's words.
bool ends_a_story(std::string_view line) {
  const std::string lower = mail::to_lower(line.substr(0, 80));
  return std::ranges::any_of(story_ends(),
                             [&](std::string_view words) { return lower.starts_with(words); });
}

/// "mx.example.net responded 550 ..."
bool introduces_reply(std::string_view words) {
  constexpr std::array<std::string_view, 12> kVerbs = {
      "said",     "says",  "responded", "responds", "replied", "returned",
      "answered", "error", "response",  "reply",    "code",    "with",
  };
  const std::string word = mail::to_lower(words.substr(words.find_last_of(" \t") + 1));
  return std::find(kVerbs.begin(), kVerbs.end(), word) != kVerbs.end();
}

/// "550-5.1.1 The address you wrote to": more lines follow, and none of them is here.
bool lacks_its_end(std::string_view reply) {
  if (!begins_with_code(reply) || reply[3] != '-') return false;
  return reply.find(" " + std::string{reply.substr(0, 3)} + " ") == std::string_view::npos;
}

/// Of a transcript's line, what was said: "<<< 550 no".
std::string_view said_on(std::string_view line) {
  line = mail::trimmed(line);
  if (line.starts_with("<<<")) line.remove_prefix(3);
  return mail::trimmed(line);
}

}  // namespace

bool reply_begins(std::string_view line, std::size_t at) {
  if (at + 3 > line.size() || (line[at] != '4' && line[at] != '5')) return false;
  if (!mail::is_digit(line[at + 1]) || line[at + 1] > '7' || !mail::is_digit(line[at + 2]))
    return false;
  if (at + 3 < line.size() && line[at + 3] != ' ' && line[at + 3] != '-') return false;
  const std::size_t before = line.substr(0, at).find_last_not_of(" \t");
  if (before == std::string_view::npos) return true;
  if (std::string_view{":=>(<[\"'|;*"}.find(line[before]) != std::string_view::npos) return true;
  if (before > 0 && line.substr(before - 1, 2) == "],") return true;  // "[192.0.2.1], 550 ..."
  if (before + 1 < at && introduces_reply(line.substr(0, before + 1))) return true;
  const std::string_view next = line.substr(std::min(at + 4, line.size()));
  return before + 1 < at && next.size() > 4 && (next[0] == '4' || next[0] == '5') &&
         next[1] == '.' && mail::is_digit(next[2]) && next[3] == '.';
}

std::string reply_in(std::string_view text) {
  while (!text.empty()) {
    std::string_view rest = text;
    const std::string_view line = next_line(rest);
    std::size_t at = 0;
    while (at < line.size() && !reply_begins(line, at)) ++at;
    if (at == line.size()) {
      text = rest;
      continue;
    }
    std::string reply{line.substr(at)};
    bool goes_on = reply.size() > 3 && reply[3] == '-';
    while (!rest.empty() && reply.size() < 1000) {
      const std::string_view more = stripped(next_line(rest), " \t");
      if (more.empty() || is_bar(more) || more.starts_with(">>>") || more.starts_with("<<<")) break;
      const bool coded = begins_with_code(more);
      if (coded && !goes_on) break;  // another reply
      if (ends_a_story(more)) break;
      if (coded) goes_on = more[3] == '-';
      reply.append(" ").append(more);
    }
    const bool bracketed = at > 0 && line.find('(') < at && reply.ends_with(')');
    if (bracketed) reply.pop_back();
    return reply;
  }
  return {};
}

std::string whole_reply(std::string_view reply, std::string_view text) {
  constexpr std::size_t kLongest = 1000;
  constexpr std::size_t kLookedAt = 32 << 10;  // each recipient may ask
  reply = mail::trimmed(reply);
  if (!lacks_its_end(reply)) return {};
  text = text.substr(0, kLookedAt);
  const std::string_view code = reply.substr(0, 3);
  const std::string_view first = reply.substr(0, 60);
  while (!text.empty()) {
    const std::string_view line = said_on(next_line(text));
    if (!line.starts_with(first)) continue;
    std::string whole{line};
    for (bool more = true; more && !text.empty() && whole.size() < kLongest;) {
      const std::string_view next = said_on(next_line(text));
      if (!begins_with_code(next) || !next.starts_with(code)) break;
      whole.append(" ").append(next);
      more = next[3] == '-';
    }
    if (whole.size() > line.size()) return whole;
  }
  return {};
}

}  // namespace tenax::bounce

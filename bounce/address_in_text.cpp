// SPDX-License-Identifier: Apache-2.0
#include "bounce/address_in_text.h"

#include <algorithm>

#include "mail/ascii.h"
#include "mail/grammar.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kLongestLocalPart = 128;  // RFC 5321 knows 64, VERP goes beyond
constexpr std::size_t kLongestDomain = 255;

bool in_local_part(char c) { return c == '.' || mail::is_atom_character(c); }
bool in_domain(char c) {
  return c == '.' || c == '-' || c == '_' || mail::is_letter(c) || mail::is_digit(c) ||
         !mail::is_ascii(c);
}

/// "to=bob@example.net" of log lines: the word is no part of it.
std::size_t after_label(std::string_view local) {
  for (const std::string_view label :
       {"to=", "rcpt=", "recipient=", "email=", "smtp=", "address=", "user="}) {
    if (mail::to_lower(local.substr(0, label.size())) == label) return label.size();
  }
  return 0;
}

/// Where text that is written without blanks ends: behind its last mark of punctuation, or at the
/// first ASCII letter behind its ideographs.
std::size_t after_ideographs(std::string_view local) {
  std::size_t first = 0;
  for (std::size_t at = 0; at + 3 <= local.size(); ++at) {
    const std::string_view two = local.substr(at, 2);
    const bool mark = two == "\xEF\xBC" || two == "\xEF\xBD" || two == "\xE3\x80";
    const auto lead = static_cast<unsigned char>(local[at]);
    const bool ideograph = lead >= 0xE3 && lead <= 0xED && first == at;
    if (mark || ideograph) first = at + 3;
    if (mark || ideograph) at += 2;
  }
  return first < local.size() ? first : 0;
}

/// A top-level domain is ASCII or it is not.
std::size_t end_of_last_label(std::string_view domain) {
  const std::size_t label = domain.rfind('.') + 1;  // npos + 1 is 0
  if (label == domain.size() || !mail::is_ascii(domain[label])) return domain.size();
  std::size_t end = label;
  while (end < domain.size() && mail::is_ascii(domain[end])) ++end;
  return end;
}

/// Where the quotes open that close at `close`; npos: nowhere near. One behind a backslash is a
/// character of the local part.
std::size_t opening_quote(std::string_view line, std::size_t close, std::size_t least) {
  for (std::size_t at = close; at-- > least && close - at < kLongestLocalPart;) {
    if (line[at] != '"') continue;
    std::size_t escapes = 0;
    while (at - escapes > least && line[at - escapes - 1] == '\\') ++escapes;
    if (escapes % 2 == 0) return at;
  }
  return std::string_view::npos;
}

/// In the quotes of a local part: "a@b"@example.net.
bool is_quoted(std::string_view line, std::size_t at, std::size_t least) {
  const std::size_t close = line.substr(at, kLongestLocalPart).find("\"@");
  return close != std::string_view::npos && opening_quote(line, at + close, least) < at;
}

std::size_t start_of_local_part(std::string_view line, std::size_t at, std::size_t least) {
  if (at > least && line[at - 1] == '"') {
    const std::size_t quote = opening_quote(line, at - 1, least);
    if (quote != std::string_view::npos) return quote;
  }
  std::size_t first = at;
  while (first > least && at - first < kLongestLocalPart && in_local_part(line[first - 1])) --first;
  first += after_ideographs(line.substr(first, at - first));
  first += after_label(line.substr(first, at - first));
  while (first < at && (line[first] == '.' || line[first] == '\'' || line[first] == '`' ||
                        line[first] == '*' || line[first] == '|')) {
    ++first;
  }
  return first;
}

std::size_t end_of_domain(std::string_view line, std::size_t first) {
  if (first < line.size() && line[first] == '[') {
    const std::size_t close = line.find(']', first);
    return close != std::string_view::npos && close - first < 50 ? close + 1 : first;
  }
  std::size_t end = first;
  while (end < line.size() && end - first < kLongestDomain && in_domain(line[end])) ++end;
  while (end > first && !mail::is_letter(line[end - 1]) && !mail::is_digit(line[end - 1]) &&
         mail::is_ascii(line[end - 1])) {
    --end;
  }
  return first + end_of_last_label(line.substr(first, end - first));
}

/// What of an address in `<` or `"` stands at the end of this line; "" if nothing does.
std::string_view opened_at_end(std::string_view line) {
  const std::size_t open = line.find_last_of("<\"");
  if (open == std::string_view::npos || line.size() - open > kLongestLocalPart) return {};
  const std::string_view begun = line.substr(open + 1);
  const bool address = std::all_of(begun.begin(), begun.end(), [](char c) {
    return c == '@' || in_local_part(c) || in_domain(c);
  });
  // A quote that closes begins nothing.
  const bool quote = line[open] == '"';
  if (quote && std::count(line.begin(), line.end(), '"') % 2 == 0) return {};
  return address && begun.size() >= 3 ? line.substr(open) : std::string_view{};
}

/// Does `line` go on with the rest of the address that `begun` opens?
bool closes(std::string_view begun, std::string_view line) {
  const std::size_t end = line.find(begun.front() == '<' ? '>' : '"');
  if (end == std::string_view::npos || end == 0) return false;
  const std::string whole = std::string{begun.substr(1)} + std::string{line.substr(0, end)};
  const std::vector<AddressSpan> found = addresses_in(whole, 2);
  return found.size() == 1 && found.front().first == 0 && found.front().size == whole.size();
}

}  // namespace

std::string with_broken_addresses_joined(std::string text) {
  std::string joined;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view{text}.substr(at, end - at);
    at = end + 1;
    const std::string_view begun = opened_at_end(line);
    if (begun.empty() || at >= text.size()) continue;
    const std::size_t next = text.find_first_not_of(" \t", at);
    if (next == std::string::npos) break;
    if (!closes(begun, std::string_view{text}.substr(next, text.find('\n', next) - next))) continue;
    joined.append(text, done, end - done);
    done = next;
  }
  if (done == 0) return text;
  return joined.append(text, done);
}

std::vector<AddressSpan> addresses_in(std::string_view line, std::size_t most) {
  std::vector<AddressSpan> found;
  std::size_t least = 0;
  for (std::size_t at = line.find('@'); at != std::string_view::npos && found.size() < most;
       at = line.find('@', at + 1)) {
    if (is_quoted(line, at, least)) continue;
    const std::size_t first = start_of_local_part(line, at, least);
    const std::size_t end = end_of_domain(line, at + 1);
    if (first == at || end == at + 1) continue;
    found.push_back({first, end - first});
    least = end;
  }
  return found;
}

std::optional<std::string_view> first_address_in(std::string_view line) {
  const std::vector<AddressSpan> found = addresses_in(line);
  if (found.empty()) return std::nullopt;
  return found.front().in(line);
}

}  // namespace tenax::bounce

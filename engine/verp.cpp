// SPDX-License-Identifier: Apache-2.0
#include "engine/verp.h"

#include <algorithm>
#include <vector>

#include "mail/ascii.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kLongestSender = 600;

struct Piece {
  std::string_view place;  // "{local}"
  std::string_view text;   // that follows it
};

struct Pattern {
  std::string_view first;  // text in front of all
  std::vector<Piece> pieces;
};

/// nullopt: it is no pattern.
std::optional<Pattern> taken_apart(std::string_view text) {
  Pattern pattern;
  std::size_t at = std::min(text.find('{'), text.size());
  pattern.first = text.substr(0, at);
  while (at < text.size()) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view place = text.substr(at, end + 1 - at);
    if (place != "{local}" && place != "{domain}" && place != "{any}") return std::nullopt;
    at = std::min(text.find('{', end), text.size());
    pattern.pieces.push_back({place, text.substr(end + 1, at - end - 1)});
  }
  return pattern;
}

struct Found {
  std::string_view local;
  std::string_view domain;
};

/// Whether `text` is what the pieces from `next` on describe. The longest local part first: a
/// domain has no "=", a local part may. Three places at most: the square of a bounded length.
bool fits(const Pattern& pattern, std::size_t next, std::string_view text, Found& found) {
  if (next == pattern.pieces.size()) return text.empty();
  const Piece& piece = pattern.pieces[next];
  for (std::size_t length = text.size(); length > 0; --length) {
    const std::string_view behind = text.substr(length);
    if (!mail::equal_in_any_case(behind.substr(0, piece.text.size()), piece.text)) continue;
    const std::string_view here = text.substr(0, length);
    const bool is_domain = piece.place == "{domain}";
    if (is_domain && !mail::Domain::parse(here)) continue;
    if (!fits(pattern, next + 1, behind.substr(piece.text.size()), found)) continue;
    if (is_domain) found.domain = here;
    if (piece.place == "{local}") found.local = here;
    return true;
  }
  return false;
}

}  // namespace

std::string wrong_with_verp(std::string_view pattern) {
  if (pattern.empty()) return "";
  const std::optional<Pattern> parts = taken_apart(pattern);
  if (!parts || pattern.size() > kLongestSender) {
    return "the places of a pattern are {local}, {domain} and {any}";
  }
  const auto count = [&](std::string_view place) {
    return std::ranges::count(parts->pieces, place, &Piece::place);
  };
  if (count("{local}") != 1 || count("{domain}") != 1 || count("{any}") > 1) {
    return "{local} and {domain} have to stand in it once, {any} at most once";
  }
  const auto bare = [](const Piece& piece) { return piece.text.empty(); };
  const bool apart = std::none_of(parts->pieces.begin(), parts->pieces.end() - 1, bare);
  if (!apart || pattern.find('@') == std::string_view::npos) {
    return "text has to stand between its places, and an @";
  }
  return "";
}

std::optional<mail::Address> verp_recipient(std::string_view pattern, std::string_view sender) {
  if (pattern.empty() || sender.size() > kLongestSender) return std::nullopt;
  const std::optional<Pattern> parts = taken_apart(pattern);
  if (!parts || !mail::equal_in_any_case(sender.substr(0, parts->first.size()), parts->first)) {
    return std::nullopt;
  }
  Found found;
  if (!fits(*parts, 0, sender.substr(parts->first.size()), found)) return std::nullopt;
  const auto domain = mail::Domain::parse(found.domain);
  if (!domain) return std::nullopt;
  const auto address = mail::Address::of(std::string{found.local}, *domain);
  if (!address) return std::nullopt;
  return *address;
}

}  // namespace tenax::engine

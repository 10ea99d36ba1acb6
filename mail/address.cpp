// SPDX-License-Identifier: Apache-2.0
#include "mail/address.h"

#include <algorithm>

#include "mail/ascii.h"
#include "mail/grammar.h"
#include "mail/printable.h"

namespace tenax::mail {

namespace {

// RFC 5321 4.5.3.1.1 says 64; addresses that carry others' addresses (VERP, SRS, BATV) pass it.
constexpr std::size_t kLongestLocalPart = 255;

// A path holds at most 256 octets (RFC 5321 4.5.3.1.3); a route may multiply that, but not without
// end.
constexpr std::size_t kLongestText = 4096;

ParseError not_an_address(std::string_view text, std::string_view why) {
  return {"\"" + printable(text, 100) + "\" is no address: " + std::string{why}};
}

/// A local part read off the front of an addr-spec.
struct LocalPart {
  std::string text;
  std::size_t length = 0;  // of what was read, quotes included
};

/// Quoted-string (RFC 5321 4.1.2); `text` begins with the quote.
std::optional<LocalPart> read_quoted(std::string_view text) {
  LocalPart read;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      read.length = i + 1;
      return read;
    }
    if (text[i] == '\\' && (++i == text.size() || !is_ascii(text[i]))) return std::nullopt;
    read.text += text[i];
  }
  return std::nullopt;
}

/// Dot-string (RFC 5321 4.1.2), as far as it goes.
LocalPart read_dot_string(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !is_atom_character(c) && c != '.'; });
  const auto length = static_cast<std::size_t>(end - text.begin());
  return {std::string{text.substr(0, length)}, length};
}

/// Behind a source route "@a,@b:", each of whose domains must be one (RFC 5321 4.1.2 A-d-l).
Parsed<std::string_view> skip_route(std::string_view path) {
  std::string_view rest = path;
  while (!rest.empty() && rest.front() == '@') {
    // The colons of an IPv6 literal end no route.
    const std::size_t literal_end = rest.substr(1, 1) == "[" ? rest.find(']') : 0;
    const std::size_t end = rest.find_first_of(",:", literal_end);
    if (end == std::string_view::npos) return not_an_address(path, "a route without an end");
    if (const auto hop = Domain::parse(rest.substr(1, end - 1)); !hop) return hop.error();
    const bool last = rest[end] == ':';
    rest.remove_prefix(end + 1);
    if (last) return rest;
    if (rest.empty() || rest.front() != '@') break;
  }
  return not_an_address(path, "a route that is none");
}

Parsed<std::string_view> without_brackets(std::string_view text) {
  if (text.empty() || text.front() != '<') return text;
  if (text.size() < 2 || text.back() != '>') return not_an_address(text, "\"<\" without \">\"");
  return text.substr(1, text.size() - 2);
}

Parsed<Address> parse_addr_spec(std::string_view text, const Domain* default_domain) {
  if (text.empty()) return not_an_address(text, "it is empty");
  const bool quoted = text.front() == '"';
  const auto local = quoted ? read_quoted(text) : std::optional{read_dot_string(text)};
  if (!local) return not_an_address(text, "a quoted string that does not end");
  const std::string_view rest = text.substr(local->length);
  const bool fits =
      rest.starts_with('@') ? is_loose_dot_string(local->text) : is_dot_string(local->text);
  if (!quoted && !fits) {
    return not_an_address(text, "its local part needs quotes or is empty");
  }
  if (rest.empty()) {
    if (default_domain == nullptr) return not_an_address(text, "no \"@\" and domain");
    return Address::of(local->text, *default_domain);
  }
  if (rest.front() != '@') return not_an_address(text, "an \"@\" is missing or misplaced");
  auto domain = Domain::parse(rest.substr(1));
  if (!domain) return not_an_address(text, domain.error().why);
  return Address::of(local->text, *std::move(domain));
}

Parsed<Address> parse_address(std::string_view text, const Domain* default_domain) {
  if (text.size() > kLongestText) return not_an_address(text, "too long");
  const auto path = without_brackets(text);
  if (!path) return path.error();
  if (path->empty() || path->front() != '@') return parse_addr_spec(*path, default_domain);
  const auto behind = skip_route(*path);
  if (!behind) return behind.error();
  return parse_addr_spec(*behind, default_domain);
}

Parsed<ReversePath> parse_path(std::string_view text, const Domain* default_domain) {
  if (text.empty() || text == "<>") return ReversePath{};
  auto address = parse_address(text, default_domain);
  if (!address) return address.error();
  return ReversePath{*std::move(address)};
}

}  // namespace

Parsed<Address> Address::of(std::string local_part, Domain domain) {
  if (local_part.size() > kLongestLocalPart) {
    return not_an_address(local_part, "its local part is longer than 255 octets");
  }
  if (!is_printable(local_part)) return not_an_address(local_part, "a character not allowed");
  return Address{std::move(local_part), std::move(domain)};
}

Parsed<Address> Address::parse(std::string_view text) { return parse_address(text, nullptr); }

Parsed<Address> Address::parse(std::string_view text, const Domain& default_domain) {
  return parse_address(text, &default_domain);
}

bool Address::is_ascii() const { return mail::is_ascii(local_part_) && domain_.is_ascii(); }

std::string Address::text() const {
  if (is_dot_string(local_part_)) return local_part_ + "@" + domain_.text();
  std::string quoted = "\"";
  for (const char c : local_part_) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"@" + domain_.text();
}

std::string to_path(const ReversePath& path) { return "<" + (path ? path->text() : "") + ">"; }

Parsed<ReversePath> parse_reverse_path(std::string_view text) { return parse_path(text, nullptr); }

Parsed<ReversePath> parse_reverse_path(std::string_view text, const Domain& default_domain) {
  return parse_path(text, &default_domain);
}

}  // namespace tenax::mail

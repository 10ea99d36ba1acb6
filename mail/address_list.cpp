// SPDX-License-Identifier: Apache-2.0
#include "mail/address_list.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "mail/encoded_word.h"
#include "mail/grammar.h"
#include "mail/printable.h"

namespace tenax::mail {

namespace {

enum class Sign {
  atom,     // also of bytes no atom may hold: only an address-to-be is held to the grammar
  quoted,   // with its quotes
  literal,  // with its brackets
  special,  // one character
  end,
  broken,  // something was opened and never closed
};

struct Token {
  Sign sign = Sign::end;
  std::string_view text;
  [[nodiscard]] bool is(char special) const {
    return sign == Sign::special && text.front() == special;
  }
};

using Tokens = std::span<const Token>;

constexpr std::string_view kSpecials = "()<>[]:;@\\,.\"";  // RFC 5322 3.2.3

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_{text} {}

  Token next() {
    const std::optional<std::size_t> comments = comments_in_front(rest_);
    if (!comments) return take(Sign::broken, rest_.size());
    rest_.remove_prefix(*comments);
    if (rest_.empty()) return {};
    const char c = rest_.front();
    if (c == '"') return take_closed(Sign::quoted, '"');
    if (c == '[') return take_closed(Sign::literal, ']');
    if (kSpecials.find(c) != std::string_view::npos) return take(Sign::special, 1);
    // Some senders leave commas and brackets bare inside encoded words.
    if (const std::size_t length = encoded_word_length(rest_)) return take(Sign::atom, length);
    return take(Sign::atom, std::min(rest_.find_first_of("()<>[]:;@\\,.\" \t\r\n"), rest_.size()));
  }

 private:
  Token take(Sign sign, std::size_t length) {
    const Token token{sign, rest_.substr(0, length)};
    rest_.remove_prefix(length);
    return token;
  }

  Token take_closed(Sign sign, char closing) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == closing) {
        return take(sign, i + 1);
      }
    }
    return take(Sign::broken, rest_.size());
  }

  std::string_view rest_;
};

bool may_name_group(const Token& token) {
  return token.sign == Sign::atom || token.sign == Sign::quoted || token.is('.');
}

std::string unquoted(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') ++i;
    text += quoted[i];
  }
  return text;
}

/// How the dots between words may stand.
enum class Dots {
  single,    // one between two words
  anywhere,  // behind each other and at the end as well
};

/// Words joined by dots, blanks and comments allowed between (RFC 5322 4.4 obs-local-part,
/// obs-domain); nullopt when it is something else. Quoted words only if `quotes`.
std::optional<std::string> joined(Tokens tokens, bool quotes, Dots dots = Dots::single) {
  std::string text;
  bool word_due = true;
  for (const Token& token : tokens) {
    const bool dot = token.is('.');
    const bool fits = dot ? !word_due || (dots == Dots::anywhere && !text.empty()) : word_due;
    if (!fits) return std::nullopt;
    word_due = dot;
    if (token.sign == Sign::quoted && quotes) {
      text += unquoted(token.text);
    } else if (dot || (token.sign == Sign::atom && is_dot_string(token.text))) {
      text += token.text;
    } else {
      return std::nullopt;
    }
  }
  if (text.empty() && word_due) return std::nullopt;
  return word_due && dots == Dots::single ? std::nullopt : std::optional{std::move(text)};
}

Tokens::iterator find_special(Tokens tokens, char special) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [special](const Token& token) { return token.is(special); });
}

Parsed<Domain> domain_of(Tokens tokens) {
  if (tokens.size() == 1 && tokens.front().sign == Sign::literal) {
    return Domain::parse(tokens.front().text);
  }
  if (!tokens.empty() && tokens.back().is('.')) tokens = tokens.first(tokens.size() - 1);
  const auto name = joined(tokens, false);
  if (!name) return ParseError{"no domain behind the \"@\""};
  return Domain::parse(*name);
}

Parsed<Address> address_of(Tokens tokens, const Domain& default_domain) {
  const auto at = find_special(tokens, '@');
  const Tokens before{tokens.begin(), at};
  // "a..b@docomo.ne.jp" is none of RFC 5321's, but people have it. Where a domain says that an
  // address is meant, it is one.
  auto local_part = joined(before, true, at == tokens.end() ? Dots::single : Dots::anywhere);
  if (!local_part) return ParseError{"no mailbox"};
  if (at == tokens.end()) return Address::of(*std::move(local_part), default_domain);
  auto domain = domain_of(Tokens{at + 1, tokens.end()});
  if (!domain) return domain.error();
  return Address::of(*std::move(local_part), *std::move(domain));
}

/// An address, a source route in front of it dropped (RFC 5322 4.4 obs-route).
Parsed<Tokens> behind_route(Tokens tokens) {
  if (!tokens.empty() && (tokens.front().is('@') || tokens.front().is(','))) {
    const auto colon = find_special(tokens, ':');
    if (colon == tokens.end()) return ParseError{"a route without an end"};
    tokens = Tokens{colon + 1, tokens.end()};
    if (tokens.empty()) return ParseError{"a route to nobody"};
  }
  return tokens;
}

/// What stands between "<" and ">".
Parsed<Tokens> in_brackets(Tokens tokens) {
  Parsed<Tokens> behind = behind_route(tokens);
  if (behind && behind->empty()) return ParseError{"nothing between \"<\" and \">\""};
  return behind;
}

bool is_encoded_word(Tokens tokens) {
  return tokens.size() == 1 &&
         encoded_word_length(tokens.front().text) == tokens.front().text.size();
}

/// What is to be done with an address; false when no more are wanted.
using Take = std::function<bool(Address)>;

class ListReader {
 public:
  ListReader(std::string_view value, const Domain& default_domain, Take take)
      : value_{value}, lexer_{value}, default_domain_{default_domain}, take_{std::move(take)} {}

  /// Where the addresses without a domain end, of those that were taken.
  Parsed<std::vector<std::size_t>> read() {
    while (!enough_) {
      const Token token = lexer_.next();
      if (token.sign == Sign::end) break;
      if (auto fault = take(token)) return fail(*fault);
    }
    if (enough_) return std::move(unqualified_ends_);
    if (in_brackets_) return fail("\"<\" without \">\"");
    if (auto fault = finish_element()) return fail(*fault);
    // A group may lack its ";" at the very end: "To: undisclosed-recipients:" is common.
    return std::move(unqualified_ends_);
  }

 private:
  using Fault = std::optional<std::string>;

  Fault take(const Token& token) {
    if (token.sign == Sign::broken) {
      element_.push_back(token);
      return "a quote, bracket or comment that does not end";
    }
    // Of a route its ":" is the end, as within brackets.
    const bool in_route = !element_.empty() && element_.front().is('@') && !route_ended_;
    if (in_route && token.is('<') && find_special(element_, ',') != Tokens{element_}.end()) {
      return "a route without an end";  // "@ann <ann@x>" is none
    }
    if (in_route && (token.is(':') || token.is('<'))) route_ended_ = true;
    if (!in_brackets_ && !in_route && token.is(',')) return finish_element();
    if (!in_brackets_ && !in_route && token.is(':')) return open_group();
    if (!in_brackets_ && token.is(';')) return in_group_ ? close_group() : separate();
    if (in_brackets_ && token.is('<')) return "\"<\" inside \"<\"";
    if (token.is('<')) in_brackets_ = true;
    if (token.is('>')) {
      if (!in_brackets_) return "\">\" without \"<\"";
      in_brackets_ = false;
    }
    element_.push_back(token);
    return std::nullopt;
  }

  Fault open_group() {
    if (in_group_) return "a group inside a group";
    if (element_.empty()) return "a group without a name";
    // "ann@example.org: bob" must not lose Ann.
    if (!std::all_of(element_.begin(), element_.end(), may_name_group)) {
      return "a group's name holds a special";
    }
    in_group_ = true;
    beside_semicolon_ = false;
    element_.clear();
    return std::nullopt;
  }

  Fault close_group() {
    in_group_ = false;
    return finish_element();
  }

  /// A ";" that ends no group stands for a comma, between addresses that have a domain: of others
  /// nobody knows that they are any.
  Fault separate() {
    beside_semicolon_ = true;
    Fault fault = finish_element();
    beside_semicolon_ = true;
    return fault;
  }

  Fault finish_element() {
    if (element_.empty()) return std::nullopt;
    const bool domain_due = std::exchange(beside_semicolon_, false);
    route_ended_ = false;
    const auto mailbox = mailbox_of_element();
    if (mailbox && mailbox->empty()) {  // "undisclosed-recipients <>": nobody
      element_.clear();
      return std::nullopt;
    }
    auto address = mailbox ? address_of(*mailbox, default_domain_) : mailbox.error();
    if (!address) return take_row() ? std::nullopt : Fault{address.error().why};
    const bool has_domain = find_special(*mailbox, '@') != mailbox->end();
    if (domain_due && !has_domain) return "no domain beside a \";\"";
    enough_ = !take_(*std::move(address));
    if (enough_) return std::nullopt;
    if (!has_domain && !is_encoded_word(*mailbox)) {
      const std::string_view last = mailbox->back().text;
      unqualified_ends_.push_back(
          static_cast<std::size_t>(last.data() + last.size() - value_.data()));
    }
    element_.clear();
    return std::nullopt;
  }

  [[nodiscard]] Parsed<Tokens> mailbox_of_element() const {
    const Tokens tokens{element_};
    const auto open = find_special(tokens, '<');
    if (open == tokens.end()) return behind_route(tokens);
    const auto close = find_special(tokens, '>');
    if (close + 1 != tokens.end()) return ParseError{"something behind the \">\""};
    if (open + 1 == close) return Tokens{};
    return in_brackets(Tokens{open + 1, close});
  }

  /// Takes addresses that stand in a row without commas. Nothing is guessed: each is whole, and
  /// none could be the name of the next. False when that is not so.
  bool take_row() {
    bool bare = false;  // the one in front
    const Tokens tokens{element_};
    for (std::size_t begin = 0; begin < tokens.size() && !enough_;) {
      const Tokens piece = tokens.subspan(begin, piece_at(begin));
      const bool in_angles = piece.front().is('<');
      if (in_angles && bare) return false;
      bare = !in_angles;
      auto address = whole_address(piece);
      if (!address) return false;
      enough_ = !take_(*std::move(address));
      begin += piece.size();
    }
    element_.clear();
    return true;
  }

  /// How many tokens there are up to the next blank outside of brackets.
  [[nodiscard]] std::size_t piece_at(std::size_t begin) const {
    bool inside = false;
    std::size_t end = begin;
    while (end < element_.size()) {
      const std::string_view text = element_[end].text;
      inside = element_[end].is('<') || (inside && !element_[end].is('>'));
      ++end;
      if (!inside && end < element_.size() &&
          element_[end].text.data() != text.data() + text.size())
        break;
    }
    return end - begin;
  }

  /// "ann@x" or "<ann@x>".
  [[nodiscard]] Parsed<Address> whole_address(Tokens piece) const {
    Parsed<Tokens> mailbox = piece;
    if (piece.front().is('<')) {
      if (!piece.back().is('>')) return ParseError{"something behind the \">\""};
      mailbox = in_brackets(piece.subspan(1, piece.size() - 2));
    }
    if (!mailbox) return mailbox.error();
    if (find_special(*mailbox, '@') == mailbox->end()) return ParseError{"no domain"};
    return address_of(*mailbox, default_domain_);
  }

  [[nodiscard]] ParseError fail(const std::string& why) const {
    if (element_.empty()) return {why};
    const char* const begin = element_.front().text.data();
    const char* const end = element_.back().text.data() + element_.back().text.size();
    const std::string_view element{begin, static_cast<std::size_t>(end - begin)};
    return {"\"" + printable(element, 100) + "\" is no address: " + why};
  }

  std::string_view value_;
  Lexer lexer_;
  const Domain& default_domain_;
  Take take_;
  bool enough_ = false;
  std::vector<std::size_t> unqualified_ends_;
  std::vector<Token> element_;
  bool in_brackets_ = false;
  bool in_group_ = false;
  bool route_ended_ = false;       // of an element without brackets that begins with "@"
  bool beside_semicolon_ = false;  // outside a group
};

}  // namespace

bool AddressSet::add(Address address) {
  if (!keys_.insert(address.local_part() + "@" + address.domain().lower()).second) return true;
  overflowed_ = overflowed_ || all_.size() >= limit_;
  if (overflowed_) return false;
  all_.push_back(std::move(address));
  return true;
}

Parsed<std::vector<Address>> parse_address_list(std::string_view value,
                                                const Domain& default_domain, std::size_t limit) {
  std::vector<Address> all;
  bool too_many = false;
  const auto read = ListReader{
      value, default_domain, [&](Address address) {
        too_many = all.size() >= limit;
        if (!too_many) all.push_back(std::move(address));
        return !too_many;
      }}.read();
  if (!read) return read.error();
  if (too_many) return ParseError{"more than " + std::to_string(limit) + " addresses"};
  return all;
}

Parsed<std::size_t> read_address_list(std::string_view value, const Domain& default_domain,
                                      AddressSet& into) {
  std::size_t named = 0;
  const auto read = ListReader{
      value, default_domain, [&](Address address) {
        ++named;
        return into.add(std::move(address));
      }}.read();
  if (!read) return read.error();
  return named;
}

Parsed<std::vector<std::size_t>> unqualified_ends(std::string_view value) {
  const Domain any = Domain::parse("localhost").value();
  return ListReader{value, any, [](const Address&) { return true; }}.read();
}

}  // namespace tenax::mail

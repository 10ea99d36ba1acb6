// SPDX-License-Identifier: Apache-2.0
#include "mail/recipient.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"
#include "mail/embedded.h"
#include "mail/grammar.h"
#include "mail/printable.h"
#include "mail/utf8.h"
#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<6> kStates = {"waiting", "leased", "held", "delivered", "failed", "removed"};
static_assert(kStates.size() == static_cast<std::size_t>(RecipientState::removed) + 1);

// RFC 3461 5.4 asks that 500 characters be taken; room for as many again, not for anything.
constexpr std::size_t kLongestOriginal = 1024;

// An octet takes at most the six characters of "\x{2B}"; whatever was read can be written and read
// again.
constexpr std::size_t kLongestEncoded = 6 * kLongestOriginal;

/// "" is not a word; false when it is none.
bool add_word(Notify& notify, std::string_view word) {
  if (equal_in_any_case(word, "NEVER")) return notify.never = true;
  if (equal_in_any_case(word, "SUCCESS")) return notify.success = true;
  if (equal_in_any_case(word, "FAILURE")) return notify.failure = true;
  if (equal_in_any_case(word, "DELAY")) return notify.delay = true;
  return false;
}

bool stands_for_itself(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

bool is_utf8_type(std::string_view type) { return equal_in_any_case(type, "utf-8"); }

/// utf-8-addr-xtext (RFC 6533 3): ASCII however far the address is from it, so that any server may
/// be given it.
std::string encode_utf8_address(std::string_view address) {
  std::string out;
  while (!address.empty()) {
    const CodePoint next = first_code_point(address);
    if (stands_for_itself(address.front()) && address.front() != '\\') {
      out += address.front();
    } else {
      append_embedded(out, next.value);
    }
    address.remove_prefix(next.length);
  }
  return out;
}

/// As RFC 6533 3 embeds characters, as xtext writes bytes, or plain: all three are met.
Parsed<std::string> decode_utf8_address(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '\\') {
      const auto value = take_embedded(text);
      if (!value) return ParseError{"\"\\\" without a character as \"\\x{3B1}\""};
      append_code_point(out, *value);
      continue;
    }
    const std::size_t length =
        text.front() == '+' ? std::min<std::size_t>(3, text.size()) : first_code_point(text).length;
    const std::string_view piece = text.substr(0, length);
    if (is_ascii(text.front())) {
      const auto decoded = decode_xtext(piece);
      if (!decoded) return decoded.error();
      out += *decoded;
    } else {
      out += piece;
    }
    text.remove_prefix(length);
  }
  return {boost::system::in_place_value, std::move(out)};
}

}  // namespace

std::string Notify::text() const {
  if (never) return "NEVER";
  std::string out;
  const auto add = [&out](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(success, "SUCCESS");
  add(failure, "FAILURE");
  add(delay, "DELAY");
  return out;
}

Parsed<Notify> Notify::parse(std::string_view text) {
  Notify notify;
  if (text.empty()) return notify;
  const ParseError none{"\"" + printable(text, 60) +
                        "\" is no NOTIFY: NEVER alone, or SUCCESS, FAILURE, DELAY with commas"};
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (!add_word(notify, rest.substr(0, comma))) return none;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (notify.never && (notify.success || notify.failure || notify.delay)) return none;
  return notify;
}

std::string OriginalRecipient::text() const { return type + ";" + address; }

std::string OriginalRecipient::xtext() const {
  return type + ";" + (is_utf8_type(type) ? encode_utf8_address(address) : encode_xtext(address));
}

Parsed<OriginalRecipient> OriginalRecipient::parse_xtext(std::string_view text) {
  const auto none = [text](std::string_view why) {
    return ParseError{"\"" + printable(text, 100) + "\" is no ORCPT: " + std::string{why}};
  };
  if (text.size() > kLongestEncoded) return none("too long");
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return none("no \";\" behind the address type");
  const std::string_view type = text.substr(0, semicolon);
  const auto in_type = [](char c) { return is_ascii(c) && is_atom_character(c); };
  if (type.empty() || !std::all_of(type.begin(), type.end(), in_type)) {
    return none("the address type is no atom");
  }
  const std::string_view encoded = text.substr(semicolon + 1);
  const auto address = is_utf8_type(type) ? decode_utf8_address(encoded) : decode_xtext(encoded);
  if (!address) return none(address.error().why);
  if (type.size() + address->size() >= kLongestOriginal) return none("too long");
  if (address->empty() || !is_printable(*address)) return none("no printable address");
  return OriginalRecipient{std::string{type}, *address};
}

std::string encode_xtext(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (stands_for_itself(c)) {
      out += c;
    } else {
      out += '+';
      append_hex_byte(out, c);
    }
  }
  return out;
}

Parsed<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      if (!stands_for_itself(text[i])) return ParseError{"a character not allowed in xtext"};
      out += text[i];
      continue;
    }
    // RFC 3461 4 knows upper case only; lower case is what some senders write, and it can mean
    // nothing else.
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return ParseError{"\"+\" without two hexadecimal digits"};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  // Said outright: a string could also be the `why` of an error.
  return {boost::system::in_place_value, std::move(out)};
}

std::string_view to_string(RecipientState state) { return word_of(kStates, state); }

std::optional<RecipientState> parse_recipient_state(std::string_view text) {
  return value_of<RecipientState>(kStates, text);
}

}  // namespace tenax::mail

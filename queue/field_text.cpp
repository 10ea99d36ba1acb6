// SPDX-License-Identifier: Apache-2.0
#include "queue/field_text.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"
#include "mail/encoded_word.h"
#include "mail/utf8.h"

#include "queue/body_form.h"

namespace tenax::queue {

namespace {

constexpr std::size_t kLimit = static_cast<std::size_t>(kLongestLine);
constexpr std::size_t kPretty = 78;  // RFC 5322 2.1.1: SHOULD

constexpr std::array<std::string_view, 3> kFreeText = {"Subject", "Comments",
                                                       "Content-Description"};
constexpr std::array<std::string_view, 11> kAddresses = {"From",
                                                         "To",
                                                         "Cc",
                                                         "Reply-To",
                                                         "Sender",
                                                         "Resent-From",
                                                         "Resent-To",
                                                         "Resent-Cc",
                                                         "Resent-Sender",
                                                         "Resent-Reply-To",
                                                         "Disposition-Notification-To"};

template <std::size_t N>
bool one_of(const mail::HeaderField& field, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return field.is(name); });
}

bool all_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// Where a line longer than the limit is cut: before the last blank that fits and has something in
/// front of it, else at the limit or at the start of the character that crosses it.
std::size_t cut_at(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::size_t blank = line.find_last_of(" \t", kLimit);
  if (blank != std::string_view::npos && blank > first) return blank;
  std::size_t cut = kLimit;
  while (cut > kLimit - 4 && (line[cut] & 0xc0) == 0x80) --cut;
  return (line[cut] & 0xc0) == 0x80 ? kLimit : cut;
}

void append_folded(std::string& out, std::string_view line) {
  std::string shortened;  // of a line that begins with more blanks than a line may hold
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  if (first >= kLimit) {
    shortened = " " + std::string{line.substr(first)};
    line = shortened;
  }
  std::string rest;
  while (line.size() > kLimit) {
    const std::size_t cut = cut_at(line);
    out.append(line.substr(0, cut)).append("\r\n");
    const std::string_view behind = line.substr(cut);
    // A line of nothing but blanks would look like the header's end to some readers.
    if (all_blank(behind)) return;
    rest = " " + std::string{behind.substr(behind.find_first_not_of(" \t"))};
    line = rest;
  }
  out.append(line).append("\r\n");
}

/// "Name: words" with the encoded words it holds one in a line.
std::string of_words(std::string_view name, std::string_view value) {
  std::string out{name};
  out.push_back(':');
  std::size_t column = out.size();
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(" \t", 1), value.size());
    const std::string_view word = mail::trimmed(value.substr(0, end));
    value.remove_prefix(end);
    if (word.empty()) continue;
    if (column + 1 + word.size() > kPretty && column > name.size() + 1) {
      out.append("\r\n");
      column = 0;
    }
    out.append(" ").append(word);
    column += 1 + word.size();
  }
  return out.append("\r\n");
}

std::string unquoted(std::string_view phrase) {
  std::string text;
  bool quoted = false;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    if (phrase[i] == '"') {
      quoted = !quoted;
      continue;
    }
    if (quoted && phrase[i] == '\\' && i + 1 < phrase.size()) ++i;
    text.push_back(phrase[i]);
  }
  return std::string{mail::trimmed(text)};
}

/// An address list with the names in it in ASCII. What is no name stays as it is, octet for octet.
std::string with_encoded_names(std::string_view value) {
  std::string out;
  std::size_t begin = 0;  // of what may be a name
  std::size_t at = 0;
  bool name_possible = true;
  while (at < value.size()) {
    const char c = value[at];
    if (c == '"' || c == '(') {
      const char close = c == '"' ? '"' : ')';
      int depth = 1;
      for (++at; at < value.size() && depth > 0; ++at) {
        if (value[at] == '\\') {
          ++at;
        } else if (value[at] == close) {
          --depth;
        } else if (c == '(' && value[at] == '(') {
          ++depth;
        }
      }
      at = std::min(at, value.size());
      if (c == '(') name_possible = false;
      continue;
    }
    ++at;
    if (c != '<' && c != '>' && c != ',' && c != ';' && c != ':') continue;
    const std::string_view run = value.substr(begin, at - 1 - begin);
    if ((c == '<' || c == ':') && name_possible && !mail::is_ascii(run) &&
        run.find("=?") == std::string_view::npos) {
      if (begin > 0) out.push_back(' ');
      out.append(mail::encoded_word(unquoted(run))).append(c == '<' ? " " : "");
    } else {
      out.append(run);
    }
    out.push_back(c);
    begin = at;
    name_possible = c != '<';
  }
  return out.append(value.substr(std::min(begin, value.size())));
}

}  // namespace

std::string field_text(const mail::HeaderField& field) {
  if (!mail::is_ascii(field.value) && mail::is_utf8(field.value)) {
    // A value that mixes raw text with encoded words already cannot be encoded as a whole.
    if (one_of(field, kFreeText) && field.value.find("=?") == std::string::npos) {
      return of_words(field.name, mail::encoded_word(field.value));
    }
    if (one_of(field, kAddresses)) {
      std::string value = with_encoded_names(field.value);
      if (value != field.value) {
        std::string out;
        append_folded(out, field.name + ": " + value);
        return out;
      }
    }
  }
  std::string out;
  std::string_view rest = field.raw;
  const std::size_t colon = rest.find(':', field.name.size());
  std::string first = field.name + std::string{rest.substr(colon, rest.find("\r\n") - colon)};
  append_folded(out, first);
  rest.remove_prefix(std::min(rest.find("\r\n") + 2, rest.size()));
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    append_folded(out, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return out;
}

std::string mailbox_text(std::string_view name, const mail::Address& address) {
  if (name.empty()) return address.text();
  std::string phrase;
  if (!mail::is_ascii(name)) {
    phrase = mail::encoded_word(name);
  } else {
    phrase = "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') phrase.push_back('\\');
      phrase.push_back(c);
    }
    phrase.push_back('"');
    const bool plain = std::ranges::all_of(
        name, [](char c) { return mail::is_letter(c) || mail::is_digit(c) || c == ' '; });
    if (plain) phrase = std::string{name};
  }
  return phrase + " <" + address.text() + ">";
}

}  // namespace tenax::queue

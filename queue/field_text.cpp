// SPDX-License-Identifier: Apache-2.0
#include "queue/field_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "mail/ascii.h"
#include "mail/encoded_word.h"
#include "mail/utf8.h"

#include "queue/body_form.h"

namespace tenax::queue {

namespace {

constexpr std::size_t kLimit = static_cast<std::size_t>(kLongestLine);
constexpr std::size_t kWithWords = 76;  // RFC 2047 2: a line that holds an encoded word

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
  // Octets that only look like the rest of a character have no start to go back to.
  return (line[cut] & 0xc0) == 0xc0 ? cut : kLimit;
}

/// Where in an address list a reader stands who sees it octet by octet.
class Nesting {
 public:
  void take(char c) {
    if (std::exchange(escaped_, false)) return;
    if (quoted_ || comments_ > 0) escaped_ = c == '\\';
    if (quoted_) {
      quoted_ = c != '"';
    } else if (comments_ > 0) {
      comments_ += c == '(' ? 1 : c == ')' ? -1 : 0;
    } else if (c == '"') {
      quoted_ = true;
    } else if (c == '(') {
      comments_ = 1;
    } else if (c == '<' || c == '>') {
      in_brackets_ = c == '<';
    }
  }
  /// In no quoted string, comment or brackets.
  [[nodiscard]] bool outside() const { return !quoted_ && comments_ == 0 && !in_brackets_; }

 private:
  bool quoted_ = false;
  bool escaped_ = false;
  bool in_brackets_ = false;
  int comments_ = 0;
};

/// Where a line of an address list longer than the limit is cut if it has no blank: behind the last
/// comma that fits, or between "><"; 0 if there is none. `nesting` is that of the line's start.
std::size_t cut_between_addresses(std::string_view line, Nesting nesting) {
  std::size_t cut = 0;
  for (std::size_t i = 0; i < kLimit; ++i) {
    nesting.take(line[i]);
    const bool between = line[i] == ',' || (line[i] == '>' && line[i + 1] == '<');
    if (between && nesting.outside()) cut = i + 1;
  }
  return cut;
}

/// `list` says where an address list stands at the line's start, and then at its end.
void append_folded(std::string& out, std::string_view line, Nesting* list = nullptr) {
  // A line that begins with more blanks than it may hold keeps one of them, as each further one
  // has.
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  bool behind_a_blank = first >= kLimit;
  if (behind_a_blank) line.remove_prefix(first);
  for (;;) {
    const std::size_t lead = behind_a_blank ? 1 : 0;
    const bool fits = lead + line.size() <= kLimit;
    // What a cut is decided by, no more: lines may be a thousand times as long.
    const std::string ahead = behind_a_blank ? " " + std::string{line.substr(0, kLimit + 1)} : "";
    const std::string_view sight = behind_a_blank ? std::string_view{ahead} : line;
    const std::size_t between = fits || list == nullptr ? 0 : cut_between_addresses(sight, *list);
    const std::size_t cut = fits ? sight.size() : between > 0 ? between : cut_at(sight);
    const std::string_view piece = sight.substr(0, cut);
    out.append(piece).append("\r\n");
    if (list != nullptr) std::ranges::for_each(piece, [&](char c) { list->take(c); });
    if (fits) return;
    line.remove_prefix(cut - lead);
    // A line of nothing but blanks would look like the header's end to some readers.
    if (all_blank(line)) return;
    line.remove_prefix(line.find_first_not_of(" \t"));
    behind_a_blank = true;
  }
}

/// Text in pieces that begin with the blanks before them; no line can be folded elsewhere. Quoted
/// strings and what stands in brackets stay whole.
std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  Nesting nesting;
  std::size_t begin = 0;
  bool word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool blank = mail::is_blank(text[i]) && nesting.outside();
    if (blank && word) pieces.push_back(text.substr(begin, i - begin));
    if (blank && word) begin = i;
    word = !blank;
    nesting.take(text[i]);
  }
  if (word) pieces.push_back(text.substr(begin));
  return pieces;
}

/// A field under construction, its lines as long as those with encoded words may be.
class FoldedField {
 public:
  explicit FoldedField(std::string_view name) : line_{name} { line_.push_back(':'); }

  /// How much of the first line is left for a word behind its blank.
  [[nodiscard]] std::size_t room() const {
    return line_.size() + 1 < kWithWords ? kWithWords - line_.size() - 1 : 0;
  }
  /// `piece` begins with a blank.
  void add(std::string_view piece) {
    // The name does not stand alone: some readers take such a field for an empty one.
    if (line_.size() + piece.size() > kWithWords && !first_) {
      append_folded(out_, line_, &list_);
      line_.clear();
    }
    first_ = false;
    line_.append(piece);
  }
  [[nodiscard]] std::string text() && {
    append_folded(out_, line_, &list_);
    return std::move(out_);
  }

 private:
  std::string out_;
  std::string line_;
  Nesting list_;
  bool first_ = true;
};

/// "Name: value", folded where the value has blanks.
std::string folded_field(std::string_view name, const std::string& value) {
  FoldedField field{name};
  const std::string text = " " + value;
  for (const std::string_view piece : pieces_of(text)) field.add(piece);
  return std::move(field).text();
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
/// `room` is what its first line has for a word.
std::string with_encoded_names(std::string_view value, std::size_t room) {
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
      const std::string words =
          begin > 0 ? mail::encoded_words(unquoted(run)) : mail::encoded_words(unquoted(run), room);
      out.append(words).append(c == '<' ? " " : "");
    } else {
      out.append(run);
    }
    out.push_back(c);
    begin = at;
    name_possible = c != '<';
  }
  return out.append(value.substr(std::min(begin, value.size())));
}

/// One address with a domain, and nothing that would take a reader to tell so: most fields are
/// that.
bool is_plainly_qualified(std::string_view value) {
  if (value.find_first_of(",;:\"()\\") != std::string_view::npos) return false;
  if (value.find("=?") != std::string_view::npos) return false;  // may hold a bracket or an "@"
  const std::size_t at = value.find('@');
  if (at == std::string_view::npos || value.find('@', at + 1) != std::string_view::npos)
    return false;
  const std::size_t bracket = value.find('<');
  return bracket == std::string_view::npos || bracket < at;
}

/// The field with `domain` behind each address in it that has none, and otherwise octet for octet
/// as it is; so it stays if its list cannot be read, or would grow by more than `room`.
mail::HeaderField qualified(const mail::HeaderField& field, const mail::Domain& domain,
                            std::size_t room) {
  if (is_plainly_qualified(field.value)) return field;
  const std::size_t value = field.raw.find(':', field.name.size()) + 1;
  const mail::Parsed<std::vector<std::size_t>> ends =
      mail::unqualified_ends(std::string_view{field.raw}.substr(value));
  if (!ends || ends->empty() || ends->size() * (1 + domain.text().size()) > room) return field;
  std::string raw = field.raw.substr(0, value);
  std::size_t done = value;
  for (const std::size_t end : *ends) {
    raw.append(field.raw, done, value + end - done).append("@" + domain.text());
    done = value + end;
  }
  raw.append(field.raw, done);
  return mail::Header::parse(raw).fields().front();
}

/// Folded, and with encoded words.
std::string written(const mail::HeaderField& field) {
  const std::string_view raw = field.raw;
  if (raw.size() <= kLimit && raw.ends_with("\r\n") && mail::is_ascii(raw)) {
    return field.name + std::string{raw.substr(raw.find(':', field.name.size()))};
  }
  const bool addresses = one_of(field, kAddresses);
  if (!mail::is_ascii(field.value) && mail::is_utf8(field.value)) {
    const std::size_t room = FoldedField{field.name}.room();
    // A value that mixes raw text with encoded words already cannot be encoded as a whole.
    if (one_of(field, kFreeText) && field.value.find("=?") == std::string::npos) {
      return folded_field(field.name, mail::encoded_words(field.value, room));
    }
    if (addresses) {
      const std::string value = with_encoded_names(field.value, room);
      if (value != field.value) return folded_field(field.name, value);
    }
  }
  std::string out;
  Nesting nesting;
  std::string_view rest = field.raw;
  const std::size_t colon = rest.find(':', field.name.size());
  std::string first = field.name + std::string{rest.substr(colon, rest.find("\r\n") - colon)};
  append_folded(out, first, addresses ? &nesting : nullptr);
  rest.remove_prefix(std::min(rest.find("\r\n") + 2, rest.size()));
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    append_folded(out, rest.substr(0, end), addresses ? &nesting : nullptr);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return out;
}

}  // namespace

std::string field_text(const mail::HeaderField& field, const mail::Domain& domain,
                       std::size_t room) {
  if (!one_of(field, kAddresses)) return written(field);
  // A name that is no longer raw can make a list of what was none.
  std::string text = written(qualified(field, domain, room));
  if (text == field.raw) return text;
  return written(qualified(mail::Header::parse(text).fields().front(), domain, room));
}

std::string author_field(std::string_view name, const mail::Address& address) {
  FoldedField field{"From"};
  name = mail::trimmed(name);
  if (name.empty()) {
    field.add(" " + address.text());
    return std::move(field).text();
  }
  std::string phrase = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') phrase.push_back('\\');
    phrase.push_back(c);
  }
  phrase.push_back('"');
  const bool plain = std::ranges::all_of(
      name, [](char c) { return mail::is_letter(c) || mail::is_digit(c) || c == ' '; });
  if (plain) phrase = name;
  // Encoded words fold wherever the text has no blanks, and join again without one.
  if (!mail::is_ascii(name) || phrase.size() > field.room()) {
    phrase = mail::encoded_words(name, field.room());
  }
  phrase.insert(0, " ");
  for (const std::string_view piece : pieces_of(phrase)) field.add(piece);
  field.add(" <" + address.text() + ">");
  return std::move(field).text();
}

}  // namespace tenax::queue

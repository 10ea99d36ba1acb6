// SPDX-License-Identifier: Apache-2.0
#include "bounce/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mail/ascii.h"
#include "mail/enhanced_status.h"
#include "mail/folding.h"

namespace tenax::bounce {

namespace {

using mail::is_digit;
using mail::is_letter;

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// Of English, French, German, Spanish, Italian, Dutch: what a phrase does not depend on.
constexpr std::array kEmpty = std::to_array<std::string_view>(
    {"a",     "an",    "are",  "as",    "be",   "been", "being", "das", "de",   "dem",  "der",
     "des",   "did",   "die",  "do",    "does", "du",   "een",   "ein", "eine", "el",   "es",
     "est",   "esta",  "ete",  "had",   "has",  "have", "het",   "is",  "ist",  "it",   "its",
     "la",    "le",    "les",  "los",   "of",   "our",  "sein",  "so",  "that", "the",  "their",
     "there", "these", "this", "those", "un",   "una",  "une",   "was", "were", "wird", "wurde"});
static_assert(std::ranges::is_sorted(kEmpty));

/// Chinese, Japanese, Korean: no blanks part the words.
bool is_unparted(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF && c != 0x3000 && c != 0x3001 && c != 0x3002) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF);
}

// --- what a piece between blanks is ----------------------------------------------------------

bool is_address(std::string_view piece) {
  const std::size_t at = piece.find('@');
  return at != piece.npos && at > 0 && at + 1 < piece.size();
}

/// Also "x.x.x.x" and "#.#.#.#", as people write who hide one.
bool is_ip(std::string_view piece) {
  const std::size_t slash = piece.find('/');
  piece = piece.substr(0, slash);
  const auto dots = std::ranges::count(piece, '.');
  const auto colons = std::ranges::count(piece, ':');
  if (colons >= 2) {
    return std::ranges::all_of(
        piece, [](char c) { return mail::hex_value(c) >= 0 || c == ':' || c == '.'; });
  }
  if (dots != 3) return false;
  if (colons == 1) piece = piece.substr(0, piece.find(':'));
  return piece.front() != '.' && piece.back() != '.' &&
         std::ranges::all_of(piece, [](char c) { return is_digit(c) || is_one_of(c, "xX#*."); });
}

/// "550", "550-5.1.1", "#5.1.1", "5.7.1:"
bool is_code(std::string_view piece) {
  while (!piece.empty() && piece.front() == '#') piece.remove_prefix(1);
  if (mail::EnhancedStatus::parse(piece)) return true;
  if (piece.size() < 3 || (piece[0] != '4' && piece[0] != '5')) return false;
  if (!is_digit(piece[1]) || !is_digit(piece[2])) return false;
  if (piece.size() == 3) return true;
  return piece[3] == '-' && mail::EnhancedStatus::parse(piece.substr(4)).has_value();
}

bool is_link(std::string_view piece) {
  return piece.starts_with("//") || piece.starts_with("www.") || piece.starts_with("WWW.");
}

std::size_t link_in(std::string_view piece) {
  const std::size_t at = piece.find("://");
  if (at == piece.npos) return is_link(piece) ? 0 : piece.npos;
  std::size_t start = at;
  while (start > 0 && is_letter(piece[start - 1])) --start;
  return start;
}

/// "mx1.example.net", "zen.spamhaus.org"; not "rejected.Please", where a blank was forgotten.
bool is_host(std::string_view piece) {
  const std::size_t dot = piece.rfind('.');
  if (dot == piece.npos || dot == 0 || dot + 2 >= piece.size()) return false;
  const std::string_view top = piece.substr(dot + 1);
  const bool name = std::ranges::all_of(
      piece, [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, ".-_"); });
  if (!name || !std::ranges::all_of(top, is_letter)) return false;
  if (!is_letter(piece.front()) && !is_digit(piece.front())) return false;
  const bool capital = mail::to_lower(top[0]) != top[0] && mail::to_lower(top[1]) == top[1];
  if (capital) return false;
  constexpr std::array kTops = std::to_array<std::string_view>(
      {"arpa", "biz", "cloud", "com", "edu", "example", "gov", "info", "int", "invalid", "lan",
       "local", "localdomain", "mil", "name", "net", "org", "test"});
  return top.size() == 2 || std::ranges::count(piece, '.') > 2 ||
         std::ranges::binary_search(kTops, mail::to_lower(top));
}

/// "ip=192.0.2.1", "said:no": where the mark stands.
std::size_t key_in(std::string_view piece) {
  const std::size_t end = piece.find_first_of("=:");
  if (end == piece.npos || !std::ranges::all_of(piece.substr(0, end), is_letter)) return piece.npos;
  return end;
}

bool is_number(std::string_view piece) {
  return std::ranges::all_of(piece, [](char c) { return is_digit(c) || is_one_of(c, ".,"); }) &&
         is_digit(piece.front());
}

/// "10MB", "1.5GB": how many characters of it are the number; 0 when it is nothing of the kind.
std::size_t number_before_unit(std::string_view piece) {
  const std::size_t end = piece.find_first_not_of("0123456789.,");
  if (end == piece.npos || end == 0 || !is_digit(piece.front()) || !is_digit(piece[end - 1])) {
    return 0;
  }
  constexpr std::array kUnits = std::to_array<std::string_view>(
      {"bytes", "gb", "gib", "go", "kb", "kbytes", "kib", "ko", "mb", "mbytes", "mib", "mo", "tb"});
  const std::string unit = mail::to_lower(piece.substr(end));
  return std::ranges::find(kUnits, unit) == kUnits.end() ? 0 : end;
}

// --- the row -----------------------------------------------------------------------------------

class Row {
 public:
  explicit Row(bool phrase) : phrase_{phrase} {}

  Words read(std::string_view text) {
    words_.letters.reserve(text.size() + 64);
    while (!text.empty() && !full()) {
      const std::size_t start = text.find_first_not_of(kBetween);
      if (start == text.npos) break;
      note_marks(text.substr(0, start));
      text.remove_prefix(start);
      const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
      piece(text.substr(0, end));
      text.remove_prefix(end);
    }
    return std::move(words_);
  }

 private:
  static constexpr std::string_view kBetween = " \t\r\n\v\f()[]{}<>\"|,;";

  [[nodiscard]] bool full() const { return words_.said.size() + words_.links.size() >= kMostWords; }

  void note_marks(std::string_view marks) {
    if (marks.find(';') != marks.npos) end_sentence();
  }

  void end_sentence() {
    if (!words_.said.empty()) words_.said.back().ends_sentence = true;
  }

  void piece(std::string_view whole) {
    constexpr std::string_view kBehind = ".:!?='`~^-_#";
    std::string_view core = without_marks_before(whole);
    while (!core.empty() && is_one_of(core.back(), kBehind)) core.remove_suffix(1);
    const auto end = static_cast<std::size_t>(core.data() - whole.data()) + core.size();
    const bool ends = whole.find_first_of(".!?", end) != whole.npos;
    while (!core.empty() && !full()) core = without_marks_before(first_of(core));
    if (ends) end_sentence();
  }

  static std::string_view without_marks_before(std::string_view piece) {
    while (!piece.empty() && is_one_of(piece.front(), ":!?='`~.-")) piece.remove_prefix(1);
    return piece;
  }

  /// Adds the first thing that `core` is made of; returns the others.
  std::string_view first_of(std::string_view core) {
    if (phrase_) {
      letters(core, words_.said);
    } else if (const std::size_t link = link_in(core); link != core.npos) {
      if (link > 0) letters(core.substr(0, link), words_.said);  // "see:https://..."
      add(kALink);
      letters(core.substr(link), words_.links);
    } else if (is_address(core)) {
      add(kAnAddress);
    } else if (is_code(core)) {
      // says nothing by itself
    } else if (is_ip(core)) {
      add(kAnIp);
    } else if (is_number(core)) {
      add(kANumber);
    } else if (const std::size_t number = number_before_unit(core); number != 0) {
      add(kANumber);
      letters(core.substr(number), words_.said);
    } else if (const std::size_t key = key_in(core); key != core.npos) {
      letters(core.substr(0, key), words_.said);
      return core.substr(key + 1);
    } else if (is_host(core)) {
      add(kAHost);
      letters(core, words_.links);
    } else {
      letters(core, words_.said);
    }
    return {};
  }

  void add(std::string_view word) {
    open_ = words_.letters.size();
    words_.letters += word;
    close(words_.said);
  }

  /// Letters and digits, parted where anything else stands between them or a capital begins.
  void letters(std::string_view core, std::vector<Word>& row) {
    const bool camel = std::ranges::none_of(core, is_digit);
    open_ = words_.letters.size();
    bool small = false;  // was the letter before a small one?
    while (!core.empty() && !full()) {
      const mail::CodePoint c = mail::first_letter(core);
      const char ascii = c.value < 0x80 ? static_cast<char>(c.value) : '\0';
      const bool capital = ascii >= 'A' && ascii <= 'Z';
      // "RecipNotFound", but "rDNS" is one.
      if (camel && capital && small && words_.letters.size() > open_ + 1) close(row);
      if (ascii == '\'' || c.value == 0x2019) {
        apostrophe(core.substr(c.length), row);
      } else if (is_unparted(c.value)) {
        close(row);
        mail::append_folded(words_.letters, c.value);
        close(row);
      } else {
        letter(c.value, row);
      }
      small = ascii >= 'a' && ascii <= 'z';
      core.remove_prefix(c.length);
    }
    close(row);
  }

  void letter(char32_t c, std::vector<Word>& row) {
    const std::size_t before = words_.letters.size();
    mail::append_folded(words_.letters, c);
    const std::string_view added = std::string_view{words_.letters}.substr(before);
    if (c == '-' && std::string_view{words_.letters}.substr(open_, before - open_) == "e") {
      return words_.letters.resize(before);  // "e-mail"
    }
    const bool counts = std::ranges::all_of(added, [&](char x) {
      return is_letter(x) || is_digit(x) || !mail::is_ascii(x) || (phrase_ && x == '*');
    });
    if (counts) return;
    words_.letters.resize(before);
    close(row);
  }

  /// "doesn't" says not; "l'adresse" is two words, "sender's" one.
  void apostrophe(std::string_view behind, std::vector<Word>& row) {
    const std::string_view open = std::string_view{words_.letters}.substr(open_);
    if (open.ends_with('n') && (behind == "t" || behind == "T")) {
      if (open != "can") words_.letters.pop_back();
      close(row);
      words_.letters += "no";  // and the t to come
    } else if (open.size() == 1 || open == "qu") {
      words_.letters.resize(open_);
    }
  }

  void close(std::vector<Word>& row) {
    const std::string_view word = std::string_view{words_.letters}.substr(open_);
    if (word.empty()) return;
    if (is_empty_word(word)) {
      words_.letters.resize(open_);
      return;
    }
    if (word == "cannot") {
      push(row, 3);
      push(row, 3);
    } else {
      push(row, word.size());
    }
  }

  void push(std::vector<Word>& row, std::size_t length) {
    row.push_back({static_cast<std::uint32_t>(open_), static_cast<std::uint32_t>(length), false});
    open_ += length;
  }

  Words words_;
  bool phrase_;
  std::size_t open_ = 0;  // where the word begins that is being read
};

}  // namespace

bool is_empty_word(std::string_view word) { return std::ranges::binary_search(kEmpty, word); }

Words words_of(std::string_view text) { return Row{false}.read(text.substr(0, kOctetsLookedAt)); }

std::vector<std::string> words_of_phrase(std::string_view phrase) {
  const Words words = Row{true}.read(phrase);
  std::vector<std::string> texts;
  for (const Word& word : words.said) texts.emplace_back(words.text(word));
  return texts;
}

}  // namespace tenax::bounce

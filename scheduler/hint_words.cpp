// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_words.h"

#include <algorithm>
#include <chrono>

#include "mail/ascii.h"

namespace tenax::scheduler::hints {

namespace {

using Kind = Token::Kind;
using mail::is_digit;
using mail::is_letter;

// Numbers larger than this are none that we could mean anything with.
constexpr std::int64_t kLargestNumber = 1'000'000'000'000;

bool is_letter_or_foreign(char c) { return is_letter(c) || !mail::is_ascii(c); }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

/// Saturating.
std::int64_t whole_number(std::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) value = std::min(value * 10 + (c - '0'), kLargestNumber);
  return value;
}

std::int64_t milliseconds_of(Word unit) {
  using namespace std::chrono_literals;
  const auto count = [](mail::Duration length) { return length.count(); };
  switch (unit) {
    case Word::millisecond: return 1;
    case Word::second: return count(1s);
    case Word::minute: return count(1min);
    case Word::hour: return count(1h);
    case Word::day: return count(24h);
    case Word::week: return count(168h);
    default: return 0;
  }
}

// --- pieces that are one token, or none -------------------------------------------------------

/// Three numbers with dots, "4.7.1": an enhanced status, or nearly.
std::optional<mail::EnhancedStatus> status_in(std::string_view piece) {
  return mail::EnhancedStatus::parse(piece);
}

bool is_ipv4(std::string_view piece) {
  int dots = 0;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i] == '/' || piece[i] == ':') return dots == 3;
    if (piece[i] == '.') {
      ++dots;
    } else if (!is_digit(piece[i]) && piece[i] != 'x') {  // documents write x.x.x.x
      return false;
    }
  }
  return dots == 3;
}

bool is_ipv6(std::string_view piece) {
  if (piece.starts_with("ipv6:")) return true;
  int colons = 0;
  bool hex = piece.find("::") != piece.npos;
  for (const char c : piece) {
    if (c == ':') {
      ++colons;
    } else if (mail::hex_value(c) < 0 && c != '.' && c != '/') {
      return false;
    } else if (is_letter(c)) {
      hex = true;
    }
  }
  return colons > 2 || (colons == 2 && hex);
}

/// "mx1.example.net", "i.e": words and digits joined by dots, at least one letter. Not when all are
/// words we know: somebody forgot the blank of "later.please".
bool is_host_name(std::string_view piece) {
  bool dot = false;
  bool letter = false;
  bool unknown = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= piece.size(); ++i) {
    if (i < piece.size() && piece[i] != '.') {
      const char c = piece[i];
      if (!is_letter_or_foreign(c) && !is_digit(c) && c != '-' && c != '_') return false;
      letter = letter || is_letter_or_foreign(c);
      continue;
    }
    const std::string_view label = piece.substr(start, i - start);
    if (label.empty()) return false;
    unknown = unknown || meaning_of(label) == Word::other;
    dot = dot || i < piece.size();
    start = i + 1;
  }
  return dot && letter && unknown;
}

bool is_address_or_url(std::string_view piece) {
  return piece.find("://") != piece.npos || piece.starts_with("www.") ||
         piece.find('@') != piece.npos || piece.find('\\') != piece.npos;
}

std::optional<int> offset_in(std::string_view piece) {
  if (piece.size() < 5 || (piece[0] != '+' && piece[0] != '-')) return std::nullopt;
  const bool colon = piece[3] == ':';
  if (piece.size() != (colon ? 6U : 5U)) return std::nullopt;
  const std::string_view minutes = piece.substr(colon ? 4 : 3);
  if (digits_at(piece, 1) < 2 || digits_at(minutes, 0) != 2) return std::nullopt;
  const auto offset =
      static_cast<int>(whole_number(piece.substr(1, 2)) * 60 + whole_number(minutes));
  if (offset > 14 * 60) return std::nullopt;
  return piece[0] == '-' ? -offset : offset;
}

// --- the reader -------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(Said& said) : said_(said) {}

  void read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t start = text.find_first_not_of(' ');
      if (start == text.npos) return;
      text.remove_prefix(start);
      const std::size_t end = std::min(text.find(' '), text.size());
      piece(text.substr(0, end));
      text.remove_prefix(end);
    }
  }

 private:
  // A piece is what stands between blanks, brackets and all.
  void piece(std::string_view whole) {
    constexpr std::string_view kBefore = "([{<\"'`#*~>|-=:,.;!";
    constexpr std::string_view kBehind = ")]}>\"'`*|.,:;!?=-";
    std::size_t start = 0;
    while (start < whole.size() && kBefore.find(whole[start]) != kBefore.npos) {
      if (offset_in(whole.substr(start))) break;
      mark_for(whole[start++]);
    }
    std::size_t end = whole.size();
    while (end > start && kBehind.find(whole[end - 1]) != kBehind.npos) {
      if (whole.substr(start, end - start).ends_with("(s)")) break;
      --end;
    }
    const std::string_view core = whole.substr(start, end - start);
    if (!core.empty()) core_of(core);
    for (std::size_t i = end; i < whole.size(); ++i) {
      if (whole[i] != '.' || !is_shortened(core)) mark_for(whole[i]);
    }
  }

  /// A point behind "approx" or "min" ends no sentence.
  static bool is_shortened(std::string_view core) {
    constexpr std::string_view kShortened =
        " approx ca max min mins sec secs sek std hr hrs no nr i.e e.g env aprox ok mon tue wed "
        "thu "
        "fri sat sun ";
    const std::size_t at = kShortened.find(core);
    return at != kShortened.npos && at > 0 && kShortened[at - 1] == ' ' &&
           kShortened[at + core.size()] == ' ';
  }

  void mark_for(char c) {
    switch (c) {
      case '(':
      case '[':
      case '{': return add_mark('(');
      case ')':
      case ']':
      case '}': return add_mark(')');
      case ';':
      case '!':
      case '?':
      case '|':
      case '.': return add_mark('.');
      case ':':
      case '=':
        // "Recipient address rejected: " tells nothing of what comes behind it.
        return add_mark(!said_.tokens.empty() && said_.tokens.back().is(Word::rejected) ? '.'
                                                                                        : '=');
      case ',':
      case '/':
      case '-':
      case '%': return add_mark(c);
      default: return;
    }
  }

  void core_of(std::string_view core) {
    said_.pieces.emplace_back(core);
    if (const auto status = status_in(core)) {
      said_.statuses.push_back(*status);
    } else if (is_address_or_url(core)) {
      add({Kind::opaque});
    } else if (is_ipv4(core) || is_ipv6(core)) {
      add({Kind::address});
    } else if (const auto offset = offset_in(core)) {
      Token token{Kind::zone};
      token.value = *offset;
      add(token);
    } else if ((core == "a.m" || core == "p.m") && add_meridiem(core)) {
      return;
    } else if (is_host_name(core)) {
      add({Kind::opaque});
    } else {
      parts_of(core);
    }
  }

  void parts_of(std::string_view core) {
    std::size_t at = 0;
    while (at < core.size()) {
      const std::string_view rest = core.substr(at);
      if (is_digit(rest[0])) {
        at += digits_first(rest);
      } else if (is_letter_or_foreign(rest[0])) {
        at += letters_first(rest);
      } else {
        if (rest[0] == '-') {
          // Between numbers a range; between words a joint that means nothing.
          if (at > 0 && is_digit(core[at - 1]) && digits_at(rest, 1) > 0) add_mark('-');
        } else {
          mark_for(rest[0]);
        }
        ++at;
      }
    }
  }

  // Each of these returns how many bytes it took.

  std::size_t digits_first(std::string_view text) {
    if (const std::size_t taken = date(text)) return taken;
    if (const std::size_t taken = clock(text)) return taken;
    if (const std::size_t taken = length(text, 0)) return taken;
    return number(text);
  }

  std::size_t letters_first(std::string_view text) {
    if (text.starts_with("pt") || (text.starts_with('p') && digits_at(text, 1) > 0)) {
      if (const std::size_t taken = length(text, text.starts_with("pt") ? 2 : 1)) return taken;
    }
    if (text.starts_with("e-mail")) return 2;
    std::size_t end = 0;
    while (end < text.size() && (is_letter_or_foreign(text[end]) || text[end] == '\'')) ++end;
    const bool joined = end < text.size() && (text[end] == '-' || text[end] == '_');
    const bool code = mail::is_ascii(text[end - 1]);  // others write no blank before a number
    if (code && digits_at(text, end + (joined ? 1U : 0U)) > 0) return opaque(text);
    words(text.substr(0, end));
    if (text.substr(end).starts_with("(s")) end += text.substr(end).starts_with("(s)") ? 3 : 2;
    return end;
  }

  /// "2026-11-24", and the T before a time.
  std::size_t date(std::string_view text) {
    if (text.size() < 10 || digits_at(text, 0) != 4 || text[4] != '-' || digits_at(text, 5) != 2 ||
        text[7] != '-' || digits_at(text, 8) != 2) {
      return 0;
    }
    const std::chrono::year_month_day day{
        std::chrono::year{static_cast<int>(whole_number(text.substr(0, 4)))},
        std::chrono::month{static_cast<unsigned>(whole_number(text.substr(5, 2)))},
        std::chrono::day{static_cast<unsigned>(whole_number(text.substr(8, 2)))}};
    if (!day.ok()) return 0;
    Token token{Kind::date};
    token.value = std::chrono::sys_days{day}.time_since_epoch().count();
    add(token);
    return text.size() > 11 && text[10] == 't' && is_digit(text[11]) ? 11 : 10;
  }

  /// "14:30", "00:04:59", "14:30:00.5z", "2:30pm", "2pm", "14h30".
  std::size_t clock(std::string_view text) {
    const std::size_t hours = digits_at(text, 0);
    if (hours == 0 || hours > 3) return 0;
    Token token{Kind::clock};
    std::int64_t parts[3] = {whole_number(text.substr(0, hours)), 0, 0};
    std::size_t end = hours;
    token.parts = 1;
    while (token.parts < 3 && end < text.size() && text[end] == ':' &&
           digits_at(text, end + 1) == 2) {
      parts[token.parts++] = whole_number(text.substr(end + 1, 2));
      end += 3;
    }
    if (token.parts == 1 && text.size() > end + 2 && text[end] == 'h' &&
        digits_at(text, end + 1) == 2 && !is_followed_by_letter(text, end + 3)) {
      parts[token.parts++] = whole_number(text.substr(end + 1, 2));
      token.of_day = true;
      end += 3;
    }
    if (parts[1] > 59 || parts[2] > 59) return 0;
    if (end < text.size() && text[end] == '.' && digits_at(text, end + 1) > 0) {
      if (token.parts != 3) return 0;
      end += 1 + digits_at(text, end + 1);
    }
    end += meridiem_or_zone(text.substr(end), token, parts[0]);
    if (token.parts == 1 && !token.of_day) return 0;
    if (token.of_day && parts[0] > 24) return 0;
    if (end < text.size() && (is_letter_or_foreign(text[end]) || text[end] == ':')) return 0;
    token.value = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000;
    add(token);
    return end;
  }

  static bool is_followed_by_letter(std::string_view text, std::size_t at) {
    return at < text.size() && is_letter_or_foreign(text[at]);
  }

  static std::size_t meridiem_or_zone(std::string_view text, Token& token, std::int64_t& hour) {
    if ((text.starts_with("am") || text.starts_with("pm")) && !is_followed_by_letter(text, 2)) {
      if (hour < 1 || hour > 12) return 0;
      hour = hour % 12 + (text[0] == 'p' ? 12 : 0);
      token.of_day = true;
      return 2;
    }
    if (token.parts == 1) return 0;
    if (text.starts_with('z') && !is_followed_by_letter(text, 1)) {
      token.of_day = true;
      token.zone = 0;
      return 1;
    }
    if (const auto offset = offset_in(text)) {
      token.of_day = true;
      token.zone = *offset;
      return text.size();
    }
    return 0;
  }

  /// "300s", "5m30s", "1h5min"; behind the P of ISO 8601 the T of "p1dt2h" as well.
  std::size_t length(std::string_view text, std::size_t from) {
    std::int64_t milliseconds = 0;
    std::size_t at = from;
    while (at < text.size()) {
      if (from > 0 && text[at] == 't') ++at;
      const std::size_t digits = digits_at(text, at);
      std::size_t letters = at + digits;
      while (is_followed_by_letter(text, letters)) ++letters;
      const std::string_view unit = text.substr(at + digits, letters - at - digits);
      const std::int64_t each = milliseconds_of(meaning_of(unit));
      if (digits == 0 || unit.empty() || each == 0) break;
      const std::int64_t count = whole_number(text.substr(at, digits));
      milliseconds =
          std::min(milliseconds + std::min(count, kLargestNumber / each) * each, kLargestNumber);
      at = letters;
      if (digits_at(text, at) == 0 && !(from > 0 && text.substr(at).starts_with('t'))) break;
    }
    if (at == from || (at < text.size() && (is_digit(text[at]) || text[at] == '_'))) return 0;
    if (at + 1 < text.size() && text[at] == '-' && is_digit(text[at + 1])) return 0;
    if (text.substr(at).starts_with("(s")) at += text.substr(at).starts_with("(s)") ? 3 : 2;
    Token token{Kind::length};
    token.value = milliseconds;
    add(token);
    return at;
  }

  /// "300", "1.5", "1,000".
  std::size_t number(std::string_view text) {
    std::size_t end = digits_at(text, 0);
    Token token{Kind::number};
    std::int64_t whole = whole_number(text.substr(0, end));
    std::int64_t thousandths = 0;
    while (end + 3 < text.size() && text[end] == ',' && digits_at(text, end + 1) == 3) {
      whole = std::min(whole * 1000 + whole_number(text.substr(end + 1, 3)), kLargestNumber);
      end += 4;
    }
    if (end + 1 < text.size() && (text[end] == '.' || text[end] == ',') &&
        digits_at(text, end + 1) > 0) {
      const std::size_t places = digits_at(text, end + 1);
      std::string places_of_three{text.substr(end + 1, std::min<std::size_t>(places, 3))};
      places_of_three.resize(3, '0');
      thousandths = whole_number(places_of_three);
      end += 1 + places;
      if (end < text.size() && text[end] == '.') return opaque(text);  // 1.2.3: no number
    }
    if (end < text.size() && text[end] == '%') {
      add({Kind::opaque});
      return end + 1;
    }
    const bool hyphen_word = end + 1 < text.size() && text[end] == '-' &&
                             milliseconds_of(meaning_of(letters_of(text.substr(end + 1)))) > 0;
    if (!hyphen_word && is_followed_by_letter(text, end)) {
      const char32_t lead = static_cast<unsigned char>(text[end]);
      if (lead < 0x80) return opaque(text);
    }
    if (!hyphen_word && end + 1 < text.size() && (text[end] == '-' || text[end] == '_') &&
        is_letter(text[end + 1])) {
      return opaque(text);
    }
    token.value = whole * kThousandths + thousandths;
    add(token);
    return end;
  }

  static std::string_view letters_of(std::string_view text) {
    std::size_t end = 0;
    while (is_followed_by_letter(text, end)) ++end;
    return text.substr(0, end);
  }

  /// A queue id, a code, a part number.
  std::size_t opaque(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && (is_letter_or_foreign(text[end]) || is_digit(text[end]) ||
                                 text[end] == '-' || text[end] == '_' || text[end] == '.')) {
      ++end;
    }
    add({Kind::opaque});
    return end;
  }

  /// One word; or, where no blanks are written, as many as the longest known ones make of it.
  void words(std::string_view text) {
    while (!text.empty() && text.back() == '\'') text.remove_suffix(1);
    if (text.find('\'') != text.npos) {
      // l'heure, jusqu'a, d'attente; and don't, which is none of them
      const std::size_t at = text.find('\'');
      words(text.substr(0, at));
      return words(text.substr(at + 1));
    }
    if (text.empty()) return;
    if (!is_ideographic(text)) return add_word(text);
    while (!text.empty()) {
      std::size_t taken = 0;
      for (std::size_t length = std::min<std::size_t>(text.size(), 18); length >= 3; --length) {
        if (meaning_of(text.substr(0, length)) == Word::other) continue;
        taken = length;
        break;
      }
      if (taken > 0) add_word(text.substr(0, taken));
      text.remove_prefix(taken > 0 ? taken : std::min<std::size_t>(3, text.size()));
    }
  }

  /// Three bytes of UTF-8 from U+3000 on.
  static bool is_ideographic(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte >= 0xE3 && byte <= 0xED;
    });
  }

  /// "3 pm", "2:30 p.m."; the hour becomes one of 24.
  bool add_meridiem(std::string_view text) {
    const bool am = text == "am" || text == "a.m";
    if ((!am && text != "pm" && text != "p.m") || said_.tokens.empty()) return false;
    Token& hour = said_.tokens.back();
    if (hour.is(Kind::number)) {
      hour = Token{Kind::clock, Word::other, 0, 1, true, {}, hour.value * 3600, {}};
    }
    constexpr std::int64_t kHour = 3'600'000;
    if (!hour.is(Kind::clock) || hour.value < kHour || hour.value >= 13 * kHour) return false;
    hour.value = hour.value % (12 * kHour) + (am ? 0 : 12 * kHour);
    hour.of_day = true;
    return true;
  }

  void add_word(std::string_view text) {
    if (add_meridiem(text)) return;
    Token token{Kind::word};
    token.word = meaning_of(text);
    token.month = month(text);
    if (token.word == Word::numeral || token.word == Word::one) {
      token.value = numeral(text).value_or(1) * kThousandths;
    }
    token.zone = zone(text);
    add(token);
  }

  void add_mark(char c) {
    Token token{Kind::mark};
    token.mark = c;
    add(token);
  }

  void add(const Token& token) { said_.tokens.push_back(token); }

  Said& said_;
};

}  // namespace

const Token& Said::at(std::size_t i) const {
  static const Token stop{Token::Kind::mark, Word::other, '.', 0, false, {}, 0, {}};
  return i < tokens.size() ? tokens[i] : stop;
}

bool Said::is(std::size_t i, std::initializer_list<Word> words) const {
  const Token& token = at(i);
  return token.is(Kind::word) && std::find(words.begin(), words.end(), token.word) != words.end();
}

bool Said::any(std::size_t begin, std::size_t end, std::initializer_list<Word> words) const {
  for (std::size_t i = begin; i < std::min(end, tokens.size()); ++i) {
    if (is(i, words)) return true;
  }
  return false;
}

Clause Said::clause(std::size_t i) const {
  constexpr std::size_t kFarthest = 30;  // tokens; what stands farther away speaks of other things
  Clause clause{i, i};
  while (clause.begin > 0 && i - clause.begin < kFarthest && !at(clause.begin - 1).is_mark('.')) {
    --clause.begin;
  }
  while (clause.end < tokens.size() && clause.end - i < kFarthest && !at(clause.end).is_mark('.')) {
    ++clause.end;
  }
  return clause;
}

Said read(const mail::Reply& reply, std::size_t most) {
  Said said;
  said.code = reply.code;
  Reader{said}.read(folded(reply.lines, most));
  // "grey-listed", "graue Liste"
  for (std::size_t i = 0; i + 1 < said.tokens.size(); ++i) {
    if (said.tokens[i].is(Word::grey) && said.tokens[i + 1].is(Word::listed)) {
      said.tokens[i].word = Word::greylisted;
    }
  }
  return said;
}

}  // namespace tenax::scheduler::hints

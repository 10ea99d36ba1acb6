// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_words.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"
#include "mail/utf8.h"

#include "scheduler/hint_pieces.h"
#include "scheduler/hint_time.h"

namespace tenax::scheduler::hints {

namespace {

using Kind = Token::Kind;
using mail::is_digit;

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
    const std::size_t first = said_.tokens.size();
    if (!core.empty()) core_of(core);
    if (start == 0 && behind_digit_ && digits_at(core, 0) == 3 && said_.tokens.size() > first &&
        said_.tokens[first].group == NumberGroup::first) {
      said_.tokens[first].group = NumberGroup::another;
    }
    behind_digit_ = is_digit(whole.back());
    for (std::size_t i = end; i < whole.size(); ++i) {
      if (whole[i] != '.' || !is_shortened(core)) mark_for(whole[i]);
    }
  }

  /// A point behind "approx" or "min" ends no sentence.
  static bool is_shortened(std::string_view core) {
    constexpr std::string_view kShortened =
        " approx ca max min mins sec secs sek std hr hrs no nr i.e e.g env aprox ";
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
    if (const auto status = mail::EnhancedStatus::parse(core)) {
      said_.statuses.push_back(*status);
    } else if (is_address_or_url(core)) {
      add({Kind::opaque});
    } else if (is_ip(core)) {
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
    for (const auto& read : {date_in, clock_in, length_in, number_in}) {
      const Reading reading = read(text);
      if (reading.octets == 0) continue;
      add(reading.token);
      return reading.octets;
    }
    return 1;
  }

  std::size_t letters_first(std::string_view text) {
    if (text[0] == 'p' && (text.starts_with("pt") || digits_at(text, 1) > 0)) {
      const Reading iso = length_in(text);
      if (iso.octets > 0) add(iso.token);
      if (iso.octets > 0) return iso.octets;
    }
    if (text.starts_with("e-mail")) return 2;
    std::size_t end = 0;
    while (end < text.size() && (is_letter_or_foreign(text[end]) || text[end] == '\'')) ++end;
    const bool joined = end < text.size() && (text[end] == '-' || text[end] == '_');
    const bool code = mail::is_ascii(text[end - 1]);  // others write no blank before a number
    if (code && digits_at(text, end + (joined ? 1U : 0U)) > 0) {
      const Reading opaque = opaque_in(text);
      add(opaque.token);
      return opaque.octets;
    }
    words(text.substr(0, end));
    return end + plural_in(text.substr(end));
  }

  /// One word; or, where no blanks are written, as many as the longest known ones make of it.
  void words(std::string_view text) {
    // l'heure, jusqu'a, d'attente; and don't, which is none of them
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\''), text.size());
      if (is_ideographic(text.substr(0, end))) {
        unparted_words(text.substr(0, end));
      } else if (end > 0) {
        // all'ora: so many in an hour
        add_word(end < text.size() && text.substr(0, end) == "all" ? "al" : text.substr(0, end));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void unparted_words(std::string_view text) {
    constexpr std::size_t kLongest = 18;
    while (!text.empty()) {
      std::size_t length = std::min(text.size(), kLongest);
      while (length > 0 && meaning_of(text.substr(0, length)) == Word::other) --length;
      if (length > 0) add_word(text.substr(0, length));
      if (length == 0) length = mail::first_code_point(text).length;
      text.remove_prefix(length);
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
    constexpr std::int64_t kHour = 3'600'000;
    Token hour = said_.tokens.back();
    if (hour.is(Kind::number)) {
      if (hour.value >= 13 * kThousandths) return false;  // no hour, and too much to multiply
      hour.value = hour.value * kHour / kThousandths;
    }
    if (!hour.is(Kind::clock) && !hour.is(Kind::number)) return false;
    if (hour.value < kHour || hour.value >= 13 * kHour) return false;
    hour.kind = Kind::clock;
    hour.value = hour.value % (12 * kHour) + (am ? 0 : 12 * kHour);
    hour.of_day = true;
    said_.tokens.back() = hour;
    return true;
  }

  static std::optional<int> minutes_in_one_word(std::string_view text) {
    for (const std::string_view half : {"полчаса", "halbstunde", "pulhodinu", "pulhodiny"}) {
      if (text == half) return 30;
    }
    for (const std::string_view quarter : {"viertelstunde", "kwartier", "kwadrans"}) {
      if (text == quarter) return 15;
    }
    return std::nullopt;
  }

  /// "tageslimit", "stundenkontingent": per day, the limit.
  bool add_limit_of_a_period(std::string_view text) {
    static constexpr std::pair<std::string_view, Word> kPeriods[] = {
        {"tages", Word::day},      {"dags", Word::day},    {"dag", Word::day},
        {"stunden", Word::hour},   {"uur", Word::hour},    {"tim", Word::hour},
        {"minuten", Word::minute}, {"wochen", Word::week},
    };
    for (const auto& [name, period] : kPeriods) {
      if (!text.starts_with(name)) continue;
      const Word rest = meaning_of(text.substr(name.size()));
      if (rest != Word::limit && rest != Word::quota && rest != Word::max) continue;
      for (const Word word : {Word::per, period, rest}) {
        Token token{Kind::word};
        token.word = word;
        add(token);
      }
      return true;
    }
    return false;
  }

  void add_word(std::string_view text) {
    if (add_meridiem(text)) return;
    if (const auto minutes = minutes_in_one_word(text)) return add_length(*minutes * 60'000);
    if (add_limit_of_a_period(text)) return;
    Token token{Kind::word};
    token.word = meaning_of(text);
    token.month = month(text);
    if (token.word == Word::numeral || token.word == Word::one) {
      token.value = numeral(text).value_or(1) * kThousandths;
    }
    token.zone = zone(text);
    add(token);
  }

  void add_length(std::int64_t milliseconds) {
    Token token{Kind::length};
    token.value = milliseconds;
    add(token);
  }

  void add_mark(char c) {
    Token token{Kind::mark};
    token.mark = c;
    add(token);
  }

  void add(const Token& token) { said_.tokens.push_back(token); }

  Said& said_;
  bool behind_digit_ = false;  // the last piece ends with one
};

}  // namespace

const Token& Said::at(std::size_t i) const {
  static const Token stop = [] {
    Token mark{Token::Kind::mark};
    mark.mark = '.';
    return mark;
  }();
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

namespace {

bool is_period_at(const Said& said, std::size_t i) {
  return (said.is(i, {Word::per}) || said.at(i).is_mark('/')) && said.at(i + 1).is(Kind::word) &&
         unit(said.at(i + 1).word) > mail::Duration{0};
}

/// "1 000 messages", "10k messages", "1.500 seconds": what follows tells which number is meant.
void settle_numbers(Said& said) {
  std::vector<Token> settled;
  settled.reserve(said.tokens.size());
  for (std::size_t i = 0; i < said.tokens.size(); ++i) {
    Token token = said.tokens[i];
    const auto counts = [&said](std::size_t behind) {
      return said.is(behind, {Word::message, Word::recipients, Word::connection}) ||
             is_period_at(said, behind);
    };
    if (token.is(Kind::opaque) && token.value > 0 && counts(i + 1)) {
      token.kind = Kind::number;
    } else if (token.is(Kind::number) && token.point && said.at(i + 1).is(Kind::word) &&
               unit(said.at(i + 1).word) > mail::Duration{0}) {
      token.value /= kThousandths;
    } else if (token.is(Kind::number) && token.group == NumberGroup::first &&
               token.value >= kThousandths) {
      std::size_t last = i;
      std::int64_t value = token.value;
      while (last - i < 3 && said.at(last + 1).group == NumberGroup::another) {
        ++last;
        value = value * 1000 + said.at(last).value;
      }
      if (last > i && counts(last + 1)) {
        token.value = value;
        i = last;
      }
    }
    settled.push_back(token);
  }
  said.tokens = std::move(settled);
}

}  // namespace

Said read(const mail::Reply& reply, std::size_t most) {
  Said said;
  said.code = reply.code;
  Reader{said}.read(folded(reply.lines, most));
  settle_numbers(said);
  // "grey-listed", "graue Liste"
  for (std::size_t i = 0; i + 1 < said.tokens.size(); ++i) {
    if (said.tokens[i].is(Word::grey) && said.is(i + 1, {Word::listed, Word::list})) {
      said.tokens[i].word = Word::greylisted;
    }
  }
  return said;
}

}  // namespace tenax::scheduler::hints

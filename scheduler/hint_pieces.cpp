// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_pieces.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "mail/ascii.h"

#include "scheduler/hint_time.h"

namespace tenax::scheduler::hints {

namespace {

using Kind = Token::Kind;
using mail::is_digit;
using mail::is_letter;

// Numbers larger than this are none that we could mean anything with.
constexpr std::int64_t kLargestNumber = 1'000'000'000'000;

/// Saturating.
std::int64_t whole_number(std::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) value = std::min(value * 10 + (c - '0'), kLargestNumber);
  return value;
}

bool is_followed_by_letter(std::string_view text, std::size_t at) {
  return at < text.size() && is_letter_or_foreign(text[at]);
}

std::string_view letters_of(std::string_view text) {
  std::size_t end = 0;
  while (is_followed_by_letter(text, end)) ++end;
  return text.substr(0, end);
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

/// Behind a time; what it takes of `text`.
std::size_t meridiem_or_zone(std::string_view text, Token& token, std::int64_t& hour) {
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

/// "3f", "12-ab", "7_x"; but not "5-minute", and not where no blanks are written.
bool is_joined_to_letters(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  if (is_letter(text[at])) return true;
  if (text[at] != '-' && text[at] != '_') return false;
  if (at + 1 >= text.size() || !is_letter(text[at + 1])) return false;
  return text[at] == '_' || unit(meaning_of(letters_of(text.substr(at + 1)))) == mail::Duration{0};
}

/// ",000", ".000", "'000": of a large number that is written in groups.
bool is_group_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kMarks = ",.'";
  return at < text.size() && kMarks.find(text[at]) != kMarks.npos && digits_at(text, at + 1) == 3;
}

}  // namespace

bool is_letter_or_foreign(char c) { return is_letter(c) || !mail::is_ascii(c); }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = std::min(at, text.size());
  const std::size_t start = end;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - start;
}

bool is_ip(std::string_view piece) { return is_ipv4(piece) || is_ipv6(piece); }

bool is_address_or_url(std::string_view piece) {
  return piece.find("://") != piece.npos || piece.starts_with("www.") ||
         piece.find('@') != piece.npos || piece.find('\\') != piece.npos;
}

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

Reading date_in(std::string_view text) {
  if (text.size() < 10) return {};
  const bool day_first = digits_at(text, 0) == 2 && text[2] == '.';
  const std::size_t month = day_first ? 3 : 5;
  const char joint = text[month - 1];
  if ((!day_first && joint != '-' && joint != '/') || digits_at(text, 0) != month - 1 ||
      digits_at(text, month) != 2 || text[month + 2] != joint ||
      digits_at(text, month + 3) != (day_first ? 4U : 2U)) {
    return {};
  }
  const std::string_view year = text.substr(day_first ? 6 : 0, 4);
  const std::chrono::year_month_day day{
      std::chrono::year{static_cast<int>(whole_number(year))},
      std::chrono::month{static_cast<unsigned>(whole_number(text.substr(month, 2)))},
      std::chrono::day{static_cast<unsigned>(whole_number(text.substr(day_first ? 0 : 8, 2)))}};
  if (!day.ok()) return {};
  Token token{Kind::date};
  token.value = std::chrono::sys_days{day}.time_since_epoch().count();
  const bool timed = text.size() > 11 && text[10] == 't' && is_digit(text[11]);
  return {timed ? 11U : 10U, token};
}

Reading clock_in(std::string_view text) {
  const std::size_t hours = digits_at(text, 0);
  if (hours == 0 || hours > 3) return {};
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
  if (parts[1] > 59 || parts[2] > 59) return {};
  if (end < text.size() && text[end] == '.' && digits_at(text, end + 1) > 0) {
    if (token.parts != 3) return {};
    end += 1 + digits_at(text, end + 1);
  }
  end += meridiem_or_zone(text.substr(end), token, parts[0]);
  if (token.parts == 1 && !token.of_day) return {};
  if (token.of_day && parts[0] > 24) return {};
  if (end < text.size() && (is_letter_or_foreign(text[end]) || text[end] == ':')) return {};
  token.value = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000;
  return {end, token};
}

Reading length_in(std::string_view text) {
  const bool iso = text.starts_with('p');
  const std::size_t from = text.starts_with("pt") ? 2 : iso ? 1 : 0;
  std::int64_t milliseconds = 0;
  std::size_t at = from;
  while (at < text.size()) {
    if (iso && text[at] == 't') ++at;
    const std::size_t digits = digits_at(text, at);
    const std::string_view name = letters_of(text.substr(at + digits));
    const std::int64_t each = unit(meaning_of(name)).count();
    if (digits == 0 || name.empty() || each == 0) break;
    const std::int64_t count = whole_number(text.substr(at, digits));
    milliseconds =
        std::min(milliseconds + std::min(count, kLargestNumber / each) * each, kLargestNumber);
    at += digits + name.size();
    if (digits_at(text, at) == 0) break;
  }
  if (at == from || (at < text.size() && (is_digit(text[at]) || text[at] == '_'))) return {};
  if (at + 1 < text.size() && text[at] == '-' && is_digit(text[at + 1])) return {};
  Token token{Kind::length};
  token.value = milliseconds;
  return {at + plural_in(text.substr(at)), token};
}

Reading number_in(std::string_view text) {
  std::size_t end = digits_at(text, 0);
  std::int64_t whole = whole_number(text.substr(0, end));
  const std::size_t digits = end;
  std::int64_t thousandths = 0;
  char between = 0;  // the groups; one number has one such mark
  while (digits <= 3 && whole > 0 && is_group_at(text, end) &&
         (between == 0 || text[end] == between)) {
    between = text[end];
    whole = std::min(whole * 1000 + whole_number(text.substr(end + 1, 3)), kLargestNumber);
    end += 4;
  }
  const bool point = end < text.size() && (text[end] == '.' || text[end] == ',');
  if (const std::size_t places = point ? digits_at(text, end + 1) : 0; places > 0) {
    std::string of_three{text.substr(end + 1, std::min<std::size_t>(places, 3))};
    of_three.resize(3, '0');
    thousandths = whole_number(of_three);
    if (between == '.' && text[end] == '.') return opaque_in(text);  // 10.100.2
    end += 1 + places;
    if (end < text.size() && text[end] == '.') return opaque_in(text);  // 1.2.3
  }
  if (end < text.size() && text[end] == '%') return {end + 1, {Kind::opaque}};
  if (text.substr(end) == "k" || text.substr(end).starts_with("k/")) {
    Token token{Kind::opaque};  // so many bytes, often
    token.value = (whole * kThousandths + thousandths) * 1000;
    return {end + 1, token};
  }
  if (is_joined_to_letters(text, end)) return opaque_in(text);
  Token token{Kind::number};
  token.value = whole * kThousandths + thousandths;
  token.point = between == '.' && end == digits + 4;
  if (end == digits && digits <= 3) token.group = NumberGroup::first;
  return {end, token};
}

Reading opaque_in(std::string_view text) {
  constexpr std::string_view kJoints = "-_.";
  std::size_t end = 0;
  while (end < text.size() && (is_letter_or_foreign(text[end]) || is_digit(text[end]) ||
                               kJoints.find(text[end]) != kJoints.npos)) {
    ++end;
  }
  return {end, {Kind::opaque}};
}

std::size_t plural_in(std::string_view text) {
  return text.starts_with("(s)") ? 3 : text == "(s" ? 2 : 0;
}

}  // namespace tenax::scheduler::hints

// SPDX-License-Identifier: Apache-2.0
#include "bounce/phrases.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "bounce/phrase_keys.h"

namespace tenax::bounce {

namespace {

using Names = std::set<std::string, std::less<>>;

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The places of a phrase; false if its braces are no pairs.
bool places_of(std::string_view phrase, Names& places) {
  for (std::size_t at = 0; at < phrase.size(); ++at) {
    if (phrase[at] == '}') return false;
    if (phrase[at] != '{') continue;
    const std::size_t end = phrase.find_first_of("{}", at + 1);
    if (end == std::string_view::npos || phrase[end] == '{') return false;
    places.emplace(phrase.substr(at + 1, end - at - 1));
    at = end;
  }
  return true;
}

bool has_any(const Names& names, std::initializer_list<std::string_view> of) {
  return std::ranges::any_of(of, [&names](std::string_view one) { return names.contains(one); });
}

/// A date may be written in many ways, but it must be one.
std::string fault_of_date(const Names& places) {
  const bool whole = has_any(places, {"day", "dd"}) && has_any(places, {"month", "mm"}) &&
                     places.contains("year") && places.contains("time");
  return whole ? "" : "a date needs {day} or {dd}, {month} or {mm}, {year} and {time}";
}

/// "" when nothing is wrong with it. `whole`: it is a translation, and leaves nothing out.
std::string fault_of(const PhraseKey& key, const std::string& phrase, bool whole) {
  if (phrase.empty()) return "it says nothing";
  if (phrase.size() > kLongestPhrase) {
    return "longer than " + std::to_string(kLongestPhrase) + " octets";
  }
  if (!mail::is_printable(phrase)) return "a control character, or no UTF-8, in it";
  if (key.key == "weekdays" && words_in(phrase).size() != 7) return "not seven words";
  if (key.key == "months" && words_in(phrase).size() != 12) return "not twelve words";
  Names places;
  if (!places_of(phrase, places)) return "a brace without its other one";
  const std::vector<std::string> known = words_in(key.places);
  for (const std::string& place : places) {
    if (std::ranges::find(known, place) != known.end()) continue;
    std::string why = "there is no {" + place + "} here";
    if (known.empty()) return why;
    why += "; there are";
    for (const std::string& each : known) why += " {" + each + "}";
    return why;
  }
  if (key.key == "date") return fault_of_date(places);
  if (!whole) return "";
  for (const std::string& each : known) {
    if (!places.contains(each)) return "{" + each + "} is missing";
  }
  return "";
}

struct Unit {
  mail::Duration length;
  std::string_view one;
  std::string_view many;
};
constexpr std::array kUnits = {Unit{std::chrono::hours{24}, "unit.day", "unit.days"},
                               Unit{std::chrono::hours{1}, "unit.hour", "unit.hours"},
                               Unit{std::chrono::minutes{1}, "unit.minute", "unit.minutes"},
                               Unit{std::chrono::seconds{1}, "unit.second", "unit.seconds"}};

std::string two_digits(unsigned number) {
  std::string text = std::to_string(number);
  return text.size() < 2 ? "0" + text : text;
}

}  // namespace

std::string_view Phrases::of(std::string_view key) const {
  const auto found = phrases_.find(key);
  return found == phrases_.end() ? std::string_view{} : std::string_view{found->second};
}

std::string Phrases::fill(std::string_view key, std::initializer_list<Filling> fillings) const {
  std::string_view rest = of(key);
  std::string out;
  while (!rest.empty()) {
    const std::size_t open = std::min(rest.find('{'), rest.size());
    out += rest.substr(0, open);
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const std::size_t close = rest.find('}');  // is there: the phrase was read
    const std::string_view name = rest.substr(1, close - 1);
    for (const Filling& filling : fillings) {
      if (filling.name == name) out += filling.value;
    }
    rest.remove_prefix(close + 1);
  }
  return out;
}

std::string Phrases::date(mail::WallTime when) const {
  // What lies outside of the calendar is no date of ours.
  when = std::clamp(when, mail::WallTime{}, mail::WallTime{std::chrono::hours{24LL * 365 * 8000}});
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day calendar{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(when - day)};
  const auto month = static_cast<unsigned>(calendar.month());
  const auto of_month = static_cast<unsigned>(calendar.day());
  const std::vector<std::string> weekdays = words_in(of("weekdays"));
  const std::vector<std::string> months = words_in(of("months"));
  const std::string clock = two_digits(static_cast<unsigned>(time.hours().count())) + ":" +
                            two_digits(static_cast<unsigned>(time.minutes().count())) + ":" +
                            two_digits(static_cast<unsigned>(time.seconds().count()));
  return fill("date", {{"weekday", weekdays.at(std::chrono::weekday{day}.c_encoding())},
                       {"day", std::to_string(of_month)},
                       {"dd", two_digits(of_month)},
                       {"month", months.at(month - 1)},
                       {"mm", two_digits(month)},
                       {"year", std::to_string(static_cast<int>(calendar.year()))},
                       {"time", clock}});
}

std::string Phrases::length(mail::Duration length) const {
  const auto* unit =
      std::ranges::find_if(kUnits, [length](const Unit& each) { return length >= each.length; });
  if (unit == kUnits.end()) return std::string{of("unit.moment")};
  const auto count = [this](const Unit& of_unit, mail::Duration of_length) {
    const std::int64_t n = of_length / of_unit.length;
    return fill(n == 1 ? of_unit.one : of_unit.many, {{"n", std::to_string(n)}});
  };
  const std::string first = count(*unit, length);
  const mail::Duration rest = length % unit->length;
  const auto* const next = unit + 1;
  if (next == kUnits.end() || rest < next->length) return first;
  return fill("unit.join", {{"a", first}, {"b", count(*next, rest)}});
}

Phrases::Lines Phrases::take(std::string_view text, bool whole,
                             std::vector<PhraseProblem>& problems) {
  Lines lines;
  if (text.size() > kLongestWords) {
    problems.push_back({0, "longer than " + std::to_string(kLongestWords) + " octets"});
    return lines;
  }
  int number = 0;
  std::map<std::string, std::string, std::less<>> found;
  std::string key;  // that a line beginning with blanks goes on with
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const std::string_view words = trimmed(line);
    if (words.empty() || words.front() == '#') continue;
    if (line.front() == ' ' || line.front() == '\t') {
      if (key.empty()) problems.push_back({number, "there is nothing for this line to go on with"});
      if (!key.empty()) found[key] += " " + std::string{words};
      continue;
    }
    const std::size_t equals = words.find('=');
    key = trimmed(words.substr(0, std::min(equals, words.size())));
    const bool known = find_phrase_key(key) != nullptr;
    if (equals == std::string_view::npos) {
      problems.push_back({number, "not \"key = words\""});
    } else if (!known) {
      problems.push_back({number, "there is no phrase \"" + mail::printable(key, 80) + "\""});
    } else if (!lines.emplace(key, number).second) {
      problems.push_back({number, key + " is in line " + std::to_string(lines[key]) + " already"});
    } else {
      found[key] = trimmed(words.substr(equals + 1));
      continue;
    }
    key.clear();
  }
  for (auto& [name, phrase] : found) {
    const std::string fault = fault_of(*find_phrase_key(name), phrase, whole);
    if (fault.empty()) {
      phrases_.insert_or_assign(name, std::move(phrase));
    } else {
      problems.push_back({lines[name], name + ": " + fault});
    }
  }
  return lines;
}

Phrases Phrases::read(std::string tag, std::string_view text,
                      std::vector<PhraseProblem>& problems) {
  Phrases phrases;
  phrases.tag_ = std::move(tag);
  const Lines lines = phrases.take(text, true, problems);
  for (const PhraseKey& key : phrase_keys()) {
    if (key.needed && !lines.contains(key.key)) problems.push_back({0, key.key + " is missing"});
  }
  return phrases;
}

Phrases Phrases::read_over(const Phrases& base, std::string_view text,
                           std::vector<PhraseProblem>& problems) {
  Phrases phrases = base;
  phrases.take(text, false, problems);
  return phrases;
}

std::string_view first_known(std::string_view tags, std::span<const std::string_view> known) {
  constexpr int kMost = 10;
  for (int i = 0; i < kMost && !tags.empty(); ++i) {
    const std::size_t comma = std::min(tags.find(','), tags.size());
    std::string_view tag = trimmed(tags.substr(0, comma));
    tag = tag.substr(0, tag.find_first_of("-_ \t;("));
    const std::string wanted = mail::to_lower(tag);
    for (const std::string_view each : known) {
      if (each == wanted) return each;
    }
    tags.remove_prefix(std::min(comma + 1, tags.size()));
  }
  return {};
}

}  // namespace tenax::bounce

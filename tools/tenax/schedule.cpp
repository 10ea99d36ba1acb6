// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/schedule.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <vector>

#include "mail/reply.h"

namespace tenax::cli {

namespace {

constexpr std::size_t kMostDelays = 100;
constexpr std::chrono::seconds kShortest{1};
constexpr std::chrono::hours kLongest{24 * 366};

mail::ParseError objection(const char* flag, std::string_view text, const char* why) {
  return mail::ParseError{std::string{flag} + ": " + why + ": \"" + mail::printable(text, 60) +
                          "\""};
}

mail::Parsed<mail::Duration> length_of(const char* flag, std::string_view text) {
  const std::optional<mail::Duration> length = mail::parse_duration(text);
  if (!length) return objection(flag, text, "not a length of time");
  if (*length < kShortest || *length > kLongest) {
    return objection(flag, text, "not between a second and a year");
  }
  return *length;
}

mail::Parsed<std::vector<mail::Duration>> delays_of(std::string_view list) {
  std::vector<mail::Duration> delays;
  for (;;) {
    const std::size_t comma = list.find(',');
    const auto delay = length_of("--schedule", list.substr(0, comma));
    if (!delay) return delay.error();
    delays.push_back(*delay);
    if (delays.size() > kMostDelays) return mail::ParseError{"--schedule: more than 100 delays"};
    if (comma == std::string_view::npos) return delays;
    list.remove_prefix(comma + 1);
  }
}

mail::Parsed<double> number_of(const char* flag, const std::string& text, double least,
                               double most) {
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || rest != end) return objection(flag, text, "not a number");
  if (!(number >= least && number <= most)) {
    std::array<char, 60> range{};
    std::snprintf(range.data(), range.size(), "not between %g and %g", least, most);
    return objection(flag, text, range.data());
  }
  return number;
}

/// Sets `value` when something was typed.
template <class T, class Read>
std::optional<mail::ParseError> set(T& value, const std::string& text, const Read& read) {
  if (text.empty()) return std::nullopt;
  const mail::Parsed<T> parsed = read(text);
  if (!parsed) return parsed.error();
  value = *parsed;
  return std::nullopt;
}

std::string number_text(double number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

}  // namespace

mail::Parsed<scheduler::Schedule> schedule_of(const ScheduleWords& words,
                                              const scheduler::RetryPolicy& in_force) {
  const bool curve =
      !(words.first_delay.empty() && words.longest_delay.empty() && words.growth.empty());
  if (words.delays.empty() && !curve && words.jitter.empty() && words.lifetime.empty()) {
    return mail::ParseError{
        "which other schedule? --schedule 5m,10m,20m, or --first-delay, --longest-delay, --growth, "
        "--jitter, --lifetime"};
  }
  if (!words.delays.empty() && curve) {
    return mail::ParseError{
        "--schedule excludes --first-delay, --longest-delay and --growth: it says every delay"};
  }
  scheduler::Schedule schedule{.policy = in_force, .delays = {}};
  scheduler::RetryPolicy& policy = schedule.policy;
  const auto length = [](const char* flag) {
    return [flag](const std::string& text) { return length_of(flag, text); };
  };
  const auto number = [](const char* flag, double least, double most) {
    return [=](const std::string& text) { return number_of(flag, text, least, most); };
  };
  std::optional<mail::ParseError> wrong = set(schedule.delays, words.delays, delays_of);
  if (!wrong) wrong = set(policy.first_delay, words.first_delay, length("--first-delay"));
  if (!wrong) wrong = set(policy.longest_delay, words.longest_delay, length("--longest-delay"));
  if (!wrong) wrong = set(policy.growth, words.growth, number("--growth", 1.0, 10.0));
  if (!wrong) wrong = set(policy.jitter, words.jitter, number("--jitter", 0.0, 1.0));
  if (!wrong) wrong = set(policy.lifetime, words.lifetime, length("--lifetime"));
  if (wrong) return *wrong;
  if (policy.first_delay > policy.longest_delay) {
    return mail::ParseError{"the first delay is longer than the longest (--longest-delay)"};
  }
  return schedule;
}

std::string in_words(const scheduler::Schedule& schedule) {
  const scheduler::RetryPolicy& policy = schedule.policy;
  std::string text;
  if (schedule.delays.empty()) {
    text = mail::in_short(policy.first_delay) + ", each " + number_text(policy.growth) +
           " times the last, at most " + mail::in_short(policy.longest_delay);
  } else {
    for (const mail::Duration delay : schedule.delays) {
      text += (text.empty() ? "" : ", ") + mail::in_short(delay);
    }
    text += " and so on";
  }
  if (policy.jitter > 0.0) text += ", up to " + number_text(100.0 * policy.jitter) + " % more";
  return text + "; for " + mail::in_short(policy.lifetime);
}

}  // namespace tenax::cli

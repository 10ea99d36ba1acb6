// SPDX-License-Identifier: Apache-2.0
#include "mail/time.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"

namespace tenax::mail {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kMillisecond = Duration{1};
constexpr auto kLongest = Duration{days{36'525}};  // 100 years

struct Unit {
  Duration length;
  std::string_view word;  // of in_words, singular
  std::string_view sign;  // of in_short and parse_duration
};

// From long to short: parse_duration() takes them in this order.
constexpr std::array<Unit, 6> kUnits = {{
    {Duration{days{7}}, "week", "w"},
    {Duration{days{1}}, "day", "d"},
    {Duration{hours{1}}, "hour", "h"},
    {Duration{minutes{1}}, "minute", "m"},
    {Duration{seconds{1}}, "second", "s"},
    {kMillisecond, "millisecond", "ms"},
}};
constexpr std::size_t kDay = 1;     // lengths are written from days
constexpr std::size_t kSecond = 4;  // down to seconds

struct Calendar {
  std::chrono::year_month_day date;
  std::chrono::weekday weekday;
  std::chrono::hh_mm_ss<seconds> time;
};

/// A damaged row may hold any number; a date of it must still have four digits for the year.
Calendar calendar(WallTime when) {
  constexpr WallTime kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
  constexpr WallTime kEnd = std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1};
  when = std::clamp(when, kFirst, kEnd - Duration{1});
  const auto day = floor<days>(when);
  return {std::chrono::year_month_day{day}, std::chrono::weekday{day},
          std::chrono::hh_mm_ss<seconds>{floor<seconds>(when - day)}};
}

constexpr std::size_t kDateOctets = 32;

template <std::size_t Width>
void append_digits(std::string& out, unsigned number) {
  std::array<char, Width> digits;
  for (std::size_t i = Width; i-- > 0; number /= 10) {
    digits[i] = static_cast<char>('0' + number % 10);
  }
  out.append(digits.data(), Width);
}

/// "02:26:00"
void append_time(std::string& out, const Calendar& moment) {
  append_digits<2>(out, static_cast<unsigned>(moment.time.hours().count()));
  out += ':';
  append_digits<2>(out, static_cast<unsigned>(moment.time.minutes().count()));
  out += ':';
  append_digits<2>(out, static_cast<unsigned>(moment.time.seconds().count()));
}

/// The biggest unit that fits into `length`, and how often it does.
struct Part {
  const Unit* unit;
  std::int64_t count;
};

/// At most two neighbouring units of days, hours, minutes, seconds.
std::array<Part, 2> parts_of(Duration length) {
  std::size_t i = kDay;
  while (i < kSecond && length < kUnits[i].length) ++i;
  const Part first{&kUnits[i], length / kUnits[i].length};
  if (i == kSecond) return {{first, {nullptr, 0}}};
  const Duration rest = length % kUnits[i].length;
  return {{first, {&kUnits[i + 1], rest / kUnits[i + 1].length}}};
}

/// The digits at the start of `text`; nullopt without any, or for more than any length needs.
std::optional<std::int64_t> read_count(std::string_view& text) {
  std::int64_t count = 0;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    count = count * 10 + (text[digits] - '0');
    if (count > kLongest.count()) return std::nullopt;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional{count};
}

}  // namespace

std::string to_rfc5322(WallTime when, int offset_minutes) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int kFurthest = 24 * 60 - 1;
  const int offset = std::clamp(offset_minutes, -kFurthest, kFurthest);
  // Saturating: the calendar ends long before the counter does.
  const Calendar local = calendar(
      std::clamp(when, from_millis(-(1LL << 60)), from_millis(1LL << 60)) + minutes{offset});
  const int distance = std::abs(offset);
  std::string text;
  text.reserve(kDateOctets);
  text.append(kDays.at(local.weekday.c_encoding())).append(", ");
  append_digits<2>(text, static_cast<unsigned>(local.date.day()));
  text.append(" ").append(kMonths.at(static_cast<unsigned>(local.date.month()) - 1)).append(" ");
  append_digits<4>(text, static_cast<unsigned>(static_cast<int>(local.date.year())));
  text += ' ';
  append_time(text, local);
  text.append(offset < 0 ? " -" : " +");
  append_digits<2>(text, static_cast<unsigned>(distance / 60));
  append_digits<2>(text, static_cast<unsigned>(distance % 60));
  return text;
}

std::string to_rfc3339(WallTime when) {
  const Calendar utc = calendar(when);
  std::string text;
  text.reserve(kDateOctets);
  append_digits<4>(text, static_cast<unsigned>(static_cast<int>(utc.date.year())));
  text += '-';
  append_digits<2>(text, static_cast<unsigned>(utc.date.month()));
  text += '-';
  append_digits<2>(text, static_cast<unsigned>(utc.date.day()));
  text += 'T';
  append_time(text, utc);
  text += 'Z';
  return text;
}

std::string in_words(Duration length) {
  if (length < seconds{1}) return "less than a second";
  std::string out;
  for (const Part& part : parts_of(length)) {
    if (part.count == 0) continue;
    if (!out.empty()) out += ' ';
    out += std::to_string(part.count) + ' ' + std::string{part.unit->word};
    if (part.count != 1) out += 's';
  }
  return out;
}

std::string in_short(Duration length) {
  if (length < Duration{0})
    return "-" + in_short(-std::max(length, Duration::min() + kMillisecond));
  if (length == Duration{0}) return "0s";
  if (length < seconds{1}) return std::to_string(length.count()) + "ms";
  const auto [first, second] = parts_of(length);
  std::string out = std::to_string(first.count) + std::string{first.unit->sign};
  if (second.count == 0) return out;
  if (second.count < 10) out += '0';
  return out + std::to_string(second.count) + std::string{second.unit->sign};
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration total{0};
  auto unit = kUnits.begin();
  while (!text.empty()) {
    const auto count = read_count(text);
    if (!count) return std::nullopt;
    const std::string_view sign = text.substr(0, text.starts_with("ms") ? 2 : 1);
    unit = std::find_if(unit, kUnits.end(), [&](const Unit& u) { return u.sign == sign; });
    if (unit == kUnits.end() || *count > kLongest / unit->length) return std::nullopt;
    total += *count * unit->length;
    if (total > kLongest) return std::nullopt;
    text.remove_prefix(sign.size());
    ++unit;  // each unit once, from long to short: "30m1h" is more likely a slip than a wish
  }
  return total;
}

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_time.h"

#include <algorithm>
#include <chrono>

namespace tenax::scheduler::hints {

namespace {

using namespace std::chrono_literals;
using Kind = Token::Kind;
using mail::Duration;

constexpr double kVague = 0.35;                // "a few minutes"
constexpr double kRange = 0.8;                 // "5-10 minutes"
constexpr double kNoZone = 0.6;                // "at 14:30": theirs or UTC?
constexpr double kWholeDay = 0.45;             // "tomorrow", "midnight"
constexpr double kTwoParts = 0.6;              // "04:59": hours or minutes?
constexpr Duration kNever{1'000'000'000'000};  // past every bound, far from overflow

bool is_amount(const Token& token) {
  return token.is(Kind::number) || token.is(Word::numeral) || token.is(Word::one);
}

Duration times(std::int64_t thousandths, Duration each) {
  const double length = static_cast<double>(thousandths) / static_cast<double>(kThousandths) *
                        static_cast<double>(each.count());
  return length < static_cast<double>(kNever.count()) ? Duration{static_cast<std::int64_t>(length)}
                                                      : kNever;
}

/// "few minutes" is some five of them; "few hours" some three.
std::int64_t few(Word unit_word) {
  return (unit_word == Word::hour || unit_word == Word::day ? 3 : 5) * kThousandths;
}

struct Amount {
  std::size_t end = 0;
  std::int64_t thousandths = 0;
  double sure = 1.0;
  bool is_few = false;
};

constexpr std::int64_t kHalf = kThousandths / 2;

std::optional<Amount> amount_at(const Said& said, std::size_t i) {
  if (said.at(i).is(Word::one) && said.at(i + 1).is(Word::few)) ++i;
  if (said.at(i).is(Word::few)) {
    return Amount{i + (said.at(i + 1).is(Word::about) ? 2U : 1U), 0, kVague, true};  // "couple of"
  }
  if (said.at(i).is(Word::one) && said.at(i + 1).is(Word::half)) ++i;
  std::int64_t quarters = 1;
  if (said.at(i + 1).is(Word::quarter) && is_amount(said.at(i))) {  // "three quarters of an hour"
    quarters = std::clamp<std::int64_t>(said.at(i).value / kThousandths, 1, 3);
    ++i;
  }
  if (said.at(i).is(Word::quarter)) {  // "quarter of an hour"
    std::size_t of = i + 1;
    while (said.at(of).is(Word::about) || said.at(of).is(Word::one)) ++of;
    // "quart d'heure": no day
    if (said.at(of).is(Word::day) && said.at(of + 1).is(Word::hour)) ++of;
    return Amount{of, quarters * kThousandths / 4, 1.0, false};
  }
  if (said.at(i).is(Word::half)) {
    return Amount{i + (said.at(i + 1).is(Word::one) ? 2U : 1U), kHalf, 1.0, false};
  }
  if (!is_amount(said.at(i))) return std::nullopt;
  Amount amount{i + 1, said.at(i).value, 1.0, false};
  const Token& joint = said.at(i + 1);
  if ((joint.is_mark('-') || joint.is(Word::about)) && said.at(i + 2).is(Kind::number)) {
    // Of "5-10 minutes" the later end: to come too early costs more than to come late.
    amount = {i + 3, std::max(amount.thousandths, said.at(i + 2).value), kRange, false};
  }
  if (joint.is(Word::and_)) {
    const std::size_t half = i + (said.at(i + 2).is(Word::one) ? 3U : 2U);
    if (said.at(half).is(Word::half)) {
      amount.end = half + 1;
      amount.thousandths += kHalf;
    }
  }
  const bool repeated = said.at(amount.end).is_mark('(') && is_amount(said.at(amount.end + 1)) &&
                        said.at(amount.end + 2).is_mark(')');
  if (repeated && said.at(amount.end + 1).value == amount.thousandths) {
    amount.end += 3;  // "one (1)", "5 (five)"
  }
  if (said.at(amount.end).is(Word::about)) ++amount.end;  // "5 more minutes"
  return amount;
}

std::optional<Stretch> one_length_at(const Said& said, std::size_t i) {
  if (said.at(i).is(Word::one) && said.at(i + 1).is(Kind::length)) ++i;  // "eine Viertelstunde"
  if (said.at(i).is(Kind::length)) return Stretch{i + 1, Duration{said.at(i).value}, 1.0};
  const auto amount = amount_at(said, i);
  if (!amount || !said.at(amount->end).is(Kind::word)) return std::nullopt;
  const Word word = said.at(amount->end).word;
  if (unit(word) == 0ms) return std::nullopt;
  Stretch length{amount->end + 1,
                 times(amount->is_few ? few(word) : amount->thousandths, unit(word)), amount->sure};
  std::size_t half = length.end;
  if (said.at(half).is(Word::and_)) {
    half += said.at(half + 1).is(Word::one) ? 2U : 1U;
    if (said.at(half).is(Word::half)) return Stretch{half + 1, length.length + unit(word) / 2, 1.0};
  }
  return length;
}

/// Behind a clock: its zone, which is taken with it.
std::optional<int> zone_at(const Said& said, std::size_t& i) {
  if (said.at(i).is(Kind::zone)) return static_cast<int>(said.at(i++).value);
  if (said.at(i).is_mark('(') && said.at(i + 1).zone && said.at(i + 1).is(Kind::word)) ++i;
  if (said.at(i).is(Kind::word) && said.at(i).zone) {
    const int east = *said.at(i++).zone;
    if (said.at(i).is(Kind::zone)) return east + static_cast<int>(said.at(i++).value);
    return east;
  }
  return std::nullopt;
}

struct Day {
  std::size_t end = 0;
  std::chrono::sys_days date;
};

std::optional<Day> day_of(std::size_t end, std::int64_t year, int month, std::int64_t day) {
  if (year < 1970 || year > 9999 || day < 1 || day > 31) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return Day{end, std::chrono::sys_days{date}};
}

/// "24 Nov 2026", "Nov 24, 2026", "2026-11-24", with a weekday before it or not.
std::optional<Day> date_at(const Said& said, std::size_t i) {
  const Token& token = said.at(i);
  if (token.is(Kind::date)) {
    return Day{i + 1, std::chrono::sys_days{std::chrono::days{token.value}}};
  }
  const auto whole = [&said](std::size_t at) { return said.at(at).value / kThousandths; };
  if (token.is(Kind::number) && said.at(i + 1).month && said.at(i + 2).is(Kind::number)) {
    return day_of(i + 3, whole(i + 2), *said.at(i + 1).month, whole(i));
  }
  if (token.is(Kind::word) && token.month && said.at(i + 1).is(Kind::number)) {
    const std::size_t year = i + (said.at(i + 2).is_mark(',') ? 3U : 2U);
    if (said.at(year).is(Kind::number)) {
      return day_of(year + 1, whole(year), *token.month, whole(i + 1));
    }
  }
  return std::nullopt;
}

Stretch until(std::size_t end, mail::WallTime when, mail::WallTime now, double sure) {
  return Stretch{end, std::clamp(when - now, Duration{0}, kNever), sure};
}

mail::WallTime start_of_day(mail::WallTime now) {
  return std::chrono::floor<std::chrono::days>(now);
}

/// The clock at i, on `date` or, without one, the next time it shows.
std::optional<Stretch> on_day(const Said& said, std::size_t i,
                              const std::optional<std::chrono::sys_days>& date,
                              mail::WallTime now) {
  const Token& clock = said.at(i);
  constexpr Duration kDay = 24h;
  if (!clock.is(Kind::clock) || Duration{clock.value} > kDay) return std::nullopt;
  std::size_t end = i + 1;
  std::optional<int> east = clock.zone;
  if (!east) east = zone_at(said, end);
  const double sure = east ? 1.0 : kNoZone;
  const Duration shift = std::chrono::minutes{east.value_or(0)};
  if (date) return until(end, mail::WallTime{*date} + Duration{clock.value} - shift, now, sure);
  mail::WallTime when = start_of_day(now) + Duration{clock.value} - shift;
  while (when <= now) when += kDay;
  while (when > now + kDay) when -= kDay;
  Stretch next = until(end, when, now, sure);
  next.any_day = true;
  return next;
}

/// "at", "um", a comma, a T that was swallowed: between a day and its time.
std::size_t behind_joint(const Said& said, std::size_t i) {
  while (said.is(i, {Word::at, Word::about, Word::after}) || said.at(i).is_mark(',')) ++i;
  return i;
}

}  // namespace

Duration unit(Word word) {
  switch (word) {
    case Word::millisecond: return 1ms;
    case Word::second: return 1s;
    case Word::minute: return 1min;
    case Word::hour: return 1h;
    case Word::day: return 24h;
    case Word::week: return 168h;
    default: return 0ms;
  }
}

std::optional<Stretch> length_at(const Said& said, std::size_t i) {
  auto whole = one_length_at(said, i);
  if (!whole) return std::nullopt;
  // "10 minutes, 30 seconds", "1 hour and 5 minutes"
  constexpr int kMostParts = 4;
  for (int parts = 1; parts < kMostParts; ++parts) {
    std::size_t next = whole->end;
    while (said.at(next).is_mark(',') || said.at(next).is(Word::and_)) ++next;
    const auto more = one_length_at(said, next);
    if (!more || more->length >= whole->length) break;
    *whole = {more->end, whole->length + more->length, std::min(whole->sure, more->sure)};
  }
  return whole;
}

std::optional<Stretch> clock_as_length(const Said& said, std::size_t i) {
  const Token& clock = said.at(i);
  if (!clock.is(Kind::clock) || clock.of_day) return std::nullopt;
  if (clock.parts == 3) return Stretch{i + 1, Duration{clock.value}, 1.0};
  return Stretch{i + 1, Duration{clock.value / 60}, kTwoParts};
}

std::optional<Stretch> moment_at(const Said& said, std::size_t i, mail::WallTime now) {
  if (said.at(i).is(Word::midnight)) {
    return until(i + 1, start_of_day(now) + 24h, now, kWholeDay);
  }
  if (said.at(i).is(Word::tomorrow)) {
    const mail::WallTime day = start_of_day(now) + 24h;
    const auto timed =
        on_day(said, behind_joint(said, i + 1), std::chrono::floor<std::chrono::days>(day), now);
    return timed ? *timed : until(i + 1, day, now, kWholeDay);
  }
  if (said.at(i).is(Kind::clock)) {
    const auto today = on_day(said, i, std::nullopt, now);
    if (!today) return std::nullopt;
    // "09:00 tomorrow", "14:30 on 2026-11-24"
    if (said.at(today->end).is(Word::tomorrow)) {
      const auto day = std::chrono::floor<std::chrono::days>(start_of_day(now) + 24h);
      auto timed = on_day(said, i, day, now);
      if (timed) timed->end = today->end + 1;
      return timed;
    }
    const bool joined = said.at(today->end).is(Word::other) || said.at(today->end).is_mark(',');
    if (const auto day = date_at(said, today->end + (joined ? 1U : 0U))) {
      auto timed = on_day(said, i, day->date, now);
      if (timed) timed->end = day->end;
      return timed;
    }
    return today;
  }
  // A weekday is a word of no meaning, with a comma behind it.
  std::size_t start = i;
  if (said.at(start).is(Word::other) && said.at(start + 1).is_mark(',')) start += 2;
  const auto day = date_at(said, start);
  if (!day) return std::nullopt;
  const auto timed = on_day(said, behind_joint(said, day->end), day->date, now);
  if (timed) return timed;
  if (said.at(behind_joint(said, day->end)).is(Kind::clock)) return std::nullopt;  // 25:00
  return until(day->end, mail::WallTime{day->date}, now, kWholeDay);
}

}  // namespace tenax::scheduler::hints

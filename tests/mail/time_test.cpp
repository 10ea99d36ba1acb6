// SPDX-License-Identifier: Apache-2.0
#include "mail/time.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNight =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 2h + 26min + 0s + 999ms;

TEST(Rfc5322, IsADateWithItsOffset) {
  EXPECT_EQ(to_rfc5322(kNight), "Tue, 24 Nov 2026 02:26:00 +0000");
  EXPECT_EQ(to_rfc5322(kNight, 60), "Tue, 24 Nov 2026 03:26:00 +0100");
  EXPECT_EQ(to_rfc5322(kNight, -210), "Mon, 23 Nov 2026 22:56:00 -0330");
  EXPECT_EQ(to_rfc5322(kNight, 24 * 60 - 1), "Wed, 25 Nov 2026 02:25:00 +2359");
}

TEST(Rfc5322, KnowsTheCalendar) {
  EXPECT_EQ(to_rfc5322(from_millis(0)), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(to_rfc5322(from_millis(-1)), "Wed, 31 Dec 1969 23:59:59 +0000");
  EXPECT_EQ(to_rfc5322(from_millis(951'782'400'000)), "Tue, 29 Feb 2000 00:00:00 +0000");
  EXPECT_EQ(to_rfc5322(from_millis(4'107'542'400'000)), "Mon, 01 Mar 2100 00:00:00 +0000");
}

TEST(Rfc3339, IsADateInUtc) {
  EXPECT_EQ(to_rfc3339(kNight), "2026-11-24T02:26:00Z");
  EXPECT_EQ(to_rfc3339(from_millis(-1)), "1969-12-31T23:59:59Z");
}

TEST(Dates, NoNumberMakesThemUnreadable) {
  constexpr std::int64_t kFar = std::int64_t{1} << 62;
  for (const std::int64_t millis : {std::numeric_limits<std::int64_t>::min(), -kFar, kFar,
                                    std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(to_rfc3339(from_millis(millis)).size(), 20U);
    EXPECT_EQ(to_rfc5322(from_millis(millis), 600).size(), 31U);
    EXPECT_EQ(to_rfc5322(from_millis(millis), std::numeric_limits<int>::min()).size(), 31U);
  }
}

TEST(Millis, GoThereAndBack) {
  EXPECT_EQ(from_millis(to_millis(kNight)), kNight);
  EXPECT_EQ(to_millis(from_millis(-5)), -5);
}

struct LengthCase {
  Duration length;
  std::string_view words;
  std::string_view brief;
};

constexpr LengthCase kLengths[] = {
    {0ms, "less than a second", "0s"},
    {350ms, "less than a second", "350ms"},
    {999ms, "less than a second", "999ms"},
    {1s, "1 second", "1s"},
    {1999ms, "1 second", "1s"},
    {45s, "45 seconds", "45s"},
    {60s, "1 minute", "1m"},
    {61s, "1 minute 1 second", "1m01s"},
    {14min, "14 minutes", "14m"},
    {59min + 59s, "59 minutes 59 seconds", "59m59s"},
    {1h, "1 hour", "1h"},
    {1h + 59s, "1 hour", "1h"},
    {2h + 5min, "2 hours 5 minutes", "2h05m"},
    {3h + 20min + 59s, "3 hours 20 minutes", "3h20m"},
    {24h, "1 day", "1d"},
    {25h, "1 day 1 hour", "1d01h"},
    {24h + 59min, "1 day", "1d"},
    {120h, "5 days", "5d"},
    {24h * 36'525, "36525 days", "36525d"},
    {-14min, "less than a second", "-14m"},
    {-1ms, "less than a second", "-1ms"},
};

TEST(Lengths, AreWrittenInAtMostTwoUnits) {
  for (const LengthCase& given : kLengths) {
    EXPECT_EQ(in_words(given.length), given.words);
    EXPECT_EQ(in_short(given.length), given.brief);
  }
}

TEST(Lengths, ExtremesDoNoHarm) {
  EXPECT_FALSE(in_words(Duration::max()).empty());
  EXPECT_FALSE(in_words(Duration::min()).empty());
  EXPECT_FALSE(in_short(Duration::max()).empty());
  EXPECT_EQ(in_short(Duration::min()).front(), '-');
}

TEST(Lengths, AShortOneReadsBackRoundedDown) {
  std::mt19937_64 dice{5};
  for (int i = 0; i < 10'000; ++i) {
    const Duration length{static_cast<std::int64_t>((dice() >> (dice() % 40)) % 3'155'760'000'000)};
    const auto read = parse_duration(in_short(length));
    ASSERT_TRUE(read) << in_short(length);
    EXPECT_LE(*read, length);
    EXPECT_EQ(in_short(*read), in_short(length));
  }
}

struct DurationCase {
  std::string_view rule;
  std::string_view given;
  std::optional<Duration> expected;
};

void PrintTo(const DurationCase& c, std::ostream* out) { *out << c.rule; }

constexpr DurationCase kDurations[] = {
    {"Seconds", "90s", 90s},
    {"Minutes", "15m", 15min},
    {"Hours", "4h", 4h},
    {"Days", "5d", 120h},
    {"Weeks", "2w", 336h},
    {"Milliseconds", "250ms", 250ms},
    {"TwoUnits", "1h30m", 90min},
    {"AllUnits", "1w1d1h1m1s1ms", 168h + 24h + 1h + 1min + 1s + 1ms},
    {"MillisecondsAfterMinutes", "1m5ms", 1min + 5ms},
    {"Zero", "0s", 0ms},
    {"LeadingZeros", "2h05m", 125min},
    {"AHundredYears", "36525d", 24h * 36'525},
    {"PastAHundredYearsIsNone", "36526d", std::nullopt},
    {"PastAHundredYearsInPartsIsNone", "36525d1ms", std::nullopt},
    {"AHugeNumberIsNone", "99999999999999999999999s", std::nullopt},
    {"ManyWeeksAreNone", "9223372036854775807w", std::nullopt},
    {"NothingIsNone", "", std::nullopt},
    {"ABareNumberIsNone", "90", std::nullopt},
    {"ABareUnitIsNone", "s", std::nullopt},
    {"AnUnknownUnitIsNone", "5y", std::nullopt},
    {"UpperCaseIsNone", "5M", std::nullopt},
    {"AMinusIsNone", "-5s", std::nullopt},
    {"APlusIsNone", "+5s", std::nullopt},
    {"AFractionIsNone", "1.5h", std::nullopt},
    {"ABlankIsNone", "5 s", std::nullopt},
    {"AnOuterBlankIsNone", " 5s", std::nullopt},
    {"TwiceTheSameIsNone", "5s5s", std::nullopt},
    {"SmallBeforeGreatIsNone", "30m1h", std::nullopt},
    {"ANumberBehindIsNone", "1h30", std::nullopt},
    {"WordsAreNone", "5 bananas", std::nullopt},
};

class DurationText : public testing::TestWithParam<DurationCase> {};

TEST_P(DurationText, IsReadSo) { EXPECT_EQ(parse_duration(GetParam().given), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(Duration, DurationText, testing::ValuesIn(kDurations), rule_of);

}  // namespace
}  // namespace tenax::mail

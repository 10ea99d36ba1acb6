// SPDX-License-Identifier: Apache-2.0
// What limits are concluded from what was taken and refused.

#include "scheduler/limits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/lesson_form.h"
#include "tests/scheduler/next_life.h"
#include "tests/scheduler/requests.h"

namespace tenax::scheduler {
namespace {

/// `count` taken, `apart` from each other, the first one at `from`.
void take(Limits& limits, int count, mail::WallTime from, mail::Duration apart = 100ms) {
  for (int i = 0; i < count; ++i) limits.taken(from + i * apart);
}

TEST(Limits, TheShortestPeriodThatExplainsIsFound) {
  Limits limits;
  take(limits, 20, kNoon);
  limits.refused(kNoon + 2s, kNoon + 2s);

  limits.taken(kNoon + 61s);
  limits.learn(kNoon + 2s, kNoon + 2s, kNoon + 61s, 1);

  ASSERT_TRUE(limits.narrowest());
  EXPECT_EQ(limits.narrowest()->count, 20);
  EXPECT_EQ(limits.narrowest()->period, 1min);
}

TEST(Limits, OneThatWasOnlyGuessedIsTestedWithinTheHour) {
  Limits limits;
  take(limits, 26, kNoon - 20h);  // a block of four hours is explained by 26 a day, too
  const mail::WallTime opened = kNoon + 4h + 1min;
  limits.refused(kNoon, kNoon);
  limits.taken(opened);
  limits.learn(kNoon, opened - 2h, opened, 3);
  ASSERT_TRUE(limits.narrowest());
  mail::WallTime now = opened;
  while (limits.opens_at(0) <= now) limits.taken(now += 1s);

  EXPECT_LE(limits.opens_at(0), now + 1h);
}

TEST(Limits, OneThatDoublesFromDayToDayIsOne) {
  Limits limits;
  take(limits, 20, kNoon);
  limits.refused(kNoon + 2s, kNoon + 2s);
  const mail::WallTime opened = kNoon + 24h + 1min;
  limits.taken(opened);
  limits.learn(kNoon + 2s, opened - 2h, opened, 1);

  mail::WallTime now = opened;
  for (int i = 1; i < 40; ++i) limits.taken(now = std::max(limits.opens_at(0), now + 1s));
  limits.refused(now + 1min, now + 1min);

  EXPECT_TRUE(limits.known());
}

TEST(Limits, WhatWasPassedBeforeIsNoLimit) {
  Limits limits;
  take(limits, 50, kNoon - 2min);  // more than twenty in a minute, and nobody minded
  take(limits, 20, kNoon);
  limits.refused(kNoon + 2s, kNoon + 2s);

  limits.taken(kNoon + 61s);
  limits.learn(kNoon + 2s, kNoon + 2s, kNoon + 61s, 1);

  EXPECT_FALSE(limits.known());
}

TEST(Limits, SeveralHoldAtTheSameTime) {
  Limits limits;
  take(limits, 10, kNoon);
  ASSERT_TRUE(limits.told({10, 1min}, kNoon + 1s));
  take(limits, 10, kNoon + 2min);
  ASSERT_TRUE(limits.told({20, 1h}, kNoon + 3min));

  ASSERT_EQ(limits.rates().size(), 2U);
  EXPECT_EQ(limits.rates().front().period, 1h);  // the narrowest
  EXPECT_GT(limits.fits_at(0), kNoon + 1h);
  EXPECT_LT(limits.fits_at(0), kNoon + 1h + 1min);
}

TEST(Limits, WhatIsSaidCountsAsFarAsItAgrees) {
  Limits limits;
  take(limits, 10, kNoon);

  EXPECT_FALSE(limits.told({100, 1min}, kNoon + 1s));  // it refused far below that
  EXPECT_FALSE(limits.known());
}

TEST(Limits, WhereRefusalsCountTheyAreCounted) {
  Limits limits;
  take(limits, 10, kNoon);
  ASSERT_TRUE(limits.told({10, 1min}, kNoon + 1s));
  limits.refused(kNoon + 30s, kNoon + 30s);  // one more was offered
  take(limits, 9, kNoon + 63s);

  EXPECT_EQ(limits.refused(kNoon + 65s, kNoon + 65s), Blame::limit);
  // The two refusals have their places.
  EXPECT_GE(limits.fits_at(8), kNoon + 65s + 1min);
}

TEST(Limits, AllOfThemAndHowTheyCountHoldInTheNextLife) {
  Limits limits;
  take(limits, 10, kNoon);
  ASSERT_TRUE(limits.told({10, 1min}, kNoon + 1s));
  limits.refused(kNoon + 30s, kNoon + 30s);
  take(limits, 9, kNoon + 63s);
  ASSERT_EQ(limits.refused(kNoon + 65s, kNoon + 65s), Blame::limit);
  ASSERT_TRUE(limits.told({18, 1h}, kNoon + 66s));

  const Limits next = next_life(limits, kNoon + 66s);

  ASSERT_TRUE(next.narrowest());
  EXPECT_EQ(next.narrowest()->count, 18);
  EXPECT_EQ(next.fits_at(0), limits.fits_at(0));
  EXPECT_EQ(next.fits_at(8), limits.fits_at(8));  // what was refused has its places
  EXPECT_EQ(next.opens_at(0), limits.opens_at(0));
}

TEST(Limits, ALessonOfALimitOfNothingIsNotBelieved) {
  for (const char* limit : {"limit 0 60000 0 0 0", "limit 5 0 0 0 0"}) {
    const std::string text = "limits 0 1\n" + std::string{limit} + "\ntaken 0\nasked 0\n";
    LessonForm read{text, kNoon};
    Limits limits;
    limits.describe(read);
    EXPECT_FALSE(read.complete()) << limit;
  }
  LessonForm read{"limits 0 1\nlimit 5 60000 0 0 0\ntaken 0\nasked 0\n", kNoon};
  Limits limits;
  limits.describe(read);
  EXPECT_TRUE(read.complete());
}

TEST(Limits, ALimitOfWeeksIsTestedAfterAWeek) {
  Limits limits;
  take(limits, 10, kNoon);
  ASSERT_TRUE(limits.told({10, 24h * 30}, kNoon + 1s));

  EXPECT_LE(next_life(limits, kNoon + 1s).opens_at(0), kNoon + 1s + 24h * 7);
}

TEST(Limits, ALimitThatShrankIsKeptToTheSecondTime) {
  Limits limits;
  take(limits, 20, kNoon);
  ASSERT_TRUE(limits.told({20, 1min}, kNoon + 2s));
  for (const mail::WallTime start : {kNoon + 5min, kNoon + 10min}) {
    take(limits, 12, start);
    EXPECT_EQ(limits.refused(start + 2s, start + 2s), Blame::limit);
  }

  EXPECT_EQ(limits.narrowest()->count, 12);
}

TEST(Limits, OneMoreIsOfferedNowAndThenAndRaisesIt) {
  Limits limits;
  take(limits, 5, kNoon);
  ASSERT_TRUE(limits.told({5, 1min}, kNoon + 1s));
  const mail::WallTime offered = kNoon + 6min;
  take(limits, 5, offered);

  EXPECT_LE(limits.opens_at(0), offered + 1s);
  EXPECT_GT(limits.opens_at(1), offered + 1s);  // alone, or not at all
  limits.taken(offered + 1s);
  EXPECT_EQ(limits.narrowest()->count, 6);
  EXPECT_EQ(limits.refused(offered + 2s, offered + 2s), Blame::offer);
  EXPECT_GT(limits.opens_at(0), offered + 30s);
}

}  // namespace
}  // namespace tenax::scheduler

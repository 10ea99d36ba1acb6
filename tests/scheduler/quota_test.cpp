// SPDX-License-Identifier: Apache-2.0
// How a limit is found, kept to, and outgrown.

#include "scheduler/quota.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/mix.h"
#include "tests/scheduler/next_life.h"
#include "tests/scheduler/requests.h"

namespace tenax::scheduler {
namespace {

constexpr Refusal kTooFast{.of_rate = true, .may_be_rate = true, .told = {}, .wait = {}};

/// A receiver that takes `limit` in any minute; asked as often as the quota allows.
struct Minutes {
  int limit;
  std::vector<mail::WallTime> taken;
  int refusals = 0;

  void ask(Quota& quota, mail::WallTime now) {
    const auto recent =
        std::ranges::count_if(taken, [now](mail::WallTime when) { return when > now - 1min; });
    if (recent < limit) {
      taken.push_back(now);
      quota.accepted(1, now);
    } else {
      ++refusals;
      quota.refused(kTooFast, 1, now, now);
    }
  }
};

TEST(Quota, ALimitIsFoundAndThenKeptTo) {
  Minutes receiver{.limit = 10, .taken = {}};
  Quota quota;
  for (mail::WallTime now = kNoon; now < kNoon + 1h; now += 100ms) {
    if (quota.allows(now, 0)) receiver.ask(quota, now);
  }

  EXPECT_GE(receiver.taken.size(), 550U);  // of 600
  EXPECT_LE(receiver.refusals, 20);
}

TEST(Quota, ALimitThatGrowsIsFollowed) {
  Minutes receiver{.limit = 5, .taken = {}};
  Quota quota;
  for (mail::WallTime now = kNoon; now < kNoon + 2h; now += 100ms) {
    if (now == kNoon + 30min) receiver.limit = 20;
    if (quota.allows(now, 0)) receiver.ask(quota, now);
  }

  EXPECT_GE(receiver.taken.size(), 1500U);  // of 1950
}

/// A receiver that counts all that comes, from the first on, for `period`; then anew.
struct Windows {
  int limit;
  mail::Duration period;
  mail::WallTime began;
  int counted = 0;
  int taken = 0;
  int refusals = 0;

  void ask(Quota& quota, const Refusal& says, mail::WallTime now) {
    if (now > began + period) {
      began = now;
      counted = 0;
    }
    if (++counted <= limit) {
      ++taken;
      quota.accepted(1, now);
    } else {
      ++refusals;
      quota.refused(says, 1, now, now);
    }
  }
};

TEST(Quota, OneRefusalShowsWhatAReceiverTakesInAMinute) {
  Windows receiver{.limit = 20, .period = 1min, .began = {}};
  Quota quota;
  mail::WallTime now = kNoon;
  for (; receiver.taken < 100 && now < kNoon + 1h; now += 100ms) {
    if (quota.allows(now, 0)) receiver.ask(quota, kTooFast, now);
  }

  EXPECT_LE(now, kNoon + 4min + 30s);
  EXPECT_LE(receiver.refusals, 2);
}

TEST(Quota, WhatCountsRefusalsIsNotKeptShutByKnocking) {
  for (const mail::Duration period : {15min, 120min}) {
    Windows receiver{.limit = 8, .period = period, .began = {}};
    Quota quota;
    for (mail::WallTime now = kNoon; now < kNoon + 24h; now += 1s) {
      if (quota.allows(now, 0)) receiver.ask(quota, kTooFast, now);
    }
    const int most = static_cast<int>(8 * (24h / period));
    EXPECT_GE(receiver.taken, most * 2 / 3) << period.count();
    EXPECT_LE(receiver.refusals, 60) << period.count();
  }
}

TEST(Quota, TimesThatAreNotTrueAreNotFollowedForEver) {
  const Refusal lie{.of_rate = true, .may_be_rate = true, .told = {}, .wait = 2min};
  Windows receiver{.limit = 30, .period = 4h, .began = {}};
  Quota quota;
  for (mail::WallTime now = kNoon; now < kNoon + 4h; now += 1s) {
    if (quota.allows(now, 0)) receiver.ask(quota, lie, now);
  }

  EXPECT_LE(receiver.refusals, 20);  // each two minutes it would be 120
}

Refusal told(mail::Duration wait) {
  return {.of_rate = true, .may_be_rate = true, .told = {}, .wait = wait};
}

TEST(Quota, ALongTimeThatIsOnlyTalkIsFoundOutByOneEarlyKnock) {
  Quota quota;
  quota.refused(told(6h), 1, kNoon, kNoon);
  const mail::WallTime check = quota.next_knock();
  ASSERT_EQ(check, kNoon + 5min);
  quota.refused(told(6h), 1, check, check);

  EXPECT_LE(quota.next_knock(), kNoon + 10min);
  EXPECT_TRUE(quota.words_doubted());
}

TEST(Quota, AClockIsCheckedOnceAndThenFollowed) {
  Quota quota;
  quota.refused(told(6h), 1, kNoon, kNoon);
  const mail::WallTime check = quota.next_knock();
  quota.refused(told(6h - 5min), 1, check, check);
  const mail::WallTime opens = kNoon + 6h;
  ASSERT_EQ(quota.next_knock(), opens);
  quota.accepted(1, opens);
  ASSERT_FALSE(quota.closed());

  quota.refused(told(12h), 1, opens + 1h, opens + 1h);
  EXPECT_EQ(quota.next_knock(), opens + 13h);
}

TEST(Quota, AClockThatWasBeingCheckedIsNoLiarInTheNextLife) {
  Quota quota;
  quota.refused(told(6h), 1, kNoon, kNoon);
  const mail::WallTime check = quota.next_knock();
  Quota next = next_life(quota, kNoon + 1min);
  next.refused(told(6h - 5min), 1, check, check);
  EXPECT_EQ(next.next_knock(), kNoon + 6h);

  Quota another = next_life(quota, kNoon + 1min);
  another.accepted(1, check);
  another.refused(told(6h), 1, kNoon + 1h, kNoon + 1h);
  EXPECT_EQ(another.next_knock(), kNoon + 1h + 5min) << "no word of it has proved true";
}

TEST(Quota, WhoIsTakenLongBeforeTheTimeThatWasStatedDoubtsIt) {
  Quota quota;
  quota.refused(told(6h), 1, kNoon, kNoon);
  quota.accepted(1, quota.next_knock());

  EXPECT_TRUE(quota.words_doubted());
}

TEST(Quota, AShortTimeIsFollowedUnchecked) {
  Quota quota;
  quota.refused(told(5min), 1, kNoon, kNoon);

  EXPECT_EQ(quota.next_knock(), kNoon + 5min);
}

TEST(Quota, WhoDidNotKnowThatItIsClosedPutsNoProbeOff) {
  Quota quota;
  quota.accepted(1, kNoon);
  quota.refused(kTooFast, 1, kNoon + 1s, kNoon + 1s);
  const auto opens = quota.opens(kNoon + 2s, 0);
  ASSERT_TRUE(opens);

  quota.refused(kTooFast, 2, *opens - 5s, *opens - 4s);

  EXPECT_EQ(quota.opens(*opens - 3s, 0), opens);
}

TEST(Quota, WhereOthersAreTakenALimitIsNotEverybodys) {
  Quota quota;
  quota.accepted(1, kNoon);
  mail::WallTime now = kNoon;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(quota.for_each_his_own());
    quota.refused(kTooFast, 1, now + 1s, now + 1s);
    now = quota.opens(now + 2s, 0).value_or(now + 2s);
    for (int k = 0; k < 3; ++k) quota.accepted(2, now += 1s);
  }
  EXPECT_TRUE(quota.for_each_his_own());

  quota.refused(kTooFast, 2, now + 1h, now + 1h);
  EXPECT_FALSE(quota.for_each_his_own());
}

TEST(Quota, WhatItIsAboutToLearnIsLearntInTheNextLife) {
  Quota quota;
  for (int i = 0; i < 20; ++i) quota.accepted(1, kNoon + i * 100ms);
  quota.refused(kTooFast, 1, kNoon + 2s, kNoon + 2s);
  quota.accepted(2, kNoon + 61s);  // another one opened it
  ASSERT_FALSE(quota.rate());

  Quota next = next_life(quota, kNoon + 61s);
  next.accepted(1, kNoon + 62s);

  ASSERT_TRUE(next.rate());
  EXPECT_EQ(next.rate()->count, 20);
  EXPECT_EQ(next.rate()->period, 1min);
}

TEST(Quota, TheNextLifeKnowsWhoseTheLimitIsAndWhatItsTimesAreWorth) {
  Quota quota;
  const Refusal says{.of_rate = true, .may_be_rate = true, .told = {}, .wait = 6min};
  mail::WallTime now = kNoon;
  for (int i = 0; i < 3; ++i, now += 1min) {
    quota.refused(says, 1, now, now);
    quota.accepted(2, now + 30s);
  }
  ASSERT_TRUE(quota.for_each_his_own());
  for (int i = 0; i < 3; ++i, now += 6min) quota.refused(says, 1, now, now);  // said, and not true

  Quota next = next_life(quota, now);

  EXPECT_TRUE(next.for_each_his_own());
  EXPECT_TRUE(next.closed());
  quota.refused(says, 1, now, now);
  next.refused(says, 1, now, now);
  EXPECT_EQ(next.opens(now, 0), quota.opens(now, 0));
}

TEST(Quota, ADayIsWaitedForInTheNextLifeToo) {
  Quota quota;
  for (int i = 0; i < 20; ++i) quota.accepted(1, kNoon + i * 100ms);
  const Refusal says{.of_rate = true, .may_be_rate = true, .told = Rate{20, 24h}, .wait = {}};
  quota.refused(says, 1, kNoon + 2s, kNoon + 2s);
  ASSERT_GT(*quota.opens(kNoon + 2s, 0), kNoon + 23h);

  EXPECT_EQ(next_life(quota, kNoon + 2s).opens(kNoon + 2s, 0), quota.opens(kNoon + 2s, 0));
}

TEST(Quota, WhatNobodyWentToSeeForAWeekIsForgotten) {
  Quota quota;
  for (int i = 0; i < 20; ++i) quota.accepted(1, kNoon + i * 100ms);
  quota.refused(kTooFast, 1, kNoon + 2s, kNoon + 2s);
  quota.accepted(1, kNoon + 61s);
  quota.refused(kTooFast, 1, kNoon + 3min, kNoon + 3min);
  ASSERT_TRUE(quota.closed());
  ASSERT_TRUE(quota.rate());

  quota.grow_old(11h);
  EXPECT_TRUE(quota.closed());
  quota.grow_old(12h);
  EXPECT_FALSE(quota.closed());
  EXPECT_TRUE(quota.rate());
  quota.grow_old(24h * 7);
  EXPECT_FALSE(quota.rate());
}

/// Takes a fifth of what comes, whatever its rate.
TEST(Quota, WhereChanceRefusesNoGapGrowsWithoutEnd) {
  Quota quota;
  std::uint64_t dice = 1;
  int taken = 0;
  for (mail::WallTime now = kNoon; now < kNoon + 24h; now += 10s) {
    if (!quota.allows(now, 0)) continue;
    dice = mix(dice + 1);
    if (dice % 5 == 0) {
      quota.accepted(1, now);
      ++taken;
    } else {
      quota.refused({.may_be_rate = false, .told = {}, .wait = {}}, 1, now, now);
    }
  }

  EXPECT_GE(taken, 150);
}

/// Takes fifty in ten minutes, then nobody for four hours.
TEST(Quota, WhoIsShutOutForABurstIsSentToSlowly) {
  Quota quota;
  std::vector<mail::WallTime> taken;
  mail::WallTime shut_until;
  for (mail::WallTime now = kNoon; now < kNoon + 24h; now += 1s) {
    if (!quota.allows(now, 0)) continue;
    if (now < shut_until) {
      quota.refused(kTooFast, 1, now, now);
      continue;
    }
    taken.push_back(now);
    quota.accepted(1, now);
    const auto recent =
        std::ranges::count_if(taken, [now](mail::WallTime when) { return when > now - 10min; });
    if (recent >= 50) shut_until = now + 4h;
  }

  EXPECT_GE(taken.size(), 1200U);  // 300 by bursts
}

TEST(Quota, WhileItIsClosedOneAtATimeKnocks) {
  Quota quota;
  quota.accepted(1, kNoon);
  quota.refused(kTooFast, 1, kNoon + 1s, kNoon + 1s);

  EXPECT_FALSE(quota.allows(kNoon + 2s, 0));
  const auto opens = quota.opens(kNoon + 2s, 0);
  ASSERT_TRUE(opens);
  EXPECT_TRUE(quota.allows(*opens, 0));
  EXPECT_FALSE(quota.allows(*opens, 1));
}

TEST(Quota, AnOpenOneDoesNotOpenByTime) {
  Quota quota;

  EXPECT_TRUE(quota.allows(kNoon, 100));
  EXPECT_FALSE(quota.opens(kNoon, 0));
}

}  // namespace
}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/window.h"

#include <gtest/gtest.h>

#include "tests/scheduler/requests.h"

namespace tenax::scheduler {
namespace {

using mail::Health;

struct Site {
  LanePolicy policy;
  Window window{policy};
  mail::WallTime now = kNoon;

  void start(int count = 1) {
    for (int i = 0; i < count; ++i) window.started();
  }
  void end(Health health, int count = 1) {
    for (int i = 0; i < count; ++i) window.ended(health, now, policy);
  }
  void visit(Health health, int times = 1) {
    for (int i = 0; i < times; ++i) {
      start();
      end(health);
    }
  }
  /// Fails until it is parked.
  void die() {
    for (int i = 0; i < 50 && !window.parked(now); ++i) visit(Health::unreachable);
  }
};

TEST(Window, StartsSmallAndAllowsNoMore) {
  Site site;
  EXPECT_TRUE(site.window.allows(kNoon));
  site.start(2);
  EXPECT_FALSE(site.window.allows(kNoon));
}

TEST(Window, GrowsByOneForEachWindowFullOfSuccesses) {
  Site site;
  site.visit(Health::well, 1);
  EXPECT_EQ(site.window.size(), 2);
  site.visit(Health::well, 1);
  EXPECT_EQ(site.window.size(), 3);
  site.visit(Health::well, 2);
  EXPECT_EQ(site.window.size(), 3);
  site.visit(Health::well, 1);
  EXPECT_EQ(site.window.size(), 4);
}

TEST(Window, NeverGrowsPastTheLongest) {
  Site site;
  site.visit(Health::well, 1000);
  EXPECT_EQ(site.window.size(), 20);
}

TEST(Window, HalvesOnAFailureAndKeepsOne) {
  Site site;
  site.visit(Health::well, 1000);
  site.visit(Health::refused_by_host);
  EXPECT_EQ(site.window.size(), 10);
  site.visit(Health::unreachable);
  EXPECT_EQ(site.window.size(), 5);
}

TEST(Window, OneMessageThatBreaksItsSessionChangesNothingMoreDo) {
  Site site;
  site.visit(Health::well, 1000);
  site.visit(Health::broke_off);
  EXPECT_EQ(site.window.size(), 20);
  site.visit(Health::broke_off);
  EXPECT_EQ(site.window.size(), 10);
  site.visit(Health::well);
  site.visit(Health::broke_off);
  EXPECT_EQ(site.window.size(), 10);
}

TEST(Window, ACanaryThatIsHeardUntilItsContentsEndsTheParking) {
  Site site;
  site.die();
  site.now += 24h;
  site.visit(Health::broke_off);
  EXPECT_FALSE(site.window.parked(site.now));
  EXPECT_TRUE(site.window.allows(site.now));
}

TEST(Window, SessionsOpenAtTheSameTimeFailAsOne) {
  Site site;
  site.visit(Health::well, 1000);
  site.start(20);
  site.end(Health::unreachable, 20);
  EXPECT_EQ(site.window.failures(), 1);
  EXPECT_EQ(site.window.size(), 10);
  EXPECT_FALSE(site.window.parked_until());
}

TEST(Window, ParksAfterThreeFailuresInARow) {
  Site site;
  site.visit(Health::unreachable, 2);
  EXPECT_FALSE(site.window.parked(kNoon));
  site.visit(Health::unreachable);
  EXPECT_EQ(site.window.parked_until(), kNoon + 1min);
  EXPECT_FALSE(site.window.allows(kNoon + 59s));
  EXPECT_EQ(site.window.opens(kNoon), kNoon + 1min);
}

TEST(Window, ASuccessBetweenBreaksTheRow) {
  Site site;
  for (int i = 0; i < 50; ++i) {
    site.visit(Health::unreachable, 2);
    site.visit(Health::well);
  }
  EXPECT_FALSE(site.window.parked_until());
}

TEST(Window, NamesThatCannotBeLookedUpParkToo) {
  Site site;
  site.visit(Health::unresolved, 3);
  EXPECT_TRUE(site.window.parked(kNoon));
}

TEST(Window, OneCanaryFliesWhenTheParkingEnds) {
  Site site;
  site.die();
  site.now += 1min;
  EXPECT_TRUE(site.window.on_probation(site.now));
  EXPECT_TRUE(site.window.allows(site.now));
  site.start();
  EXPECT_FALSE(site.window.allows(site.now));
}

TEST(Window, TheCanaryWaitsForStragglers) {
  Site site;
  site.start(1);
  site.die();
  site.now += 2min;
  EXPECT_FALSE(site.window.allows(site.now));
  site.end(Health::unreachable);
  EXPECT_TRUE(site.window.allows(site.now));
  EXPECT_EQ(site.window.parked_until(), kNoon + 1min);  // the straggler did not lengthen it
}

TEST(Window, ADeadCanaryParksLongerUpToTheLongest) {
  Site site;
  site.die();
  mail::Duration expected = 1min;
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(site.window.parked_until(), site.now + expected);
    site.now += expected;
    expected = std::min<mail::Duration>(2 * expected, 30min);
    site.visit(Health::refused_by_host);
  }
  EXPECT_EQ(expected, 30min);
}

TEST(Window, ALivingCanaryReopensInSteps) {
  Site site;
  site.visit(Health::well, 1000);
  site.die();
  site.now += 1min;
  site.visit(Health::well);
  EXPECT_FALSE(site.window.parked_until());
  EXPECT_EQ(site.window.failures(), 0);
  EXPECT_EQ(site.window.size(), 2);
  site.visit(Health::well, 2);
  EXPECT_EQ(site.window.size(), 3);
}

TEST(Window, AfterARecoveryParkingStartsShortAgain) {
  Site site;
  site.die();
  site.now += 1min;
  site.visit(Health::unreachable);
  site.now += 2min;
  site.visit(Health::well);
  site.die();
  EXPECT_EQ(site.window.parked_until(), site.now + 1min);
}

TEST(Window, AStragglersSuccessEndsTheParking) {
  Site site;
  site.start(1);
  site.die();
  site.end(Health::well);
  EXPECT_TRUE(site.window.allows(site.now));
}

TEST(Window, OurOwnFaultChangesNothingButPausesGently) {
  Site site;
  site.visit(Health::well, 1000);
  site.visit(Health::unreachable);
  const int size = site.window.size();
  site.start(5);
  site.end(Health::ours, 5);
  EXPECT_EQ(site.window.size(), size);
  EXPECT_EQ(site.window.failures(), 1);
  EXPECT_FALSE(site.window.parked_until());
  EXPECT_FALSE(site.window.allows(site.now));
  EXPECT_EQ(site.window.opens(site.now), site.now + 1s);  // five at once are one fault
}

TEST(Window, PausesGrowToAMinuteAndNoFurther) {
  Site site;
  mail::Duration pause{0};
  for (int i = 0; i < 20; ++i) {
    site.visit(Health::ours);
    pause = *site.window.opens(site.now) - site.now;
    site.now += pause;
  }
  EXPECT_EQ(pause, 1min);
  site.visit(Health::well);
  EXPECT_TRUE(site.window.allows(site.now));
}

TEST(Window, OurOwnFaultDoesNotJudgeTheCanary) {
  Site site;
  site.die();
  site.now += 1min;
  site.visit(Health::ours);
  EXPECT_EQ(site.window.failures(), 3);
  site.now += 1s;
  EXPECT_TRUE(site.window.on_probation(site.now));
  EXPECT_TRUE(site.window.allows(site.now));
}

TEST(Window, ALastChanceThatFailsInsideTheParkingDoesNotLengthenIt) {
  Site site;
  site.die();
  EXPECT_TRUE(site.window.allows_last_chance(site.now));
  site.start();
  EXPECT_FALSE(site.window.allows_last_chance(site.now));
  site.end(Health::unreachable);
  EXPECT_EQ(site.window.parked_until(), kNoon + 1min);
}

TEST(Window, TheOperatorEndsTheParkingButTheCanaryStillFliesAlone) {
  Site site;
  site.die();
  site.window.unpark(site.now);
  EXPECT_TRUE(site.window.allows(site.now));
  site.start();
  EXPECT_FALSE(site.window.allows(site.now));
  site.end(Health::unreachable);
  EXPECT_EQ(site.window.parked_until(), site.now + 2min);
}

TEST(Window, AShortenedLimitCutsAWindowThatIsLonger) {
  Site site;
  site.visit(Health::well, 1000);
  LanePolicy tighter = site.policy;
  tighter.longest_window = 4;
  site.window.adopt(site.policy, tighter);
  EXPECT_EQ(site.window.size(), 4);
}

TEST(Window, NonsensePoliciesStillAllowOneSession) {
  Site site;
  site.policy = {.first_window = 0,
                 .longest_window = -3,
                 .failures_to_park = 0,
                 .first_parking = 0ms,
                 .longest_parking = 0ms,
                 .parking_growth = 0.0};
  site.window = Window{site.policy};
  site.visit(Health::well, 10);
  EXPECT_EQ(site.window.size(), 1);
  site.visit(Health::unreachable, 10);
  EXPECT_TRUE(site.window.allows(site.now));
}

}  // namespace
}  // namespace tenax::scheduler

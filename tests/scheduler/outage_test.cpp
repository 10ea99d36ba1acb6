// SPDX-License-Identifier: Apache-2.0
// How patiently what is down is asked.

#include "scheduler/outage.h"

#include <gtest/gtest.h>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

/// Shut out by a firewall whose ban begins anew with each knock; how long.
mail::Duration banned(Site& site, mail::Duration hold, mail::WallTime start, int& knocks) {
  site.reached(start);
  mail::WallTime last = start;
  for (mail::WallTime now = start;; now = site.outage().next_probe()) {
    ++knocks;
    if (now > start && now - last >= hold) {
      site.reached(now);
      return now - start;
    }
    if (now > start + 120h) return now - start;
    site.unreachable(now, now);
    last = now;
  }
}

TEST(Outage, ABanThatEachKnockRenewsEndsAllTheSame) {
  for (const mail::Duration hold : {10min + 0ms, 30min + 0ms, 60min + 0ms, 120min + 0ms}) {
    Site site{"a", 1, MemoryPolicy{}};
    int knocks = 0;
    EXPECT_LT(banned(site, hold, kNoon, knocks), 15h) << hold.count();
    EXPECT_LT(knocks, 100) << hold.count();
  }
}

TEST(Outage, TheSilenceThatEndedABanIsKeptAtOnceTheNextTime) {
  Site site{"a", 1, MemoryPolicy{}};
  int knocks = 0;
  banned(site, 60min, kNoon, knocks);
  EXPECT_LT(banned(site, 60min, kNoon + 24h, knocks), 70min);
  EXPECT_LT(banned(site, 60min, kNoon + 48h, knocks), 70min);
}

TEST(Outage, WhereASilenceEndedNothingTheNextOutageIsAskedAsEver) {
  Site site{"a", 1, MemoryPolicy{}};
  int knocks = 0;
  banned(site, 60min, kNoon, knocks);
  const mail::WallTime start = kNoon + 24h;
  site.reached(start);
  for (mail::WallTime now = start; now < start + 90min; now = site.outage().next_probe()) {
    site.unreachable(now, now);
  }
  site.reached(start + 90min);
  for (mail::WallTime now = start + 24h; now < start + 25h; now = site.outage().next_probe()) {
    site.unreachable(now, now);
    EXPECT_LE(site.outage().next_probe() - now, 12min);
  }
}

TEST(Outage, WhoGoesDownLongAfterItHeardFromUsDidNotShutUsOut) {
  Site site{"a", 1, MemoryPolicy{}};
  site.reached(kNoon - 2h);
  for (mail::WallTime now = kNoon; now < kNoon + 24h; now = site.outage().next_probe()) {
    site.unreachable(now, now);
    EXPECT_LE(site.outage().next_probe() - now, 12min);
  }
}

TEST(Outage, SilencesAreFew) {
  Site site{"a", 1, MemoryPolicy{}};
  site.reached(kNoon);
  mail::Duration silent{0};
  for (mail::WallTime now = kNoon; now < kNoon + 120h; now = site.outage().next_probe()) {
    site.unreachable(now, now);
    const mail::Duration rest = site.outage().next_probe() - now;
    if (rest > 12min) silent += rest;
  }
  EXPECT_LE(silent, 4h);
}

}  // namespace
}  // namespace tenax::scheduler

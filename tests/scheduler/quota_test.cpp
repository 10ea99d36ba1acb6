// SPDX-License-Identifier: Apache-2.0
// How a limit is found, kept to, and outgrown.

#include "scheduler/quota.h"

#include <gtest/gtest.h>

#include <algorithm>

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
      quota.accepted(now);
    } else {
      ++refusals;
      quota.refused(kTooFast, now, now);
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

TEST(Quota, WhileItIsClosedOneAtATimeKnocks) {
  Quota quota;
  quota.accepted(kNoon);
  quota.refused(kTooFast, kNoon + 1s, kNoon + 1s);

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

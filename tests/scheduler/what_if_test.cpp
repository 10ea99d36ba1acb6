// SPDX-License-Identifier: Apache-2.0
#include "scheduler/what_if.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/pasts.h"

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Schedule kInForce = listed({5min, 10min, 20min, 40min});

double minutes(mail::Duration length) {
  return std::chrono::duration<double, std::ratio<60>>{length}.count();
}

TEST(Delays, TheMeanIsExactAndAQuantileToHalfAPercent) {
  Delays delays;
  EXPECT_EQ(delays.mean(), 0ms);
  EXPECT_EQ(delays.quantile(0.95), 0ms);
  for (int i = 1; i <= 100; ++i) delays.add(std::chrono::minutes{i});
  EXPECT_EQ(delays.mean(), 50min + 30s);
  EXPECT_NEAR(minutes(delays.quantile(0.95)), 95.0, 0.5);
  EXPECT_NEAR(minutes(delays.quantile(1.0)), 100.0, 0.5);
}

TEST(Delays, NoDelayIsTooShortOrTooLong) {
  Delays delays;
  delays.add(0ms);
  delays.add(mail::Duration::max() / 2);
  EXPECT_EQ(delays.count(), 2);
  EXPECT_GT(delays.quantile(1.0), delays.quantile(0.5));
}

TEST(WhatIf, CountsWhatWasAndWhatWouldHaveBeen) {
  WhatIf what_if{kInForce, listed({35min})};
  what_if.add("example.net", a_past({0min, 5min, 15min}, 35min));
  what_if.add("example.net", a_past({}, 0min));

  EXPECT_EQ(what_if.recipients(), 2);
  EXPECT_EQ(what_if.put_off(), 1);
  EXPECT_EQ(what_if.recorded().outcome.attempts, 5);
  EXPECT_EQ(what_if.recorded().outcome.delivered, 2);
  EXPECT_EQ(what_if.recorded().delays.count(), 1) << "of those that were put off";
  EXPECT_EQ(what_if.recorded().delays.mean(), 35min);
  EXPECT_EQ(what_if.in_force().outcome.attempts, 5);
  EXPECT_EQ(what_if.in_force().delays.mean(), 35min);
  for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
    EXPECT_EQ(what_if.other(guess).outcome.attempts, 3);
    EXPECT_EQ(what_if.other(guess).outcome.delivered, 2);
    EXPECT_EQ(what_if.other(guess).delays.mean(), 35min);
  }
}

TEST(WhatIf, AScheduleOfADestinationsOwnStaysWhateverTheOthersGet) {
  Override own;
  own.domains = {"example.net"};
  own.retry = kInForce.policy;
  own.retry.schedule = {35min};
  own.retry.jitter = 0.0;
  Override same = own;
  same.domains = {"example.org"};
  same.retry = kInForce.policy;
  WhatIf what_if{kInForce, listed({1min}), Overrides{{own, same}}};
  what_if.add("example.net", a_past({0min, 5min, 15min}, 35min));
  EXPECT_EQ(what_if.in_force().outcome.attempts, 2);
  EXPECT_EQ(what_if.other(Guess::worst).outcome.attempts, 2);
  what_if.add("example.org", a_past({0min, 5min, 15min}, 35min));
  EXPECT_EQ(what_if.in_force().outcome.attempts, 2 + 4);
  EXPECT_GT(what_if.other(Guess::worst).outcome.attempts, 2 + 30);
}

TEST(WhatIf, AShorterLifetimeLosesALongerOneRevives) {
  Past expired = a_past({0min, 5min, 15min, 35min, 60min}, std::nullopt);
  expired.expired = true;
  Schedule in_force = kInForce;
  in_force.policy.lifetime = 1h;
  Schedule shorter = in_force;
  shorter.policy.lifetime = 20min;
  Schedule longer = in_force;
  longer.policy.lifetime = 48h;

  WhatIf less{in_force, shorter};
  less.add("example.net", expired);
  less.add("example.net", a_past({0min, 5min, 15min}, 35min));
  EXPECT_EQ(less.recorded().outcome.expired, 1);
  EXPECT_EQ(less.in_force().outcome.expired, 1);
  EXPECT_EQ(less.other(Guess::worst).outcome.expired, 2);
  EXPECT_EQ(less.other(Guess::worst).outcome.lost, 1);
  EXPECT_EQ(less.other(Guess::worst).outcome.delivered, 0);
  EXPECT_EQ(less.other(Guess::worst).delays.count(), 0);

  WhatIf more{in_force, longer};
  more.add("example.net", expired);
  EXPECT_EQ(more.other(Guess::middle).outcome.expired, 0);
  EXPECT_EQ(more.other(Guess::middle).outcome.revived, 1);
}

TEST(WhatIf, WhoWasRefusedForGoodIsNeitherDeliveredNorLost) {
  Past refused = a_past({0min, 5min}, 15min);
  refused.delivered = false;
  Schedule shorter = listed({10min});
  shorter.policy.lifetime = 6min;
  WhatIf what_if{kInForce, shorter};
  what_if.add("example.net", refused);
  EXPECT_EQ(what_if.recorded().outcome.delivered, 0);
  EXPECT_EQ(what_if.other(Guess::worst).outcome.lost, 0);
  EXPECT_EQ(what_if.recorded().delays.count(), 0);
}

TEST(WhatIf, NamesTheDestinationsThatChangeMost) {
  WhatIf what_if{kInForce, listed({1h})};
  for (int i = 0; i < 3; ++i) what_if.add("often.example", a_past({0min, 5min, 15min}, 35min));
  what_if.add("once.example", a_past({0min, 5min, 15min}, 35min));
  what_if.add("never.example", a_past({}, 0min));

  const auto changed = what_if.most_changed(10);

  ASSERT_THAT(changed, SizeIs(2));
  EXPECT_EQ(changed[0].first, "often.example");
  EXPECT_EQ(changed[0].second.put_off, 3);
  EXPECT_EQ(changed[0].second.recorded.attempts, 12);
  EXPECT_EQ(changed[0].second.other.attempts, 6);
  EXPECT_THAT(what_if.most_changed(1), SizeIs(1));
  EXPECT_THAT(WhatIf(kInForce, kInForce).most_changed(10), IsEmpty());
}

TEST(WhatIf, MoreDestinationsThanItKeepsAreInTheSums) {
  WhatIf what_if{kInForce, kInForce};
  const Past past = a_past({}, 0min);
  for (std::size_t i = 0; i <= WhatIf::kMostDestinations; ++i) {
    what_if.add("d" + std::to_string(i) + ".example", past);
  }
  EXPECT_TRUE(what_if.more_destinations());
  EXPECT_EQ(what_if.recipients(), static_cast<std::int64_t>(WhatIf::kMostDestinations) + 1);
}

TEST(WhatIf, AFewSayNothing) {
  WhatIf what_if{kInForce, kInForce};
  for (int i = 0; i < WhatIf::kFewest; ++i) {
    EXPECT_TRUE(what_if.too_few());
    what_if.add("example.net", a_past({0min}, 5min));
  }
  EXPECT_FALSE(what_if.too_few());
}

TEST(WhatIf, TheScheduleInForceChangesNothing) {
  Dice dice{8};
  const Schedule schedule = dice.schedule();
  WhatIf what_if{schedule, schedule};
  for (int i = 0; i < 1000; ++i) what_if.add("example.net", dice.recorded_under(schedule));
  for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
    EXPECT_EQ(what_if.other(guess).outcome.attempts, what_if.recorded().outcome.attempts);
    EXPECT_EQ(what_if.other(guess).outcome.expired, what_if.recorded().outcome.expired);
    EXPECT_EQ(what_if.other(guess).delays.mean(), what_if.recorded().delays.mean());
  }
}

}  // namespace
}  // namespace tenax::scheduler

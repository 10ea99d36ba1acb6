// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/rows.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string objection_to_what_if(const ScheduleWords& words) {
  const auto schedule = schedule_of(words, {});
  return schedule ? std::string{} : schedule.error().why;
}

TEST(ScheduleWords, AListIsItsDelaysWithTheJitterAndLifetimeInForce) {
  scheduler::RetryPolicy in_force;
  in_force.jitter = 0.3;
  in_force.lifetime = 48h;
  const auto schedule = schedule_of({.delays = "5m,1h30m,90s"}, in_force);
  ASSERT_TRUE(schedule);
  EXPECT_THAT(schedule->delays, ElementsAre(5min, 90min, 90s));
  EXPECT_EQ(schedule->policy.jitter, 0.3);
  EXPECT_EQ(schedule->policy.lifetime, 48h);
}

TEST(ScheduleWords, WhatIsNotSaidStaysAsItIsInForce) {
  const auto schedule = schedule_of({.growth = "1.5", .lifetime = "2d"}, {});
  ASSERT_TRUE(schedule);
  EXPECT_THAT(schedule->delays, IsEmpty());
  EXPECT_EQ(schedule->policy.growth, 1.5);
  EXPECT_EQ(schedule->policy.lifetime, 48h);
  EXPECT_EQ(schedule->policy.first_delay, scheduler::RetryPolicy{}.first_delay);
}

TEST(ScheduleWords, WhatIsNoScheduleIsRefusedAndNamed) {
  EXPECT_THAT(objection_to_what_if({}), HasSubstr("which other schedule?"));
  EXPECT_THAT(objection_to_what_if({.delays = "5m,,10m"}), HasSubstr("--schedule"));
  EXPECT_THAT(objection_to_what_if({.delays = "5m,"}), HasSubstr("--schedule"));
  EXPECT_THAT(objection_to_what_if({.delays = "0s"}), HasSubstr("not between a second and a year"));
  EXPECT_THAT(objection_to_what_if({.delays = "99w"}),
              HasSubstr("not between a second and a year"));
  EXPECT_THAT(objection_to_what_if({.delays = "5m", .first_delay = "1m"}), HasSubstr("excludes"));
  EXPECT_THAT(objection_to_what_if({.first_delay = "4h"}), HasSubstr("longer than the longest"));
  EXPECT_THAT(objection_to_what_if({.growth = "0.5"}), HasSubstr("--growth: not between 1 and 10"));
  EXPECT_THAT(objection_to_what_if({.growth = "nan"}), HasSubstr("--growth"));
  EXPECT_THAT(objection_to_what_if({.growth = "2x"}), HasSubstr("--growth: not a number"));
  EXPECT_THAT(objection_to_what_if({.jitter = "-1"}), HasSubstr("--jitter"));
  EXPECT_THAT(objection_to_what_if({.lifetime = kHostile}), HasSubstr("--lifetime"));
  EXPECT_TRUE(tame(objection_to_what_if({.lifetime = kHostile})));
  std::string long_list = "5m";
  for (int i = 0; i < 100; ++i) long_list += ",5m";
  EXPECT_THAT(objection_to_what_if({.delays = long_list}), HasSubstr("more than 100"));
}

TEST(ScheduleWords, AScheduleIsSaidInOneLine) {
  EXPECT_EQ(in_words(scheduler::Schedule{}),
            "5m, each 2 times the last, at most 3h, up to 10 % more; for 5d");
  const auto listed = schedule_of({.delays = "5m,10m", .jitter = "0"}, {});
  EXPECT_EQ(in_words(*listed), "5m, 10m and so on; for 5d");
}

}  // namespace
}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#include "scheduler/retry_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;

const mail::WallTime kAccepted{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

RetryPolicy steady() {
  RetryPolicy policy;
  policy.jitter = 0.0;
  return policy;
}

struct Case {
  std::string rule;
  int attempts;
  mail::Duration delay;
};

class Delay : public testing::TestWithParam<Case> {};

TEST_P(Delay, AfterSoManyAttempts) {
  const mail::WallTime now = kAccepted + 1h;

  const auto next = next_attempt(steady(), {kAccepted, GetParam().attempts}, now, 0.5);

  EXPECT_EQ(next, now + GetParam().delay);
}

INSTANTIATE_TEST_SUITE_P(Formula, Delay,
                         testing::Values(Case{"TheFirstDelayFollowsTheFirstAttempt", 1, 5min},
                                         Case{"EachDelayIsTwiceTheLast", 2, 10min},
                                         Case{"AndAgain", 5, 80min},
                                         Case{"NoDelayIsLongerThanTheLongest", 7, 3h},
                                         Case{"NorAfterTenThousandAttempts", 10'000, 3h},
                                         Case{"OurOwnFaultWaitsTheFirstDelay", 0, 5min}),
                         [](const auto& given) { return given.param.rule; });

TEST(NextAttempt, JitterStretchesAndNeverShortens) {
  RetryPolicy policy;
  policy.jitter = 0.1;
  const mail::WallTime now = kAccepted + 1h;

  EXPECT_EQ(next_attempt(policy, {kAccepted, 1}, now, 0.0), now + 5min);
  EXPECT_EQ(next_attempt(policy, {kAccepted, 1}, now, 0.5), now + 5min + 15s);
  EXPECT_LE(next_attempt(policy, {kAccepted, 1}, now, 0.999999), now + 5min + 30s);
  EXPECT_GT(next_attempt(policy, {kAccepted, 9}, now, 0.999999), now + 3h + 17min);
}

TEST(NextAttempt, TheLastChanceStandsAtTheEndOfTheLifetime) {
  const mail::WallTime end = kAccepted + 5 * 24h;

  EXPECT_EQ(next_attempt(steady(), {kAccepted, 40}, end - 1h, 0.0), end);
  EXPECT_EQ(next_attempt(steady(), {kAccepted, 40}, end - 1ms, 0.0), end);
}

TEST(NextAttempt, OnlyAFailureAtOrAfterTheEndIsFinal) {
  const mail::WallTime end = kAccepted + 5 * 24h;

  EXPECT_EQ(next_attempt(steady(), {kAccepted, 40}, end, 0.0), std::nullopt);
  EXPECT_EQ(next_attempt(steady(), {kAccepted, 1}, end + 30 * 24h, 0.0), std::nullopt);
}

TEST(NextAttempt, TimePassesEvenUnderAPolicyOfZeros) {
  RetryPolicy policy = steady();
  policy.first_delay = 0ms;
  policy.longest_delay = 0ms;

  EXPECT_EQ(next_attempt(policy, {kAccepted, 3}, kAccepted, 0.0), kAccepted + 1ms);
}

TEST(NextAttempt, EveryScheduleEndsAtTheEndAndMovesForward) {
  std::mt19937_64 dice{20261124};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  for (int round = 0; round < 500; ++round) {
    RetryPolicy policy;
    policy.first_delay = mail::Duration{1000 + static_cast<int>(unit(dice) * 600'000)};
    policy.longest_delay = policy.first_delay + mail::Duration{static_cast<int>(unit(dice) * 2e7)};
    policy.growth = 1.0 + unit(dice) * 3;
    policy.jitter = unit(dice);
    policy.lifetime = mail::Duration{static_cast<std::int64_t>(unit(dice) * 5e8)};

    mail::WallTime now = kAccepted;
    for (int attempts = 1;; ++attempts) {
      const auto next = next_attempt(policy, {kAccepted, attempts}, now, unit(dice));
      if (!next) break;
      ASSERT_GT(*next, now);
      ASSERT_LE(*next, end_of_life(policy, kAccepted));
      const bool whole = *next - now >= policy.first_delay;
      ASSERT_TRUE(whole || *next == end_of_life(policy, kAccepted));
      now = *next;
    }
    ASSERT_EQ(now, std::max(kAccepted, end_of_life(policy, kAccepted)));
  }
}

TEST(DelayNotice, ComesAtEachAgeOnceAndNeverAfterTheEnd) {
  RetryPolicy policy;
  policy.delay_notices = {4h, 24h, 72h, 200h};

  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted), kAccepted + 4h);
  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted + 4h), kAccepted + 24h);
  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted + 30h), kAccepted + 72h);
  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted + 72h), std::nullopt);
}

TEST(DelayNotice, IsNotSentAtTheVeryEndWhenTheFailureNoticeComes) {
  RetryPolicy policy;
  policy.lifetime = 24h;
  policy.delay_notices = {24h};

  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted), std::nullopt);
}

TEST(DelayNotice, NoAgesMeanNoNotice) {
  RetryPolicy policy;
  policy.delay_notices = {};

  EXPECT_EQ(next_delay_notice(policy, kAccepted, kAccepted), std::nullopt);
}

}  // namespace
}  // namespace tenax::scheduler

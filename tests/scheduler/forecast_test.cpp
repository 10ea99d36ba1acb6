// SPDX-License-Identifier: Apache-2.0
#include "scheduler/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const mail::WallTime kTakenIn{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

Outlook fresh() { return {mail::QueueId{4711}, kTakenIn, 0, kTakenIn, kTakenIn + 24h}; }

std::vector<mail::WallTime> dates(const Forecast& forecast) {
  std::vector<mail::WallTime> dates;
  for (const Coming& one : forecast.attempts) dates.push_back(one.when);
  return dates;
}

/// What really happens when each attempt is deferred at once and each notice is sent when due: the
/// engine's way, one event after the other.
Forecast lived(const RetryPolicy& policy, Outlook life, mail::WallTime now) {
  Forecast seen;
  for (;;) {
    const bool notice_first = life.next_notice && *life.next_notice < *life.next_attempt;
    if (notice_first && std::max(*life.next_notice, now) < *life.next_attempt) {
      now = std::max(now, *life.next_notice);
      seen.delay_notices.push_back(now);
      life.next_notice = next_delay_notice(policy, life.accepted, std::max(now, *life.next_notice));
      continue;
    }
    now = std::max(now, *life.next_attempt);
    seen.attempts.push_back({now});
    ++life.attempts;
    life.next_attempt = next_attempt(policy, {life.accepted, life.attempts}, now,
                                     roll_for(life.message, life.attempts));
    if (!life.next_attempt) {
      seen.end = now;
      return seen;
    }
  }
}

TEST(Forecast, NamesEveryAttemptTheNoticeAndTheEnd) {
  RetryPolicy policy;
  policy.jitter = 0.0;
  policy.lifetime = 2h;
  policy.delay_notices = {1h};
  const Outlook outlook{mail::QueueId{1}, kTakenIn, 1, kTakenIn + 5min, kTakenIn + 1h};

  const Forecast forecast = scheduler::forecast(policy, outlook, kTakenIn);

  EXPECT_THAT(dates(forecast), ElementsAre(kTakenIn + 5min, kTakenIn + 15min, kTakenIn + 35min,
                                           kTakenIn + 75min, kTakenIn + 2h));
  EXPECT_THAT(forecast.delay_notices, ElementsAre(kTakenIn + 1h));
  EXPECT_EQ(forecast.end, kTakenIn + 2h);
  EXPECT_FALSE(forecast.more);
}

TEST(Forecast, IsWhatIsReallyFollowed) {
  std::mt19937_64 dice{5321};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  const auto up_to = [&](double millis) {
    return mail::Duration{static_cast<std::int64_t>(unit(dice) * millis)};
  };
  for (int round = 0; round < 400; ++round) {
    RetryPolicy policy;
    policy.first_delay = 1min + up_to(6e5);
    policy.longest_delay = policy.first_delay + up_to(2e7);
    policy.growth = 1.0 + unit(dice) * 2;
    policy.jitter = unit(dice) / 2;
    policy.lifetime = 1h + up_to(5e8);
    policy.delay_notices = {up_to(2e8), 2h + up_to(2e8), 4h + up_to(2e8)};
    std::ranges::sort(policy.delay_notices);
    Outlook outlook{mail::QueueId{static_cast<std::int64_t>(dice() >> 2)}, kTakenIn, 0, {}, {}};
    outlook.attempts = static_cast<int>(unit(dice) * 5);
    outlook.next_attempt = kTakenIn + up_to(1e8);
    outlook.next_notice = next_delay_notice(policy, kTakenIn, kTakenIn);
    const mail::WallTime now = kTakenIn + up_to(1e8);

    const Forecast told = forecast(policy, outlook, now, 100'000);

    const Forecast seen = lived(policy, outlook, now);
    ASSERT_EQ(told.attempts, seen.attempts) << "round " << round;
    ASSERT_EQ(told.delay_notices, seen.delay_notices) << "round " << round;
    ASSERT_EQ(told.end, seen.end) << "round " << round;
  }
}

TEST(Forecast, KnowsTheEndEvenWhereTheListIsCut) {
  const Forecast whole = forecast(RetryPolicy{}, fresh(), kTakenIn);

  const Forecast cut = forecast(RetryPolicy{}, fresh(), kTakenIn, 3);

  EXPECT_TRUE(cut.more);
  EXPECT_EQ(cut.attempts.size(), 3U);
  EXPECT_EQ(cut.end, whole.end);
  EXPECT_FALSE(whole.more);
  EXPECT_EQ(whole.attempts.back().when, whole.end);
}

TEST(Forecast, AnOverdueAttemptIsShownNow) {
  const mail::WallTime now = kTakenIn + 6h;

  const Forecast forecast = scheduler::forecast(RetryPolicy{}, fresh(), now);

  EXPECT_EQ(forecast.attempts.front().when, now);
}

TEST(Forecast, AMessageFoundAfterItsLifetimeHasOneAttemptAndNoNotice) {
  const mail::WallTime now = kTakenIn + 30 * 24h;

  const Forecast forecast = scheduler::forecast(RetryPolicy{}, fresh(), now);

  EXPECT_THAT(dates(forecast), ElementsAre(now));
  EXPECT_THAT(forecast.delay_notices, IsEmpty());
  EXPECT_EQ(forecast.end, now);
}

TEST(Forecast, AHeldRecipientHasNoAttempts) {
  Outlook held = fresh();
  held.next_attempt.reset();

  const Forecast forecast = scheduler::forecast(RetryPolicy{}, held, kTakenIn);

  EXPECT_THAT(forecast.attempts, IsEmpty());
  EXPECT_FALSE(forecast.more);
  EXPECT_EQ(forecast.end, kTakenIn + 5 * 24h);
}

TEST(Roll, IsTheSameWheneverItIsAskedFor) {
  EXPECT_EQ(roll_for(mail::QueueId{99}, 3), roll_for(mail::QueueId{99}, 3));
  EXPECT_NE(roll_for(mail::QueueId{99}, 3), roll_for(mail::QueueId{99}, 4));
  EXPECT_NE(roll_for(mail::QueueId{99}, 3), roll_for(mail::QueueId{98}, 3));
}

TEST(Roll, IsUniformOverNeighbouringIds) {
  std::array<int, 10> buckets{};
  double sum = 0;
  constexpr int kIds = 20'000;
  for (int id = 0; id < kIds; ++id) {
    const double roll = roll_for(mail::QueueId{(1LL << 40) + id}, 1 + id % 3);
    ASSERT_GE(roll, 0.0);
    ASSERT_LT(roll, 1.0);
    sum += roll;
    ++buckets[static_cast<std::size_t>(roll * 10)];
  }
  EXPECT_NEAR(sum / kIds, 0.5, 0.01);
  for (const int count : buckets) EXPECT_NEAR(count, kIds / 10, 250);
}

}  // namespace
}  // namespace tenax::scheduler

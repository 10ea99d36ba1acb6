// SPDX-License-Identifier: Apache-2.0
#include "scheduler/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "scheduler/forecast.h"
#include "tests/scheduler/pasts.h"

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;
using End = Replayed::End;

TEST(Schedule, ItsLastDelayRepeats) {
  const Schedule schedule = listed({5min, 10min, 20min});
  const auto after = [&](int attempts) {
    return next_attempt(schedule, {kAccepted, attempts}, kAccepted + 1h, 0.0).value() - kAccepted -
           1h;
  };
  EXPECT_EQ(after(1), 5min);
  EXPECT_EQ(after(2), 10min);
  EXPECT_EQ(after(3), 20min);
  EXPECT_EQ(after(4), 20min);
  EXPECT_EQ(after(1'000'000), 20min);
}

TEST(Schedule, JitterAndLifetimeAreThePolicys) {
  Schedule schedule = listed({10min});
  schedule.policy.jitter = 0.5;
  schedule.policy.lifetime = 1h;
  EXPECT_EQ(next_attempt(schedule, {kAccepted, 1}, kAccepted, 0.5), kAccepted + 12min + 30s);
  EXPECT_EQ(next_attempt(schedule, {kAccepted, 9}, kAccepted + 55min, 0.0), kAccepted + 1h);
  EXPECT_EQ(next_attempt(schedule, {kAccepted, 9}, kAccepted + 1h, 0.0), std::nullopt);
}

TEST(Schedule, WithoutAListItIsThePolicy) {
  const Schedule schedule{.policy = {}, .delays = {}};
  EXPECT_EQ(next_attempt(schedule, {kAccepted, 3}, kAccepted, 0.7),
            next_attempt(schedule.policy, {kAccepted, 3}, kAccepted, 0.7));
}

TEST(Door, OpensBetweenTheLastDeferralAndTheAnswer) {
  const Past past = a_past({0min, 10min}, 30min);
  EXPECT_EQ(door_of(past, Guess::best), kAccepted + 10min + 1ms);
  EXPECT_EQ(door_of(past, Guess::worst), kAccepted + 30min);
  EXPECT_NEAR(static_cast<double>((*door_of(past, Guess::middle) - kAccepted).count()),
              static_cast<double>(mail::Duration{20min}.count()), 2.0);
}

TEST(Door, StaysClosedWhereNobodyAnswered) {
  Past past = a_past({0min, 10min}, std::nullopt);
  for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
    EXPECT_EQ(door_of(past, guess), std::nullopt);
  }
}

TEST(Door, AClockThatWasSetBackLeavesNoGap) {
  const Past past = a_past({0min, 50min}, 30min);
  for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
    EXPECT_EQ(door_of(past, guess), kAccepted + 30min);
  }
}

TEST(Replay, TheFirstAttemptIsWhereItWas) {
  const Past past = a_past({}, 3min);
  const Replayed replayed = replay(listed({1h}), past, door_of(past, Guess::worst));
  EXPECT_EQ(replayed.end, End::answered);
  EXPECT_EQ(replayed.attempts, 1);
  EXPECT_EQ(replayed.when, kAccepted + 3min);
}

TEST(Replay, IsAnsweredAtTheFirstAttemptAfterTheDoorOpens) {
  const Past past = a_past({0min, 5min, 15min}, 35min);
  const Schedule schedule = listed({8min});
  const Replayed best = replay(schedule, past, door_of(past, Guess::best));
  EXPECT_EQ(best.attempts, 3);
  EXPECT_EQ(best.when, kAccepted + 16min);
  const Replayed worst = replay(schedule, past, door_of(past, Guess::worst));
  EXPECT_EQ(worst.attempts, 6);
  EXPECT_EQ(worst.when, kAccepted + 40min);
}

TEST(Replay, AnAttemptTakesAsLongAsTheRecordedOneOfItsNumber) {
  Past past = a_past({0min, 10min}, 30min);
  past.deferrals[0].finished += 5min;
  past.deferrals[1].finished += 1min;
  const Replayed replayed = replay(listed({10min}), past, kAccepted + 20min);
  EXPECT_EQ(replayed.attempts, 3) << "at 0, at 5+10, at 15+1+10";
  EXPECT_EQ(replayed.when, kAccepted + 26min);
}

TEST(Replay, AShorterLifetimeLosesWhatCameLate) {
  const Past past = a_past({0min, 5min, 15min, 35min}, 75min);
  Schedule schedule = listed({10min});
  schedule.policy.lifetime = 30min;
  const Replayed replayed = replay(schedule, past, door_of(past, Guess::middle));
  EXPECT_EQ(replayed.end, End::expired);
  EXPECT_EQ(replayed.attempts, 4) << "the last one at the end of the lifetime";
}

TEST(Replay, WhatNobodyAnsweredIsTriedForAsLongAsItIsRecorded) {
  Past past = a_past({0min, 5min, 15min}, std::nullopt);
  past.until = kAccepted + 1h;
  const Replayed replayed = replay(listed({10min}), past, std::nullopt);
  EXPECT_EQ(replayed.end, End::open);
  EXPECT_EQ(replayed.attempts, 7);
}

TEST(Replay, NoScheduleIsFollowedForEver) {
  Past past = a_past({0min}, std::nullopt);
  past.until = kAccepted + 10'000h;
  Schedule schedule = listed({1s});
  schedule.policy.lifetime = 10'000h;
  const Replayed replayed = replay(schedule, past, std::nullopt);
  EXPECT_EQ(replayed.end, End::open);
  EXPECT_EQ(replayed.attempts, 10'000);
}

// -- properties ---------------------------------------------------------------------------------

constexpr int kRounds = 3000;

TEST(ReplayProperties, WhatWasRecordedUnderAScheduleIsMetAgainExactly) {
  Dice dice{4};
  for (int round = 0; round < kRounds; ++round) {
    const Schedule schedule = dice.schedule();
    const Past past = dice.recorded_under(schedule);
    const auto recorded = past.deferrals.size() + (past.answer ? 1 : 0);
    for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
      const Replayed again = replay(schedule, past, door_of(past, guess));
      ASSERT_EQ(static_cast<std::size_t>(again.attempts), recorded) << round;
      ASSERT_EQ(again.end == End::answered, past.answer.has_value()) << round;
      ASSERT_EQ(again.end == End::expired, past.expired) << round;
      if (past.answer) {
        ASSERT_EQ(again.when, past.answer->finished) << round;
      }
    }
  }
}

TEST(ReplayProperties, AMorePatientScheduleNeverMakesMoreAttempts) {
  Dice dice{5};
  for (int round = 0; round < kRounds; ++round) {
    const Past past = dice.recorded_under(dice.schedule());
    const Schedule hasty = dice.schedule();
    Schedule patient = hasty;
    for (mail::Duration& delay : patient.delays) delay += dice.upto(1h);
    patient.policy.first_delay += dice.upto(1h);
    patient.policy.longest_delay += 1h;
    patient.policy.growth += dice.part();
    for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
      const auto door = door_of(past, guess);
      ASSERT_LE(replay(patient, past, door).attempts, replay(hasty, past, door).attempts) << round;
    }
  }
}

TEST(ReplayProperties, ALongerLifetimeNeverLosesMore) {
  Dice dice{6};
  for (int round = 0; round < kRounds; ++round) {
    const Past past = dice.recorded_under(dice.schedule());
    const Schedule shorter = dice.schedule();
    Schedule longer = shorter;
    longer.policy.lifetime += dice.upto(48h);
    for (const Guess guess : {Guess::best, Guess::middle, Guess::worst}) {
      const auto door = door_of(past, guess);
      const Replayed of_longer = replay(longer, past, door);
      if (of_longer.end == End::expired) {
        ASSERT_EQ(replay(shorter, past, door).end, End::expired) << round;
      }
      if (replay(shorter, past, door).end == End::answered) {
        ASSERT_EQ(of_longer.end, End::answered) << round;
      }
    }
  }
}

TEST(ReplayProperties, TheGuessesAreARange) {
  Dice dice{7};
  for (int round = 0; round < kRounds; ++round) {
    const Past past = dice.recorded_under(dice.schedule());
    const Schedule schedule = dice.schedule();
    const Replayed best = replay(schedule, past, door_of(past, Guess::best));
    const Replayed middle = replay(schedule, past, door_of(past, Guess::middle));
    const Replayed worst = replay(schedule, past, door_of(past, Guess::worst));
    ASSERT_LE(best.attempts, middle.attempts) << round;
    ASSERT_LE(middle.attempts, worst.attempts) << round;
    if (worst.end == End::answered) {
      ASSERT_LE(best.when, middle.when) << round;
      ASSERT_LE(middle.when, worst.when) << round;
    }
  }
}

}  // namespace
}  // namespace tenax::scheduler

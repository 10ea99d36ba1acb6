// SPDX-License-Identifier: Apache-2.0
#include "engine/what_if.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;
using mail::Kind;
using ::testing::SizeIs;

const mail::WallTime kThatDay = mail::from_millis(1'764'000'000'000);

queue::RecipientHistory history_of(std::vector<Kind> kinds) {
  queue::RecipientHistory history;
  history.message = mail::QueueId{7};
  history.destination = "example.net";
  history.accepted = kThatDay;
  for (const Kind kind : kinds) {
    const mail::WallTime when = kThatDay + std::chrono::minutes{history.tries.size()};
    history.tries.push_back({when, when + 2s, true, kind, kind != Kind::failed});
    ++history.attempts;
  }
  return history;
}

TEST(PastOf, DeferralsAndTheAnswerAreToldApart) {
  queue::RecipientHistory history = history_of({Kind::deferred, Kind::deferred, Kind::delivered});
  history.ended = kThatDay + 3min;
  const auto past = past_of(history, kThatDay + 1h);
  ASSERT_TRUE(past);
  EXPECT_THAT(past->deferrals, SizeIs(2));
  ASSERT_TRUE(past->answer);
  EXPECT_EQ(past->answer->started, kThatDay + 2min);
  EXPECT_TRUE(past->delivered);
  EXPECT_FALSE(past->expired);
}

TEST(PastOf, ARefusalForGoodIsAnAnswerAndNoDelivery) {
  const auto past = past_of(history_of({Kind::deferred, Kind::failed}), kThatDay);
  ASSERT_TRUE(past && past->answer);
  EXPECT_FALSE(past->delivered);
  EXPECT_FALSE(past->expired);
}

TEST(PastOf, AnExpiryIsADeferralThatNothingIsKnownBehind) {
  queue::RecipientHistory history = history_of({Kind::deferred, Kind::failed});
  history.tries[1].transient = true;
  const auto past = past_of(history, kThatDay + 1h);
  ASSERT_TRUE(past);
  EXPECT_THAT(past->deferrals, SizeIs(2));
  EXPECT_FALSE(past->answer);
  EXPECT_TRUE(past->expired);
  EXPECT_EQ(past->until, kThatDay + 1min + 2s);
}

TEST(PastOf, WhatIsOpenIsKnownUntilNowAndWhatWasTakenOutUntilThen) {
  queue::RecipientHistory history = history_of({Kind::deferred});
  EXPECT_EQ(past_of(history, kThatDay + 1h)->until, kThatDay + 1h);
  history.state = mail::RecipientState::removed;
  history.ended = kThatDay + 10min;
  EXPECT_EQ(past_of(history, kThatDay + 1h)->until, kThatDay + 10min);
}

TEST(PastOf, OurOwnFaultsAreNoAttempts) {
  queue::RecipientHistory history = history_of({Kind::deferred, Kind::deferred});
  history.tries[0].counted = false;
  history.attempts = 1;
  EXPECT_THAT(past_of(history, kThatDay)->deferrals, SizeIs(1));
  history.tries[1].counted = false;
  history.attempts = 0;
  EXPECT_FALSE(past_of(history, kThatDay));
}

TEST(PastOf, ARecordThatIsNotWholeIsLeftOut) {
  queue::RecipientHistory history = history_of({Kind::deferred, Kind::delivered});
  history.attempts = 600;
  EXPECT_FALSE(past_of(history, kThatDay));
}

}  // namespace
}  // namespace tenax::engine

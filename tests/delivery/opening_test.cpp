// SPDX-License-Identifier: Apache-2.0
// Hosts that hang up at EHLO, and what is concluded from that.

#include <gtest/gtest.h>

#include "tests/support/delivery_world.h"

namespace tenax::testing {
namespace {

using mail::Kind;
using mail::Stage;

struct AtEhlo : ::testing::Test {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
  int messages = 0;
  mail::Verdict deliver() { return verdict_of(world.deliver(a_request().message(++messages))); }
};

TEST_F(AtEhlo, AHangUpIsNoReasonToDoWithoutIt) {
  mx.manners.starttls = true;
  mx.manners.certificate = {"mx1.example.net"};
  mx.at(Stage::ehlo).hangs_up().times(1);
  EXPECT_EQ(deliver().kind, Kind::deferred);
  EXPECT_EQ(mx.heard("HELO"), 0);
  EXPECT_EQ(deliver().kind, Kind::delivered);
  EXPECT_TRUE(mx.taken().at(0).tls);
}

TEST_F(AtEhlo, WhoHangsUpTwiceInARowIsGreetedTheOldWay) {
  mx.at(Stage::ehlo).hangs_up().only("EHLO");
  EXPECT_EQ(deliver().kind, Kind::deferred);
  EXPECT_EQ(mx.sessions(), 1);
  EXPECT_EQ(deliver().kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 3);
  EXPECT_EQ(mx.heard("HELO out.example.org"), 1);
}

TEST_F(AtEhlo, HangUpsWithAnAnswerBetweenThemAreNoHabit) {
  world.policy.messages_per_session = 1;
  for (int n = 0; n < 3; ++n) {
    mx.at(Stage::ehlo).hangs_up().times(1);
    EXPECT_EQ(deliver().kind, Kind::deferred);
    EXPECT_EQ(deliver().kind, Kind::delivered);
  }
  EXPECT_EQ(mx.heard("HELO"), 0);
}

TEST_F(AtEhlo, TheOldWayIsTriedOnce) {
  mx.at(Stage::ehlo).hangs_up();
  EXPECT_EQ(deliver().kind, Kind::deferred);
  EXPECT_EQ(deliver().kind, Kind::deferred);
  EXPECT_EQ(mx.sessions(), 3);
}

TEST_F(AtEhlo, WhatTheOldWayCannotCarryWaits) {
  mx.at(Stage::ehlo).hangs_up().only("EHLO");
  EXPECT_EQ(deliver().kind, Kind::deferred);
  const auto sender = world.deliver(a_request().message(2).from("j\xc3\xb6rg@example.org"));
  EXPECT_EQ(verdict_of(sender).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(sender).status.text(), "4.6.7");
  const auto recipient = world.deliver(a_request().message(3).to("j\xc3\xb6rg@example.net"));
  EXPECT_EQ(verdict_of(recipient).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(recipient).status.text(), "4.6.7");
}

TEST_F(AtEhlo, WhatAServerThatRefusesItCannotCarryFails) {
  mx.manners.knows_ehlo = false;
  const auto report = world.deliver(a_request().to("j\xc3\xb6rg@example.net"));
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).status.text(), "5.6.7");
}

}  // namespace
}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
// Which of a domain's hosts an attempt asks, when many of them do not answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/silent_addresses.h"

#include "tests/support/delivery_world.h"
#include "tests/support/run.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using mail::Kind;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Choice : ::testing::Test {
  DeliveryWorld world;

  /// "mx1.example.net" at 192.0.2.1 to .`count`, all of which refuse; the records that follow are
  /// worse.
  void refusing(int count) {
    world.add_mx("mx1.example.net", "192.0.2.1", 10);
    for (int n = 1; n <= count; ++n) {
      const std::string address = "192.0.2." + std::to_string(n);
      if (n > 1) world.dns.address("mx1.example.net", address);
      world.net.host(address).refuses();
    }
  }
};

TEST_F(Choice, TheLastTryIsForTheNextPreference) {
  refusing(6);
  FakeMx& worse = world.add_mx("mx2.example.net", "198.51.100.2", 20);

  const mail::DeliveryReport report = world.deliver(a_request());

  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(worse.taken().size(), 1U);
  EXPECT_THAT(world.net.dialled(), SizeIs(5));
}

TEST_F(Choice, WithoutANextPreferenceAllTriesAreForTheBest) {
  refusing(6);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
  EXPECT_THAT(world.net.dialled(), SizeIs(5));
}

TEST_F(Choice, WhatHostsSayOfThemselvesIsFinalOnlyWhenAllWereAsked) {  // RFC 7504 4
  for (int n = 1; n <= 6; ++n) {
    const std::string number = std::to_string(n);
    FakeMx& host = world.add_mx("mx" + number + ".example.net", "192.0.2." + number, 10);
    host.at(mail::Stage::greeting).says("521 5.3.2 this host takes no mail");
  }

  const mail::DeliveryReport some = world.deliver(a_request());
  EXPECT_THAT(world.net.dialled(), SizeIs(5));
  EXPECT_EQ(verdict_of(some).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(some).status.text(), "4.3.2");

  world.policy.most_hosts = 6;
  world.agent().adopt(world.policy);
  const mail::DeliveryReport all = world.deliver(a_request());
  EXPECT_EQ(verdict_of(all).kind, Kind::failed);
}

TEST_F(Choice, AnOnlyTryIsForTheBest) {
  refusing(1);
  world.add_mx("mx2.example.net", "198.51.100.2", 20);
  world.policy.most_hosts = 1;
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
  EXPECT_THAT(world.net.dialled(), ElementsAre("192.0.2.1:25"));
}

TEST_F(Choice, AnAddressOfSeveralNamesIsAskedOnce) {
  world.one_mx();
  world.add_mx("mx2.example.net", "192.0.2.1", 10);
  FakeMx& mx = world.add_mx("mx3.example.net", "192.0.2.1", 20);
  mx.at(mail::Stage::greeting).says("421 4.7.0 too many connections");

  const mail::DeliveryReport report = world.deliver(a_request());

  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_THAT(world.net.dialled(), SizeIs(1));
  EXPECT_THAT(report.mail_hosts, SizeIs(3)) << "they are known by their names nevertheless";
}

TEST_F(Choice, AnAddressMayProveItselfByAnotherOfItsNames) {
  world.one_mx();
  FakeMx& mx = world.add_mx("mx2.example.net", "192.0.2.1", 20);
  mx.manners.starttls = true;
  world.policy.fallback.tls = delivery::TlsMode::verify;

  const mail::DeliveryReport report = world.deliver(a_request());

  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_THAT(world.net.dialled(), SizeIs(2));
}

struct TwoFamilies : Choice {
  TwoFamilies() {
    world.dns.address("mx1.example.net", "2001:db8::1");
    world.net.host("2001:db8::1").stays_silent();
  }
  /// What a message costs that finds no connection kept.
  io::Span cost() {
    run(world.context, world.clock, world.agent().close_idle());
    const io::Instant before = world.clock.now();
    EXPECT_EQ(verdict_of(world.deliver(a_request().message(++message))).kind, Kind::delivered);
    return world.clock.now() - before;
  }

  FakeMx& mx = world.one_mx();
  std::int64_t message = 0;
};

TEST_F(TwoFamilies, ADeadOneIsPassedByForAWhile) {
  EXPECT_EQ(cost(), 30s);
  EXPECT_EQ(cost(), 0s);
  run_for(world.context, world.clock, 5min);
  EXPECT_EQ(cost(), 30s) << "is it back?";
  run_for(world.context, world.clock, 9min);
  EXPECT_EQ(cost(), 0s) << "the longer it is dead, the more rarely it is asked";
}

TEST_F(TwoFamilies, ADeadOneThatIsBackComesFirstAgain) {
  EXPECT_EQ(cost(), 30s);
  world.net.host("2001:db8::1").serves(mx.server());
  run_for(world.context, world.clock, 5min);
  EXPECT_EQ(cost(), 0s);
  EXPECT_EQ(world.net.dialled().back(), "2001:db8::1:25");
}

TEST_F(TwoFamilies, ADeadOneIsStillAskedWhereNoEqualAnswers) {
  EXPECT_EQ(cost(), 30s);
  run(world.context, world.clock, world.agent().close_idle());
  world.net.host("192.0.2.1").refuses();
  world.net.host("2001:db8::1").serves(mx.server());
  FakeMx& worse = world.add_mx("mx2.example.net", "198.51.100.2", 20);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
  EXPECT_EQ(worse.sessions(), 0);
}

TEST(SilentAddresses, AreFoundOutAboutByOneAtATime) {
  delivery::SilentAddresses silent;
  const io::Instant start{};
  EXPECT_FALSE(silent.waits("192.0.2.1:25", start));
  silent.failed("192.0.2.1:25", start);
  silent.failed("192.0.2.1:25", start);  // another that was under way
  EXPECT_TRUE(silent.waits("192.0.2.1:25", start + 5min - 1s));
  EXPECT_FALSE(silent.waits("192.0.2.1:587", start));
  EXPECT_FALSE(silent.waits("192.0.2.1:25", start + 5min));
  EXPECT_TRUE(silent.waits("192.0.2.1:25", start + 5min));
  silent.failed("192.0.2.1:25", start + 5min);
  EXPECT_TRUE(silent.waits("192.0.2.1:25", start + 14min));
  silent.answered("192.0.2.1:25");
  EXPECT_FALSE(silent.waits("192.0.2.1:25", start + 14min));
}

TEST(SilentAddresses, AreRememberedOfSoManyForAnHourAtMost) {
  delivery::SilentAddresses silent;
  io::Instant now{};
  for (int n = 0; n < 5000; ++n) silent.failed("host" + std::to_string(n), now += 1s);
  EXPECT_EQ(silent.size(), 4096U);
  for (int n = 0; n < 20; ++n) silent.failed("host4999", now += 1h);
  EXPECT_FALSE(silent.waits("host4999", now + 1h));
}

}  // namespace
}  // namespace tenax::testing

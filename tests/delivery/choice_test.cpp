// SPDX-License-Identifier: Apache-2.0
// Which of a domain's hosts an attempt asks, when many of them do not answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_world.h"

namespace tenax::testing {
namespace {

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

}  // namespace
}  // namespace tenax::testing

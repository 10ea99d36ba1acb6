// SPDX-License-Identifier: Apache-2.0
// From one request to one report, over the whole room.

#include "delivery/agent.h"
#include "delivery/broken_extensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_world.h"
#include "tests/support/run.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using mail::Fault;
using mail::Health;
using mail::Kind;
using mail::Scope;
using mail::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Agent, DeliversAMessageAndSaysWhoTookIt) {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();

  const mail::DeliveryReport report = world.deliver(a_request());

  const mail::Verdict& verdict = verdict_of(report);
  EXPECT_EQ(verdict.kind, Kind::delivered);
  EXPECT_EQ(verdict.stage, Stage::dot);
  EXPECT_EQ(verdict.status, (mail::EnhancedStatus{2, 0, 0}));
  EXPECT_EQ(verdict.text, "250 2.0.0 taken");
  EXPECT_EQ(verdict.host, (mail::RemoteHost{"mx1.example.net", "192.0.2.1", 25, ""}));
  EXPECT_EQ(report.health, Health::well);
  ASSERT_EQ(mx.taken().size(), 1U);
  EXPECT_EQ(mx.taken()[0].sender, "ann@example.org");
  EXPECT_THAT(mx.taken()[0].recipients, ElementsAre("bob@example.net"));
  EXPECT_EQ(mx.taken()[0].contents, FakeContents::kOrdinary);
  EXPECT_EQ(mx.taken()[0].client, "out.example.org");
}

TEST(Agent, GrantsASilentHostFiveMinutesThenAsksTheNext) {
  DeliveryWorld world;
  FakeMx& first = world.one_mx();
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  first.at(Stage::greeting).stalls();

  const mail::DeliveryReport report = world.deliver(a_request());

  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report).host.name, "mx2.example.net");
  EXPECT_EQ(second.copies("bob@example.net"), 1);
  EXPECT_EQ(world.clock.elapsed(), 5min);  // RFC 5321 4.5.3.2.1; the test took a millisecond
  ASSERT_EQ(report.tries.size(), 2U);
  EXPECT_EQ(report.tries[0].text,
            "mx1.example.net[192.0.2.1] kept us waiting too long while waiting for the greeting");
  EXPECT_EQ(report.tries[0].took, 5min);
  EXPECT_EQ(report.tries[1].text, "");
}

TEST(Agent, GivesEveryRecipientItsOwnVerdict) {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
  mx.manners.unknown = {"nobody@example.net"};
  mx.manners.temporarily_failing = {"busy@example.net"};

  const mail::DeliveryReport report = world.deliver(
      a_request().to("bob@example.net").to("nobody@example.net").to("busy@example.net"));

  EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report, 2).status, (mail::EnhancedStatus{5, 1, 1}));
  EXPECT_EQ(verdict_of(report, 2).scope, Scope::recipient);
  EXPECT_EQ(verdict_of(report, 3).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report, 3).text, "450 4.2.1 mailbox busy");
  EXPECT_THAT(mx.taken()[0].recipients, ElementsAre("bob@example.net"));
}

TEST(Agent, TooManyRecipientsMeansAnotherTransactionAtOnce) {
  for (const bool pipelining : {true, false}) {
    SCOPED_TRACE(pipelining);
    DeliveryWorld world;
    FakeMx& mx = world.one_mx();
    mx.manners.pipelining = pipelining;
    mx.manners.most_recipients = 10;

    const mail::DeliveryReport report = world.deliver(a_request().to_many(35));

    for (const auto& one : report.verdicts) EXPECT_EQ(one.verdict.kind, Kind::delivered);
    EXPECT_EQ(mx.taken().size(), 4U);
    EXPECT_EQ(mx.sessions(), 1);
    for (int n = 1; n <= 35; ++n) {
      EXPECT_EQ(mx.copies("user" + std::to_string(n) + "@example.net"), 1);
    }
    EXPECT_EQ(world.clock.elapsed(), 0s);
  }
}

TEST(Agent, AHostThatBreaksTwiceUnderPipeliningIsSpokenToStepByStep) {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
  mx.manners.breaks_under_pipelining = true;

  EXPECT_EQ(verdict_of(world.deliver(a_request().message(1))).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(world.deliver(a_request().message(2))).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(world.deliver(a_request().message(3))).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(world.deliver(a_request().message(4))).kind, Kind::delivered);
}

TEST(Agent, OneBrokenSessionNowAndThenIsNoHabit) {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
  for (int n = 0; n < 3; ++n) {
    mx.at(Stage::mail).hangs_up().times(1);
    EXPECT_EQ(verdict_of(world.deliver(a_request().message(1 + n))).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(world.deliver(a_request().message(4 + n))).kind, Kind::delivered);
    run(world.context, world.clock, world.agent().close_idle());
  }

  mx.manners.breaks_under_pipelining = true;
  EXPECT_EQ(verdict_of(world.deliver(a_request().message(7))).kind, Kind::deferred)
      << "it still sends ahead";
}

TEST(BrokenExtensions, AreTriedAgainAfterHalfADay) {
  delivery::BrokenExtensions broken;
  const io::Instant start{};
  broken.broke("192.0.2.1:25", start);
  EXPECT_TRUE(broken.may_pipeline("192.0.2.1:25", start));
  broken.broke("192.0.2.1:25", start);
  EXPECT_FALSE(broken.may_pipeline("192.0.2.1:25", start + 12h - 1s));
  EXPECT_TRUE(broken.may_pipeline("192.0.2.2:25", start));
  EXPECT_TRUE(broken.may_pipeline("192.0.2.1:25", start + 12h));
  broken.broke("192.0.2.1:25", start + 12h);
  EXPECT_FALSE(broken.may_pipeline("192.0.2.1:25", start + 13h));
  broken.went_well("192.0.2.1:25");
  EXPECT_TRUE(broken.may_pipeline("192.0.2.1:25", start + 13h));
}

TEST(BrokenExtensions, ConnectionsSideBySideHangUpOnce) {
  delivery::BrokenExtensions broken;
  const io::Instant start{};
  const auto hung_up = [&broken, start](io::Span began, io::Span ended) {
    broken.hung_up_at_ehlo("192.0.2.1:25", start + began, start + ended);
    return broken.hangs_up_at_ehlo("192.0.2.1:25", start + ended);
  };
  EXPECT_FALSE(hung_up(0s, 5s));
  EXPECT_FALSE(hung_up(1s, 6s));
  EXPECT_FALSE(hung_up(4s, 7s));
  EXPECT_TRUE(hung_up(5s, 8s));
  EXPECT_FALSE(hung_up(24h, 24h)) << "that was long ago";
  EXPECT_TRUE(hung_up(24h, 24h));
  broken.answered_ehlo("192.0.2.1:25");
  EXPECT_FALSE(hung_up(25h, 25h));
  EXPECT_TRUE(broken.may_pipeline("192.0.2.1:25", start));
}

TEST(BrokenExtensions, AreRememberedOfSoManyHosts) {
  delivery::BrokenExtensions broken;
  for (int n = 0; n < 5000; ++n) {
    broken.broke("host" + std::to_string(n), io::Instant{std::chrono::seconds{n}});
    broken.broke("host" + std::to_string(n), io::Instant{std::chrono::seconds{n}});
  }
  EXPECT_EQ(broken.size(), 4096U);
  EXPECT_FALSE(broken.may_pipeline("host4999", io::Instant{5000s}));
  EXPECT_TRUE(broken.may_pipeline("host0", io::Instant{5000s}));
}

TEST(Agent, ReusesASessionForTheNextMessage) {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();

  const mail::DeliveryReport first = world.deliver(a_request().message(1));
  const mail::DeliveryReport second = world.deliver(a_request().message(2));

  EXPECT_FALSE(first.reused_session);
  EXPECT_TRUE(second.reused_session);
  EXPECT_EQ(verdict_of(second).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 1);
  EXPECT_EQ(mx.heard("EHLO"), 1);
  EXPECT_EQ(mx.taken().size(), 2U);
}

TEST(Agent, AReplyLostAfterTheDotIsInDoubtAndNeverTriedAtTheNextHost) {
  DeliveryWorld world;
  FakeMx& first = world.one_mx();
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  first.at(Stage::dot).takes_it_and_hangs_up();

  const mail::DeliveryReport report = world.deliver(a_request());

  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_TRUE(verdict_of(report).in_doubt);
  EXPECT_EQ(verdict_of(report).status, (mail::EnhancedStatus{4, 4, 2}));
  EXPECT_EQ(verdict_of(report).host.address, "192.0.2.1");
  EXPECT_EQ(second.sessions(), 0);
}

TEST(Agent, TellsTheMailHostsByPreference) {
  DeliveryWorld world;
  world.one_mx();
  world.add_mx("mx2.example.net", "192.0.2.2", 20);
  const mail::DeliveryReport report = world.deliver(a_request());
  ASSERT_EQ(report.mail_hosts.size(), 2U);
  EXPECT_EQ(report.mail_hosts[1], "mx2.example.net");
}

TEST(Agent, AsksTheHostFirstThatIsKnownToAnswerAndThenTheOthers) {
  DeliveryWorld world;
  FakeMx& first = world.one_mx();
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  mail::DeliveryRequest request = a_request();
  request.first_host = "mx2.example.net";
  second.at(Stage::greeting).says("421 4.3.2 not now");

  const mail::DeliveryReport report = world.deliver(request);

  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  ASSERT_EQ(report.tries.size(), 2U);
  EXPECT_EQ(report.tries[0].host.name, "mx2.example.net");
  EXPECT_EQ(first.taken().size(), 1U);
}

TEST(Agent, AHostThatIsGoneFromTheNamesIsNotAskedFirst) {
  DeliveryWorld world;
  FakeMx& only = world.one_mx();
  mail::DeliveryRequest request = a_request();
  request.first_host = "gone.example.net";
  EXPECT_EQ(verdict_of(world.deliver(request)).kind, Kind::delivered);
  EXPECT_EQ(only.taken().size(), 1U);
}

}  // namespace
}  // namespace tenax::testing

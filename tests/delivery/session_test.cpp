// SPDX-License-Identifier: Apache-2.0
// Sessions that are kept, found dead, worn out, or dripped upon; hosts that fail in turn.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_world.h"
#include "tests/support/dialogue.h"
#include "tests/support/run.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using mail::Fault;
using mail::Health;
using mail::Kind;
using mail::Scope;
using mail::Stage;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Pool : ::testing::Test {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
};

TEST_F(Pool, AnIdleSessionIsLeftAfterItsTime) {
  world.deliver(a_request());
  EXPECT_EQ(mx.open_sessions(), 1);
  run_for(world.context, world.clock, 7s);
  EXPECT_EQ(mx.open_sessions(), 1);
  run_for(world.context, world.clock, 2s);
  EXPECT_EQ(mx.open_sessions(), 0);
  EXPECT_EQ(mx.heard("QUIT"), 1);
  EXPECT_FALSE(world.clock.next_wakeup());  // nothing of ours ticks on
}

TEST_F(Pool, ASessionThatDiedIdleCostsNothing) {
  world.deliver(a_request().message(1));
  mx.at(Stage::mail).hangs_up().times(1);
  const auto report = world.deliver(a_request().message(2));
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(report.health, Health::well);
  EXPECT_EQ(mx.sessions(), 2);
  EXPECT_EQ(report.tries.size(), 1U);
  EXPECT_EQ(report.tries.at(0).text, "");
}

TEST_F(Pool, ASessionTheServerTiredOfCostsNothing) {
  mx.manners.messages_per_session = 1;
  for (int n = 1; n <= 3; ++n) {
    EXPECT_EQ(verdict_of(world.deliver(a_request().message(n))).kind, Kind::delivered);
  }
  EXPECT_EQ(mx.sessions(), 3);
}

TEST_F(Pool, ASessionThatRefusesItsSecondMessageCostsNothing) {
  for (const std::string_view words :
       {"550 5.7.0 one message per connection", "452 4.5.3 one transaction only",
        "451 4.7.0 one per connection", "503 5.5.1 already", "554 no more"}) {
    SCOPED_TRACE(words);
    DeliveryWorld other;
    FakeMx& narrow = other.one_mx();
    narrow.manners.messages_per_session = 1;
    narrow.manners.enough = words;
    for (int n = 1; n <= 3; ++n) {
      const auto report = other.deliver(a_request().message(n));
      EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
      EXPECT_EQ(report.health, Health::well);
    }
    EXPECT_EQ(narrow.sessions(), 3);
  }
}

TEST_F(Pool, OneMessagePerSessionHoldsWithinADeliveryToo) {
  mx.manners.messages_per_session = 1;
  mx.manners.enough = "550 5.7.0 one message per connection";
  const auto report = world.deliver(a_request().to_many(250));
  for (const auto& one : report.verdicts) ASSERT_EQ(one.verdict.kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 3);
}

TEST_F(Pool, ASessionThatRefusedAMessageIsNotKept) {
  mx.at(Stage::mail).says("451 4.7.1 not now").times(1);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_FALSE(report.reused_session);
  EXPECT_EQ(mx.heard("QUIT"), 1);
}

TEST_F(Pool, ARefusalThatAFreshSessionRepeatsStands) {
  world.deliver(a_request().message(1));
  mx.at(Stage::mail).says("550 5.7.1 not you");
  const auto report = world.deliver(a_request().message(2));
  EXPECT_EQ(verdict_of(report).text, "550 5.7.1 not you");
  EXPECT_EQ(mx.heard("MAIL"), 3);
}

TEST_F(Pool, AFreshSessionThatDiesIsAFailure) {
  mx.at(Stage::mail).hangs_up();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(report.health, Health::unreachable);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Pool, AReusedSessionThatDiesLaterIsAFailure) {
  world.deliver(a_request().message(1));
  mx.manners.pipelining = false;
  mx.at(Stage::dot).takes_it_and_hangs_up();
  const auto report = world.deliver(a_request().message(2));
  EXPECT_TRUE(verdict_of(report).in_doubt);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Pool, OurOwnLimitOfMessagesIsKept) {
  world.policy.messages_per_session = 2;
  for (int n = 1; n <= 5; ++n) world.deliver(a_request().message(n));
  EXPECT_EQ(mx.sessions(), 3);
  EXPECT_EQ(mx.taken().size(), 5U);
}

TEST_F(Pool, AStatedLimitOfMessagesIsKept) {
  mx.manners.more_ehlo = {"LIMITS MAILMAX=2"};
  for (int n = 1; n <= 5; ++n) world.deliver(a_request().message(n));
  EXPECT_EQ(mx.sessions(), 3);
  EXPECT_EQ(mx.taken().size(), 5U);
}

TEST_F(Pool, AStatedLimitOfRecipientsIsKept) {
  mx.manners.more_ehlo = {"LIMITS RCPTMAX=1"};
  const auto report =
      world.deliver(a_request().to("bob@example.net").to("eve@example.net").to("joe@example.net"));
  EXPECT_EQ(mx.taken().size(), 3U);
  EXPECT_EQ(mx.sessions(), 1);
  for (const auto& answer : report.verdicts) EXPECT_EQ(answer.verdict.kind, Kind::delivered);
}

TEST_F(Pool, AnEximIsGivenNoMoreThanItDeliversAtOnce) {
  mx.at(Stage::greeting).says("220 mx.example.net ESMTP Exim 4.96 Wed, 25 Nov 2026 15:26:00 +0000");
  for (int n = 1; n <= 11; ++n) world.deliver(a_request().message(n));
  EXPECT_EQ(mx.sessions(), 2);
  EXPECT_EQ(mx.taken().size(), 11U);
}

TEST_F(Pool, ARefusedTransactionIsResetBeforeTheNext) {
  mx.manners.unknown = {"nobody@example.net"};
  world.deliver(a_request().to("nobody@example.net"));
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("RSET"), 1);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Pool, ANewPolicyIsNotServedByOldSessions) {
  world.deliver(a_request());
  world.policy.our_name = "new.example.org";
  world.agent().adopt(world.policy);
  const auto report = world.deliver(a_request());
  EXPECT_FALSE(report.reused_session);
  EXPECT_EQ(mx.taken().back().client, "new.example.org");
}

TEST_F(Pool, AnotherDestinationHasItsOwnSessions) {
  world.deliver(a_request());
  const auto report = world.deliver(a_request().via("[192.0.2.1]"));
  EXPECT_FALSE(report.reused_session);
  EXPECT_EQ(mx.sessions(), 2);
}

TEST_F(Pool, IsBounded) {
  world.policy.idle_sessions = 1;
  world.deliver(a_request());
  world.deliver(a_request().via("[192.0.2.1]"));
  run_ready(world.context);
  EXPECT_EQ(mx.open_sessions(), 1);
}

TEST_F(Pool, CloseIdleSaysGoodbye) {
  world.deliver(a_request());
  run(world.context, world.clock, world.agent().close_idle());
  run_ready(world.context);
  EXPECT_EQ(mx.open_sessions(), 0);
  EXPECT_EQ(mx.heard("QUIT"), 1);
  EXPECT_FALSE(world.clock.next_wakeup());
}

TEST_F(Pool, AServerThatIgnoresQuitHoldsNobodyUp) {
  world.policy.idle_session = 0s;
  mx.at(Stage::quit).stalls();
  world.deliver(a_request());
  EXPECT_EQ(world.clock.elapsed(), 0s);
  run_for(world.context, world.clock, 6s);
  EXPECT_EQ(mx.open_sessions(), 0);
}

TEST_F(Pool, MoreRepliesThanCommandsEndTheSession) {
  mx.at(Stage::dot).sends("250 2.0.0 taken\r\n250 2.0.0 and again\r\n");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
  const auto report = world.deliver(a_request());
  EXPECT_FALSE(report.reused_session);
}

TEST_F(Pool, WhatIsSaidUnaskedBetweenMessagesEndsTheSession) {
  mx.manners.idle = 1s;
  mx.manners.idle_words = "250 2.0.0 taken, really\r\n";
  world.deliver(a_request().message(1));
  run_for(world.context, world.clock, 2s);
  mx.manners.unknown = {"nobody@example.net"};
  const auto report =
      world.deliver(a_request().message(2).to("bob@example.net").to("nobody@example.net"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::failed);
  EXPECT_FALSE(report.reused_session);
}

struct Hosts : Pool {
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
};

TEST_F(Hosts, TheNextHostTakesWhatTheFirstLeft) {
  for (const auto make :
       {+[](FakeHost& host) { host.refuses(); }, +[](FakeHost& host) { host.unreachable(); },
        +[](FakeHost& host) { host.stays_silent(); }}) {
    make(world.net.host("192.0.2.1"));
    const auto report = world.deliver(a_request());
    EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
    EXPECT_EQ(verdict_of(report).host.name, "mx2.example.net");
    EXPECT_EQ(report.health, Health::well);
    ASSERT_EQ(report.tries.size(), 2U);
    EXPECT_EQ(report.tries[0].stage, Stage::connect);
  }
}

TEST_F(Hosts, ARecipientsRefusalIsFinalAtTheFirst) {
  mx.manners.unknown = {"bob@example.net"};
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::failed);
  EXPECT_EQ(second.sessions(), 0);
}

TEST_F(Hosts, WhomAHostPutsOffForItsOwnTroubleTheNextMayTake) {
  for (const bool pipelining : {true, false}) {
    SCOPED_TRACE(pipelining);
    mx.manners.pipelining = pipelining;
    mx.at(Stage::rcpt).says("451 4.3.0 lookup failed").only("bob@");
    const auto report = world.deliver(a_request().to("ann@example.net").to("bob@example.net"));
    EXPECT_EQ(verdict_of(report, 1).host.name, "mx1.example.net");
    EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
    EXPECT_EQ(verdict_of(report, 2).host.name, "mx2.example.net");
    EXPECT_EQ(report.health, Health::well);
    ASSERT_EQ(report.tries.size(), 2U);
    EXPECT_THAT(report.tries[0].text, HasSubstr("lookup failed"));
  }
}

TEST_F(Hosts, WhomAllPutOffHasItsOwnAnswerNotTheLastHostsSilence) {
  mx.at(Stage::rcpt).says("451 4.3.0 lookup failed").only("bob@");
  world.net.host("192.0.2.2").refuses();
  const auto report = world.deliver(a_request().to("ann@example.net").to("bob@example.net"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report, 2).text, "451 4.3.0 lookup failed");
  EXPECT_EQ(mx.copies("ann@example.net"), 1);
}

TEST_F(Hosts, WhomAHostPutsOffForAnythingElseIsNotKnockedForAtTheNext) {
  mx.at(Stage::rcpt).says("451 4.7.1 greylisted");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
  EXPECT_EQ(second.sessions(), 0);
}

TEST_F(Hosts, OnlyThoseWithoutAnAnswerGoOn) {
  mx.manners.pipelining = false;
  mx.manners.unknown = {"nobody@example.net"};
  mx.at(Stage::data).says("421 4.3.2 leaving");
  const auto report = world.deliver(a_request().to("nobody@example.net").to("bob@example.net"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
  EXPECT_THAT(second.taken().at(0).recipients, ElementsAre("bob@example.net"));
}

TEST_F(Hosts, NobodyReachableIsTheirFault) {
  world.net.host("192.0.2.1").refuses();
  world.net.host("192.0.2.2").stays_silent();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(report.health, Health::unreachable);
  EXPECT_EQ(verdict_of(report).fault, Fault::theirs);
  EXPECT_EQ(verdict_of(report).status.text(), "4.4.1");
  EXPECT_EQ(world.clock.elapsed(), 30s);
}

TEST_F(Hosts, NoNetworkOfOursIsOurFault) {
  world.net.host("192.0.2.1").local_network();
  world.net.host("192.0.2.2").local_network();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(report.health, Health::ours);
  EXPECT_EQ(verdict_of(report).fault, Fault::ours);
}

TEST_F(Hosts, AFamilyWeLackCostsNoTries) {
  for (int n = 1; n <= 6; ++n) {
    const std::string dead = "2001:db8::" + std::to_string(n);
    world.dns.address("mx1.example.net", dead);
    world.net.host(dead).local_network();
  }
  world.policy.most_hosts = 1;
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
}

TEST_F(Hosts, AtMostSoManyAreTried) {
  world.policy.most_hosts = 1;
  world.net.host("192.0.2.1").refuses();
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
  EXPECT_EQ(second.sessions(), 0);
}

TEST_F(Hosts, AHostsWordsAreWorthMoreThanAnothersSilence) {
  mx.at(Stage::greeting).says("421 4.7.0 too busy");
  world.net.host("192.0.2.2").refuses();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).text, "421 4.7.0 too busy");
  EXPECT_EQ(report.health, Health::refused_by_host);
}

TEST_F(Hosts, InDoubtTheSameHostComesFirst) {
  second.at(Stage::greeting).says("220 mx2");
  const auto report = world.deliver(a_request().in_doubt("192.0.2.2"));
  EXPECT_EQ(verdict_of(report).host.name, "mx2.example.net");
  EXPECT_EQ(mx.sessions(), 0);
}

TEST_F(Hosts, InDoubtAtAHostThatIsGoneTheOrdinaryOrderHolds) {
  const auto report = world.deliver(a_request().in_doubt("192.0.2.77"));
  EXPECT_EQ(verdict_of(report).host.name, "mx1.example.net");
}

TEST_F(Hosts, AnOldServerIsGreetedTheOldWay) {
  mx.manners.knows_ehlo = false;
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("HELO out.example.org"), 1);
}

TEST_F(Hosts, SoIsOneThatRefusesEhloAndHangsUp) {
  mx.at(Stage::ehlo).says_and_hangs_up("502 5.5.1 what?").only("EHLO");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).host.name, "mx1.example.net");
  EXPECT_EQ(mx.sessions(), 2);
}

TEST_F(Hosts, AHostThatPostponesEhloIsLeft) {
  mx.at(Stage::ehlo).says("451 4.3.2 busy").only("EHLO");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).host.name, "mx2.example.net");
  EXPECT_EQ(mx.sessions(), 1);
  EXPECT_EQ(mx.heard("HELO"), 0);
}

TEST_F(Hosts, AHostThatIsLeavingIsNotGreetedAgain) {
  mx.at(Stage::ehlo).says("421 4.3.2 leaving").only("EHLO");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).host.name, "mx2.example.net");
  EXPECT_EQ(mx.sessions(), 1);
  EXPECT_EQ(mx.heard("HELO"), 0);
}

struct Drip : Pool {};

TEST_F(Drip, ADrippingGreetingEndsWithItsStage) {
  mx.at(Stage::greeting).drips(1min);
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(world.clock.elapsed(), 5min);
}

TEST_F(Drip, AServerThatIsSlowAtEveryStepEndsWithTheWholeDelivery) {
  mx.manners.pipelining = false;
  mx.manners.tarpit = 4min;
  mx.manners.greylisting = 24h;  // nobody is accepted, whose mail could go
  const auto report = world.deliver(a_request().to_many(100));
  EXPECT_EQ(world.clock.elapsed(), 60min);
  EXPECT_EQ(report.verdicts.size(), 100U);
  for (const auto& one : report.verdicts) EXPECT_EQ(one.verdict.kind, Kind::deferred);
}

TEST_F(Drip, HostsInASeriesEndWithTheWholeDeliveryToo) {
  world.policy.whole_delivery = 7min;
  for (int n = 2; n <= 5; ++n) {
    const std::string host = std::to_string(n);
    world.add_mx("mx" + host + ".example.net", "192.0.2." + host, 20).at(Stage::greeting).stalls();
  }
  mx.at(Stage::greeting).stalls();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(world.clock.elapsed(), 7min);
}

TEST_F(Drip, TheWaitForTheVerdictIsNeverCutShort) {  // RFC 5321 4.5.3.2.6
  world.policy.whole_delivery = 5min;
  mx.at(Stage::dot).waits(9min);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
}

std::string a_large_message() {
  std::string text = "A: b\r\n\r\n";
  while (text.size() < 500'000) text += std::string(76, 'x') + "\r\n";
  return text;
}

TEST_F(Drip, ALargeMessageOverASlowLinkHasTheTimeItNeeds) {
  world.policy.whole_delivery = 2min;
  world.contents.put(1000, a_large_message());
  mx.manners.octets_per_second = 2048;
  mx.manners.keep_contents = 0;
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).text, "250 2.0.0 taken");
  EXPECT_GT(world.clock.elapsed(), 2min);
}

TEST_F(Drip, AServerThatReadsTooSlowlyIsLeft) {
  world.policy.whole_delivery = 2min;
  world.contents.put(1000, a_large_message());
  mx.manners.octets_per_second = 300;
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).stage, Stage::body);
  EXPECT_FALSE(verdict_of(report).in_doubt);
  EXPECT_LT(world.clock.elapsed(), 9min);
}

TEST_F(Drip, AServerThatStopsReadingIsLeft) {
  world.contents.put(1000, "A: b\r\n\r\n" + std::string(500'000, 'x') + "\r\n");
  mx.at(Stage::body).stalls();
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).stage, Stage::body);
  EXPECT_FALSE(verdict_of(report).in_doubt);
  EXPECT_EQ(world.clock.elapsed(), 3min);
}

struct Cancelled : Pool {};

TEST_F(Cancelled, AtAnyStageTheRestIsDeferredByOurOwnFault) {
  for (const Stage stage :
       {Stage::greeting, Stage::ehlo, Stage::mail, Stage::rcpt, Stage::data, Stage::dot}) {
    SCOPED_TRACE(mail::to_string(stage));
    DeliveryWorld other;
    FakeMx& stalling = other.one_mx();
    other.add_mx("mx2.example.net", "192.0.2.2", 20);
    stalling.at(stage).stalls();
    const auto report = other.deliver_cancelled(a_request(), 1min);
    EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(report).fault, Fault::ours);
    EXPECT_EQ(verdict_of(report).in_doubt, stage == Stage::dot);
    EXPECT_EQ(other.clock.elapsed(), 1min);
    EXPECT_EQ(stalling.open_sessions(), 0);
  }
}

TEST_F(Cancelled, WhileTheNamesAreLookedUp) {
  world.dns.silent("example.net");
  const auto report = world.deliver_cancelled(a_request(), 10s);
  EXPECT_EQ(verdict_of(report).fault, Fault::ours);
  EXPECT_EQ(report.health, Health::ours);
}

TEST_F(Cancelled, WhatWasAnsweredStands) {
  mx.manners.pipelining = false;
  mx.manners.unknown = {"nobody@example.net"};
  mx.at(Stage::data).stalls();
  const auto report =
      world.deliver_cancelled(a_request().to("nobody@example.net").to("bob@example.net"), 10s);
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report, 2).fault, Fault::ours);
}

}  // namespace
}  // namespace tenax::testing

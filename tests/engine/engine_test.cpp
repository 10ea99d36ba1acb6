// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using mail::RecipientState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineLoop : public EngineWorld {};

TEST_F(EngineLoop, WhatIsAcceptedIsDeliveredAtOnce) {
  start();
  send({"bob@example.net"});
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  ASSERT_THAT(facts.attempted_, SizeIs(1));
  EXPECT_EQ(facts.attempted_[0].state, RecipientState::delivered);
  stop();
}

TEST_F(EngineLoop, WhoIsBeingTriedIsUnderWayUntilItsAnswer) {
  far.manners.tarpit = 10s;
  start();
  const mail::WallTime since = clock.wall();
  const mail::QueueId message = send({"bob@example.net", "joe@example.net"});
  const mail::QueueId other = send({"eve@example.net"});
  pass(1s);

  const std::vector<UnderWay> under_way = engine->under_way({message});
  ASSERT_THAT(under_way, SizeIs(2));
  EXPECT_EQ(under_way[0].message, message);
  EXPECT_NE(under_way[0].recipient, under_way[1].recipient);
  EXPECT_EQ(under_way[0].since, since);
  EXPECT_THAT(engine->under_way({message, other}), SizeIs(3));
  pass(10min);
  EXPECT_THAT(engine->under_way({message, other}), IsEmpty());
  stop();
}

TEST_F(EngineLoop, FreshMailPassesThroughTheQueueWithoutAClaim) {
  start();
  pass(1s);
  const int before = store.asked;
  for (int i = 0; i < 5; ++i) send({"bob@example.net", "eve@example.org"});
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 5);
  EXPECT_EQ(home.copies("eve@example.org"), 5);
  EXPECT_EQ(store.asked, before);
  stop();
}

TEST_F(EngineLoop, WhatPassedIsWrittenOutASecondLaterAndBeforeAStopEnds) {
  start();
  for (int i = 0; i < 5; ++i) send({"bob@example.net"});
  pass(900ms);
  EXPECT_EQ(store.written_out, 0);
  pass(200ms);
  EXPECT_EQ(store.written_out, 1) << "together";
  pass(1h);
  EXPECT_EQ(store.written_out, 1) << "and nothing since";

  send({"bob@example.net"});
  stop();
  EXPECT_EQ(store.written_out, 2);
}

TEST_F(EngineLoop, FreshMailWaitsBehindWhatIsDueAndBeyondWhatMemoryHolds) {
  engine::Plan plan = quiet_plan();
  plan.scheduler.active_recipients = 3;
  make_engine(plan);
  far.manners.tarpit = 10s;
  start();
  pass(1s);
  for (int i = 0; i < 12; ++i) send({"bob" + std::to_string(i) + "@example.net"});
  pass(10min);

  EXPECT_THAT(far.taken(), SizeIs(12));
  EXPECT_THAT(facts.attempted_, SizeIs(12));
  stop();
}

/// Two thousand for a destination that takes one in a second, twenty at a time.
class BehindANewsletter : public EngineWorld {
 protected:
  void begin(bool learns) {
    engine::Plan plan = quiet_plan();
    if (learns) plan.scheduler.learning.emplace();
    make_engine(plan);
    far.manners.tarpit = 200ms;
    start();
    pass(1s);
    sender = "news@shop.example";
    for (int i = 0; i < 2000; ++i) send({"reader" + std::to_string(i) + "@example.net"});
    sender = "accounts@shop.example";
  }
  /// How many leave before one that is sent now.
  std::size_t go_before(const std::string& to) {
    const std::size_t before = far.taken().size();
    send({to});
    for (int i = 0; i < 1000 && far.copies(to) == 0; ++i) pass(100ms);
    return far.taken().size() - before;
  }
};

TEST_F(BehindANewsletter, AFreshMessageOfAnotherSenderLeavesWithinAFewDeliveries) {
  begin(false);
  for (int i = 0; i < 10; ++i) {
    EXPECT_LE(go_before("user" + std::to_string(i) + "@example.net"), 50U);
  }
  stop();
}

TEST_F(BehindANewsletter, SoItDoesWhereWeLearn) {
  begin(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_LE(go_before("user" + std::to_string(i) + "@example.net"), 50U);
  }
  stop();
}

TEST_F(EngineLoop, FreshMailForAParkedDestinationWaitsInTheQueue) {
  net.host("192.0.2.1").refuses();
  start();
  for (int i = 0; i < 4; ++i) {
    send({"bob@example.net"});
    pass(1s);
  }
  ASSERT_THAT(facts.parked_, SizeIs(1));
  const std::size_t attempted = facts.attempted_.size();
  send({"joe@example.net"});
  pass(5s);
  EXPECT_THAT(facts.attempted_, SizeIs(attempted));
  net.host("192.0.2.1").serves(far.server());
  pass(30min);
  EXPECT_EQ(far.copies("joe@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, WhatWaitedForTheDaemonIsDeliveredWhenItStarts) {
  send({"bob@example.net"});
  start();
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, AGreylistedMessageIsTriedAgainAtTheDateThatWasTold) {
  far.manners.greylisting = 1min;
  start();
  send({"bob@example.net"});
  pass(1s);
  ASSERT_THAT(facts.attempted_, SizeIs(1));
  const mail::WallTime promised = facts.attempted_[0].next_attempt.value();

  pass(1h);

  ASSERT_THAT(facts.attempted_, SizeIs(2));
  EXPECT_EQ(facts.attempted_[1].when, promised);
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, WaitingForALongTimeTakesOneTimerAndNoPolling) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(12h);  // the next attempt is hours away
  const int before = store.asked;

  pass(1h);

  // Once a minute for housekeeping, and the attempt if one fell into this hour.
  EXPECT_LE(store.asked - before, 70);
  stop();
}

TEST_F(EngineLoop, AFailureBecomesANoticeInTheSendersMailbox) {
  far.manners.unknown = {"bob@example.net", "eve@example.net"};
  start();
  send({"bob@example.net", "eve@example.net", "joe@example.net"});
  pass(1min);

  ASSERT_THAT(home.taken(), SizeIs(1));
  EXPECT_EQ(home.taken()[0].sender, "");
  EXPECT_THAT(home.taken()[0].contents, HasSubstr("bob@example.net"));
  EXPECT_THAT(home.taken()[0].contents, HasSubstr("eve@example.net"));
  EXPECT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_EQ(far.copies("joe@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, FailuresAtSeveralDestinationsAreToldInOneNotice) {
  far.manners.unknown = {"bob@example.net"};
  home.manners.unknown = {"eve@example.org"};
  home.manners.tarpit = 2s;  // comes home later
  start();
  send({"bob@example.net", "joe@example.net", "eve@example.org", "tom@nowhere.test"});
  pass(1s);
  EXPECT_EQ(far.copies("joe@example.net"), 1);
  ASSERT_THAT(facts.attempted_, SizeIs(1)) << "who was delivered does not wait for the notice";
  EXPECT_EQ(facts.attempted_[0].state, RecipientState::delivered);
  pass(1min);

  ASSERT_THAT(home.taken(), SizeIs(1));
  for (const char* failed : {"bob@example.net", "eve@example.org", "tom@nowhere.test"}) {
    EXPECT_THAT(home.taken()[0].contents,
                HasSubstr("Final-Recipient: rfc822; " + std::string{failed}));
  }
  EXPECT_THAT(facts.noticed_, SizeIs(1));
  stop();
}

TEST_F(EngineLoop, AFailureDoesNotWaitLongForOtherDestinations) {
  far.manners.unknown = {"bob@example.net"};
  resolver.mx("dead.test", {{10, "mx.dead.test"}});
  resolver.address("mx.dead.test", "192.0.2.9");
  net.host("192.0.2.9").stays_silent();
  start();
  send({"bob@example.net", "joe@dead.test"});
  pass(29s);
  EXPECT_THAT(facts.noticed_, IsEmpty());
  pass(2s);
  EXPECT_THAT(facts.noticed_, SizeIs(1));
  stop();
}

TEST_F(EngineLoop, AFailureThatIsKeptIsToldBeforeAStopEnds) {
  far.manners.unknown = {"bob@example.net"};
  home.at(mail::Stage::mail).stalls();
  start();
  send({"bob@example.net", "eve@example.org"});
  pass(1s);
  EXPECT_THAT(facts.noticed_, IsEmpty());
  engine->stop();
  pass(1s);
  EXPECT_THAT(facts.noticed_, SizeIs(1));
  pass(1min);
}

TEST_F(EngineLoop, AFailureThatNobodyNeedBeToldOfIsSettledAtOnce) {
  far.manners.unknown = {"bob@example.net"};
  home.at(mail::Stage::mail).stalls();
  start();
  mail::Notify never;
  never.never = true;
  send({"bob@example.net", "eve@example.org"}, never);
  pass(1s);
  ASSERT_THAT(facts.attempted_, SizeIs(1));
  EXPECT_EQ(facts.attempted_[0].state, RecipientState::failed);
  stop();
}

TEST_F(EngineLoop, ANoticeThatFailsIsNotAnswered) {
  far.manners.unknown = {"bob@example.net"};
  home.manners.unknown = {"ann@example.org"};
  start();
  send({"bob@example.net"});
  pass(24h);

  EXPECT_THAT(facts.noticed_, SizeIs(1));
  ASSERT_THAT(facts.double_bounces, SizeIs(1));
  EXPECT_EQ(facts.double_bounces[0].message, facts.noticed_[0].notice);
  stop();
}

TEST_F(EngineLoop, ANoticeThatFailsIsShownToThePostmasterOnce) {
  far.manners.unknown = {"bob@example.net", "postmaster@example.net"};
  home.manners.unknown = {"ann@example.org"};
  Plan plan = quiet_plan();
  plan.terms.postmaster = "postmaster@example.net";
  make_engine(std::move(plan));
  start();
  send({"bob@example.net"});
  pass(24h);

  EXPECT_THAT(facts.noticed_, SizeIs(2));  // to Ann; and of that, to the postmaster
  EXPECT_EQ(facts.noticed_[1].to, address("postmaster@example.net"));
  EXPECT_THAT(facts.double_bounces, SizeIs(2));

  far.manners.unknown = {"bob@example.net"};
  send({"bob@example.net"});
  pass(24h);
  EXPECT_EQ(far.copies("postmaster@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, ADelayNoticeDoesNotPromiseADateInsideAParking) {
  net.host("192.0.2.1").refuses();
  Plan plan = quiet_plan();
  plan.scheduler.lane.failures_to_park = 1;
  plan.scheduler.lane.first_parking = plan.scheduler.lane.longest_parking = 5h;
  plan.terms.retry.delay_notices = {4h};
  make_engine(std::move(plan));
  start();
  send({"bob@example.net"});
  const mail::WallTime accepted = engine->now();
  pass(4h + 1min);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  ASSERT_THAT(facts.noticed_[0].promised, SizeIs(1));
  EXPECT_GE(facts.noticed_[0].promised[0], accepted + 5h);
  stop();
}

TEST_F(EngineLoop, ADelayIsToldAtItsTimeWithTheDateThatIsKept) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(24h + 1s);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_EQ(facts.noticed_[0].kind, bounce::NoticeKind::delayed);
  ASSERT_THAT(facts.noticed_[0].promised, SizeIs(1));
  const std::size_t attempts = facts.attempted_.size();
  pass(6h);
  // The notice's own delivery stands in between.
  std::optional<mail::WallTime> next;
  for (std::size_t i = attempts; i < facts.attempted_.size(); ++i) {
    if (facts.attempted_[i].address == address("bob@example.net") && !next) {
      next = facts.attempted_[i].when;
    }
  }
  EXPECT_EQ(next, facts.noticed_[0].promised[0]);
  stop();
}

TEST_F(EngineLoop, ANoticeListsTheAttemptsWithTheirTimes) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(24h + 1s);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  pass(1min);
  const std::string contents = home.taken().back().contents;
  std::vector<mail::WallTime> tried;
  for (const auto& fact : facts.attempted_) {
    if (fact.address == address("bob@example.net") && fact.when < facts.noticed_[0].promised[0]) {
      tried.push_back(fact.when);
    }
  }
  ASSERT_GT(tried.size(), 10U);
  EXPECT_THAT(contents, HasSubstr("What was tried, the last 10 of " + std::to_string(tried.size()) +
                                  " attempts:"));
  EXPECT_THAT(contents, HasSubstr("Last-Attempt-Date: " + mail::to_rfc5322(tried.back())));
  for (std::size_t i = tried.size() - 10; i < tried.size(); ++i) {
    EXPECT_THAT(contents, HasSubstr("      " + mail::to_rfc5322(tried[i]) + ", "));
  }
  EXPECT_THAT(contents, Not(HasSubstr("      " + mail::to_rfc5322(tried[tried.size() - 11]))));
  stop();
}

TEST_F(EngineLoop, AMessageThatNobodyTakesIsGivenUpAfterItsLifetime) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(24h * 5 + 1min);

  EXPECT_EQ(facts.attempted_.back().address, address("ann@example.org"));  // the notice
  EXPECT_THAT(home.taken().back().contents, HasSubstr("not delivered within 5 days"));
  EXPECT_EQ(engine->in_flight(), 0U);
  stop();
}

TEST_F(EngineLoop, TheLastAttemptIsAtTheDeadlineAlsoWhileTheLaneIsParked) {
  net.host("192.0.2.1").refuses();
  Plan plan = quiet_plan();
  plan.terms.retry.lifetime = plan.scheduler.lifetime = 2h;
  plan.scheduler.lane.failures_to_park = 1;
  plan.scheduler.lane.first_parking = plan.scheduler.lane.longest_parking = 90min;
  make_engine(std::move(plan));
  start();
  send({"bob@example.net"});
  send({"joe@example.net"});
  const mail::WallTime accepted = engine->now();
  pass(3h);

  std::vector<mail::WallTime> ends;
  for (const Attempted& fact : facts.attempted_) {
    if (fact.destination.text() == "example.net" && fact.state == RecipientState::failed) {
      ends.push_back(fact.when);
    }
  }
  EXPECT_THAT(ends, ElementsAre(accepted + 2h, accepted + 2h));
  stop();
}

TEST_F(EngineLoop, OnceEndsWhenNothingIsDueAndLeavesTheRestWaiting) {
  far.manners.temporarily_failing = {"bob@example.net"};
  send({"bob@example.net"});
  send({"joe@example.net"});
  start(Mode::once);
  pass(1min);

  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->has_value());
  EXPECT_EQ(far.copies("joe@example.net"), 1);
  EXPECT_THAT(facts.attempted_, SizeIs(2));
}

TEST_F(EngineLoop, OnceSaysWhenTheQueueCouldNotBeRun) {
  store.claiming = io::Errc::disk_full;
  start(Mode::once);
  pass(1min);

  ASSERT_TRUE(ended.has_value());
  ASSERT_FALSE(ended->has_value());
  EXPECT_TRUE(ended->error().is(io::Errc::disk_full));
}

TEST_F(EngineLoop, AStopLetsSessionsEndWithinTheGrace) {
  far.manners.tarpit = 2s;
  start();
  send({"bob@example.net"});
  pass(3s);
  engine->stop();
  pass(18s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->has_value());
  EXPECT_EQ(facts.attempted_.at(0).state, RecipientState::delivered);
}

TEST_F(EngineLoop, AStopCutsShortWhatTheGraceWasNotEnoughForAndCountsNothing) {
  far.at(mail::Stage::mail).stalls();
  start();
  send({"bob@example.net"});
  pass(1s);
  const mail::WallTime due = engine->now() - 1s;
  engine->stop();
  pass(19s);
  EXPECT_FALSE(ended.has_value());
  pass(10s);

  ASSERT_TRUE(ended.has_value());
  ASSERT_THAT(facts.attempted_, SizeIs(1));
  EXPECT_FALSE(facts.attempted_[0].counted);
  EXPECT_LE(facts.attempted_[0].next_attempt.value(), due + 1s);
}

TEST_F(EngineLoop, ASecondStopDoesNotWait) {
  far.at(mail::Stage::mail).stalls();
  start();
  send({"bob@example.net"});
  pass(1s);
  engine->stop();
  engine->stop();
  pass(1s);

  EXPECT_TRUE(ended.has_value());
}

TEST_F(EngineLoop, NothingBeginsAfterAStop) {
  start();
  engine->stop();
  send({"bob@example.net"});
  pass(1min);

  EXPECT_EQ(far.copies("bob@example.net"), 0);
}

Plan plan_by_way_of(const char* smarthost) {
  Plan plan = quiet_plan();
  plan.routes.add("*", mail::Destination::host(smarthost, 25));
  return plan;
}

TEST_F(EngineLoop, QueuedMailFollowsAnAdoptedRoute) {
  net.host("192.0.2.1").refuses();
  start();
  const mail::QueueId waits = send({"bob@example.net", "joe@example.net"});
  pass(1s);
  ASSERT_THAT(facts.attempted_, SizeIs(2));

  engine->adopt(plan_by_way_of("192.0.2.2"));
  operate(queue::Verb::retry, waits);
  pass(1s);

  EXPECT_EQ(facts.rerouted_, 2);
  EXPECT_EQ(home.copies("bob@example.net"), 1);
  EXPECT_EQ(home.copies("joe@example.net"), 1);
  stop();
}

TEST_F(EngineLoop, QueuedMailFollowsARouteThatChangedWhileWeWereDown) {
  send({"bob@example.net"});
  make_engine(plan_by_way_of("192.0.2.2"));
  start();
  pass(1s);

  EXPECT_EQ(home.copies("bob@example.net"), 1);
  EXPECT_EQ(far.copies("bob@example.net"), 0);
  stop();
}

TEST_F(EngineLoop, APausedDaemonTakesMailAndDeliversItWhenThePauseEnds) {
  Plan plan = quiet_plan();
  plan.paused = true;
  make_engine(std::move(plan));
  start();
  send({"bob@example.net"});
  pass(1h);
  EXPECT_THAT(facts.attempted_, IsEmpty());

  engine->adopt(quiet_plan());
  pass(1s);
  EXPECT_EQ(far.copies("bob@example.net"), 1);

  plan = quiet_plan();
  plan.paused = true;
  engine->adopt(std::move(plan));
  send({"joe@example.net"});
  pass(1h);
  EXPECT_EQ(far.copies("joe@example.net"), 0);
  stop();
}

TEST_F(EngineLoop, ADeliveryUnderWayEndsAsItBegan) {
  far.manners.tarpit = 2s;
  start();
  send({"bob@example.net"});
  pass(1s);
  engine->adopt(plan_by_way_of("192.0.2.2"));
  pass(5min);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  EXPECT_EQ(home.copies("bob@example.net"), 0);
  stop();
}

TEST_F(EngineLoop, AnAdoptedPlanIsForWhatComes) {
  start();
  Plan plan = quiet_plan();
  plan.routes.add("*", mail::Destination::host("192.0.2.2", 25));
  engine->adopt(std::move(plan));
  send({"bob@example.net"});
  pass(1s);

  EXPECT_EQ(home.copies("bob@example.net"), 1);
  EXPECT_EQ(far.copies("bob@example.net"), 0);
  stop();
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
// The engine when the clock jumps, the disk fails and the operator acts.

#include <boost/asio/post.hpp>

#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using mail::RecipientState;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class EngineTrouble : public EngineWorld {
 protected:
  /// As soon as whoever runs now waits for something.
  void hold_the_mail_for_net() {
    io::asio::post(context, [this] {
      queue::Operation hold;
      hold.verb = queue::Verb::hold;
      hold.selection.recipient = "@example.net";
      hold.by = "uid 0";
      io::asio::co_spawn(context, engine->operate(std::move(hold)),
                         [this](const std::exception_ptr&, io::Result<queue::Operated> operated) {
                           held = operated.value();
                         });
    });
  }
  void expect_that_bobs_was_held() {
    ASSERT_TRUE(held);
    EXPECT_EQ(held->changed, 1);
    EXPECT_EQ(held->leased, 0);
    EXPECT_EQ(far.copies("bob@example.net"), 0);
  }

  std::optional<queue::Operated> held;
};

TEST_F(EngineTrouble, AClockThatJumpsAheadExpiresNobody) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(1h);
  const std::size_t before = facts.attempted_.size();

  clock.step_wall(24h * 30);
  pass(2min);

  EXPECT_THAT(facts.steps, SizeIs(1));
  EXPECT_LE(facts.attempted_.size(), before + 1);
  EXPECT_EQ(facts.attempted_.back().state, RecipientState::waiting);
  stop();
}

TEST_F(EngineTrouble, AClockThatJumpsBackMakesNobodyWait) {
  far.manners.greylisting = 1min;
  start();
  send({"bob@example.net"});
  pass(1s);

  clock.step_wall(-24h * 30);
  pass(1h);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineTrouble, AStopFollowsTheClockFirst) {  // the next daemon could not know of the step
  far.manners.greylisting = 1min;
  start();
  send({"bob@example.net"});
  pass(1s);

  clock.step_wall(-24h);
  stop();
  make_engine(quiet_plan());
  start();
  pass(1h);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

// As on a machine whose battery is empty: it starts in 1970, and learns the date by and by.
TEST_F(EngineTrouble, ACalendarThatWasSetBackWhileNobodyRanMakesNobodyWait) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(10min);
  stop();
  const mail::Duration back = clock.wall() - mail::WallTime{24h};
  clock.step_wall(-back);

  next_life(quiet_plan());
  ASSERT_THAT(facts.steps, SizeIs(1));
  EXPECT_LT(facts.steps.at(0).step, -24h * 365);
  const std::size_t before = facts.attempted_.size();
  pass(2h);
  EXPECT_GT(facts.attempted_.size(), before) << "while the calendar is wrong";

  clock.step_wall(back);
  far.manners.temporarily_failing = {};
  pass(4h);
  EXPECT_EQ(far.copies("bob@example.net"), 1) << "and when it is right again";
  stop();
}

TEST_F(EngineTrouble, ADaemonThatBeginsLaterFollowsNoStep) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(10min);
  stop();
  pass(3h);
  clock.step_wall(-20s);  // no more than a clock's ordinary discipline

  next_life(quiet_plan());
  pass(5min);

  EXPECT_THAT(facts.steps, IsEmpty());
  stop();
}

TEST_F(EngineTrouble, WhatCannotBeWrittenOutIsTriedAgain) {
  start();
  store.writing_out = io::Errc::disk_full;
  send({"bob@example.net"});
  pass(1min);
  EXPECT_GT(store.written_out, 1);
  EXPECT_LT(store.written_out, 20) << "not hammered";
  EXPECT_THAT(facts.troubles, Not(IsEmpty()));
  EXPECT_EQ(far.copies("bob@example.net"), 1) << "nobody waits for it";

  store.writing_out.reset();
  pass(2min);
  const int tried = store.written_out;
  pass(1h);
  EXPECT_EQ(store.written_out, tried);
  stop();
}

TEST_F(EngineTrouble, ASmallCorrectionOfTheClockIsNoStep) {
  start();
  clock.step_wall(5s);
  pass(5min);

  EXPECT_THAT(facts.steps, IsEmpty());
  EXPECT_EQ(engine->now(), clock.wall());
  stop();
}

TEST_F(EngineTrouble, AReportIsKeptUntilTheDiskHasRoomForIt) {
  start();
  store.settling = io::Errc::disk_full;
  send({"bob@example.net"});
  pass(1min);
  EXPECT_THAT(facts.attempted_, IsEmpty());  // nothing is told that is not durable
  EXPECT_THAT(facts.troubles, Not(IsEmpty()));

  store.settling.reset();
  pass(1min);

  ASSERT_THAT(facts.attempted_, SizeIs(1));
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineTrouble, AFullDiskIsNotAskedAllTheTime) {
  start();
  store.claiming = io::Errc::disk_full;
  send({"bob@example.net"});
  pass(1s);
  const int before = store.asked;
  pass(10min);

  EXPECT_LE(store.asked - before, 20);
  store.claiming.reset();
  pass(2min);
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

// Contents may have no room while the small commits of deliveries still have it; and to deliver is
// what makes room.
TEST_F(EngineTrouble, WhoIsRefusedAtTheDoorHoldsUpNoDelivery) {
  send({"bob@example.net"});
  store.enqueuing = io::Errc::disk_full;
  start();
  for (int second = 0; second < 30; ++second) {
    EXPECT_FALSE(try_to_send({"eve@example.org"}));
    pass(1s);
  }
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  EXPECT_THAT(facts.troubles, Not(IsEmpty()));
  stop();
}

TEST_F(EngineTrouble, WhatIsHeldWhileItIsBeingClaimedIsHeld) {
  send({"bob@example.net"});
  store.at_claim = [this] { hold_the_mail_for_net(); };
  start();
  pass(1min);
  expect_that_bobs_was_held();
  stop();
}

TEST_F(EngineTrouble, WhatIsHeldWhileItPassesIsHeld) {
  start();
  pass(1s);
  store.at_enqueue = [this] { hold_the_mail_for_net(); };
  send({"bob@example.net"});
  pass(1min);
  expect_that_bobs_was_held();
  stop();
}

TEST_F(EngineTrouble, AFullDiskIsNotAskedForMailThatWasCalledTooEarlyEither) {
  engine::Plan plan = quiet_plan();
  plan.scheduler.learning.emplace();
  plan.scheduler.learning->first_window = plan.scheduler.learning->longest_window = 1;
  make_engine(plan);
  far.manners.tarpit = 10s;
  far.at(mail::Stage::rcpt).says("452 4.2.2 mailbox full").times(1);
  start();
  pass(1s);
  send({"bob@example.net"});
  send({"bob@example.net"});  // lies in memory, and will have to wait for what the first one finds

  store.claiming = io::Errc::disk_full;
  std::vector<std::string> many;
  for (int i = 0; i < 60; ++i) many.push_back("reader" + std::to_string(i) + "@example.org");
  send(many);  // too many to pass: they have to be claimed
  pass(10min);
  EXPECT_LE(store.asked, 25);
  EXPECT_EQ(far.copies("bob@example.net"), 0);

  store.claiming.reset();
  pass(12h);
  EXPECT_EQ(far.copies("bob@example.net"), 2);
  stop();
}

TEST_F(EngineTrouble, AClosedIntakeEndsTheEngineWithThatError) {
  start();
  store.settling = io::Errc::closed_intake;
  send({"bob@example.net"});
  pass(1min);

  ASSERT_TRUE(ended.has_value());
  ASSERT_FALSE(ended->has_value());
  EXPECT_TRUE(ended->error().is(io::Errc::closed_intake));
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(EngineTrouble, AClosedIntakeEndsTheSessionsUnderWayAtOnce) {
  far.at(mail::Stage::mail).stalls();
  start();
  send({"bob@example.net"});
  pass(1s);
  store.settling = io::Errc::closed_intake;
  send({"joe@example.org"});
  pass(2s);

  EXPECT_TRUE(ended.has_value());
}

TEST_F(EngineTrouble, WhatTheOperatorRemovesIsNotDeliveredAnyMore) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  const mail::QueueId id = send({"bob@example.net"});
  pass(1min);
  const std::size_t before = facts.attempted_.size();

  EXPECT_EQ(operate(queue::Verb::remove, id).changed, 1);
  pass(24h * 6);

  EXPECT_EQ(facts.attempted_.size(), before);
  EXPECT_THAT(home.taken(), IsEmpty());
  stop();
}

TEST_F(EngineTrouble, WhatIsHeldWaitsUntilItIsReleased) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  const mail::QueueId id = send({"bob@example.net"});
  pass(1s);
  EXPECT_EQ(operate(queue::Verb::hold, id).changed, 1);
  far.manners.temporarily_failing.clear();
  pass(24h);
  EXPECT_EQ(far.copies("bob@example.net"), 0);

  EXPECT_EQ(operate(queue::Verb::release, id).changed, 1);
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineTrouble, ARetryDoesNotWaitForItsDateNorForAParkedLane) {
  net.host("192.0.2.1").refuses();
  start();
  const mail::QueueId id = send({"bob@example.net"});
  for (int i = 0; i < 5; ++i) send({"r" + std::to_string(i) + "@example.net"});
  pass(1s);
  EXPECT_THAT(facts.parked_, Not(IsEmpty()));
  net.host("192.0.2.1").serves(far.server());

  operate(queue::Verb::retry, id);
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineTrouble, WhatARetryThatFailsMidwayMadeDueGoes) {
  net.host("192.0.2.1").refuses();
  start();
  const mail::QueueId id = send({"bob@example.net"});
  for (int i = 0; i < 5; ++i) send({"r" + std::to_string(i) + "@example.net"});
  pass(1s);
  ASSERT_THAT(facts.parked_, Not(IsEmpty()));
  net.host("192.0.2.1").serves(far.server());
  store.operating = io::Errc::disk_full;

  EXPECT_FALSE(try_to_operate(queue::Verb::retry, id));
  pass(1s);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(EngineTrouble, ARetryOpensNoOtherLaneThanThoseOfItsMail) {
  net.host("192.0.2.1").refuses();
  start();
  for (int i = 0; i < 6; ++i) send({"r" + std::to_string(i) + "@example.net"});
  const mail::QueueId other = send({"eve@example.org"});
  pass(1s);
  ASSERT_THAT(facts.parked_, Not(IsEmpty()));
  const std::size_t before = facts.attempted_.size();

  EXPECT_EQ(operate(queue::Verb::retry, other).changed, 0) << "it was delivered";
  pass(1s);

  EXPECT_EQ(facts.attempted_.size(), before);
  stop();
}

TEST_F(EngineTrouble, ExpiringTellsTheSender) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  const mail::QueueId id = send({"bob@example.net"});
  pass(1s);
  queue::Selection selection;
  selection.messages = {id};

  const auto expired = run(context, clock, engine->expire(std::move(selection), "uid 0"));
  pass(1s);

  EXPECT_EQ(expired.value().changed, 1);
  EXPECT_THAT(home.taken(), SizeIs(1));
  stop();
}

TEST_F(EngineTrouble, WhoeverExpiresEverythingDoesNotExpireTheNoticesOfIt) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  for (int i = 0; i < 3; ++i) send({"bob@example.net"});
  pass(1s);

  const auto expired = run(context, clock, engine->expire({}, "uid 0"));
  pass(1s);

  EXPECT_EQ(expired.value().changed, 3);
  EXPECT_THAT(home.taken(), SizeIs(3));
  stop();
}

TEST_F(EngineTrouble, WhileMailIsGivenUpOtherMailIsDelivered) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(1s);
  std::optional<io::Result<queue::Operated>> expired;
  store.settling = io::Errc::disk_full;  // what is given up waits for room

  io::asio::co_spawn(context, engine->expire({}, "uid 0"),
                     [&](const std::exception_ptr&, io::Result<queue::Operated> done) {
                       expired.emplace(std::move(done));
                     });
  send({"carl@example.net"});
  pass(1s);

  EXPECT_FALSE(expired);
  EXPECT_EQ(far.copies("carl@example.net"), 1);
  store.settling.reset();
  pass(20s);
  ASSERT_TRUE(expired && *expired);
  EXPECT_EQ((*expired)->changed, 1);
  stop();
}

TEST_F(EngineTrouble, WhatIsInDeliveryWhenTheRestIsGivenUpIsTold) {
  net.host("192.0.2.1").stays_silent();
  start();
  send({"bob@example.net"});
  pass(1s);

  const auto expired = run(context, clock, engine->expire({}, "uid 0"));

  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->changed, 0);
  EXPECT_EQ(expired->leased, 1);
  stop();
}

}  // namespace
}  // namespace tenax::engine

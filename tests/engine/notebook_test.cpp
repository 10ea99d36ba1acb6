// SPDX-License-Identifier: Apache-2.0
// What receivers taught, through the end of a daemon and its next beginning.

#include "engine/notebook.h"

#include "tests/engine/world.h"

namespace tenax::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

engine::Plan learning_plan() {
  engine::Plan plan = quiet_plan();
  plan.scheduler.learning.emplace();
  plan.terms.retry.learns = true;
  return plan;
}

class NotebookTest : public EngineWorld {
 protected:
  NotebookTest() {
    far.manners.greylisting = 10min;
    make_engine(learning_plan());
    start();
  }

  void next_life(engine::Plan plan = learning_plan()) { EngineWorld::next_life(std::move(plan)); }

  /// How long the first refusal of this stranger's mail is answered by waiting.
  mail::Duration wait_of(const std::string& stranger) {
    facts.attempted_.clear();
    send({stranger});
    pass(10s);
    EXPECT_THAT(facts.attempted_, SizeIs(1));
    return *facts.attempted_.at(0).next_attempt - facts.attempted_.at(0).when;
  }

  std::vector<mail::Lesson> kept() { return run(context, clock, store.lessons()).value(); }
};

TEST_F(NotebookTest, TheNextStrangersMailWaitsAsLongAsTheLastDaemonFoundOut) {
  EXPECT_EQ(wait_of("a@example.net"), 5min + 1s);
  pass(1h);
  stop();
  ASSERT_TRUE(ended && *ended);

  next_life();

  EXPECT_EQ(wait_of("b@example.net"), 10min + 1s);
  EXPECT_THAT(facts.troubles, IsEmpty());
}

TEST_F(NotebookTest, ADaemonThatDiesHasWrittenAllButTheLastSeconds) {
  wait_of("a@example.net");
  pass(15min);
  ASSERT_EQ(facts.attempted_.back().state, mail::RecipientState::delivered);
  pass(10s);

  next_life();

  EXPECT_EQ(wait_of("b@example.net"), 10min + 1s);
}

TEST_F(NotebookTest, ALessonIsNotWrittenForEachMessage) {
  for (int i = 0; i < 50; ++i) send({"a" + std::to_string(i) + "@example.org"});
  pass(20s);
  EXPECT_THAT(kept(), IsEmpty());
  pass(6min);
  EXPECT_THAT(kept(), Contains(Field(&mail::Lesson::key, "site example.org")));
}

TEST_F(NotebookTest, AWriteThatFailsCostsNothingButTheLesson) {
  store.keeping = io::Errc::disk_full;
  wait_of("a@example.net");
  pass(20min);
  EXPECT_EQ(facts.attempted_.back().state, mail::RecipientState::delivered);
  EXPECT_THAT(facts.troubles,
              Contains(Field(&engine::Trouble::doing, "keeping what receivers taught")));
  store.keeping.reset();
  stop();

  EXPECT_TRUE(ended && *ended);
}

TEST_F(NotebookTest, AClosedIntakeIsNoticedAtOnce) {
  store.keeping = io::Errc::closed_intake;
  wait_of("a@example.net");

  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->error().is(io::Errc::closed_intake));
}

TEST_F(NotebookTest, WhatTheOperatorForgetsIsForgottenForTheNextDaemonToo) {
  wait_of("a@example.net");
  pass(1h);
  EXPECT_TRUE(run(context, clock, engine->forget(mail::Destination::mx("example.net"))).value());
  EXPECT_FALSE(run(context, clock, engine->forget(mail::Destination::mx("example.info"))).value());

  next_life();

  EXPECT_EQ(wait_of("b@example.net"), 5min + 1s);
}

TEST_F(NotebookTest, ADaemonThatLearnsNothingForgetsWhatWasLearntBeforeAndSaysWhetherItDid) {
  wait_of("a@example.net");
  pass(1h);
  stop();
  next_life(quiet_plan());
  const auto forget = [&](std::string_view name) {
    return run(context, clock, engine->forget(mail::Destination::mx(name)));
  };

  store.keeping = io::Errc::disk_full;
  ASSERT_FALSE(forget("example.net"));
  EXPECT_TRUE(forget("example.net").error().is(io::Errc::disk_full));
  store.keeping.reset();
  EXPECT_FALSE(forget("example.info").value());
  EXPECT_TRUE(forget("example.net").value());
}

TEST_F(NotebookTest, WhatCannotBeReadIsSaidAndNotKnown) {
  stop();
  ASSERT_TRUE(run(context, clock,
                  store.keep_lessons({{"site example.net", "site 1\nnonsense\n", clock.wall()}})));

  next_life();

  EXPECT_EQ(wait_of("a@example.net"), 5min + 1s);
  EXPECT_THAT(facts.troubles,
              Contains(Field(&engine::Trouble::doing, "reading what receivers taught")));
}

}  // namespace
}  // namespace tenax::testing

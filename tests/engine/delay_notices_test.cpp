// SPDX-License-Identifier: Apache-2.0
// When delays are told, and with which dates: while a destination is parked, and in a pause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/builders.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DelayNotices : public EngineWorld {
 protected:
  void begin(Plan plan) {
    make_engine(std::move(plan));
    start();
  }
  static Plan paused() {
    Plan plan = quiet_plan();
    plan.terms.retry.delay_notices = {3h + 20s};
    plan.paused = true;
    return plan;
  }
};

TEST_F(DelayNotices, PromiseNothingBeyondTheEndOfTheLifetimeThoughItsLaneIsParkedForLonger) {
  net.host("192.0.2.1").refuses();
  Plan plan = quiet_plan();
  plan.scheduler.lane.failures_to_park = 1;
  plan.scheduler.lane.first_parking = plan.scheduler.lane.longest_parking = 24h;
  plan.terms.retry.lifetime = plan.scheduler.lifetime = 8h;
  plan.terms.retry.delay_notices = {4h};
  begin(std::move(plan));
  const mail::WallTime accepted = engine->now();
  send({"bob@example.net"});
  pass(4h + 1min);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_THAT(facts.noticed_[0].promised, ElementsAre(accepted + 8h));
  pass(10s);
  ASSERT_THAT(home.taken(), SizeIs(1));
  EXPECT_THAT(home.taken()[0].contents,
              HasSubstr("Will-Retry-Until: " + mail::to_rfc5322(accepted + 8h)));
  pass(4h);
  ASSERT_THAT(facts.noticed_, SizeIs(2)) << "and so it is";
  EXPECT_EQ(facts.noticed_[1].kind, bounce::NoticeKind::failed);
  stop();
}

TEST_F(DelayNotices, OfAPauseComeInTimeAndSayThatNothingIsTried) {
  begin(paused());
  send({"bob@example.net"});
  pass(3h + 19s);
  EXPECT_THAT(facts.noticed_, IsEmpty());
  pass(2s);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_EQ(facts.noticed_[0].kind, bounce::NoticeKind::delayed);
  EXPECT_THAT(facts.noticed_[0].promised, IsEmpty());
  engine->adopt(quiet_plan());
  pass(1s);
  ASSERT_THAT(home.taken(), SizeIs(1));
  const std::string& told = home.taken()[0].contents;
  EXPECT_THAT(told, HasSubstr("Held back for now"));
  EXPECT_THAT(told, HasSubstr("has paused all delivery"));
  EXPECT_THAT(told, HasSubstr("Action: delayed"));
  EXPECT_THAT(told, Not(HasSubstr("Will-Retry-Until")));
  EXPECT_THAT(told, Not(HasSubstr("give up")));
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(DelayNotices, OfAPauseAreGatheredAsThat) {
  Plan plan = paused();
  plan.terms.notices_per_hour = 1;
  begin(std::move(plan));
  for (const char* name : {"bob", "eve", "joe"}) send({std::string{name} + "@example.net"});
  pass(5h);

  engine->adopt(quiet_plan());
  pass(1s);
  ASSERT_THAT(home.taken(), SizeIs(2));
  const std::string& digest = home.taken()[1].contents;
  EXPECT_THAT(digest, HasSubstr("2 recipients in one report"));
  EXPECT_THAT(digest, HasSubstr("has paused all"));
  EXPECT_THAT(digest, Not(HasSubstr("Will-Retry-Until")));
  stop();
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
// When delays are told, and with which dates, while a destination is parked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/builders.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class DelayNotices : public EngineWorld {
 protected:
  void begin(Plan plan) {
    make_engine(std::move(plan));
    start();
  }
};

TEST_F(DelayNotices, PromiseNothingBeyondTheEndOfTheLifetimeThoughItsLaneIsParkedForLonger) {
  net.host("192.0.2.1").refuses();
  Plan plan = quiet_plan();
  plan.scheduler.lane.failures_to_park = 1;
  plan.scheduler.lane.first_parking = plan.scheduler.lane.longest_parking = 24h;
  plan.terms.retry.lifetime = 8h;
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

}  // namespace
}  // namespace tenax::engine

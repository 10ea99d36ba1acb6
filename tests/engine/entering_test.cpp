// SPDX-License-Identifier: Apache-2.0
// Mail on its way into the queue, while what the engine goes by changes.

#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;

class Entering : public EngineWorld {
 protected:
  /// Nothing passes meanwhile.
  void start_paused() {
    Plan plan = quiet_plan();
    plan.paused = true;
    make_engine(std::move(plan));
    start();
    pass(1s);
  }
  /// A large message comes in, and `then` happens while it is written to the disk.
  void send_a_large_one(const std::function<void()>& then) {
    store.slow = &clock;
    io::asio::co_spawn(context, hand_over(this, {"bob@example.net"}, {}, 300 * 1024),
                       [](const std::exception_ptr& bug, const auto& kept) {
                         ASSERT_FALSE(bug);
                         ASSERT_TRUE(kept);
                       });
    pass(1s);
    then();
    pass(10s);
    store.slow = nullptr;
  }
};

TEST_F(Entering, LargeMailGoesByTheRoutesThatAreAdoptedWhileItIsWritten) {
  far.manners.temporarily_failing = {"bob@example.net"};
  start_paused();
  send_a_large_one([this] {
    Plan plan = quiet_plan();
    plan.routes.add("*", mail::Destination::host("192.0.2.2", 25));
    engine->adopt(std::move(plan));
  });
  pass(3h);
  EXPECT_EQ(home.copies("bob@example.net"), 1);
  stop();
}

TEST_F(Entering, LargeMailWaitsForNoDateOfACalendarThatWasSetBackWhileItWasWritten) {
  start_paused();
  send_a_large_one([this] {
    clock.step_wall(-24h * 30);
    engine->adopt(quiet_plan());
  });
  pass(3h);
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

// Its settlement may wait long for room on the disk.
TEST_F(Entering, ANoticeGoesByTheRoutesOfTheMomentInWhichItEnters) {
  far.manners.unknown = {"bob@example.net"};
  store.settling = io::Errc::disk_full;
  start();
  send({"bob@example.net"});
  pass(10s);
  Plan plan = quiet_plan();
  plan.routes.add("*", mail::Destination::host("192.0.2.1", 25));
  engine->adopt(std::move(plan));
  pass(10s);
  store.settling.reset();
  pass(1min);

  EXPECT_EQ(far.copies("ann@example.org"), 1);
  EXPECT_EQ(home.copies("ann@example.org"), 0);
  stop();
}

}  // namespace
}  // namespace tenax::engine

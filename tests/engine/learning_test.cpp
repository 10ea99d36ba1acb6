// SPDX-License-Identifier: Apache-2.0
// An engine whose scheduler learns keeps the dates it tells (promise 10).

#include "engine/known_site.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;
using namespace tenax::testing;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class EngineThatLearns : public EngineWorld {
 protected:
  EngineThatLearns() {
    make_engine(learning_plan());
    start();
  }

  static Plan learning_plan() {
    Plan plan = quiet_plan();
    plan.scheduler.learning.emplace();
    plan.terms.retry.learns = true;
    return plan;
  }

  /// Bob, as the last fact about him left him in the queue.
  scheduler::Role bob() const {
    const Attempted& fact = facts.attempted_.back();
    return {.message = fact.message,
            .sender = address("ann@example.org"),
            .accepted = fact.accepted,
            .destination = fact.destination,
            .recipient = fact.address,
            .attempts = fact.attempts,
            .due = fact.next_attempt.value(),
            .knocks = fact.knocks,
            .last = fact.verdict};
  }
  std::vector<mail::WallTime> attempts_on_bob() const {
    std::vector<mail::WallTime> when;
    for (const Attempted& fact : facts.attempted_) {
      if (fact.address == address("bob@example.net")) when.push_back(fact.when);
    }
    return when;
  }
};

TEST_F(EngineThatLearns, KeepsEveryDateOfAForecastUntilTheMessageIsGivenUp) {
  far.manners.temporarily_failing = {"bob@example.net"};
  send({"bob@example.net"});
  pass(20min);
  const std::size_t before = attempts_on_bob().size();

  const auto told = engine->rehearse({bob()}, 200);

  ASSERT_TRUE(told);
  ASSERT_THAT(*told, SizeIs(1));
  EXPECT_FALSE(told->front().more);
  pass(5 * 24h + 1h);
  std::vector<mail::WallTime> foretold;
  for (const scheduler::Coming& one : told->front().attempts) foretold.push_back(one.when);
  std::vector<mail::WallTime> seen = attempts_on_bob();
  seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_EQ(seen, foretold);
  EXPECT_EQ(facts.attempted_.back().state, mail::RecipientState::delivered) << "the notice";
  stop();
}

TEST_F(EngineThatLearns, ARetryDoesNotWaitForWhatWasLearnt) {
  far.manners.temporarily_failing = {"bob@example.net", "eve@example.net"};
  const mail::QueueId id = send({"bob@example.net"});
  send({"eve@example.net"});
  pass(1min);
  ASSERT_THAT(facts.attempted_, SizeIs(2));

  operate(queue::Verb::retry, id);
  pass(1s);

  EXPECT_THAT(attempts_on_bob(), SizeIs(2));
  EXPECT_THAT(facts.attempted_, SizeIs(3)) << "eve waits for her date";
  stop();
}

TEST_F(EngineThatLearns, ARetryStandsThroughAHoldAndARestart) {
  far.manners.temporarily_failing = {"bob@example.net"};
  const mail::QueueId id = send({"bob@example.net"});
  pass(1min);
  ASSERT_THAT(attempts_on_bob(), SizeIs(1));

  operate(queue::Verb::hold, id);
  operate(queue::Verb::release, id);
  pass(1s);
  EXPECT_THAT(attempts_on_bob(), SizeIs(1)) << "a release is no such order";
  store.claiming = io::Errc::busy;
  operate(queue::Verb::retry, id);
  operate(queue::Verb::hold, id);
  operate(queue::Verb::release, id);
  stop();
  store.claiming.reset();
  next_life(learning_plan());
  pass(1s);

  EXPECT_THAT(attempts_on_bob(), SizeIs(2));
  stop();
}

TEST_F(EngineThatLearns, CustomersOfOneProviderAreOneSiteWhateverTheirHostsAreCalled) {
  for (const std::string customer : {"one", "two"}) {
    const std::string host = customer + ".mx.provider.test";
    resolver.mx(customer + ".test", {{10, host}});
    resolver.address(host, "192.0.2.1");
    send({"bob@" + customer + ".test"});
    pass(1s);
  }

  stop();
  auto kept = run(context, clock, store.lessons());
  ASSERT_TRUE(kept);
  const auto of_one = known_site(*kept, mail::Destination::mx("one.test"), clock.wall());

  ASSERT_TRUE(of_one);
  EXPECT_THAT(of_one->destinations, ElementsAre("one.test", "two.test"));
}

TEST_F(EngineThatLearns, ADelayIsToldWithDatesThatAreKept) {
  far.manners.temporarily_failing = {"bob@example.net"};
  send({"bob@example.net"});
  pass(24h + 1s);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  ASSERT_THAT(facts.noticed_[0].promised, SizeIs(1));
  const std::size_t before = attempts_on_bob().size();
  pass(36h);
  ASSERT_GT(attempts_on_bob().size(), before);
  EXPECT_EQ(attempts_on_bob()[before], facts.noticed_[0].promised[0]);
  stop();
}

TEST_F(EngineThatLearns, OneThatDoesNotLeavesForecastsToTheSchedule) {
  stop();
  make_engine(quiet_plan());
  EXPECT_FALSE(engine->rehearse({}, 200));
}

}  // namespace
}  // namespace tenax::engine

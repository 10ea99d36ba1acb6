// SPDX-License-Identifier: Apache-2.0
// What every store leases for an operator who gives mail up.

#include "queue/reader.h"

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

struct StoreSelected : StoreContract {};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Selected, StoreSelected, ::testing::ValuesIn(kStores),
                         [](const auto& kind) { return std::string{kind.param.name}; });

TEST_P(StoreSelected, TheSelectedAreLeasedWhateverTheirTime) {
  world.enqueue({.to = {"a@one.example", "b@two.example"}});
  world.operate(Verb::hold);
  Selection one;
  one.recipient = "@ONE.example";

  const auto requests = world.claim_selected(one).requests;

  EXPECT_THAT(addresses(requests), ElementsAre("a@one.example"));
  EXPECT_TRUE(world.settle(requests[0], {failed(requests[0].recipients[0].id)}));
}

TEST_P(StoreSelected, WhatWasHeldIsHeldAgainWhenItsLeaseComesToNothing) {
  const mail::QueueId held = world.enqueue({.to = {"a@example.net"}, .held = true});
  world.enqueue({.to = {"b@example.net"}});
  for (const bool dies : {false, true}) {
    const auto requests = world.claim_selected({}).requests;
    ASSERT_THAT(requests, SizeIs(2));
    std::vector<mail::RecipientId> leased;
    for (const auto& request : requests) leased.push_back(request.recipients.at(0).id);
    if (dies) {
      world.die_and_reopen();
    } else {
      ASSERT_TRUE(world.run(world.store->put_back(leased, kNoon)));
    }
    const auto back = world.claim(kNoon + 1h);
    EXPECT_THAT(addresses(back), ElementsAre("b@example.net")) << dies;
    ASSERT_TRUE(world.run(world.store->put_back({back.at(0).recipients.at(0).id}, kNoon)));
  }
  const auto shown = Reader::open(world.options.directory).value()->show(held).value();
  EXPECT_EQ(shown.recipients.at(0).state, mail::RecipientState::held);
}

TEST_P(StoreSelected, ARetrySaysWhereItsMailGoes) {
  world.enqueue({.to = {"a@one.example", "b@one.example", "c@two.example"}});
  world.enqueue({.to = {"d@three.example"}});
  Selection of;
  of.recipient = "@one.example";
  EXPECT_THAT(world.operate(Verb::retry, of).destinations, ElementsAre("one.example"));
  of.recipient = "nobody@one.example";
  EXPECT_THAT(world.operate(Verb::retry, of).destinations, IsEmpty());
  EXPECT_THAT(world.operate(Verb::retry).destinations, SizeIs(3));
  EXPECT_THAT(world.operate(Verb::hold).destinations, IsEmpty());
}

TEST_P(StoreSelected, AreOfWholeMessages) {
  world.enqueue({.to = std::vector<std::string>(9'000, "a@example.net")});
  world.enqueue({.to = std::vector<std::string>(11'000, "b@example.net")});
  world.enqueue({.to = {"c@example.net"}});
  const Selected first = world.claim_selected({});
  EXPECT_THAT(addresses(first.requests), SizeIs(20'000));
  EXPECT_THAT(addresses(world.claim_selected({}, first.rest).requests),
              ElementsAre("c@example.net"));
}

TEST_P(StoreSelected, WhoHasChangedBeforeHisRoundIsPassedOver) {
  world.enqueue({.to = std::vector<std::string>(10'000, "a@example.net")});
  const mail::QueueId gone = world.enqueue({.to = {"b@example.net"}});
  world.enqueue({.to = {"c@example.net"}});
  const Selected first = world.claim_selected({});
  Selection of;
  of.messages = {gone};
  world.operate(Verb::remove, of);

  const Selected second = world.claim_selected({}, first.rest);

  EXPECT_THAT(addresses(second.requests), ElementsAre("c@example.net"));
  EXPECT_TRUE(second.rest.empty());
  const Selected last = world.claim_selected({}, second.rest);
  EXPECT_THAT(last.requests, IsEmpty());
  EXPECT_EQ(last.in_delivery, 10'001) << "what we have ourselves is in delivery, too";
}

TEST_P(StoreSelected, WhatEntersBetweenTwoRoundsIsNotSelected) {
  world.enqueue();
  const Selected first = world.claim_selected({});
  EXPECT_THAT(first.requests, SizeIs(1));
  world.enqueue({.to = {"notice@example.net"}});
  EXPECT_THAT(world.claim_selected({}, first.rest).requests, IsEmpty());
  EXPECT_THAT(world.claim_selected({}).requests, SizeIs(1));
}

}  // namespace tenax::queue

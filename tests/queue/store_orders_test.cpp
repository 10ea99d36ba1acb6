// SPDX-License-Identifier: Apache-2.0
// An operator's order to try mail now, in every Store.

#include "tests/queue/store_contract.h"

namespace tenax::queue {

class StoreOrders : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, StoreOrders, ::testing::Values(kStores[0]),
                         [](const auto& store) { return std::string{store.param.name}; });

TEST_P(StoreOrders, AnOrderToTryNowStandsUntilAnAttemptThatCounts) {
  world.enqueue();  // due already
  world.operate(Verb::retry);
  world.operate(Verb::hold);
  world.operate(Verb::release);
  const auto leased = [this](mail::WallTime now) { return world.claim(now).at(0); };
  mail::DeliveryRequest request = leased(kNoon);
  EXPECT_TRUE(request.recipients[0].insisted);

  world.die_and_reopen(kNoon + 1min);
  request = leased(kNoon + 10min);
  EXPECT_TRUE(request.recipients[0].insisted) << "nobody knows what became of that attempt";

  RecipientOutcome put_off = deferred(request.recipients[0].id, kNoon + 1h);
  put_off.counted = false;
  ASSERT_TRUE(world.settle(request, {put_off}));
  request = leased(kNoon + 1h);
  EXPECT_TRUE(request.recipients[0].insisted) << "it was our own fault";

  put_off.counted = true;
  ASSERT_TRUE(world.settle(request, {put_off}));
  EXPECT_FALSE(leased(kNoon + 2h).recipients[0].insisted);
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The contract's fixture. A further store joins by one more line in kStores; the tests stay.

#include "tests/queue/store_world.h"

namespace tenax::queue {

/// A way to have a store: what differs from the ordinary world.
struct StoreKind {
  const char* name;
  std::int64_t inline_limit;
};

inline constexpr StoreKind kStores[] = {
    {"SqliteWithMixedContents", 4096},
    {"SqliteWithAllContentsInFiles", 0},
    {"SqliteWithAllContentsInside", std::int64_t{1} << 20},
};

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    world.options.inline_limit = GetParam().inline_limit;
    const io::Result<> opened = world.open();
    ASSERT_TRUE(opened) << io::to_string(opened.error());
  }
  StoreWorld world;
};

}  // namespace tenax::queue

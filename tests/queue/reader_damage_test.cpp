// SPDX-License-Identifier: Apache-2.0
// What is still to be seen of a queue where not all is as it should be.

#include <filesystem>
#include <fstream>

#include "queue/reader.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {

using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

struct ReaderOfDamage : ::testing::Test {
  ReaderOfDamage() { EXPECT_TRUE(world.open()); }
  std::string file(const std::string& end = "") const {
    return world.options.directory + "/queue.db" + end;
  }
  /// Nobody can make an index of the log.
  void stop_and_bar_the_index() {
    world.store->close();
    world.store.reset();
    ASSERT_FALSE(std::filesystem::exists(file("-shm")));
    std::filesystem::create_symlink("nowhere", file("-shm"));
  }

  StoreWorld world;
};

}  // namespace

TEST_F(ReaderOfDamage, AQueueAtRestIsReadWhereNothingCanBeWritten) {
  world.enqueue();
  stop_and_bar_the_index();

  const auto reader = Reader::open(world.options.directory);

  ASSERT_TRUE(reader) << io::to_string(reader.error());
  EXPECT_THAT((*reader)->list({}, 10).value(), SizeIs(1));
  EXPECT_EQ((*reader)->summary(kNoon, 10)->recipients, 1);
  EXPECT_TRUE((*reader)->check(kNoon)->empty());
}

TEST_F(ReaderOfDamage, AQueueThatCannotBeOpenedIsNotTakenForNone) {
  world.enqueue();
  stop_and_bar_the_index();
  std::ofstream{file("-wal")} << "what a crash left";

  const auto reader = Reader::open(world.options.directory);

  ASSERT_FALSE(reader);
  EXPECT_FALSE(reader.error().is(io::Errc::not_found)) << io::to_string(reader.error());
}

TEST_F(ReaderOfDamage, APlaceWithSignsInItsNameIsReadAtRest) {
  world.options.directory = world.directory / "a?b#c%20d";
  ASSERT_TRUE(world.open());
  world.enqueue();
  stop_and_bar_the_index();
  const auto reader = Reader::open(world.options.directory);
  ASSERT_TRUE(reader) << io::to_string(reader.error());
  EXPECT_THAT((*reader)->list({}, 10).value(), SizeIs(1));
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
// What is still to be seen of a queue where not all is as it should be.

#include <filesystem>
#include <fstream>

#include "queue/reader.h"
#include "queue/sqlite.h"
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

TEST_F(ReaderOfDamage, ADamagedRowHidesNoOther) {
  const mail::QueueId bad = world.enqueue({.to = {"bad@example.net"}});
  world.enqueue({.to = {"good@example.net"}});
  auto db = Connection::open(file(), Access::read_write, "").value();
  ASSERT_TRUE(db->run("UPDATE recipient SET forward_path = 'x', notify = 'y' WHERE id = 1"));
  EXPECT_THAT(world.claim(), SizeIs(1));
  const auto reader = Reader::open(world.options.directory).value();

  const auto rows = reader->list({}, 10).value();

  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].message, bad);
  EXPECT_EQ(rows[0].id, mail::RecipientId{1});
  EXPECT_EQ(rows[0].state, mail::RecipientState::held);
  EXPECT_THAT(rows[0].damage, HasSubstr("recipient 1: column 3 is no address"));
  EXPECT_EQ(rows[1].damage, "");
  EXPECT_EQ(rows[1].address.text(), "good@example.net");
  const MessageDetails details = reader->show(bad).value();
  EXPECT_EQ(details.damage, "");
  EXPECT_THAT(details.recipients.at(0).damage, HasSubstr("no address"));
  EXPECT_THAT(details.events.at(0).what, HasSubstr("damaged"));
}

TEST_F(ReaderOfDamage, WhatIsLeftOfADamagedMessageIsShown) {
  const mail::QueueId bad = world.enqueue();
  const auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests.at(0), {deferred(requests[0].recipients[0].id, kNoon + 1h)}));
  world.operate(Verb::hold);
  auto db = Connection::open(file(), Access::read_write, "").value();
  ASSERT_TRUE(db->run("UPDATE message SET sender = 'x'"));
  ASSERT_TRUE(db->run("UPDATE answer SET stage = 'x'"));
  const auto reader = Reader::open(world.options.directory).value();

  const MessageDetails details = reader->show(bad).value();

  EXPECT_THAT(details.damage, HasSubstr("message " + bad.text()));
  EXPECT_THAT(details.attempts, SizeIs(0));
  EXPECT_THAT(details.events, SizeIs(1));
  EXPECT_THAT(reader->list({}, 10).value(), SizeIs(1));
}

TEST_F(ReaderOfDamage, ContentsThatAreShortAreGivenAndCalledShort) {
  const mail::QueueId id = world.enqueue({.bytes = large(30'000)});
  const auto contents = std::filesystem::directory_iterator{world.options.directory + "/contents"};
  std::filesystem::resize_file(contents->path(), 29'999);
  const auto reader = Reader::open(world.options.directory).value();
  for (const std::size_t limit : {std::size_t{0}, std::size_t{100'000}}) {
    const ContentsRead read = reader->contents(id, limit).value();
    EXPECT_TRUE(large(30'000).starts_with(read.bytes));
    EXPECT_EQ(read.damage, "there are 29999 bytes of it instead of 30000");
  }
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

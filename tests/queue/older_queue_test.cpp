// SPDX-License-Identifier: Apache-2.0
// Queues that older programs made: each is brought up to date, with its mail.

#include <array>
#include <filesystem>

#include "queue/migrations.h"
#include "queue/owed.h"
#include "queue/reader.h"
#include "queue/schema.h"
#include "queue/sqlite_store.h"
#include "queue/storms.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

// The steps to each version.
const std::array kSteps = {kSchema,           kSchema2,  kSchema3,       kSchema4,
                           kSchema5,          kSchema6,  kOwedSchema,    kStormSchema,
                           kOwedDelaysSchema, kSchema10, kPassingSchema, kSchema12};

// A message to bob@example.net, as every version could hold it.
const std::string kMessage =
    "UPDATE mark SET last_id = 7;"
    "INSERT INTO message VALUES (7, 'ann@example.org', 'unspecified', '', '7bit', 0, 0, 5, "
    "'submitted', NULL, 0, 0, 'socket', 1, '', '', 'database', NULL, 1, NULL);"
    "INSERT INTO contents VALUES (7, CAST('hello' AS BLOB));"
    "INSERT INTO recipient (message_id, forward_path, destination, notify, state, next_attempt) "
    "VALUES (7, 'bob@example.net', 'example.net', '', 'waiting', 1)";

struct OlderQueueTest : ::testing::Test {
  void script(const std::string& sql) { world.script(sql); }

  void begin_at(std::size_t version) {
    std::filesystem::create_directories(world.options.directory);
    for (std::size_t step = 0; step < version; ++step) script(kSteps.at(step));
    script("PRAGMA user_version = " + std::to_string(version) +
           "; PRAGMA application_id = 0x54654e78");
  }

  std::unique_ptr<Reader> reader() { return Reader::open(world.options.directory).value(); }

  StoreWorld world;
};

}  // namespace

TEST_F(OlderQueueTest, OfAnyVersionIsBroughtUpToDateWithItsMail) {
  for (std::size_t version = 1; version <= kSteps.size(); ++version) {
    SCOPED_TRACE(version);
    world.store.reset();
    std::filesystem::remove_all(world.options.directory);
    begin_at(version);
    script(kMessage);
    EXPECT_FALSE(Reader::open(world.options.directory)) << "a reader changes nothing";

    ASSERT_TRUE(world.open());
    EXPECT_THAT(addresses(world.claim()), ElementsAre("bob@example.net"));
    EXPECT_EQ(world.body(mail::QueueId{7}).value(), "hello");
    EXPECT_TRUE(world.try_enqueue({.leased = true}));
    EXPECT_TRUE(Reader::open(world.options.directory));
  }
}

TEST_F(OlderQueueTest, OfSchema3LearnsToKeepLessons) {
  begin_at(3);

  ASSERT_TRUE(world.open());

  EXPECT_THAT(world.run(world.store->lessons()).value(), IsEmpty());
  const mail::Lesson lesson{"site example.net", "site 1\n", kNoon};
  EXPECT_TRUE(world.run(world.store->keep_lessons({lesson})));
  EXPECT_THAT(reader()->lessons().value(), SizeIs(1));
}

TEST_F(OlderQueueTest, OfSchema4LearnsWhoWasToldAndWhatIsHeldInAStorm) {
  begin_at(4);
  script(kMessage);

  ASSERT_TRUE(world.open());

  EXPECT_THAT(world.run(world.store->stormed()).value(), IsEmpty());
  const auto requests = world.claim();
  ASSERT_THAT(addresses(requests), ElementsAre("bob@example.net"));
  EXPECT_FALSE(requests[0].recipients[0].told_of_delay);
  RecipientOutcome outcome = failed(requests[0].recipients[0].id);
  outcome.state = mail::RecipientState::held;
  EXPECT_TRUE(world.settle(requests[0], {outcome}));
  EXPECT_THAT(world.run(world.store->stormed()).value(), ElementsAre("example.net"));
}

TEST_F(OlderQueueTest, OfSchema5LearnsToOweFailures) {
  begin_at(5);

  ASSERT_TRUE(world.open());

  EXPECT_EQ(world.run(world.store->digest_due(kNoon)).value(), std::nullopt);
  EXPECT_EQ(reader()->summary(kNoon, 1)->owed, 0);
}

TEST_F(OlderQueueTest, OfSchema5StillSaysWhyItsMailWaits) {
  begin_at(5);
  script(kMessage);
  script(
      "UPDATE recipient SET attempts = 1, retried = 1;"
      "INSERT INTO attempt VALUES (3, 7, 'example.net', 2, 2);"
      "INSERT INTO answer VALUES (5, 3, 1, 1, 'deferred', 'host', 'theirs', 'rcpt', '4.7.1', NULL, "
      "NULL, 'come back later', '', '', 25, '', 0, 0)");

  ASSERT_TRUE(world.open());

  const Summary summary = reader()->summary(kNoon, 1).value();
  ASSERT_THAT(summary.destinations, SizeIs(1));
  EXPECT_EQ(summary.destinations[0].last_text, "come back later");
}

TEST_F(OlderQueueTest, OfSchema11TellsItsOldAttemptsAndItsNewOnes) {
  begin_at(11);
  script(kMessage);
  script(
      "UPDATE recipient SET attempts = 1, retried = 1;"
      "INSERT INTO attempt VALUES (3, 7, 'example.net', 2, 5, 1);"
      "INSERT INTO answer VALUES (5, 3, 1, 1, 'deferred', 'host', 'theirs', 'rcpt', '4.7.1', NULL, "
      "NULL, 'come back later', '', '', 25, '', 0, 0);"
      "INSERT INTO passing VALUES (8, NULL, 'unspecified', '', '7bit', 0, 0, 0, 0, 'smtp', 1, '', "
      "'', 9, 'cay@example.net', 'example.net', '', NULL, NULL, 'x', x'00');"
      "INSERT INTO passed VALUES (8, 'example.net', 1, 1, 1, 'delivered', 'host', 'theirs', 'dot', "
      "'', NULL, NULL, 'ok', '', '', 25, '', 0, 0);"
      "UPDATE mark SET last_id = 8");

  ASSERT_TRUE(world.open());

  const auto requests = world.claim();
  ASSERT_THAT(requests, SizeIs(1));
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  const std::vector<AttemptRow> attempts = reader()->show(mail::QueueId{7})->attempts;
  ASSERT_THAT(attempts, SizeIs(2));
  EXPECT_EQ(attempts[0].finished, mail::from_millis(5));
  EXPECT_EQ(attempts[0].verdict.text, "come back later");
  EXPECT_EQ(attempts[1].verdict.kind, mail::Kind::delivered);
  EXPECT_THAT(reader()->show(mail::QueueId{8})->attempts, SizeIs(1)) << "it had passed";
  EXPECT_THAT(reader()->check(kNoon).value(), IsEmpty());
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
// With many who wait, nothing that is asked often looks at all of them.

#include <optional>

#include "queue/claim.h"
#include "queue/operate.h"
#include "queue/purge.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace {

constexpr int kWaiting = 5000;
// What SQLite does for a row that is looked at takes at least three of its instructions.
constexpr int kFewSteps = kWaiting;

struct StoreWalks : ::testing::Test {
  StoreWalks() {
    EXPECT_TRUE(world.open());
    world.store.reset();
    const std::string now = std::to_string(mail::to_millis(kNoon));
    world.script(
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " +
        std::to_string(kWaiting) +
        ") INSERT INTO message (id, sender, ret, envid, body, smtputf8, automatic, size, origin, "
        "uid, pid, door, accepted, message_id, subject, place, open) SELECT i, 'ann@example.org', "
        "'unspecified', '', '7bit', 0, 0, 9, 'submitted', 1, 1, 'socket', " +
        now +
        " - 60000, '', '', 'database', 1 FROM c;"
        "INSERT INTO recipient (id, message_id, forward_path, destination, notify, state, "
        "attempts, retried, next_attempt) SELECT id, id, 'bob@parked.test', 'parked.test', '', "
        "'waiting', 1, 1, accepted FROM message;"
        "INSERT INTO contents (message_id, bytes) SELECT id, zeroblob(9) FROM message");
    db = Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
    sqlite3_progress_handler(
        db->handle(), 1,
        [](void* count) {
          ++*static_cast<int*>(count);
          return 0;
        },
        &steps);
  }
  ~StoreWalks() override { db.reset(); }

  std::vector<mail::DeliveryRequest> claim(LastChances last_chances) {
    ClaimOrder order;
    order.now = kNoon;
    order.except = {"parked.test"};
    order.last_chances = std::move(last_chances);
    order.guard = 5min;
    steps = 0;
    return queue::claim(*db, order, "us", unfit).value();
  }

  StoreWorld world;
  std::unique_ptr<Connection> db;
  Unfit unfit;
  int steps = 0;
};

}  // namespace

TEST_F(StoreWalks, WhoHasALastChanceIsFoundAmongTheOldOnes) {
  ASSERT_TRUE(db->run("UPDATE message SET accepted = ?1 WHERE id = 7", kNoon - 6h));
  const auto requests = claim({{"parked.test"}, kNoon, 5h});
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].message.value, 7);
  EXPECT_LT(steps, kFewSteps);
}

TEST_F(StoreWalks, WhereALifetimeIsShortOthersAreNotLookedAtForItsSake) {
  ASSERT_TRUE(db->run("UPDATE message SET accepted = ?1", kNoon - 2h));
  ASSERT_TRUE(db->run("UPDATE recipient SET destination = 'brief.test' WHERE id = 7"));
  const auto requests = claim({{"parked.test", "brief.test"}, kNoon, 5h, {{"brief.test", 1h}}});
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].message.value, 7);
  EXPECT_LT(steps, kFewSteps);
}

TEST_F(StoreWalks, ForANamedMessageNobodyElseIsLookedAt) {
  Selection one;
  one.messages = {mail::QueueId{7}};
  Operation retry;
  retry.selection = one;
  retry.now = kNoon;
  steps = 0;
  EXPECT_THAT(choose(*db, retry).value().all, ElementsAre(Meant{7, 7}));
  EXPECT_LT(steps, kFewSteps);

  steps = 0;
  const Selected leased = claim_selected(*db, one, {}, kNoon, 5min, "us", unfit).value();
  EXPECT_THAT(leased.requests, SizeIs(1));
  EXPECT_LT(steps, kFewSteps);
}

TEST_F(StoreWalks, AMessageToManyIsPurgedInPieces) {
  ASSERT_TRUE(
      db->run("INSERT INTO message (id, sender, ret, envid, body, smtputf8, automatic, size, "
              "origin, uid, pid, door, accepted, message_id, subject, place, open, ended) SELECT "
              "9999, sender, ret, envid, body, smtputf8, automatic, size, origin, uid, pid, door, "
              "accepted, '', '', 'gone', 0, accepted FROM message WHERE id = 1"));
  ASSERT_TRUE(
      db->run("INSERT INTO recipient (message_id, forward_path, destination, notify, state, ended) "
              "SELECT 9999, a.forward_path, a.destination, '', 'removed', ?1 FROM recipient a "
              "JOIN (SELECT id FROM recipient LIMIT 3) b",
              kNoon));
  WriterState writer;
  int pieces = 1;
  while (purge(*db, kNoon, 10, writer).value()) ++pieces;
  EXPECT_EQ(pieces, 4);
  EXPECT_EQ(db->number("SELECT count(*) FROM message").value(), kWaiting);
  EXPECT_EQ(db->number("SELECT count(*) FROM recipient").value(), kWaiting);
}

// A submission is known for as long as its message, however many those are.
TEST_F(StoreWalks, APurgeDoesNotLookAtAllSubmissionsOfThoseWhoWait) {
  ASSERT_TRUE(
      db->run("INSERT INTO submission SELECT printf('%032x', id), id, accepted FROM message"));
  ASSERT_TRUE(
      db->run("INSERT INTO submission VALUES (?1, 9999999, ?2)", std::string(32, 'f'), kNoon));
  WriterState writer;
  steps = 0;
  for (int looks = 0; looks < kWaiting / 100 + 2; ++looks) {
    const int before = steps;
    ASSERT_TRUE(purge(*db, kNoon + 48h, 10, writer));
    EXPECT_LT(steps - before, kFewSteps);
  }
  EXPECT_EQ(db->number("SELECT count(*) FROM submission").value(), kWaiting);
}

TEST_F(StoreWalks, TheSuppressionListIsNotLookedThroughForEachAddress) {
  ASSERT_TRUE(
      db->run("INSERT INTO suppression (address, failures, first, last) "
              "SELECT id || '@a.test', 1, accepted, accepted FROM message"));
  std::vector<SuppressionEdit> edits(50);
  for (SuppressionEdit& edit : edits) {
    edit.address = std::to_string(&edit - edits.data()) + "@b.test";
  }
  steps = 0;
  EXPECT_EQ(edit_suppressions(*db, edits, {}, 24h, "uid 0", kNoon).value().changed, 50);
  for (int id = 1; id <= 200; ++id) {
    ASSERT_TRUE(count_failure(*db, mail::RecipientId{id}, {"no-such-user", 24h}, "", kNoon));
  }
  EXPECT_LT(steps / 250, 500);
}

}  // namespace tenax::queue

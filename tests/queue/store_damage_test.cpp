// SPDX-License-Identifier: Apache-2.0
// Rows that a failing disk, or a person with a shell, left as the tables do not allow.

#include <vector>

#include "queue/reader.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

struct StoreDamage : ::testing::Test {
  StoreDamage() { EXPECT_TRUE(world.open()); }

  /// Past all rules.
  void damage(const char* sql) {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
    std::string rules;
    std::string without = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";
    {
      Statement triggers =
          db->prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
      while (triggers.step().value()) {
        without += "DROP TRIGGER " + std::string{triggers.bytes(0)} + ";";
        rules += std::string{triggers.bytes(1)} + ";";
      }
    }
    ASSERT_TRUE(db->script(without.c_str()));
    ASSERT_TRUE(db->script(sql));
    ASSERT_TRUE(db->script(rules.c_str()));
  }
  MessageDetails shown(mail::QueueId message) {
    return Reader::open(world.options.directory).value()->show(message).value();
  }
  std::vector<Violation> violations() {
    return Reader::open(world.options.directory).value()->check(kNoon).value();
  }

  StoreWorld world;
};

}  // namespace

TEST_F(StoreDamage, ARecipientWithoutItsMessageKeepsNobodyWaiting) {
  world.enqueue({.to = {"lost@example.net"}});
  world.enqueue({.to = {"good@example.net"}});
  damage("UPDATE recipient SET message_id = 77 WHERE id = 1");

  EXPECT_THAT(addresses(world.claim()), ElementsAre("good@example.net"));
  EXPECT_EQ(world.next_due(), std::nullopt);
}

TEST_F(StoreDamage, ARecipientThatMayNotBeChangedKeepsNobodyWaiting) {
  const mail::QueueId torn = world.enqueue({.to = {"torn@example.net"}});
  world.enqueue({.to = {"good@example.net"}});
  damage("UPDATE recipient SET ended = 5 WHERE id = 1");

  EXPECT_THAT(addresses(world.claim()), ElementsAre("good@example.net"));
  EXPECT_EQ(world.next_due(), std::nullopt);
  EXPECT_EQ(world.next_due({"example.org"}), std::nullopt);
  EXPECT_THAT(world.claim(), IsEmpty());
  const MessageDetails details = shown(torn);
  ASSERT_THAT(details.events, SizeIs(1)) << "said once";
  EXPECT_THAT(details.events[0].what, HasSubstr("passed over: this row is damaged"));
}

TEST_F(StoreDamage, WhoeverEndedByOneColumnOnlyIsHeldAtStart) {
  const mail::QueueId one = world.enqueue({.to = {"a@example.net"}});
  const mail::QueueId other = world.enqueue({.to = {"b@example.net"}});
  damage(
      "UPDATE recipient SET ended = 5 WHERE id = 1;"
      "UPDATE recipient SET state = 'delivered', next_attempt = NULL WHERE id = 2");

  world.die_and_reopen();

  EXPECT_EQ(world.recovery.mended, 2);
  EXPECT_THAT(world.claim(), IsEmpty());
  EXPECT_THAT(shown(one).events.at(0).what, HasSubstr("was noted as waiting and as ended"));
  EXPECT_THAT(shown(other).events.at(0).what, HasSubstr("as delivered, but not as ended"));
  EXPECT_THAT(violations(), IsEmpty());
  EXPECT_EQ(world.operate(Verb::release).changed, 2);
  EXPECT_THAT(world.claim(), SizeIs(2));
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.mended, 0);
}

TEST_F(StoreDamage, AMessageThatMiscountsItsRecipientsIsCountedAnewAtStart) {
  for (const char* wrong : {"UPDATE message SET open = 0", "UPDATE message SET open = 7",
                            "UPDATE message SET open = 0, ended = 5, place = 'gone'"}) {
    world.enqueue();
    damage(wrong);

    world.die_and_reopen();

    EXPECT_EQ(world.recovery.mended, 1) << wrong;
    const auto requests = world.claim(kNoon + 1h);
    ASSERT_THAT(requests, SizeIs(1)) << wrong;
    EXPECT_TRUE(world.body(requests[0].message));
    ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
    EXPECT_THAT(violations(), IsEmpty()) << wrong;
    ASSERT_TRUE(world.run(world.store->purge(kNoon + 1h, 10)));
  }
}

TEST_F(StoreDamage, AMessageWhoseContentsInTheDatabaseAreNotWholeIsHeldWhenItIsDue) {
  const mail::QueueId cut = world.enqueue({.to = {"a@example.net", "b@example.net"}});
  const mail::QueueId lost = world.enqueue();
  world.enqueue({.to = {"good@example.net"}});
  damage(
      "UPDATE contents SET bytes = zeroblob(3) WHERE message_id = (SELECT min(id) FROM message)");
  damage("DELETE FROM contents WHERE message_id = (SELECT min(id) + 1 FROM message)");

  world.die_and_reopen();

  EXPECT_THAT(addresses(world.claim()), ElementsAre("good@example.net"));
  EXPECT_EQ(world.next_due(), std::nullopt);
  for (const auto& [id, why] : {std::pair{cut, "held: its contents are 3 bytes instead of "},
                                std::pair{lost, "held: its contents are missing"}}) {
    const MessageDetails held = shown(id);
    for (const RecipientRow& row : held.recipients) {
      EXPECT_EQ(row.state, mail::RecipientState::held);
    }
    ASSERT_THAT(held.events, SizeIs(1));
    EXPECT_THAT(held.events[0].what, HasSubstr(why));
  }
  EXPECT_THAT(world.claim_selected({}).requests, SizeIs(2)) << "may be given up";
}

TEST_F(StoreDamage, AMessageWhoseRecipientsHaveAllEndedEndsAtStart) {
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  const auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests.at(0), {delivered(requests[0].recipients[0].id),
                                            delivered(requests[0].recipients[1].id)}));
  damage("UPDATE message SET open = 1, ended = NULL, place = 'database'");

  world.die_and_reopen();

  EXPECT_EQ(world.recovery.mended, 1);
  EXPECT_EQ(world.recovery.messages, 0);
  EXPECT_THAT(violations(), IsEmpty());
}

}  // namespace tenax::queue

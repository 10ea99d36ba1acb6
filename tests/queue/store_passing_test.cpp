// SPDX-License-Identifier: Apache-2.0
// Mail that passes is kept in short and written out later (docs/queue-states.md, "In short"):
// nobody can tell by what the queue says.

#include <map>
#include <set>

#include "queue/contents.h"
#include "queue/reader.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"
#include "tests/support/faulty_vfs.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using testing::FaultyVfs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

/// A store, and mail that passes through it.
struct Passage {
  explicit Passage(const std::string& vfs = {}) {
    world.options.vfs = vfs;
    world.options.inline_limit = 1 << 20;
    EXPECT_TRUE(world.open());
  }

  std::int64_t count(const std::string& what) {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
    Statement row = db->prepare_once("SELECT count(*) FROM " + what);
    EXPECT_TRUE(row.step().value());
    return row.integer(0);
  }

  static mail::DeliveryRequest request_of(mail::QueueId id) {
    return {id, {}, mail::Origin::submitted, kNoon, destination("example.net"), {}};
  }

  /// A message that entered leased, as its daemon has it in memory.
  mail::DeliveryRequest pass(Mail mail = {}) {
    mail.leased = true;
    const EnqueueResult entered = world.try_enqueue(mail).value();
    mail::DeliveryRequest request = request_of(entered.id);
    for (const mail::RecipientId id : entered.leased) {
      request.recipients.push_back({id, address(mail.to.front()), {}, {}, 0, kNoon, false, {}});
    }
    return request;
  }

  static mail::RecipientId only(const mail::DeliveryRequest& request) {
    return request.recipients.at(0).id;
  }

  /// By the only host that was asked.
  io::Result<> deliver(const mail::DeliveryRequest& request, mail::WallTime now = kNoon + 1s) {
    const mail::HostTry took_it{verdict(mail::Kind::delivered, "").host, mail::Stage::rcpt, "",
                                now - 250ms, 250ms};
    return world.settle(request, {delivered(only(request))}, now, took_it);
  }

  void write_out() { EXPECT_TRUE(world.run(world.store->write_out())); }

  MessageDetails show(mail::QueueId id) {
    return Reader::open(world.options.directory).value()->show(id).value();
  }

  void expect_clean() {
    const auto reader = Reader::open(world.options.directory).value();
    for (const Violation& one : reader->check(kNoon + 1h).value()) {
      ADD_FAILURE() << one.promise << " - " << one.where;
    }
  }

  /// All rows of the tables, as text.
  std::string dump() {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
    std::string all;
    for (const char* const table : {"message", "contents", "recipient", "attempt", "answer",
                                    "host_try", "event", "passing", "passed"}) {
      Statement rows = db->prepare_once("SELECT * FROM " + std::string{table} + " ORDER BY 1");
      while (rows.step().value()) {
        all += table;
        for (int i = 0; i < rows.columns(); ++i) {
          all += '|';
          all += rows.type(i) == SQLITE_NULL ? "NULL" : rows.bytes(i);
        }
        all += '\n';
      }
    }
    return all;
  }

  StoreWorld world;
};

struct PassingTest : ::testing::Test, Passage {};

}  // namespace

TEST_F(PassingTest, OneRowTellsOfItsComingAndOneOfItsGoing) {
  const auto request = pass();
  EXPECT_EQ(count("passing"), 1);
  EXPECT_EQ(count("message"), 0);
  ASSERT_TRUE(deliver(request));
  EXPECT_EQ(count("passed"), 1);
  EXPECT_EQ(count("recipient"), 0);

  write_out();

  EXPECT_EQ(count("passing"), 0);
  EXPECT_EQ(count("passed"), 0);
  EXPECT_EQ(count("message WHERE open = 0 AND place = 'gone'"), 1);
  EXPECT_EQ(count("contents"), 0);
  expect_clean();
}

// The same life with and without: row by row what the queue keeps of it is the same.
TEST_F(PassingTest, WhatIsWrittenOutIsWhatWouldHaveBeenWritten) {
  struct Life {
    const char* name;
    bool delivered;
    bool defers;
  };
  for (const Life& life : {Life{"delivered", true, false}, Life{"deferred", false, true},
                           Life{"under way", false, false}}) {
    std::map<bool, std::string> kept;
    for (const bool in_short : {true, false}) {
      Passage one;
      const auto request = one.pass({.first_notice = kNoon + 24h});
      if (!in_short) one.write_out();
      io::Result<> settled;
      if (life.delivered) settled = one.deliver(request);
      if (life.defers) settled = one.world.settle(request, {deferred(only(request), kNoon + 1h)});
      ASSERT_TRUE(settled);
      one.write_out();
      kept[in_short] = one.dump();
      one.expect_clean();
    }
    EXPECT_EQ(kept[true], kept[false]) << life.name;
    EXPECT_THAT(kept[true], HasSubstr("bob@example.net"));
  }
}

TEST_F(PassingTest, WhoLooksSeesItAtOnce) {
  const auto request = pass();
  const auto reader = Reader::open(world.options.directory).value();
  EXPECT_THAT(reader->list({}, 10).value(), SizeIs(1));
  EXPECT_EQ(show(request.message).recipients.at(0).state, mail::RecipientState::leased);
  EXPECT_EQ(count("passing"), 0) << "it was written out to be looked at";
  ASSERT_TRUE(deliver(request)) << "the daemon need not know";

  const auto second = pass();
  ASSERT_TRUE(deliver(second));
  EXPECT_EQ(show(second.message).recipients.at(0).state, mail::RecipientState::delivered);
  EXPECT_THAT(show(second.message).attempts, SizeIs(1));
  EXPECT_EQ(reader->summary(kNoon + 1h, 10)->delivered_last_day, 2) << "an old reader, too";
}

TEST_F(PassingTest, WhatHasMoreToSayIsWrittenOut) {
  const auto later = pass();
  ASSERT_TRUE(world.settle(later, {deferred(only(later), kNoon + 1h)}));
  const auto never = pass();
  ASSERT_TRUE(world.settle(never, {failed(only(never))}));
  const auto second_host = pass();  // the first one cut us off
  ASSERT_TRUE(world.settle(second_host, {delivered(only(second_host))}));

  EXPECT_EQ(count("passing"), 0);
  EXPECT_EQ(show(later.message).recipients.at(0).next_attempt, kNoon + 1h);
  EXPECT_EQ(show(never.message).recipients.at(0).state, mail::RecipientState::failed);
  EXPECT_THAT(show(second_host.message).attempts.at(0).tries, SizeIs(1));
  EXPECT_EQ(world.body(later.message).value(), Mail{}.bytes);
  expect_clean();
}

TEST_F(PassingTest, OnlyMailThatPassesIsKeptInShort) {
  pass({.to = {"bob@example.net", "eve@example.net"}});
  pass({.bytes = large(17 * 1024)});
  world.enqueue({});
  world.enqueue({.held = true});
  EXPECT_EQ(count("passing"), 0);
  EXPECT_EQ(count("message"), 4);
}

TEST_F(PassingTest, ADeathLeavesItDueAtOnceOrDelivered) {
  const auto under_way = pass();
  const auto gone = pass();
  ASSERT_TRUE(deliver(gone));

  world.die_and_reopen();

  EXPECT_EQ(world.recovery.lapsed_leases, 1);
  EXPECT_EQ(world.recovery.messages, 1);
  const auto again = world.claim();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].message, under_way.message);
  EXPECT_EQ(again[0].recipients[0].id, only(under_way));
  EXPECT_EQ(world.body(under_way.message).value(), Mail{}.bytes);
  EXPECT_EQ(show(gone.message).recipients.at(0).state, mail::RecipientState::delivered);
  expect_clean();
}

TEST_F(PassingTest, SomeAreWrittenOutWhenNobodyWaitsForTheDisk) {
  for (int i = 0; i < 350; ++i) {
    const auto request = pass();
    const io::Result<> settled = i % 2 == 0 ? deliver(request) : io::Result<>{};
    ASSERT_TRUE(settled);
    ASSERT_LE(count("passing"), 64);
  }
  EXPECT_GT(count("passing"), 0);
  write_out();
  EXPECT_EQ(count("message WHERE ended IS NULL"), 175);
  expect_clean();
}

TEST_F(PassingTest, WhileTheDiskIsNeverIdleFiveHundredAtMostAreKeptInShort) {
  int taken = 0;
  for (int i = 0; i < 1300; ++i) {
    boost::asio::co_spawn(
        world.context, world.enqueueing({.leased = true}),
        [&taken](const std::exception_ptr&, const io::Result<EnqueueResult>& entered) {
          if (entered) ++taken;
        });
  }
  testing::run_ready(world.context);
  EXPECT_EQ(taken, 1300);
  EXPECT_LE(count("passing"), 500);
  EXPECT_EQ(count("message") + count("passing"), 1300);
  expect_clean();
}

TEST_F(PassingTest, RecipientIdsAreNeverGivenTwice) {
  std::set<std::int64_t> given;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(given.insert(only(pass()).value).second);
    world.enqueue({});
    if (i == 1) world.die_and_reopen();
  }
  for (const auto& request : world.claim()) given.insert(only(request).value);
  EXPECT_EQ(count("recipient") + count("passing"), 6);
  EXPECT_THAT(given, SizeIs(6));
}

TEST_F(PassingTest, TheOperatorsVerbsMeetItToo) {
  const auto request = pass();
  EXPECT_EQ(world.operate(Verb::remove).changed, 1);
  ASSERT_TRUE(deliver(request)) << "too late";
  EXPECT_EQ(show(request.message).recipients.at(0).state, mail::RecipientState::removed);
  EXPECT_THAT(show(request.message).attempts, SizeIs(1)) << "the server did answer";
  expect_clean();
}

TEST_F(PassingTest, WhatIsGivenBackWaits) {
  const auto request = pass();
  ASSERT_TRUE(world.run(world.store->put_back({only(request)}, kNoon)));
  EXPECT_THAT(world.claim(), SizeIs(1));
}

TEST_F(PassingTest, ASecondReportOfItChangesNothing) {
  const auto request = pass();
  ASSERT_TRUE(deliver(request));
  ASSERT_TRUE(world.settle(request, {deferred(only(request), kNoon + 1h)}, kNoon + 2s));
  EXPECT_EQ(show(request.message).recipients.at(0).state, mail::RecipientState::delivered);
  EXPECT_THAT(world.claim(kNoon + 2h), IsEmpty());
}

TEST_F(PassingTest, ContentsAreThereUntilItIsDelivered) {
  const auto request = pass({.bytes = large(16 * 1024)});
  ASSERT_EQ(count("passing"), 1);
  EXPECT_EQ(world.body(request.message).value(), large(16 * 1024));
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
  const ContentsFolder folder{world.options.directory + "/contents", sqlite3_vfs_find(nullptr)};
  EXPECT_EQ(find_contents(*db, folder, request.message)->first, large(16 * 1024)) << "on the disk";
  ASSERT_TRUE(deliver(request));
  EXPECT_TRUE(find_contents(*db, folder, request.message).error().is(io::Errc::not_found));
}

TEST_F(PassingTest, AHandOverRepeatedIsKnown) {
  const auto request = pass({.submission = submission('a')});
  const EnqueueResult again =
      world.try_enqueue({.submission = submission('a'), .leased = true}).value();
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.id, request.message);
  EXPECT_EQ(count("passing"), 1);
}

namespace {

/// Many messages pass, every third is delivered; what the store said of each.
struct Crowd {
  explicit Crowd(Passage& passage) {
    for (int i = 0; i < 210; ++i) {
      const auto entered = passage.world.try_enqueue({.leased = true});
      if (!entered) refusals.push_back(entered.error());
      if (!entered) continue;
      open.insert(entered->id);
      mail::DeliveryRequest request = Passage::request_of(entered->id);
      request.recipients.push_back(
          {entered->leased.at(0), address("bob@example.net"), {}, {}, 0, kNoon, false, {}});
      if (i % 3 != 0) continue;
      const bool settled = passage.deliver(request).has_value();
      (settled ? gone : unsettled).insert(entered->id);
      if (settled) open.erase(entered->id);
    }
  }
  std::set<mail::QueueId> open;
  std::set<mail::QueueId> gone;
  std::set<mail::QueueId> unsettled;  // of the open ones: it was tried
  std::vector<io::Error> refusals;
};

std::set<mail::QueueId> found_by_a_claim(StoreWorld& world) {
  std::set<mail::QueueId> found;
  for (const auto& request : world.claim(kNoon + 1h)) found.insert(request.message);
  return found;
}

}  // namespace

// At each write of lives in short and their writing out, the disk is full once.
TEST(PassingOnABadDisk, AFullOneLosesNothingAndItGoesOn) {
  for (int nth = 1;; nth += 1 + nth / 4) {  // the first ones one by one
    ASSERT_LT(nth, 2000);
    FaultyVfs disk;
    Passage passage{disk.name()};
    disk.fail(FaultyVfs::Act::write, nth, FaultyVfs::Fault::no_room);
    const Crowd crowd{passage};
    const bool last = disk.failed() == 0;
    disk.heal();
    for (const io::Error& one : crowd.refusals) ASSERT_TRUE(one.is(io::Errc::disk_full));
    ASSERT_TRUE(passage.world.try_enqueue({.held = true})) << "it goes on";
    passage.world.die_and_reopen();
    ASSERT_EQ(found_by_a_claim(passage.world), crowd.open) << nth;
    for (const mail::QueueId id : crowd.gone) ASSERT_FALSE(passage.world.body(id)) << id.text();
    if (last) break;
  }
}

// A sync that nobody waited for says as much of the disk as any other.
TEST(PassingOnABadDisk, AFailedSyncClosesTheIntakeWhoeverWaitedForIt) {
  for (int nth = 1;; nth += 1 + nth / 4) {
    ASSERT_LT(nth, 2000);
    FaultyVfs disk;
    Passage passage{disk.name()};
    disk.fail(FaultyVfs::Act::sync, nth, FaultyVfs::Fault::broken);
    const Crowd crowd{passage};
    const bool failed = disk.failed() > 0;
    disk.heal();
    ASSERT_EQ(failed, !passage.world.try_enqueue({.held = true}));
    passage.world.die_and_reopen();
    const std::set<mail::QueueId> found = found_by_a_claim(passage.world);
    for (const mail::QueueId id : crowd.open) {
      // The commit that could not be synced may be on the disk after all.
      ASSERT_TRUE(found.contains(id) || crowd.unsettled.contains(id)) << nth;
    }
    for (const mail::QueueId id : crowd.gone) ASSERT_FALSE(found.contains(id)) << nth;
    if (!failed) break;
  }
}

}  // namespace tenax::queue

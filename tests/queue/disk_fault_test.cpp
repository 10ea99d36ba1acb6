// SPDX-License-Identifier: Apache-2.0
// The disk says no: what was acknowledged stays, and the store says what it knows.

#include <sqlite3.h>

#include <filesystem>
#include <set>

#include "queue/reader.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"
#include "tests/support/faulty_vfs.h"

namespace tenax::queue {

using testing::FaultyVfs;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Act = FaultyVfs::Act;
using Fault = FaultyVfs::Fault;

namespace {

class DiskFault : public ::testing::Test {
 protected:
  DiskFault() {
    world.options.vfs = disk.name();
    EXPECT_TRUE(world.open());
  }
  ~DiskFault() override { world.store.reset(); }

  // Two small and one large; the ids of those that were accepted.
  void submit(std::set<mail::QueueId>& accepted, std::vector<io::Error>& refusals) {
    for (const std::size_t size : {100U, 30'000U, 100U}) {
      const io::Result<EnqueueResult> entered = world.try_enqueue({.bytes = large(size)});
      if (entered) {
        accepted.insert(entered->id);
      } else {
        refusals.push_back(entered.error());
      }
    }
  }

  std::set<mail::QueueId> claimed() {
    std::set<mail::QueueId> ids;
    for (const auto& request : world.claim(kNoon + 1h)) ids.insert(request.message);
    return ids;
  }

  void expect_clean() {
    auto reader = Reader::open(world.options.directory).value();
    const auto violations = reader->check(kNoon + 1h).value();
    for (const Violation& one : violations) ADD_FAILURE() << one.promise << " - " << one.where;
  }

  void expect_room_to_come_back(Fault fault);

  FaultyVfs disk;
  StoreWorld world;
};

/// At any write, one after another: nothing is lost and the store goes on.
void DiskFault::expect_room_to_come_back(Fault fault) {
  std::set<mail::QueueId> accepted;
  for (int nth = 1;; ++nth) {
    disk.fail(Act::write, nth, fault);
    std::vector<io::Error> refusals;
    submit(accepted, refusals);
    const int failed = disk.failed();
    disk.heal();
    for (const io::Error& refusal : refusals) {
      EXPECT_TRUE(refusal.is(io::Errc::disk_full)) << io::to_string(refusal);
    }
    // A write of a checkpoint may fail unheard: what it moves is safe in the log.
    EXPECT_LE(refusals.size(), static_cast<std::size_t>(failed));
    if (failed == 0) break;
    ASSERT_LT(nth, 300);
    ASSERT_TRUE(world.try_enqueue({.submission = submission('f')})) << "it goes on";
  }
  accepted.insert(world.try_enqueue({.submission = submission('f')}).value().id);

  EXPECT_EQ(claimed(), accepted);
  for (const mail::QueueId id : accepted) EXPECT_TRUE(world.body(id)) << id.text();
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.messages, static_cast<std::int64_t>(accepted.size()));
  EXPECT_EQ(world.recovery.missing, 0);
  EXPECT_EQ(world.recovery.orphans, 0) << "a refused message left its file";
  expect_clean();
}

}  // namespace

TEST_F(DiskFault, AFullDiskAtAnyWriteLosesNothingAndTheStoreGoesOn) {
  expect_room_to_come_back(Fault::no_room);
}

TEST_F(DiskFault, AQuotaIsAFullDisk) { expect_room_to_come_back(Fault::no_quota); }

TEST_F(DiskFault, AFullDiskTellsEveryoneInTheGroup) {
  std::vector<io::Async<io::Result<EnqueueResult>>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(world.enqueueing({}));
  disk.fail(Act::write, 1, Fault::no_room);
  int told = 0;
  for (auto& call : calls) {
    boost::asio::co_spawn(
        world.context, std::move(call),
        [&told](const std::exception_ptr&, const io::Result<EnqueueResult>& entered) {
          if (!entered && entered.error().is(io::Errc::disk_full)) ++told;
        });
  }
  testing::run_ready(world.context);
  EXPECT_EQ(told, 10);
  disk.heal();
  EXPECT_THAT(world.claim(), IsEmpty());
  EXPECT_TRUE(world.try_enqueue({}));
}

TEST_F(DiskFault, AFailedSyncClosesTheIntake) {
  for (int nth = 1; nth <= 8; ++nth) {
    std::set<mail::QueueId> accepted;
    std::vector<io::Error> refusals;
    submit(accepted, refusals);
    ASSERT_THAT(refusals, IsEmpty());

    disk.fail(Act::sync, nth, Fault::broken);
    submit(accepted, refusals);
    if (disk.failed() == 0) {
      EXPECT_GT(nth, 3);
      return;
    }
    disk.heal();
    ASSERT_FALSE(refusals.empty());
    EXPECT_TRUE(refusals[0].is(io::Errc::disk_failed)) << io::to_string(refusals[0]);
    refusals.clear();
    std::set<mail::QueueId> none;
    submit(none, refusals);
    EXPECT_THAT(none, IsEmpty());
    for (const io::Error& refusal : refusals) {
      EXPECT_TRUE(refusal.is(io::Errc::closed_intake)) << io::to_string(refusal);
    }

    world.die_and_reopen();
    EXPECT_EQ(world.recovery.missing, 0);
    const std::set<mail::QueueId> there = claimed();
    for (const mail::QueueId id : accepted) EXPECT_TRUE(there.contains(id)) << id.text();
    expect_clean();
    for (const mail::QueueId id : there) {
      Selection one;
      one.messages = {id};
      world.operate(Verb::remove, one);
    }
  }
}

TEST_F(DiskFault, ABrokenWriteClosesTheIntake) {
  const mail::QueueId safe = world.enqueue();
  disk.fail(Act::write, 1, Fault::broken);
  const auto refused = world.try_enqueue({});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(io::Errc::disk_failed));
  disk.heal();
  const auto again = world.try_enqueue({});
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(io::Errc::closed_intake));
  world.die_and_reopen();
  EXPECT_EQ(claimed(), std::set<mail::QueueId>{safe});
}

TEST_F(DiskFault, ABrokenWriteOfContentsRefusesThatMessageOnly) {
  for (const int nth : {1, 2}) {  // its first piece, and its last with the sync behind it
    disk.fail(Act::write, nth, Fault::broken);
    const auto refused = world.try_enqueue({.bytes = large(30'000)});
    EXPECT_EQ(disk.failed(), 1);
    EXPECT_EQ(disk.seen(Act::sync), 0);
    disk.heal();
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(io::Errc::disk_failed)) << io::to_string(refused.error());
    EXPECT_TRUE(world.try_enqueue({.bytes = large(30'000)}));
  }
}

TEST_F(DiskFault, WhoCannotOpenTheFolderToSyncItKnowsNothingBadOfTheDisk) {
  const std::string folder = world.options.directory + "/contents";
  auto incoming = world.contents(large(30'000)).value();
  mail::NewMessage message = world.message({});
  auto where = StoreWorld::destinations(message);
  std::filesystem::rename(folder, folder + ".away");
  const auto refused = world.run(world.store->enqueue(std::move(message), std::move(where),
                                                      std::nullopt, std::move(incoming)));
  std::filesystem::rename(folder + ".away", folder);
  EXPECT_FALSE(refused);
  EXPECT_TRUE(world.try_enqueue({.bytes = large(30'000)}));
}

TEST_F(DiskFault, ADiskWithoutRoomForFilesRefusesLargeMailOnly) {
  disk.fail(Act::open, 1, Fault::no_room, true);
  const auto refused = world.try_enqueue({.bytes = large(30'000)});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(io::Errc::disk_full));
  EXPECT_TRUE(world.try_enqueue({}));
}

TEST_F(DiskFault, AnUnreadableBodyIsSaidAndClosesNothing) {
  const mail::QueueId id = world.enqueue({.bytes = large(30'000)});
  disk.fail(Act::read, 1, Fault::broken, true);
  const auto body = world.body(id);
  disk.heal();
  ASSERT_FALSE(body);
  EXPECT_TRUE(body.error().is(io::Errc::disk_failed)) << io::to_string(body.error());
  EXPECT_EQ(world.body(id).value(), large(30'000));
  EXPECT_TRUE(world.try_enqueue({}));
}

TEST_F(DiskFault, WithoutMemoryNothingCountsAsDamaged) {
  const auto db =
      Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
  EXPECT_TRUE(db->error(SQLITE_NOMEM, "read").is(io::Errc::disk_failed));
  EXPECT_TRUE(db->error(SQLITE_PROTOCOL, "begin").is(io::Errc::busy));
  EXPECT_TRUE(db->error(SQLITE_CORRUPT, "read").is(io::Errc::corrupt));
}

TEST_F(DiskFault, AFullDiskDuringSettleChangesNothingAndTheReportMayBeGivenAgain) {
  world.enqueue({.bytes = large(30'000)});
  const auto requests = world.claim();
  const mail::RecipientId bob = requests.at(0).recipients[0].id;
  disk.fail(Act::write, 1, Fault::no_room);
  const auto refused = world.settle(requests[0], {delivered(bob)});
  disk.heal();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(io::Errc::disk_full));
  EXPECT_TRUE(world.body(requests[0].message)) << "not forgotten before the commit stands";

  EXPECT_TRUE(world.settle(requests[0], {delivered(bob)}));
  EXPECT_FALSE(world.body(requests[0].message));
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
// What is special to the store on SQLite: opening, recovery, damage, threads.

#include "queue/sqlite_store.h"

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "queue/reader.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/real_time.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

namespace {

struct SqliteStoreTest : ::testing::Test {
  SqliteStoreTest() { EXPECT_TRUE(world.open()); }

  void script(const std::string& sql) { world.script(sql); }

  std::string contents_file() {
    return std::filesystem::directory_iterator { world.options.directory + "/contents" } -> path();
  }

  StoreWorld world;
};

}  // namespace

TEST_F(SqliteStoreTest, ASecondDaemonIsRefusedAndToldWhoHasIt) {
  const auto second = open_sqlite_store(world.options, world.context.get_executor(),
                                        world.context.get_executor(), world.random, kNoon);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(io::Errc::busy));
  EXPECT_THAT(second.error().context, HasSubstr("process " + std::to_string(::getpid())));
  world.store->close();
  EXPECT_TRUE(world.open()) << "the lock went with close()";
}

TEST_F(SqliteStoreTest, OrphanedFilesAreRemovedAtStart) {
  const mail::QueueId id = world.enqueue({.bytes = large(30'000)});
  std::ofstream{world.options.directory + "/contents/00112233-1"} << "orphan";
  std::ofstream{world.options.directory + "/contents/README"} << "not ours";
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.orphans, 1);
  EXPECT_EQ(world.body(id).value(), large(30'000));
  EXPECT_TRUE(std::filesystem::exists(world.options.directory + "/contents/README"));
}

TEST_F(SqliteStoreTest, TheNewestDateIsOneThatMovesWithTheCalendar) {
  EXPECT_EQ(world.recovery.newest, mail::WallTime{}) << "a new queue tells of nothing";
  world.enqueue({.accepted = kNoon - 24h});
  const mail::QueueId last = world.enqueue({.accepted = kNoon - 1h});
  ASSERT_TRUE(world.run(world.store->clock_stepped(48h)));
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.newest, kNoon + 47h);

  Selection one;
  one.messages = {last};
  world.operate(Verb::remove, one);
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.newest, kNoon + 24h) << "what ended keeps its dates, whatever they were";

  ASSERT_TRUE(world.run(world.store->keep_lessons({{"site a.example", "x", kNoon + 30h}})));
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.newest, kNoon + 30h);
}

TEST_F(SqliteStoreTest, NoNewQueueBeginsBesideTheContentsOfALostOne) {
  world.enqueue({.bytes = large(30'000)});
  world.store.reset();
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(world.options.directory + "/queue.db" + end);
  }
  for (int start = 1; start <= 2; ++start) {
    const io::Result<> opened = world.open();
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().is(io::Errc::corrupt));
    EXPECT_TRUE(std::filesystem::exists(contents_file()));
  }
}

TEST_F(SqliteStoreTest, AMessageWhoseContentsAreGoneIsHeldWithTheReason) {
  const mail::QueueId id = world.enqueue({.bytes = large(30'000), .first_notice = kNoon});
  std::filesystem::remove(contents_file());
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.missing, 1);
  EXPECT_THAT(world.claim(kNoon + 24h), IsEmpty());
  EXPECT_EQ(world.next_due(), std::nullopt);
  const auto shown = Reader::open(world.options.directory).value()->show(id).value();
  EXPECT_EQ(shown.recipients[0].state, mail::RecipientState::held);
  ASSERT_THAT(shown.events, SizeIs(1));
  EXPECT_THAT(shown.events[0].what, HasSubstr("contents are missing"));
}

TEST_F(SqliteStoreTest, ACutFileIsCorruptBeforeItsFirstByte) {
  const mail::QueueId id = world.enqueue({.bytes = large(30'000)});
  std::filesystem::resize_file(contents_file(), 29'999);
  const auto body = world.body(id);
  ASSERT_FALSE(body);
  EXPECT_TRUE(body.error().is(io::Errc::corrupt));
}

TEST_F(SqliteStoreTest, ADamagedRowIsHeldAndKeepsNobodyWaiting) {
  const mail::QueueId bad = world.enqueue({.to = {"bad@example.net"}});
  world.enqueue({.to = {"good@example.net"}});
  script("UPDATE recipient SET forward_path = 'x' WHERE message_id = " + std::to_string(bad.value));

  EXPECT_THAT(addresses(world.claim()), ElementsAre("good@example.net"));

  EXPECT_EQ(world.next_due(), std::nullopt);
  script("UPDATE recipient SET forward_path = 'bad@example.net' WHERE forward_path = 'x'");
  const auto shown = Reader::open(world.options.directory).value()->show(bad).value();
  EXPECT_EQ(shown.recipients[0].state, mail::RecipientState::held);
  ASSERT_THAT(shown.events, SizeIs(1));
  EXPECT_THAT(shown.events[0].what, HasSubstr("damaged"));
}

TEST_F(SqliteStoreTest, ADamagedRowIsNotDueForANoticeForEver) {
  world.enqueue({.first_notice = kNoon});
  world.enqueue({.to = {"good@example.net"}, .first_notice = kNoon});
  script("UPDATE recipient SET notify = 'PERHAPS' WHERE id = 1");
  const auto due = world.run(world.store->notices_due(kNoon, 10)).value();
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].recipients[0].address.text(), "good@example.net");
  EXPECT_THAT(world.run(world.store->notices_due(kNoon, 10)).value(), SizeIs(1));
}

TEST_F(SqliteStoreTest, TheSchemaItselfRefusesToOverwriteAFinalState) {
  world.enqueue();
  const auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
  for (const char* sql :
       {"UPDATE recipient SET state = 'waiting', next_attempt = 1, ended = NULL",
        "UPDATE recipient SET state = 'failed'", "UPDATE recipient SET attempts = 7",
        "UPDATE mark SET last_id = 0",
        "INSERT INTO recipient (message_id, forward_path, "
        "destination, notify, state, ended) VALUES (1, 'a', 'b', '', 'delivered', 1)"}) {
    EXPECT_FALSE(db->run(sql)) << sql;
  }
}

TEST_F(SqliteStoreTest, AChangeThatFailsUndoesNothingOfItsGroup) {
  std::vector<io::Result<EnqueueResult>> answers;
  const auto note = [&answers](const std::exception_ptr&, io::Result<EnqueueResult> answer) {
    answers.push_back(std::move(answer));
  };
  for (const bool fits : {true, false, true}) {
    mail::NewMessage message = world.message({});
    auto where = fits ? StoreWorld::destinations(message) : std::vector<mail::Destination>{};
    auto contents = world.contents("Subject: x\r\n\r\n").value();
    boost::asio::co_spawn(world.context,
                          world.store->enqueue(std::move(message), std::move(where), std::nullopt,
                                               std::move(contents)),
                          note);
  }
  testing::run_ready(world.context);

  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[0]);
  EXPECT_FALSE(answers[1]);
  EXPECT_TRUE(answers[2]);
  EXPECT_THAT(world.claim(), SizeIs(2));
}

TEST_F(SqliteStoreTest, HistoryIsBounded) {
  const testing::FaultyVfs fast;  // its syncs cost nothing
  world.options.vfs = fast.name();
  world.die_and_reopen();
  world.enqueue();
  for (int i = 0; i < 600; ++i) {
    const auto requests = world.claim(kNoon + 24h);
    ASSERT_THAT(requests, SizeIs(1));
    ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon)}));
    world.operate(Verb::retry);
  }
  world.store.reset();
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
  EXPECT_EQ(db->number("SELECT count(*) FROM answer").value(), 500);
  EXPECT_EQ(db->number("SELECT count(*) FROM attempt").value(), 500);
  EXPECT_EQ(db->number("SELECT count(*) FROM event").value(), 200);
}

TEST_F(SqliteStoreTest, ClaimWalksIndexesOnly) {
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
  for (const char* sql :
       {"SELECT id, next_attempt, destination FROM recipient WHERE state = 'waiting' AND retried = "
        "?1 AND next_attempt <= ?2 ORDER BY next_attempt, destination, id LIMIT ?3",
        "SELECT destination FROM recipient WHERE state = 'waiting' AND destination > ?1 ORDER BY "
        "destination LIMIT 1"}) {
    Statement plan = db->prepare_once(std::string{"EXPLAIN QUERY PLAN "} + sql);
    while (plan.step().value()) {
      EXPECT_THAT(std::string{plan.bytes(3)}, HasSubstr("USING COVERING INDEX")) << sql;
      EXPECT_THAT(std::string{plan.bytes(3)}, ::testing::Not(HasSubstr("TEMP B-TREE"))) << sql;
    }
  }
}

TEST_F(SqliteStoreTest, WhatTheTablesCheckNeedsNoTableInMemory) {
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
  for (const char* sql :
       {"INSERT INTO message DEFAULT VALUES", "INSERT INTO recipient DEFAULT VALUES",
        "INSERT INTO attempt DEFAULT VALUES", "INSERT INTO answer DEFAULT VALUES",
        "UPDATE recipient SET state = 'delivered', ended = 1 WHERE id = 1"}) {
    Statement steps = db->prepare_once(std::string{"EXPLAIN "} + sql);
    int count = 0;
    for (; steps.step().value(); ++count) {
      EXPECT_NE(std::string{steps.bytes(1)}, "OpenEphemeral") << sql;
    }
    EXPECT_GT(count, 10) << sql;
  }
}

TEST_F(SqliteStoreTest, TheTablesThemselvesKnowTheArrowsBetweenStatesAndNoOthers) {
  world.enqueue();
  world.store.reset();
  auto db = Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
  const std::string arrows =
      " waiting>leased waiting>held waiting>removed held>waiting held>leased held>removed"
      " leased>waiting leased>held leased>delivered leased>failed leased>removed ";
  const auto row = [](const std::string& state) {
    const bool due = state == "waiting" || state == "leased";
    const bool ended = state == "delivered" || state == "failed" || state == "removed";
    return "'" + state + "', " + (due ? "1, " : "NULL, ") +
           (state == "leased" ? "'us', " : "NULL, ") + (ended ? "2" : "NULL");
  };
  const std::vector<std::string> states = {"waiting",   "leased", "held",
                                           "delivered", "failed", "removed"};
  for (const std::string& from : states) {
    for (const std::string& to : states) {
      ASSERT_TRUE(db->script("BEGIN"));
      ASSERT_TRUE(db->script(("INSERT INTO recipient (id, message_id, forward_path, destination, "
                              "notify, state, next_attempt, lease_owner, ended) SELECT 9, id, "
                              "'a@b.example', 'b.example', '', " +
                              row(from) + " FROM message")
                                 .c_str()));
      const bool moved =
          db->script(("UPDATE recipient SET (state, next_attempt, lease_owner, ended) = (" +
                      row(to) + ") WHERE id = 9")
                         .c_str())
              .has_value();
      const bool open = from == "waiting" || from == "leased" || from == "held";
      const bool known = arrows.find(" " + from + ">" + to + " ") != std::string::npos;
      EXPECT_EQ(moved, known || (open && from == to)) << from << " to " << to;
      (void)db->script("ROLLBACK");
    }
  }
  EXPECT_FALSE(db->script("UPDATE recipient SET state = 'lost'"));
  EXPECT_FALSE(db->script("UPDATE recipient SET state = 'held'")) << "but still due";
  EXPECT_FALSE(db->script("UPDATE message SET ret = 'some'"));
  EXPECT_FALSE(db->script("UPDATE message SET place = 'gone'")) << "but still open";
}

TEST_F(SqliteStoreTest, ACrowdThatMayNotBeTakenFromDoesNotHideTheOthers) {
  std::vector<std::string> crowd(25'000, "a@crowd.example");
  world.enqueue({.to = crowd, .accepted = kNoon - 1h});
  world.enqueue({.to = {"b@free.example", "c@other.example"}});
  ClaimOrder order;
  order.now = kNoon;
  order.max_recipients = 10;
  order.max_per_destination = 3;
  order.except = {"crowd.example"};
  EXPECT_EQ(world.next_due(order.except), kNoon);
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("b@free.example", "c@other.example"));
  order.except = {};
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()), SizeIs(3));
}

TEST_F(SqliteStoreTest, ACrowdOfWhichEnoughIsTakenDoesNotHideTheOthers) {
  // In time order, then destination by destination: where few wait, and where many do.
  for (const int others : {2, 100}) {
    world.enqueue(
        {.to = std::vector<std::string>(1000, "a@crowd.example"), .accepted = kNoon - 1h});
    for (int i = 0; i < others; ++i) {
      world.enqueue({.to = {"b@" + std::to_string(i) + ".example"}, .accepted = kNoon});
    }
    ClaimOrder order;
    order.now = kNoon;
    order.max_recipients = 1000;
    order.max_per_destination = 3;
    const auto claimed = world.run(world.store->claim(order)).value();
    EXPECT_THAT(addresses(claimed), SizeIs(3 + others));
    EXPECT_EQ(claimed.front().destination.text(), "crowd.example");
    EXPECT_NE(claimed.back().destination.text(), "crowd.example");
  }
}

TEST_F(SqliteStoreTest, ANewerQueueIsNotTouched) {
  world.store.reset();
  script("PRAGMA user_version = 99");
  const auto opened = world.open();
  ASSERT_FALSE(opened);
  const std::string told = io::to_string(opened.error());
  EXPECT_THAT(told, HasSubstr("newer Tenax"));
  EXPECT_THAT(told, HasSubstr("install that version again"));
  EXPECT_THAT(told, Not(HasSubstr("permission")));
  const auto read = Reader::open(world.options.directory);
  ASSERT_FALSE(read);
  EXPECT_EQ(io::to_string(read.error()), told);
}

TEST_F(SqliteStoreTest, ADamagedLessonCostsNoOther) {
  const mail::Lesson lesson{"site example.net", "site 1\n", kNoon};
  ASSERT_TRUE(world.run(world.store->keep_lessons({lesson})));
  script(
      "PRAGMA ignore_check_constraints = ON;"
      "INSERT INTO lesson (key, written, text) VALUES ('site b', 1, zeroblob(20000))");

  EXPECT_THAT(world.run(world.store->lessons()).value(), SizeIs(1));
}

TEST_F(SqliteStoreTest, SomebodyElsesDatabaseIsNotTouched) {
  world.store.reset();
  std::filesystem::remove_all(world.options.directory);
  std::filesystem::create_directories(world.options.directory);
  script("CREATE TABLE theirs (x)");
  const auto opened = world.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().context, HasSubstr("another program"));
}

TEST_F(SqliteStoreTest, DestroyedWithCallsInFlightLeavesNoTrace) {
  for (int steps = 0; steps < 40; ++steps) {
    {
      auto context = std::make_unique<boost::asio::io_context>(1);
      testing::TempDirectory directory;
      auto opened = open_sqlite_store({directory.path(), {}, 1000}, context->get_executor(),
                                      context->get_executor(), world.random, kNoon);
      ASSERT_TRUE(opened);
      std::unique_ptr<Store> store = std::move(opened->store);
      mail::NewMessage message = world.message({});
      auto destinations = StoreWorld::destinations(message);
      auto contents = store->new_contents();
      boost::asio::co_spawn(
          *context, store->enqueue(message, destinations, std::nullopt, std::move(contents)),
          boost::asio::detached);
      boost::asio::co_spawn(*context, store->claim({}), boost::asio::detached);
      boost::asio::co_spawn(*context, store->next_due({}, {}), boost::asio::detached);
      for (int i = 0; i < steps / 2; ++i) context->poll_one();
      if (steps % 2 == 0) {
        store.reset();
        context->poll();
        context.reset();
      } else {
        context.reset();
        store.reset();
      }
    }
  }
}

// Twenty callers in one turn of home: the first of them does not go to the disk alone.
TEST_F(SqliteStoreTest, WhoComesInOneTurnSharesACommit) {
  testing::FaultyVfs disk;
  testing::TempDirectory directory;
  boost::asio::io_context home{1};
  boost::asio::thread_pool writer{1};
  auto opened = open_sqlite_store({directory.path(), disk.name(), 4096}, home.get_executor(),
                                  writer.get_executor(), world.random, kNoon);
  ASSERT_TRUE(opened);
  std::unique_ptr<Store> store = std::move(opened->store);
  struct Submit {
    static io::Async<> run(Store& store, int& accepted) {
      mail::NewMessage message;
      message.id = store.new_id(kNoon);
      message.accepted = kNoon;
      message.recipients.push_back({address("bob@example.net"), {}, {}});
      auto destinations = StoreWorld::destinations(message);
      const io::Result<EnqueueResult> entered = co_await store.enqueue(
          std::move(message), std::move(destinations), std::nullopt, store.new_contents());
      if (entered) ++accepted;
    }
  };
  int accepted = 0;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(home, Submit::run(*store, accepted), boost::asio::detached);
  }
  disk.heal();  // counts from here
  home.run();
  EXPECT_EQ(accepted, 20);
  EXPECT_EQ(disk.seen(testing::FaultyVfs::Act::sync), 1);
  store->close();
  store.reset();
  writer.join();
}

// The daemon's setting: home is a strand on several threads, the writer a thread of its own.
TEST_F(SqliteStoreTest, HoldsOnThreads) {
  testing::TempDirectory directory;
  boost::asio::io_context context;
  boost::asio::thread_pool writer{1};
  const io::Executor home = boost::asio::make_strand(context);
  auto opened = open_sqlite_store({directory.path(), {}, 4096}, home, writer.get_executor(),
                                  world.random, kNoon);
  ASSERT_TRUE(opened);
  std::unique_ptr<Store> store = std::move(opened->store);
  constexpr int kMessages = 200;
  std::atomic<int> accepted{0};
  struct Submit {
    static io::Async<void> run(Store& store, std::atomic<int>& accepted, std::size_t size) {
      auto contents = store.new_contents();
      const std::string bytes = large(size);
      auto appending = contents->append(bytes);
      const io::Result<> appended = co_await std::move(appending);
      mail::NewMessage message;
      message.id = store.new_id(kNoon);
      message.accepted = kNoon;
      message.recipients.push_back({address("bob@example.net"), {}, {}});
      auto destinations = StoreWorld::destinations(message);
      const mail::QueueId id = message.id;
      auto entering = store.enqueue(std::move(message), std::move(destinations), std::nullopt,
                                    std::move(contents));
      const io::Result<EnqueueResult> entered = co_await std::move(entering);
      auto opening = store.open_body(id);
      io::Result<std::unique_ptr<io::ByteSource>> body = co_await std::move(opening);
      std::vector<char> into(1000);
      auto reading = (*body)->read_some(std::span{into});
      const io::Result<std::size_t> got = co_await std::move(reading);
      if (appended && entered && got && *got > 0) ++accepted;
    }
  };
  for (int i = 0; i < kMessages; ++i) {
    boost::asio::co_spawn(home, Submit::run(*store, accepted, i % 10 == 0 ? 20'000 : 300),
                          boost::asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&context] { context.run(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, kMessages);
  store->close();
  store.reset();
  writer.join();
}

TEST_F(SqliteStoreTest, AReaderInTheWayOfTheLogLeavesItLittleLonger) {
  world.options.inline_limit = std::int64_t{1} << 20;
  ASSERT_TRUE(world.open());
  const std::string log = world.options.directory + "/queue.db-wal";
  const auto write_until = [&](std::uintmax_t size) {
    for (int i = 0; i < 100 && std::filesystem::file_size(log) < size; ++i) {
      world.enqueue({.bytes = large(1'000'000)});
    }
  };
  const auto reader =
      Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
  ASSERT_TRUE(reader->script("BEGIN; SELECT count(*) FROM message"));
  write_until(17'500'000);
  ASSERT_GT(std::filesystem::file_size(log), 17'400'000U) << "it stood in the way";
  ASSERT_TRUE(reader->script("COMMIT"));
  for (int i = 0; i < 40; ++i) world.enqueue({.bytes = large(1'000'000)});
  EXPECT_LT(std::filesystem::file_size(log), 21'000'000U);
}

// Each of them ends soon, but there is no moment without one.
TEST_F(SqliteStoreTest, ReadersInTurnsCannotLetTheLogGrowOn) {
  world.options.inline_limit = std::int64_t{4} << 20;
  ASSERT_TRUE(world.open());
  const std::string path = world.options.directory + "/queue.db";
  std::atomic<bool> enough{false};
  std::atomic<int> turns{0};
  std::thread reading{[&] {
    auto one = Connection::open(path, Access::read_only, "").value();
    auto other = Connection::open(path, Access::read_only, "").value();
    EXPECT_TRUE(one->script("BEGIN; SELECT count(*) FROM message"));
    for (; !enough; ++turns) {
      EXPECT_TRUE(other->script("BEGIN; SELECT count(*) FROM contents"));
      EXPECT_TRUE(one->script("COMMIT"));
      std::swap(one, other);
    }
  }};
  while (turns == 0) std::this_thread::yield();
  std::uintmax_t longest = 0;
  for (int i = 0; i < 30; ++i) {  // 120 MB
    world.enqueue({.bytes = large(4'000'000)});
    longest = std::max(longest, std::filesystem::file_size(path + "-wal"));
  }
  enough = true;
  reading.join();
  EXPECT_LT(longest, 90'000'000U);
}

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
#include "queue/log_vfs.h"

#include <gtest/gtest.h>

#include "queue/sqlite.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/temp_directory.h"

namespace tenax::queue {

using testing::FaultyVfs;

namespace {

struct Table {
  testing::TempDirectory directory;
  FaultyVfs disk;
  std::unique_ptr<Connection> db;

  Table() {
    db = open();
    EXPECT_TRUE(db->script("CREATE TABLE t (id INTEGER PRIMARY KEY, text BLOB)"));
  }
  std::unique_ptr<Connection> open() {
    return Connection::open(directory / "t.db", Access::read_write, disk.name()).value();
  }
  io::Result<> fill(int rows) {
    io::Result<> done = db->run("BEGIN IMMEDIATE");
    for (int i = 0; done && i < rows; ++i) {
      done = db->run("INSERT INTO t (text) VALUES (randomblob(3000))");
    }
    return done ? db->run("COMMIT") : done;
  }
};

std::int64_t rows(Connection& db) { return db.number("SELECT count(*) FROM t").value(); }

}  // namespace

TEST(Log, TakesACommitInAFewWrites) {
  Table table;
  table.disk.heal();
  ASSERT_TRUE(table.fill(30));  // some 30 pages
  EXPECT_LE(table.disk.seen(FaultyVfs::Act::write), 4);
  EXPECT_EQ(table.disk.seen(FaultyVfs::Act::sync), 1);
}

TEST(Log, IsReadByOthersAsSoonAsTheCommitIsBack) {
  Table table;
  ASSERT_TRUE(table.fill(3));
  const auto other = table.open();
  EXPECT_EQ(rows(*other), 3);
  ASSERT_TRUE(table.fill(4));
  EXPECT_EQ(rows(*other), 7);
}

TEST(Log, IsReadByItsOwnTransactionWhereItIsWrittenAheadOfTheCommit) {
  Table table;
  ASSERT_TRUE(table.db->script("PRAGMA cache_size = 10"));  // pages spill into the log
  ASSERT_TRUE(table.db->run("BEGIN IMMEDIATE"));
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(table.db->run("INSERT INTO t (text) VALUES (randomblob(3000))"));
  }
  EXPECT_EQ(rows(*table.db), 200);
  EXPECT_EQ(table.db->number("SELECT sum(length(text)) FROM t").value(), 600'000);
  ASSERT_TRUE(table.db->run("ROLLBACK"));
  EXPECT_EQ(rows(*table.db), 0);
  ASSERT_TRUE(table.fill(2));
  EXPECT_EQ(rows(*table.open()), 2);
}

TEST(Log, SaysAtTheCommitThatTheDiskIsFull) {
  Table table;
  ASSERT_TRUE(table.fill(1));
  table.disk.fail(FaultyVfs::Act::write, 1, FaultyVfs::Fault::no_room);
  const io::Result<> filled = table.fill(20);
  ASSERT_FALSE(filled);
  EXPECT_TRUE(filled.error().is(io::Errc::disk_full));
  if (table.db->in_transaction()) {
    ASSERT_TRUE(table.db->run("ROLLBACK"));
  }
  table.disk.heal();
  ASSERT_TRUE(table.fill(2));
  EXPECT_EQ(rows(*table.open()), 3);
}

TEST(Log, IsMovedIntoTheDatabaseWhole) {
  Table table;
  ASSERT_TRUE(table.fill(50));
  ASSERT_TRUE(table.db->checkpoint(true));
  ASSERT_TRUE(table.fill(50));  // from the beginning again
  table.db.reset();
  EXPECT_EQ(rows(*table.open()), 100);
}

}  // namespace tenax::queue

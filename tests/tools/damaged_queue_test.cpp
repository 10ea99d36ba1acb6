// SPDX-License-Identifier: Apache-2.0
// The program on a queue that cannot be read as it should be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/program.h"

namespace tenax::cli {
namespace {

using ::testing::HasSubstr;

class DamagedQueue : public Program {};

TEST_F(DamagedQueue, WhatIsLeftOfContentsIsShownAndIsNoSuccess) {
  const std::string whole = "Subject: x\r\n\r\n" + std::string(1'000'000, 'x') + "\r\n";
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"}, whole);
  const auto file = std::filesystem::directory_iterator{queue_.directory() + "/contents"};
  ASSERT_NE(file, std::filesystem::directory_iterator{}) << "they lie in the database";
  std::filesystem::resize_file(file->path(), 50);

  EXPECT_EQ(tenax({"show", id.text(), "--raw"}), EX_IOERR);
  EXPECT_EQ(out_.str(), whole.substr(0, 50));
  EXPECT_THAT(error_.str(), HasSubstr("is not whole: there are 50 bytes of it instead of 1000016"));
  EXPECT_EQ(tenax({"show", id.text(), "--header"}), EX_IOERR);
  EXPECT_EQ(out_.str(), "Subject: x\n\n");
}

TEST_F(DamagedQueue, AQueueThatCannotBeOpenedIsNotCalledEmpty) {
  queue_.add("ann@example.org", {"bob@example.net"});
  std::filesystem::create_symlink("nowhere", queue_.directory() + "/queue.db-shm");
  EXPECT_EQ(tenax({}), 0) << "without a log it can be read all the same";
  EXPECT_THAT(out_.str(), HasSubstr("1 message, 1 recipient"));
  std::ofstream{queue_.directory() + "/queue.db-wal"} << "what a crash left";
  for (const char* verb : {"mailq", "list", "check"}) {
    EXPECT_NE(tenax({verb}), 0) << verb << out_.str();
  }
}

}  // namespace
}  // namespace tenax::cli

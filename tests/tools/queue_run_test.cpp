// SPDX-License-Identifier: Apache-2.0
// `sendmail -q`, as cron calls it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/tools/queue_on_disk.h"

namespace tenax::cli {
namespace {

using ::testing::HasSubstr;

TEST(QueueRun, SaysNothingThatCronWouldMail) {
  QueueOnDisk queue;
  queue.add("ann@example.org", {"bob@example.net"});
  const auto said = [&queue](const std::string& options) {
    const std::string command = "TENAX_CONFIG=" + queue.directory() + "/tenax.toml TENAX_STATE=" +
                                queue.directory() + " " TENAX_BINARY_DIR "/bin/tenax-sendmail ";
    std::FILE* const pipe = ::popen((command + options + " 2>&1").c_str(), "r");
    std::string text;
    std::array<char, 1000> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) text += line.data();
    EXPECT_EQ(::pclose(pipe), 0) << text;
    return text;
  };

  EXPECT_EQ(said("-q"), "");
  EXPECT_THAT(said("-q -v"), HasSubstr("1 recipient made due now"));
}

}  // namespace
}  // namespace tenax::cli

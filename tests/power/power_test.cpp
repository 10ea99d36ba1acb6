// SPDX-License-Identifier: Apache-2.0
// The power fails at every step of the disk, SQLite's, the contents files' and the drop folder's:
// nothing that was acknowledged is lost or doubled, nobody who has ended lives again.
//
// TENAX_POWER_SEED looks at everything, on a day of that seed (./dev power); without it the usual
// day is looked at in a few seconds.

#include <fnmatch.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "tests/power/day.h"
#include "tests/power/morning.h"
#include "tests/support/watched.h"

namespace tenax::power {

namespace {

using testing::DiskStep;
using testing::Platter;
using Kind = DiskStep::Kind;

constexpr std::size_t kEvery = kWatched ? 20 : 2;

/// Thousands of small disks: in memory, where there is such a place.
class PowerLoss : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* const memory = "/dev/shm";
    if (::access(memory, W_OK) == 0) ::setenv("TMPDIR", memory, 0);
  }
};

}  // namespace

TEST_F(PowerLoss, LosesNothingAcknowledgedAfterAnyStep) {
  const char* const seed = std::getenv("TENAX_POWER_SEED");
  const std::uint64_t number = seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
  Day day{number};
  day.pass();

  Count count;
  look(day, {.seed = number, .thorough = seed != nullptr, .every = seed != nullptr ? 1 : kEvery},
       count);

  std::printf(
      "power loss: %zu cuts, %zu images, %zu messages acknowledged and sought %zu times, %zu lost, "
      "%zu twice, %zu living again, %zu otherwise wrong\n",
      count.cuts, count.images, day.ledger().acknowledged(), count.sought, count.lost, count.twice,
      count.alive, count.wrong);
  EXPECT_TRUE(count.clean()) << "seed " << number << "\n" << count.story;
  EXPECT_GT(count.sought, 20'000 / kEvery);
}

// What was recorded is all that was done: or the images are of another disk than ours.
TEST_F(PowerLoss, TheHistoryIsTheWholeDisk) {
  Day day{1};
  day.pass();
  Platter platter{day.history(), day.root()};
  platter.advance_to(day.history().steps());

  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{day.root()}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    files[entry.path().string().substr(day.root().size())] = {std::istreambuf_iterator<char>{file},
                                                              {}};
  }
  EXPECT_GE(files.size(), 3U);
  // Not EXPECT_EQ: nobody reads a difference of megabytes.
  EXPECT_TRUE(platter.files() == files);
}

struct LyingDisk {
  std::string rule;
  Kind kind;
  std::string path;  // as for fnmatch(3)
};

class PowerLossOn : public ::testing::TestWithParam<LyingDisk> {};

// The oracle itself must be able to fail: each sync that the product asks for is needed.
TEST_P(PowerLossOn, IsNoticed) {
  const LyingDisk& disk = GetParam();
  Day day{1};
  day.pass();
  const auto lie = [&](const DiskStep& step) {
    return step.kind == disk.kind && ::fnmatch(disk.path.c_str(), step.path.c_str(), 0) == 0;
  };
  Count count;
  look(day, {.thorough = false, .every = 50, .until_lost = true, .lie = lie}, count);
  EXPECT_GT(count.lost, 0U) << count.story;
}

INSTANTIATE_TEST_SUITE_P(
    ADisk, PowerLossOn,
    ::testing::Values(LyingDisk{"ThatKeepsNoDropFile", Kind::sync, "*/drop/*"},
                      LyingDisk{"ThatKeepsNoNameOfADropFile", Kind::sync_folder, "*/drop"},
                      LyingDisk{"ThatKeepsNoContentsFile", Kind::sync, "*/contents/*"},
                      LyingDisk{"ThatKeepsNoNameOfAContentsFile", Kind::sync_folder, "*/contents"},
                      LyingDisk{"ThatKeepsNoLog", Kind::sync, "*/queue.db-wal"},
                      LyingDisk{"ThatKeepsNoCheckpoint", Kind::sync, "*/queue.db"},
                      LyingDisk{"ThatKeepsNoNameInTheState", Kind::sync_folder, "*/tenax"},
                      LyingDisk{"ThatKeepsNoState", Kind::sync_folder, "*/var"}),
    [](const auto& test) { return test.param.rule; });

}  // namespace tenax::power

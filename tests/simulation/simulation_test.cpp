// SPDX-License-Identifier: Apache-2.0
// TENAX_SIM_SEEDS=first-last chooses the seeds; without it a modest number of them runs, after
// those of seeds.txt that once showed a bug.

#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/support/temp_directory.h"

namespace tenax::simulation {
namespace {

struct Range {
  std::uint64_t first = 1;
  std::uint64_t last = 12;
};

Range asked_for() {
  Range range;
  const char* given = std::getenv("TENAX_SIM_SEEDS");
  if (given == nullptr) return range;
  const int read = std::sscanf(given, "%lu-%lu", &range.first, &range.last);
  if (read == 1) range.last = range.first;
  if (read < 1) throw std::invalid_argument{"TENAX_SIM_SEEDS is not first-last"};
  return range;
}

Verdict hold_to_its_promises(std::uint64_t seed, Patience patience = Patience::by_schedule) {
  const testing::TempDirectory directory{testing::memory_directory()};
  Verdict verdict;
  try {
    verdict = simulate(seed, directory.path(), patience);
  } catch (const std::exception& bug) {
    verdict.violations.push_back(std::string{"it came to a stop: "} + bug.what());
  }
  const char* name =
      patience == Patience::that_learns ? "KeepsItsPromisesWhileItLearns" : "KeepsItsPromises";
  for (const std::string& violation : verdict.violations) {
    ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay: TENAX_SIM_SEEDS=" << seed
                  << "-" << seed << " " << TENAX_BINARY_DIR
                  << "/tests/simulation_test --gtest_filter=Simulation." << name;
  }
  return verdict;
}

TEST(Simulation, SeedsThatOnceShowedABugShowItNoMore) {
  std::ifstream seeds{std::string{TENAX_SOURCE_DIR} + "/tests/simulation/seeds.txt"};
  ASSERT_TRUE(seeds.is_open());
  for (std::string line; std::getline(seeds, line);) {
    std::uint64_t seed = 0;
    if (std::istringstream{line} >> seed) hold_to_its_promises(seed);
  }
}

TEST(Simulation, KeepsItsPromises) {
  const Range range = asked_for();
  Verdict all;
  for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
    const Verdict one = hold_to_its_promises(seed);
    all.attempts += one.attempts;
    all.dates_kept += one.dates_kept;
    all.deaths += one.deaths;
    all.digests += one.digests;
    all.storms += one.storms;
    all.late += one.late;
  }
  std::printf(
      "%lu seeds: %zu attempts, %zu dates kept, %zu deaths, %zu digests, %zu mails about "
      "storms\n",
      range.last - range.first + 1, all.attempts, all.dates_kept, all.deaths, all.digests,
      all.storms);
  if (range.last - range.first < 10) return;  // a single week may be a quiet one
  EXPECT_GT(all.attempts, (range.last - range.first) * 100);
  EXPECT_GT(all.dates_kept, (range.last - range.first) * 50);
  EXPECT_GT(all.deaths, 0U);
  EXPECT_GT(all.digests, 0U);
  EXPECT_GT(all.storms, 0U);
  EXPECT_GT(all.late, 0U);
}

TEST(Simulation, KeepsItsPromisesWhileItLearns) {
  const Range range = asked_for();
  Verdict all;
  for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
    const Verdict one = hold_to_its_promises(seed, Patience::that_learns);
    all.attempts += one.attempts;
    all.dates_kept += one.dates_kept;
    all.deaths += one.deaths;
    all.lessons_used += one.lessons_used;
  }
  std::printf(
      "%lu seeds: %zu attempts, %zu dates kept, %zu deaths, %zu lessons used in another life\n",
      range.last - range.first + 1, all.attempts, all.dates_kept, all.deaths, all.lessons_used);
  if (range.last - range.first < 10) return;
  EXPECT_GT(all.attempts, (range.last - range.first) * 100);
  EXPECT_GT(all.dates_kept, (range.last - range.first) * 50);
  EXPECT_GT(all.deaths, 0U);
  EXPECT_GT(all.lessons_used, 0U);
}

TEST(Simulation, TheSameSeedGivesTheSameWeek) {
  const testing::TempDirectory one{testing::memory_directory()};
  const testing::TempDirectory two{testing::memory_directory()};
  const Verdict first = simulate(3, one.path());
  const Verdict second = simulate(3, two.path());

  EXPECT_EQ(first.attempts, second.attempts);
  EXPECT_EQ(first.dates_kept, second.dates_kept);
  EXPECT_EQ(first.deaths, second.deaths);
}

}  // namespace
}  // namespace tenax::simulation

// SPDX-License-Identifier: Apache-2.0
// Every call of every seam goes wrong once, in every way it can, through a whole life of mail.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>

#include "tests/seams/whole_life.h"
#include "tests/support/temp_directory.h"
#include "tests/support/watched.h"

namespace tenax::seams {
namespace {

// Of each seam, with every kind of fault: all, or early, late and between.
constexpr int kMostCalls = kWatched ? 24 : 100'000;

/// Half of all lives are writes of the disk: by default each of them fails in one of its two ways
/// in turn. TENAX_EVERY_FAULT=1 tries both.
bool is_left_out(const Fault& fault) {
  static const bool every = std::getenv("TENAX_EVERY_FAULT") != nullptr;
  return !every && !kWatched && fault.seam == Seam::disk_write &&
         (fault.ill == Ill::broken) == (fault.call % 2 == 0);
}

/// Of all that ran in this process, told at its end.
struct Sum final : ::testing::Environment {
  std::map<std::string, int> injected;
  int lost = 0;
  int copies = 0;
  int daemons = 0;

  void TearDown() override {
    int all = 0;
    std::string groups;
    for (const auto& [group, count] : injected) {
      all += count;
      groups += (groups.empty() ? "" : ", ") + group + " " + std::to_string(count);
    }
    if (all == 0) return;
    std::printf("faults: %d injected (%s), %d lost, %d copies; %d more daemons\n", all,
                groups.c_str(), lost, copies, daemons);
  }
};
Sum& sum() {
  static Sum* const one = [] {
    auto* made = new Sum;  // GoogleTest owns it
    ::testing::AddGlobalTestEnvironment(made);
    return made;
  }();
  return *one;
}
[[maybe_unused]] const Sum& registered = sum();

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

Account live(std::optional<Fault> fault) {
  const testing::TempDirectory directory{testing::memory_directory()};
  return WholeLife{directory.path(), fault}.run();
}

const Account& undisturbed() {
  static const Account account = live(std::nullopt);
  return account;
}

TEST(SeamsAtRest, AnUndisturbedLifeTakesTwoDaemonsAndNoCopies) {
  const Account& account = undisturbed();
  for (const std::string& wrong : account.wrongs) ADD_FAILURE() << wrong;
  EXPECT_EQ(account.daemons, 2);
  EXPECT_EQ(account.copies, 0);
  for (std::size_t seam = 0; seam < kSeams; ++seam) EXPECT_GT(account.calls[seam], 0) << seam;
}

class Seams : public ::testing::TestWithParam<Seam> {};

TEST_P(Seams, OneFaultAtAnyCallLosesNothing) {
  const SeamWords& words = words_of(GetParam());
  const int calls = undisturbed().calls[static_cast<std::size_t>(GetParam())];
  const std::ptrdiff_t open = descriptors();
  const int step = (calls + kMostCalls - 1) / kMostCalls;
  for (int call = 1; call <= calls; call += step) {
    for (const Ill ill : words.ills) {
      const Fault fault{GetParam(), call, ill};
      if (is_left_out(fault)) continue;
      const Account account = live(fault);
      EXPECT_TRUE(account.struck) << to_string(fault);
      for (const std::string& wrong : account.wrongs) {
        ADD_FAILURE() << to_string(fault) << ": " << wrong;
      }
      ++sum().injected[std::string{words.group}];
      sum().lost += account.lost;
      sum().copies += account.copies;
      sum().daemons += account.daemons - 2;
    }
  }
  EXPECT_EQ(descriptors(), open);
}

INSTANTIATE_TEST_SUITE_P(All, Seams,
                         ::testing::Values(Seam::mx, Seam::addresses, Seam::dial, Seam::read,
                                           Seam::write, Seam::handshake, Seam::sleep, Seam::draw,
                                           Seam::disk_open, Seam::disk_read, Seam::disk_write,
                                           Seam::disk_sync),
                         [](const auto& given) {
                           const SeamWords& words = words_of(given.param);
                           return std::string{words.group} + "_" + std::string{words.call};
                         });

}  // namespace
}  // namespace tenax::seams

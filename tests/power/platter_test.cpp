// SPDX-License-Identifier: Apache-2.0
// What may be left of a disk: as much as POSIX leaves open, and nothing that it promises away.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/support/disk_history.h"

namespace tenax::testing {

namespace {

using Kind = DiskStep::Kind;
using Files = std::map<std::string, std::string>;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class PowerCut : public ::testing::Test {
 protected:
  void writes(const std::string& path, std::int64_t at, const std::string& bytes) {
    history_.note({.kind = Kind::write, .path = path, .at = at, .bytes = bytes});
  }
  void does(Kind kind, const std::string& path, const std::string& to = {}) {
    history_.note({.kind = kind, .path = path, .to = to});
  }
  void keeps(const std::string& path, const std::string& bytes) {
    does(Kind::create, path);
    writes(path, 0, bytes);
    does(Kind::sync, path);
    does(Kind::sync_folder, "/disk");
  }

  Files leaves(Loss loss, std::uint64_t seed = 0) {
    Platter platter{history_, "/disk"};
    platter.advance_to(history_.steps());
    return platter.after_cut(loss, seed, none_, "").files();
  }
  std::set<Files> may_leave() {
    std::set<Files> all;
    for (std::uint64_t seed = 0; seed < 300; ++seed) all.insert(leaves(Loss::some, seed));
    return all;
  }

  DiskHistory history_;
  DiskHistory none_;
};

}  // namespace

TEST_F(PowerCut, LeavesAnUnsyncedNameItsBytesBothOrNeither) {
  does(Kind::create, "/disk/a");
  writes("/disk/a", 0, "text");
  const std::string zeros(4, '\0');
  EXPECT_THAT(may_leave(), UnorderedElementsAre(Files{}, Files{{"/a", ""}}, Files{{"/a", zeros}},
                                                Files{{"/a", "text"}}));
  EXPECT_THAT(leaves(Loss::everything), IsEmpty());
  EXPECT_THAT(leaves(Loss::names), IsEmpty());
  EXPECT_THAT(leaves(Loss::bytes), ElementsAre(Pair("/a", "")));
  EXPECT_THAT(leaves(Loss::nothing), ElementsAre(Pair("/a", "text")));
}

TEST_F(PowerCut, TakesNothingThatWasSynced) {
  keeps("/disk/a", "text");
  EXPECT_THAT(may_leave(), ElementsAre(Files{{"/a", "text"}}));
}

TEST_F(PowerCut, MayTakeANameWhoseBytesWereSynced) {
  does(Kind::create, "/disk/a");
  writes("/disk/a", 0, "text");
  does(Kind::sync, "/disk/a");
  EXPECT_THAT(may_leave(), UnorderedElementsAre(Files{}, Files{{"/a", "text"}}));
}

TEST_F(PowerCut, LeavesOneOfTheNamesOfWhatWasRenamed) {
  keeps("/disk/a", "text");
  does(Kind::rename, "/disk/a", "/disk/b");
  EXPECT_THAT(may_leave(), UnorderedElementsAre(Files{{"/a", "text"}}, Files{{"/b", "text"}}));
  does(Kind::sync_folder, "/disk");
  EXPECT_THAT(may_leave(), ElementsAre(Files{{"/b", "text"}}));
}

TEST_F(PowerCut, MayBringBackWhatWasRemoved) {
  keeps("/disk/a", "text");
  does(Kind::remove, "/disk/a");
  EXPECT_THAT(may_leave(), UnorderedElementsAre(Files{}, Files{{"/a", "text"}}));
}

TEST_F(PowerCut, LosesWithAFolderWhatLiesInIt) {
  does(Kind::make_folder, "/disk/folder");
  does(Kind::create, "/disk/folder/a");
  does(Kind::sync, "/disk/folder/a");
  does(Kind::sync_folder, "/disk/folder");
  EXPECT_THAT(leaves(Loss::everything), IsEmpty());
  does(Kind::sync_folder, "/disk");
  EXPECT_THAT(leaves(Loss::everything), ElementsAre(Pair("/folder/a", "")));
}

TEST_F(PowerCut, TearsAWriteAtSectors) {
  keeps("/disk/a", std::string(1024, '.'));
  writes("/disk/a", 256, std::string(512, 'x'));
  const std::string whole = std::string(256, '.') + std::string(512, 'x') + std::string(256, '.');
  const std::string first = std::string(256, '.') + std::string(256, 'x') + std::string(512, '.');
  const std::string second = std::string(512, '.') + std::string(256, 'x') + std::string(256, '.');
  EXPECT_THAT(may_leave(),
              UnorderedElementsAre(Files{{"/a", std::string(1024, '.')}}, Files{{"/a", whole}},
                                   Files{{"/a", first}}, Files{{"/a", second}}));
}

TEST_F(PowerCut, MayKeepALaterWriteWithoutAnEarlierOne) {
  keeps("/disk/a", "..");
  writes("/disk/a", 0, "x");
  writes("/disk/a", 1, "y");
  EXPECT_THAT(may_leave(), Contains(Files{{"/a", ".y"}}));
  does(Kind::sync, "/disk/a");
  EXPECT_THAT(may_leave(), Not(Contains(Files{{"/a", ".y"}})));
}

}  // namespace tenax::testing

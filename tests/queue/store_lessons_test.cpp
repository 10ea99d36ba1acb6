// SPDX-License-Identifier: Apache-2.0
// What every store keeps of what receivers taught.

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

std::vector<std::string> keys(const std::vector<mail::Lesson>& lessons) {
  std::vector<std::string> all;
  for (const mail::Lesson& lesson : lessons) all.push_back(lesson.key);
  return all;
}

struct StoreLessons : StoreContract {
  io::Result<> keep(std::vector<mail::Lesson> lessons) {
    return world.run(world.store->keep_lessons(std::move(lessons)));
  }
  std::vector<mail::Lesson> kept() { return world.run(world.store->lessons()).value(); }
};

}  // namespace

TEST_P(StoreLessons, AreThereAfterACrashTheNewestFirst) {
  const std::string text = "site 1\nbytes \xff\xfe\n";
  ASSERT_TRUE(keep({{"site a.example", text, kNoon}, {"site b.example", "b", kNoon + 1h}}));

  world.die_and_reopen();

  const std::vector<mail::Lesson> lessons = kept();
  EXPECT_THAT(keys(lessons), ElementsAre("site b.example", "site a.example"));
  EXPECT_EQ(lessons.at(1).text, text);
  EXPECT_EQ(lessons.at(1).learnt, kNoon);
}

TEST_P(StoreLessons, ANewOneTakesThePlaceOfTheOldAndOneWithoutATextLeavesNone) {
  ASSERT_TRUE(keep({{"site a.example", "old", kNoon}, {"site b.example", "old", kNoon}}));
  ASSERT_TRUE(keep({{"site a.example", "new", kNoon + 1h}, {"site b.example", "", kNoon + 1h}}));

  const std::vector<mail::Lesson> lessons = kept();

  ASSERT_THAT(lessons, SizeIs(1));
  EXPECT_EQ(lessons[0].text, "new");
}

TEST_P(StoreLessons, TheOldestGoWhenThereAreTooMany) {
  std::vector<mail::Lesson> many;
  for (std::size_t i = 0; i < mail::kMostLessons + 2; ++i) {
    many.push_back({"site " + std::to_string(i), "x", kNoon + std::chrono::seconds{i}});
  }
  ASSERT_TRUE(keep(many));

  const std::vector<mail::Lesson> lessons = kept();

  ASSERT_THAT(lessons, SizeIs(mail::kMostLessons));
  EXPECT_EQ(lessons.back().key, "site 2");
}

TEST_P(StoreLessons, OneThatIsTooLargeChangesNothing) {
  EXPECT_FALSE(keep({{"site a.example", "x", kNoon},
                     {"site b.example", std::string(mail::kLongestLesson + 1, 'x'), kNoon}}));
  EXPECT_FALSE(keep({{"", "x", kNoon}}));
  EXPECT_FALSE(keep({{std::string(mail::kLongestLessonKey + 1, 'k'), "x", kNoon}}));

  EXPECT_THAT(kept(), IsEmpty());
}

TEST_P(StoreLessons, MoveAlongWithTheCalendar) {
  ASSERT_TRUE(keep({{"site a.example", "x", kNoon}}));
  ASSERT_TRUE(world.run(world.store->clock_stepped(24h)));

  EXPECT_EQ(kept().at(0).learnt, kNoon + 24h);
}

INSTANTIATE_TEST_SUITE_P(Lessons, StoreLessons, ::testing::ValuesIn(kStores),
                         [](const auto& store) { return std::string{store.param.name}; });

}  // namespace tenax::queue

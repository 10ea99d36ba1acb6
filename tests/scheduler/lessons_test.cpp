// SPDX-License-Identifier: Apache-2.0
// What a memory keeps from one life of the daemon to the next.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const char* const kLater = "4.7.1 please come back later";

Memory next_life(Memory& memory, mail::WallTime now) {
  Memory next{MemoryPolicy{}};
  const std::vector<mail::Lesson> lessons = memory.take_lessons(now, 100'000, true);
  EXPECT_EQ(next.restore(lessons, now).lessons, lessons.size());
  return next;
}

/// The first stranger found that it lets them in after five minutes.
Memory one_that_knows_a_greylister() {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  const Advice told = attempt(memory, first, refusal(kLater), kNoon);
  attempt(memory, first, delivery(), *told.next_attempt);
  mail::DeliveryRequest second = letter(2, "bob");
  attempt(memory, second, refusal(kLater), kNoon + 1h);  // asks for less, once
  return memory;
}

TEST(Lessons, TheNextStrangerOfTheNextLifeComesBackAtTheAgeThatWasFound) {
  Memory memory = one_that_knows_a_greylister();

  Memory next = next_life(memory, kNoon + 1h);
  mail::DeliveryRequest third = letter(3, "eve");
  const Advice advice = attempt(next, third, refusal(kLater), kNoon + 1h);

  EXPECT_EQ(*advice.next_attempt, kNoon + 1h + 5min + 1s);
}

TEST(Lessons, WhatIsReadIsWrittenAgainAsItWas) {
  Memory memory = one_that_knows_a_greylister();
  const std::vector<mail::Lesson> lessons = memory.take_lessons(kNoon, 100, true);
  ASSERT_THAT(lessons, SizeIs(2));  // the site, and a page of whom we know

  for (const mail::Lesson& lesson : lessons) {
    Memory next{MemoryPolicy{}};
    EXPECT_EQ(next.restore({lesson}, kNoon).lessons, 1U) << lesson.text;
  }
  Site site{"site1.example", 1, MemoryPolicy{}};
  ASSERT_TRUE(site.recall(lessons.front().text, kNoon + 2h)) << lessons.front().text;
  EXPECT_EQ(site.lesson(), lessons.front().text);
}

TEST(Lessons, OneWithAWrongWordIsRefusedAsAWhole) {
  Memory memory = one_that_knows_a_greylister();
  const mail::Lesson whole = memory.take_lessons(kNoon, 1, true).front();

  for (std::size_t i = 0; i < whole.text.size(); ++i) {
    mail::Lesson cut = whole;
    cut.text.resize(i);
    Memory next{MemoryPolicy{}};
    EXPECT_EQ(next.restore({cut}, kNoon + 2h).refused, 1U) << "cut at " << i;
    EXPECT_EQ(next.size(), 0U);
  }
  for (const std::string_view wrong : {"x", "00", "-1", " ", "\n", "99999999999999999999"}) {
    mail::Lesson changed = whole;
    changed.text.insert(changed.text.find("greylist ") + 9, wrong);
    Memory next{MemoryPolicy{}};
    EXPECT_EQ(next.restore({changed}, kNoon + 2h).refused, 1U) << wrong;
  }
}

TEST(Lessons, OneOfANewerVersionIsRefused) {
  Memory memory = one_that_knows_a_greylister();
  mail::Lesson lesson = memory.take_lessons(kNoon, 1, true).front();
  ASSERT_TRUE(lesson.text.starts_with("site 1\n"));
  lesson.text[5] = '2';

  Memory next{MemoryPolicy{}};

  EXPECT_EQ(next.restore({lesson}, kNoon + 2h).refused, 1U);
}

}  // namespace
}  // namespace tenax::scheduler

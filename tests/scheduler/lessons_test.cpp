// SPDX-License-Identifier: Apache-2.0
// What a memory keeps from one life of the daemon to the next.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/fuzz/lesson_properties.h"
#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Memory next_life(Memory& memory, mail::WallTime now) {
  Memory next{MemoryPolicy{}};
  std::vector<mail::Lesson> lessons = memory.take_lessons(now, 100'000, true);
  std::erase_if(lessons, [](const mail::Lesson& one) { return one.text.empty(); });
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

TEST(Lessons, WhoseLimitItIsIsKnownInTheNextLife) {
  const char* const slower = "4.7.1 rate limit exceeded";
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest elsewhere = letter(99, "ann", 2);
  attempt(memory, elsewhere, delivery(), kNoon);  // so that sites have other numbers then
  mail::WallTime now = kNoon;
  for (std::int64_t id = 1; id <= 20; ++id, now += 100ms) {
    mail::DeliveryRequest one = letter(id);
    attempt(memory, one, delivery(), now);
  }
  mail::DeliveryRequest refused = letter(30);
  attempt(memory, refused, refusal(slower), now);
  mail::DeliveryRequest other = letter(31, "bob");
  attempt(memory, other, delivery(), kNoon + 61s);  // it opens, but perhaps for bob only
  ASSERT_TRUE(memory.view(site(1), kNoon + 61s)->door.limits.empty());

  std::vector<mail::Lesson> lessons = memory.take_lessons(kNoon + 61s, 100, true);
  std::erase_if(lessons, [](const mail::Lesson& one) { return one.key != "site site1.example"; });
  Memory next{MemoryPolicy{}};
  ASSERT_EQ(next.restore(lessons, kNoon + 61s).lessons, 1U);
  attempt(next, refused, delivery(), kNoon + 62s);

  const std::vector<SiteView::Limit> limits = next.view(site(1), kNoon + 62s)->door.limits;
  ASSERT_THAT(limits, SizeIs(1));
  EXPECT_EQ(limits.front().rate.count, 20);
}

TEST(Lessons, WhatIsReadIsWrittenAgainAsItWas) {
  Memory memory = one_that_knows_a_greylister();
  const std::vector<mail::Lesson> lessons = memory.take_lessons(kNoon, 100, true);
  ASSERT_THAT(lessons, SizeIs(2));  // the site, and a page of whom we know

  for (const mail::Lesson& lesson : lessons) {
    Memory next{MemoryPolicy{}};
    EXPECT_EQ(next.restore({lesson}, kNoon + 2h).lessons, 1U) << lesson.text;
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
  lesson.text[5] = '3';

  Memory next{MemoryPolicy{}};

  EXPECT_EQ(next.restore({lesson}, kNoon + 2h).refused, 1U);
}

TEST(Lessons, TheSeedsOfTheFuzzProgramHoldHoweverCut) {
  int read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{TENAX_SOURCE_DIR "/tests/fuzz/corpus/lesson_fuzz"}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    ++read;
    const std::string kind = text.substr(0, text.find(' '));
    const std::string key = kind + (kind == "known" ? " 0" : " example.net");
    Memory memory{MemoryPolicy{}};
    EXPECT_EQ(memory.restore({{key, text, kNoon}}, kNoon).lessons, 1U) << entry.path();
    for (std::size_t length = text.size() + 1; length-- > 0;) {
      EXPECT_NO_THROW(fuzz::lesson_holds(std::string_view{text}.substr(0, length)))
          << entry.path() << ", its first " << length << " bytes";
    }
  }
  EXPECT_GE(read, 5);
}

TEST(Lessons, WhateverASiteWentThroughCanBeReadAgain) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 dice{seed};
    Memory memory{MemoryPolicy{}};
    mail::WallTime now = kNoon;
    for (int step = 0; step < 100; ++step) {
      now += std::chrono::seconds{static_cast<std::int64_t>(dice() % 4'000)};
      mail::DeliveryRequest one =
          letter(static_cast<std::int64_t>(dice() % 20), "ann", static_cast<int>(dice() % 3));
      one.accepted = now;
      const char* const said[] = {kLater, "4.7.1 rate limit exceeded (5/h)", "too many connections",
                                  "4.7.1 try again in 300 seconds", "4.3.2 not now"};
      const mail::Verdict verdict = dice() % 3 == 0 ? delivery() : refusal(said[dice() % 5]);
      const bool silent = dice() % 6 == 0;
      attempt(memory, one, verdict, now, silent ? mail::Health::unreachable : mail::Health::well);
    }
    for (const mail::Lesson& lesson : memory.take_lessons(now, 1'000, true)) {
      if (!lesson.key.starts_with("site ")) continue;
      ASSERT_FALSE(lesson.text.empty()) << lesson.key;
      EXPECT_NO_THROW(fuzz::lesson_holds(lesson.text)) << lesson.text;
      Site site{lesson.key.substr(5), 1, MemoryPolicy{}};
      ASSERT_TRUE(site.recall(lesson.text, now)) << lesson.text;
      EXPECT_EQ(site.lesson(), lesson.text);
    }
  }
}

TEST(Lessons, WhatNobodyWentToSeeLosesWeight) {
  const auto site_after = [](mail::Duration untouched) {
    Memory memory = one_that_knows_a_greylister();
    mail::DeliveryRequest down = letter(9);
    for (int i = 0; i < 3; ++i) {
      attempt(memory, down, refusal("4.7.1 rate limit exceeded (3/h)"), kNoon + 2h + i * 10min);
    }
    attempt(memory, down, delivery(), kNoon + 4h);
    attempt(memory, down, {}, kNoon + 5h, mail::Health::unreachable);
    return next_life(memory, kNoon + 5h).view(site(1), kNoon + 5h + untouched).value();
  };

  EXPECT_TRUE(site_after(1h).down);
  EXPECT_FALSE(site_after(13h).down);
  EXPECT_TRUE(site_after(24h * 13).greylisting->enough);
}

TEST(Lessons, AStepOfTheCalendarHasThemWrittenAnew) {
  Memory memory = one_that_knows_a_greylister();
  (void)memory.take_lessons(kNoon + 1h, 100, true);
  ASSERT_FALSE(memory.next_lesson());

  memory.shift(24h);

  EXPECT_THAT(memory.take_lessons(kNoon + 25h, 100), SizeIs(1));
}

TEST(Lessons, AMonthIsTheEndOfThem) {
  Memory memory = one_that_knows_a_greylister();
  const std::vector<mail::Lesson> lessons = memory.take_lessons(kNoon + 1h, 100, true);
  Memory next{MemoryPolicy{}};

  EXPECT_EQ(next.restore(lessons, kNoon + 24h * 31).lessons, 0U);

  const std::vector<mail::Lesson> forgotten = next.take_lessons(kNoon + 24h * 31, 100, true);
  ASSERT_THAT(forgotten, SizeIs(lessons.size()));
  for (const mail::Lesson& lesson : forgotten) EXPECT_EQ(lesson.text, "");
}

TEST(Lessons, OneOfAWrongCalendarIsForgotten) {
  Memory memory = one_that_knows_a_greylister();
  Memory next{MemoryPolicy{}};
  EXPECT_EQ(next.restore(memory.take_lessons(kNoon + 1h, 100, true), kNoon - 24h).lessons, 0U);
  EXPECT_EQ(next.size(), 0U);
}

TEST(Lessons, ADestinationFindsTheSiteThatItShares) {
  Memory memory{MemoryPolicy{}};
  for (const int n : {1, 2}) {
    mail::DeliveryRequest one = letter(n, "ann", n);
    mail::DeliveryReport about = report(one, refusal(kLater), kNoon);
    about.mail_hosts = {"mx.provider.example"};
    (void)memory.learn(one, about, 0, kNoon);
  }

  const Memory next = next_life(memory, kNoon);

  ASSERT_NE(next.find(site(2)), nullptr);
  EXPECT_EQ(next.find(site(1)), next.find(site(2)));
  EXPECT_EQ(next.size(), 1U);
}

TEST(Lessons, WhoSharesAMachineIsKnownInTheNextLife) {
  Memory memory{MemoryPolicy{}};
  for (const int n : {1, 2}) {
    const mail::DeliveryRequest one = letter(n, "ann", n);
    memory.learn(one, answered(one, delivery(), customer(n), "192.0.2.1", kNoon), 0, kNoon);
  }

  Memory next = next_life(memory, kNoon);
  const mail::DeliveryRequest third = letter(3, "ann", 3);
  next.learn(third, answered(third, delivery(), customer(3), "192.0.2.1", kNoon), 0, kNoon);

  EXPECT_EQ(next.find(site(3)), next.find(site(1)));
  EXPECT_EQ(next.find(site(2)), next.find(site(1)));
}

TEST(Lessons, ANameThatDoesNotResolveIsNotAskedAgainAtOnce) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  const Advice told = attempt(memory, one, {}, kNoon, mail::Health::unresolved);

  Memory next = next_life(memory, kNoon + 1s);
  mail::DeliveryRequest other = letter(2, "bob");
  const std::vector<NotYet> waiting = next.sort_out(other, kNoon + 1s);

  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting.front().next_attempt, *told.next_attempt);
}

TEST(Lessons, WhoWasTakenBeforeIsNoStrangerInTheNextLife) {
  Memory memory = one_that_knows_a_greylister();
  Memory next = next_life(memory, kNoon + 1h);
  // Were these taken for strangers, the greylister would look like one that takes everybody.
  for (int i = 0; i < 8; ++i) {
    mail::DeliveryRequest again = letter(1);
    attempt(next, again, delivery(), kNoon + 2h + i * 1min);
  }

  EXPECT_FALSE(next.view(site(1), kNoon + 3h)->takes_strangers);
}

TEST(Lessons, PagesAreWrittenOnceAndTheLastOneIsWrittenOn) {
  Acquaintances known{1024};
  for (std::uint64_t one = 1; one <= 300; ++one) EXPECT_TRUE(known.add(one * 7919));
  const std::string full = known.lesson(0);
  const std::string open = known.lesson(1);

  Acquaintances next{1024};
  ASSERT_TRUE(next.recall(open, kNoon));
  ASSERT_TRUE(next.recall(full, kNoon));
  int remembered = 0;
  for (std::uint64_t one = 1; one <= 300; ++one) remembered += next.knows(one * 7919) ? 1 : 0;
  EXPECT_GT(remembered, 250);  // some write others over
  next.add(1);

  EXPECT_EQ(next.last_page(), 1U);
  EXPECT_THAT(next.lesson(1), ::testing::StartsWith("known 1\npage 1\npairs 45 "));
}

TEST(Lessons, AFullPageIsWrittenSoonAndAnOpenOneAfterAMinute) {
  Memory memory{MemoryPolicy{}};
  for (std::int64_t id = 1; id <= 10; ++id) {
    mail::DeliveryRequest one = letter(id, "ann" + std::to_string(id));
    attempt(memory, one, delivery(), kNoon);
  }
  EXPECT_THAT(memory.take_lessons(kNoon + 59s, 100), IsEmpty());
  EXPECT_THAT(memory.take_lessons(kNoon + 60s, 100), SizeIs(1));
  for (std::int64_t id = 11; id <= 130; ++id) {
    mail::DeliveryRequest one = letter(id, "ann" + std::to_string(id));
    attempt(memory, one, delivery(), kNoon + 60s);
  }
  EXPECT_THAT(memory.take_lessons(kNoon + 62s, 100), SizeIs(1));
}

TEST(Lessons, WhatAnOperatorForgetsIsGone) {
  Memory memory = one_that_knows_a_greylister();
  EXPECT_TRUE(memory.unlearn(site(1), kNoon + 2h));
  EXPECT_FALSE(memory.unlearn(site(5), kNoon + 2h));

  Memory next = next_life(memory, kNoon + 2h);

  EXPECT_FALSE(next.view(site(1), kNoon + 2h)->greylisting);
  mail::DeliveryRequest third = letter(3, "eve");
  EXPECT_EQ(*attempt(next, third, refusal(kLater), kNoon + 2h).next_attempt,
            kNoon + 2h + 5min + 1s);
}

}  // namespace
}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
// What holds whatever receivers say and whatever the clock does.

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/scheduler/memory_world.h"
#include "tests/support/watched.h"

namespace tenax::scheduler {
namespace {

const std::array<std::string, 14>& lines() {
  static const std::array<std::string, 14> said = {
      "4.7.1 please come back later",
      "4.7.1 try again in 0 seconds",
      "4.7.1 try again in 999999999 seconds",
      "4.7.1 try again in 99999999999999999999 seconds",
      "4.7.1 come back in 00:30:00",
      "4.2.2 over quota",
      "4.1.1 unverified address",
      "4.3.2 system not accepting network messages",
      "4.7.1 rate limit exceeded (0/h)",
      "4.7.1 rate limit exceeded (2000000000/s)",
      "4.7.28 unusual rate",
      "too many connections",
      "",
      std::string(10'000, '9') + " hours " + std::string(10'000, '\xff'),
  };
  return said;
}

mail::Verdict any_verdict(std::mt19937_64& dice) {
  if (dice() % 4 == 0) return delivery();
  mail::Verdict verdict = refusal(lines()[dice() % lines().size()], dice() % 3 == 0 ? 421 : 450);
  if (dice() % 5 == 0) verdict.stage = mail::Stage::greeting;
  return verdict;
}

mail::Health any_health(std::mt19937_64& dice) {
  constexpr std::array kAll = {mail::Health::well,        mail::Health::well,
                               mail::Health::well,        mail::Health::refused_by_host,
                               mail::Health::unreachable, mail::Health::unresolved,
                               mail::Health::ours};
  return kAll[dice() % kAll.size()];
}

TEST(MemoryProperty, TheNextAttemptLiesBetweenFloorAndCeilingAndWithinTheLife) {
  const MemoryPolicy policy;
  for (std::uint64_t seed = 1; seed <= part_of(200U); ++seed) {
    std::mt19937_64 dice{seed};
    Memory memory{policy};
    mail::WallTime now = kNoon;
    for (int step = 0; step < 200; ++step) {
      now += std::chrono::seconds{static_cast<std::int64_t>(dice() % 20'000)};
      mail::DeliveryRequest one =
          letter(static_cast<std::int64_t>(dice() % 20), "ann", static_cast<int>(dice() % 5));
      one.accepted = now - std::chrono::seconds{static_cast<std::int64_t>(dice() % 600'000)};
      one.recipients.front().attempts = dice() % 9 == 0 ? 65'535 : static_cast<int>(dice() % 20);
      const mail::Health health = any_health(dice);
      const mail::WallTime end = one.accepted + policy.lifetime;
      const Advice advice = attempt(memory, one, any_verdict(dice), now, health);
      if (advice.recipient == mail::RecipientId{}) continue;  // delivered
      if (now >= end && advice.counted) {
        EXPECT_FALSE(advice.next_attempt) << "seed " << seed;
        continue;
      }
      ASSERT_TRUE(advice.next_attempt) << "seed " << seed;
      EXPECT_GT(*advice.next_attempt, now) << "seed " << seed;
      EXPECT_LE(*advice.next_attempt, now + policy.ceiling) << "seed " << seed;
      if (advice.counted) {
        EXPECT_LE(*advice.next_attempt, end) << "seed " << seed;
      }
    }
  }
}

TEST(MemoryProperty, NobodyIsGivenUpBeforeAnAttemptAtTheEnd) {
  for (std::uint64_t seed = 1; seed <= part_of(100U); ++seed) {
    std::mt19937_64 dice{seed};
    const MemoryPolicy policy;
    Memory memory{policy};
    mail::DeliveryRequest one = letter(1);
    mail::WallTime now = kNoon;
    for (int attempts = 0; attempts < 200'000; ++attempts) {
      mail::Verdict verdict = any_verdict(dice);
      verdict.kind = mail::Kind::deferred;
      const Advice advice = attempt(memory, one, verdict, now, mail::Health::well);
      if (!advice.next_attempt) break;
      now = *advice.next_attempt;
    }
    EXPECT_EQ(now, kNoon + policy.lifetime) << "seed " << seed;
  }
}

TEST(MemoryProperty, AHostileHintChangesNothingForOthers) {
  const mail::Verdict later = refusal("4.7.1 please come back later");
  const auto dates_of_a_neighbour = [&](const std::string& hint) {
    Memory memory{MemoryPolicy{}};
    mail::DeliveryRequest hostile = letter(1, "ann", 1);
    attempt(memory, hostile, refusal(hint), kNoon);
    mail::DeliveryRequest neighbour = letter(2, "ann", 2);
    std::vector<mail::WallTime> dates;
    mail::WallTime now = kNoon;
    for (int i = 0; i < 8; ++i) {
      now = *attempt(memory, neighbour, later, now).next_attempt;
      dates.push_back(now);
    }
    return dates;
  };

  const auto undisturbed = dates_of_a_neighbour("4.7.1 please come back later");
  for (const std::string& line : lines()) EXPECT_EQ(dates_of_a_neighbour(line), undisturbed);
  EXPECT_EQ(dates_of_a_neighbour(std::string(10 << 20, 'x') + " in 5 seconds"), undisturbed);
}

TEST(MemoryProperty, NobodyIsCalledBackAtOnceByItsOwnRefusal) {
  const MemoryPolicy policy;
  for (std::uint64_t seed = 1; seed <= part_of(2'000U); ++seed) {
    std::mt19937_64 dice{seed};
    Memory memory{policy};
    mail::WallTime now = kNoon;
    for (int step = 0; step < 100; ++step) {
      now += std::chrono::seconds{static_cast<std::int64_t>(dice() % 900)};
      mail::DeliveryRequest one = letter(static_cast<std::int64_t>(dice() % 20), "ann", 1);
      one.accepted = now - std::chrono::seconds{static_cast<std::int64_t>(dice() % 6'000)};
      const Advice advice = attempt(memory, one, any_verdict(dice), now, any_health(dice));
      const bool shut = memory.site_of(one.destination, now).opens(now, 0).has_value();
      const bool called = !memory.take_early().empty() && !shut;
      if (!called || !advice.next_attempt || !advice.counted) continue;

      const std::vector<NotYet> later = memory.sort_out(one, now);

      ASSERT_EQ(later.size(), 1U) << "seed " << seed << " step " << step;
      EXPECT_GE(later.front().next_attempt, now + policy.floor);
    }
  }
}

TEST(MemoryProperty, OurOwnWordsTeachNothing) {
  const auto date = [](const std::string& words) {
    Memory memory{MemoryPolicy{}};
    mail::Verdict verdict;
    verdict.stage = mail::Stage::rcpt;
    verdict.text = words;
    mail::DeliveryRequest one = letter(1);
    return *attempt(memory, one, verdict, kNoon).next_attempt;
  };

  EXPECT_EQ(date("try again in 7 seconds; 10 messages per hour"), date(""));
}

}  // namespace
}  // namespace tenax::scheduler

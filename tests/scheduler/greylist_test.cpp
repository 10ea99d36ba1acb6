// SPDX-License-Identifier: Apache-2.0
// How the wait of a greylist is found.

#include "scheduler/greylist.h"

#include <gtest/gtest.h>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

/// Refuses until `wait` after the first knock, or, `anew`, after the last one.
struct Receiver {
  mail::Duration wait;
  bool anew = false;
  [[nodiscard]] bool takes(const mail::Knocks& knocks, mail::WallTime now) const {
    return knocks.count > 0 && now >= (anew ? knocks.last : knocks.first) + wait;
  }
};

/// The knocks of one stranger until it is taken; its delay.
mail::Duration visit(Greylist& greylist, const Receiver& receiver, std::uint64_t id,
                     mail::WallTime start, int& knocks) {
  Waiting who{id, {}};
  for (mail::WallTime now = start;;) {
    ++knocks;
    if (receiver.takes(who.knocks, now)) {
      greylist.passed(who, now);
      return now - start;
    }
    if (who.knocks.count > 0) greylist.refused(who, now);
    if (who.knocks.count == 0) who.knocks.first = now;
    who.knocks.last = now;
    ++who.knocks.count;
    now = greylist.call(who, now);
  }
}

TEST(Greylist, OnceFoundTheWaitIsKeptByEverybody) {
  for (const mail::Duration wait : {60s + 0ms, 300s + 0ms, 600s + 0ms, 1500s + 0ms, 3600s + 0ms}) {
    Greylist greylist;
    int knocks = 0;
    mail::Duration delay{0};
    for (std::uint64_t id = 1; id <= 40; ++id) {
      delay = visit(greylist, {wait}, id, kNoon + id * 2h, knocks);
    }
    EXPECT_LE(delay, wait + wait / 5 + 2s) << wait.count();
    EXPECT_LE(knocks, 40 * 2 + 10) << wait.count();
  }
}

TEST(Greylist, AnAgeAtWhichSomebodyWasRefusedIsNotTakenForOneThatBeganAnew) {
  const mail::Knocks once{kNoon, kNoon, 1};
  Greylist unknown;
  unknown.passed({1, once}, kNoon + 18h + 24min);
  ASSERT_LT(unknown.enough(), 3h) << "let in for a short while at 16 hours, it may be";

  Greylist greylist;
  greylist.refused({2, once}, kNoon + 8h);
  greylist.passed({1, once}, kNoon + 18h + 24min);

  EXPECT_EQ(greylist.enough(), 18h + 24min);
}

TEST(Greylist, AWaitThatBeginsAnewWithEachKnockIsFoundToo) {
  Greylist greylist;
  int knocks = 0;
  mail::Duration delay{0};
  for (std::uint64_t id = 1; id <= 10; ++id) {
    delay = visit(greylist, {10min, true}, id, kNoon + id * 2h, knocks);
  }

  EXPECT_LE(delay, 11min);
}

TEST(Greylist, WhoAskedInVainIsRelievedByOneThatWasLeftAlone) {
  Greylist greylist;
  Waiting first{1, {kNoon, kNoon, 1}};
  const Waiting second{2, {kNoon + 1min, kNoon + 1min, 1}};
  const mail::WallTime asks = greylist.call(first, kNoon);
  (void)greylist.call(second, kNoon + 1min);
  greylist.refused(first, asks);
  first.knocks = {kNoon, asks, 2};
  (void)greylist.call(first, asks);

  const mail::WallTime now = kNoon + 6min + 1s;
  const mail::WallTime relief = greylist.ready_at(second, now);

  EXPECT_GE(relief, kNoon + 16min);
  EXPECT_LE(relief, kNoon + 17min);
  EXPECT_GT(greylist.ready_at(first, now), relief);  // and waits for the answer
}

TEST(Greylist, WhereEachEarlyKnockDoublesTheWaitOneGetsThroughAllTheSame) {
  Greylist greylist;
  greylist.passed({1, {kNoon - 5min, kNoon - 5min, 1}}, kNoon);
  Waiting who{2, {kNoon, kNoon, 1}};
  mail::WallTime due = kNoon + 5min;
  mail::Duration more{0};
  mail::WallTime now = kNoon + 150s;  // once too early
  int knocks = 1;
  for (; now < due && knocks < 20; ++knocks) {
    greylist.refused(who, now);
    due += more + 5min;
    more = 2 * more + 5min;
    who.knocks.last = now;
    ++who.knocks.count;
    now = greylist.call(who, now);
  }

  EXPECT_LE(knocks, 6);
  EXPECT_LE(now, kNoon + 4h);
}

TEST(Greylist, WhoIsOlderThanTheOneThatAsksGoesItsOwnWay) {
  Greylist greylist;
  const Waiting young{1, {kNoon, kNoon, 1}};
  const Waiting old{2, {kNoon - 1h, kNoon, 4}};
  (void)greylist.call(young, kNoon);

  EXPECT_GE(greylist.ready_at(old, kNoon), kNoon + 1min);  // at the next age of its own
}

/// The hours until a site takes a stranger that it lets in from `open` to `closed` after a knock
/// only: the first one since it forgot the last, or, `anew`, the last one. nullopt: it never does.
std::optional<double> hours_until_taken(mail::Duration open, mail::Duration closed, bool anew) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  mail::WallTime from = kNoon;
  for (mail::WallTime now = kNoon;;) {
    const mail::Duration age = now - from;
    if (age >= open && age <= closed) return std::chrono::duration<double>{now - kNoon} / 1h;
    if (anew || age > closed) from = now;
    const Advice told = attempt(memory, one, refusal(kLater), now);
    if (!told.next_attempt) return std::nullopt;
    now = *told.next_attempt;
  }
}

TEST(Greylist, WhoSoonForgetsIsMetWithinThreeDays) {
  for (mail::Duration closed = 1h; closed <= 8h; closed += 1min) {
    const std::string until = mail::in_short(closed);
    EXPECT_LE(hours_until_taken(closed * 10 / 15, closed, false).value_or(1e9), 22) << until;
    EXPECT_LE(hours_until_taken(closed * 10 / 12, closed, false).value_or(1e9), 51) << until;
    EXPECT_LE(hours_until_taken(closed * 10 / 15, closed, true).value_or(1e9), 57) << until;
  }
}

TEST(Greylist, WhatWasFoundOfWhoSoonForgetsServesTheNextOne) {
  Memory memory{MemoryPolicy{}};
  for (int n = 0; n < 5; ++n) {  // taken from 150 to 225 minutes after a knock
    mail::DeliveryRequest one = letter(n + 1, "sender" + std::to_string(n));
    const mail::WallTime start = one.accepted = kNoon + n * 144h;
    mail::WallTime from = start;
    mail::WallTime now = start;
    for (; now - from < 150min || now - from > 225min;) {
      if (now - from > 225min) from = now;
      const Advice told = attempt(memory, one, refusal(kLater), now);
      ASSERT_TRUE(told.next_attempt) << n;
      now = *told.next_attempt;
    }
    attempt(memory, one, delivery(), now);
    EXPECT_LE(now - start, n == 0 ? 20h : 4h) << n;
  }
}

TEST(Greylist, WhereWhoWaitsTooLongIsForgottenAndEachKnockBeginsAnewTheLastRestIsTheWait) {
  // Taken 90 minutes to four hours after the last knock. The first one passes after two hours of
  // rest, four hours after its first knock.
  const auto takes = [](const mail::Knocks& knocks, mail::WallTime when) {
    return when - knocks.last >= 90min && when - knocks.last <= 4h;
  };
  Greylist greylist;
  mail::Duration longest{0};
  for (std::uint64_t id = 1; id <= 8; ++id) {
    const mail::WallTime start = kNoon + id * 48h;
    Waiting who{id, {start, start, 1}};
    mail::WallTime now = greylist.call(who, start);
    while (!takes(who.knocks, now) && now < start + 120h) {
      greylist.refused(who, now);
      who.knocks.last = now;
      ++who.knocks.count;
      now = greylist.call(who, now);
    }
    greylist.passed(who, now);
    longest = std::max(longest, now - start);
  }
  EXPECT_LE(longest, 7h);
  EXPECT_LE(greylist.enough(), 121min);
}

TEST(Greylist, WhoNeverTakesAnybodyIsAskedFewTimes) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  int knocks = 0;
  for (std::optional<mail::WallTime> now = kNoon; now; ++knocks) {
    ASSERT_LT(knocks, 30);
    now = attempt(memory, one, refusal(kLater), *now).next_attempt;
  }
}

}  // namespace
}  // namespace tenax::scheduler

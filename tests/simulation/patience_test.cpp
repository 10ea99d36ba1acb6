// SPDX-License-Identifier: Apache-2.0
// How soon the learning scheduler gets mail through to receivers that hold it up, and what it costs
// them. Most of the bounds leave half as much again as was measured.

#include <gtest/gtest.h>

#include <random>

#include "tests/simulation/receivers.h"

namespace tenax::simulation {
namespace {

/// `count` messages to one site within `span` seconds, between so many senders and recipients.
void add_mail(std::vector<Mail>& mail, std::mt19937_64& dice, std::size_t site, int count,
              double span, int senders, int recipients, double start = 0) {
  const auto roll = [&dice](double below) {
    return below * static_cast<double>(dice() >> 11) / 9007199254740992.0;
  };
  for (int i = 0; i < count; ++i) {
    const int from = static_cast<int>(roll(senders));
    const int to = static_cast<int>(roll(recipients));
    mail.push_back(
        {start + roll(span), site, "s" + std::to_string(from) + ">r" + std::to_string(to)});
  }
}

class Patience : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Outcome run(const std::string& kind) {
    auto outcomes = deliver(sites_, mail_, GetParam());
    EXPECT_EQ(outcomes[kind].lost, 0);
    const Outcome& one = outcomes[kind];
    RecordProperty("mean", std::to_string(one.mean()));
    RecordProperty("attempts", std::to_string(one.attempts_each()));
    RecordProperty("penalties", one.penalties);
    RecordProperty("p95", std::to_string(one.part(0.95)));
    RecordProperty("median", std::to_string(one.part(0.5)));
    return one;
  }
  void add(std::unique_ptr<Habit> receiver) { sites_.push_back({"all", std::move(receiver)}); }

  std::mt19937_64 dice_{GetParam()};
  std::vector<Site> sites_;
  std::vector<Mail> mail_;
};

constexpr double kHour = 3600;
constexpr double kSecondsOfADay = 24 * kHour;
constexpr double kMinute = 60;

TEST_P(Patience, WhatAGreylisterWaitsIsFoundAndKeptTo) {
  for (const double wait : {30.0, 300.0, 600.0, 1800.0, 3600.0}) {
    add(greylister(wait, Early::ignored, "please come back later"));
    add_mail(mail_, dice_, sites_.size() - 1, 150, 3 * kSecondsOfADay, 8, 12);
  }

  const Outcome seen = run("all");

  EXPECT_LT(seen.mean(), 65);
  EXPECT_LT(seen.part(0.5), 3);
  EXPECT_LT(seen.part(0.95), 3 * kMinute);
  EXPECT_LT(seen.attempts_each(), 1.65);
}

TEST_P(Patience, WhoPunishesEarlyKnocksIsNotKnockedAtOftenEarly) {
  for (const Early early : {Early::starts_anew, Early::doubles}) {
    for (const double wait : {300.0, 600.0, 1200.0}) {
      add(greylister(wait, early, "please come back later"));
      add_mail(mail_, dice_, sites_.size() - 1, 150, 2 * kSecondsOfADay, 10, 12);
    }
  }

  const Outcome seen = run("all");

  EXPECT_LT(seen.mean(), 7 * kMinute);
  EXPECT_LT(seen.part(0.5), 3);
  EXPECT_LT(1000 * seen.penalties, 45 * static_cast<int>(seen.extra.size()));
  EXPECT_LT(seen.attempts_each(), 1.7);
}

TEST_P(Patience, LimitsAreFoundAndUsedUp) {
  for (const Counting counting : {Counting::moving, Counting::fixed_all}) {
    for (const char* const text : {"Error: too much mail from 192.0.2.1", "try again later"}) {
      add(limiter(20, 60, counting, text));
      add_mail(mail_, dice_, sites_.size() - 1, 200, 100, 1, 200);
      add_mail(mail_, dice_, sites_.size() - 1, 200, 100, 1, 200, 8 * kHour);
      add(limiter(50, kHour, counting, text));
      add_mail(mail_, dice_, sites_.size() - 1, 120, 100, 1, 200);
      add_mail(mail_, dice_, sites_.size() - 1, 120, 100, 1, 200, 8 * kHour);
    }
  }

  const Outcome seen = run("all");

  EXPECT_LT(seen.mean(), 30);
  EXPECT_LT(seen.part(0.5), 8);
  EXPECT_LT(seen.part(0.95), 30);
  EXPECT_LT(1000 * seen.penalties, 55 * static_cast<int>(seen.extra.size()));
  EXPECT_LT(seen.attempts_each(), 1.06);
}

TEST_P(Patience, WhatWasDownIsMetSoonAfterItIsUp) {
  for (int site = 0; site < 8; ++site) {
    const double start = 2 * kHour * (site + 1);
    add(down({{start, start + 10 * kMinute},
              {start + kSecondsOfADay, start + kSecondsOfADay + 5 * kHour}}));
    add_mail(mail_, dice_, sites_.size() - 1, 300, 2 * kSecondsOfADay, 8, 12);
  }

  const Outcome seen = run("all");

  EXPECT_LT(seen.mean(), 65);
  EXPECT_LT(seen.part(0.95), 12 * kMinute);
  EXPECT_LT(seen.attempts_each(), 1.3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Patience, ::testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace tenax::simulation

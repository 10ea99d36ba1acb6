// SPDX-License-Identifier: Apache-2.0
// Receivers that let no more than so many connections in, and say nothing.

#include <gtest/gtest.h>

#include <set>

#include "tests/scheduler/backlog.h"

namespace tenax::scheduler {
namespace {

/// A host behind a firewall that lets `most` of our connections in at a time and drops the others.
class Firewall {
 public:
  explicit Firewall(std::size_t most) : most_{most} {}

  Met operator()(mail::WallTime now) {
    while (!ends_.empty() && *ends_.begin() <= now) ends_.erase(ends_.begin());
    if (ends_.size() >= most_) {
      ++dropped_;
      return no_answer(30s);
    }
    ends_.insert(now + 2s);
    return {delivery(), mail::Health::well, 2s};
  }
  [[nodiscard]] int dropped() const { return dropped_; }

 private:
  std::size_t most_;
  std::multiset<mail::WallTime> ends_;
  int dropped_ = 0;
};

TEST(Room, OfAFirewallIsFoundAndUsed) {
  Firewall firewall{5};
  Backlog backlog{[&](const auto&, mail::WallTime now) { return firewall(now); }};
  backlog.come(3'000);
  backlog.pass(25min);  // 3,000 of 2 s, 5 at a time: 20 minutes

  EXPECT_EQ(backlog.delivered(), 3'000);
  EXPECT_LE(firewall.dropped(), 20);
}

TEST(Room, IsNotTestedByASessionThatWasKept) {
  Unanswered unanswered;
  unanswered.failed(1, kNoon, 5, kNoon + 30s);
  (void)unanswered.served(2, kNoon + 31s, true);
  ASSERT_EQ(unanswered.most(), 6);
  unanswered.goes(3, 5);
  (void)unanswered.served(3, kNoon + 32s, false);
  EXPECT_EQ(unanswered.most(), 6) << "that says nothing";

  unanswered.goes(4, 5);
  (void)unanswered.served(4, kNoon + 33s, true);

  EXPECT_EQ(unanswered.most(), std::nullopt) << "there is room";
}

TEST(Room, IsNotTakenFromConnectionsThatAreLostByChance) {
  int count = 0;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    return ++count % 100 == 0 ? no_answer(30s) : Met{delivery(), mail::Health::well, 2s};
  }};
  backlog.come(6'000);
  backlog.pass(14min);  // 6,000 of 2 s, 20 at a time: 10 minutes

  EXPECT_EQ(backlog.delivered(), 6'000);
}

TEST(Room, IsSoughtPatientlyAtAHostThatOnlyEndsWhatItHasBegun) {
  bool dying = false;
  int count = 0;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    if (dying) return no_answer(10ms);
    ++count;
    if (count < 500 && count % 20 == 0) return no_answer(5s);  // by chance
    return Met{delivery(), mail::Health::well, count > 600 ? 20min : 2s};
  }};
  backlog.come(580);
  backlog.pass(5min);
  backlog.come(25);
  backlog.pass(10s);  // some are under way
  dying = true;
  backlog.come(1'000);
  (void)backlog.attempts();
  backlog.pass(18min);

  EXPECT_LE(backlog.attempts(), 30);
}

TEST(Room, IsAsItWasWhenAHostComesBackThatWentDownUnderLoad) {
  bool down = false;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    return down ? no_answer(30s) : Met{delivery(), mail::Health::well, 2s};
  }};
  backlog.come(2'000);
  backlog.pass(1min);
  down = true;
  backlog.come(4'000);
  backlog.pass(20min);
  const int refused = backlog.attempts();
  EXPECT_LE(refused, 900);
  down = false;
  backlog.pass(15min);

  EXPECT_EQ(backlog.delivered(), 6'000);
}

TEST(Room, WhereNobodyAnswersAnyMoreIsNone) {
  bool down = false;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    return down ? no_answer(100ms) : Met{delivery(), mail::Health::well, 2s};
  }};
  backlog.come(200);
  backlog.pass(30s);
  down = true;
  backlog.come(1'000);
  (void)backlog.attempts();
  backlog.pass(1h);

  EXPECT_LE(backlog.attempts(), 80);
}

}  // namespace
}  // namespace tenax::scheduler

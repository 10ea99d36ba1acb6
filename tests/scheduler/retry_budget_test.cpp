// SPDX-License-Identifier: Apache-2.0
// Ten thousand deferred messages at one destination do not make ten thousand attempts a cycle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/backlog.h"

namespace tenax::scheduler {
namespace {

bool is_news(const mail::DeliveryRequest& request) {
  return request.envelope.sender->local_part() == "news";
}

TEST(RetryBudget, WhoIsRefusedWhileOthersAreTakenIsAskedForByOneAndDelaysNobody) {
  int refused = 0;
  mail::Duration longest{0};
  Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime now) {
    if (is_news(one)) {
      ++refused;
      return refusal("4.7.0 this content looks odd");
    }
    longest = std::max(longest, now - one.accepted);
    return delivery();
  }};
  for (int i = 0; i < 20; ++i) {
    backlog.come(1);
    backlog.pass(1min);
  }
  longest = {};
  backlog.come(10'000, "news");
  for (int hour = 0; hour < 12; ++hour) {
    refused = 0;
    for (int i = 0; i < 60; ++i) {
      backlog.come(1);
      backlog.pass(1min);
    }
    EXPECT_LE(refused, hour == 0 ? 60 : 5) << hour;
  }
  EXPECT_LE(longest, 5s);
}

TEST(RetryBudget, ASenderThatIsTakenAgainIsFree) {
  bool odd = true;
  Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime) {
    return is_news(one) && odd ? refusal("4.7.0 this content looks odd") : delivery();
  }};
  backlog.come(20);
  backlog.pass(10min);
  backlog.come(10'000, "news");
  backlog.pass(6h);
  EXPECT_EQ(backlog.delivered(), 20);
  odd = false;
  backlog.pass(4h);
  EXPECT_EQ(backlog.delivered(), 10'020);
}

TEST(RetryBudget, WhereEverybodyIsRefusedOneAsksForAll) {
  bool unwell = false;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    return unwell ? refusal("4.5.1 unable to process") : delivery();
  }};
  for (const char* sender : {"ann", "news"}) backlog.come(50, sender);
  backlog.pass(1h);
  unwell = true;
  for (const char* sender : {"ann", "bob", "news"}) backlog.come(3'000, sender);
  (void)backlog.attempts();
  for (int hour = 0; hour < 24; ++hour) {
    backlog.pass(1h);
    EXPECT_LE(backlog.attempts(), hour == 0 ? 100 : 10) << hour;
  }
  unwell = false;
  backlog.pass(8h);
  EXPECT_EQ(backlog.delivered(), 9'100);
}

TEST(RetryBudget, WhereNobodyWasEverTakenAFifthAsksInACycleAtMost) {
  Backlog backlog{[](const auto&, mail::WallTime) { return refusal("4.7.1 try again later"); }};
  backlog.come(10'000);
  backlog.pass(2h);  // each knocks once: that may start a greylister's clock
  (void)backlog.attempts();
  for (int cycle = 0; cycle < 4; ++cycle) {
    backlog.pass(2h * (1 << cycle));
    EXPECT_LE(backlog.attempts(), 2'000) << cycle;
  }
}

TEST(RetryBudget, AnAlarmOfHundredsReachesAMailboxThatTakesTwentyInAMinute) {
  std::multiset<mail::WallTime> taken;
  Backlog backlog{[&](const auto&, mail::WallTime now) {
    taken.erase(taken.begin(), taken.upper_bound(now - 1min));
    if (taken.size() >= 20) return refusal("4.2.1 The user is receiving mail too quickly", 450);
    taken.insert(now);
    return delivery();
  }};
  backlog.come_to_one_mailbox(300);
  backlog.pass(45min);  // 15 if all is known

  EXPECT_EQ(backlog.delivered(), 300);
  EXPECT_LE(backlog.attempts(), 450);
}

TEST(RetryBudget, WhenAProviderIsDownTheMailOfOthersIsNotHeldForOurNetwork) {
  bool down = false;
  mail::Duration longest{0};
  Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime now) {
    const bool at_provider = one.destination.text() < "site5";
    if (at_provider && down) return no_answer(30s);
    longest = std::max(longest, now - one.accepted);
    return Met{delivery()};
  }};
  for (int site = 1; site <= 9; ++site) backlog.come(2, "ann", site);
  backlog.pass(1h);
  ASSERT_EQ(backlog.delivered(), 18);
  down = true;
  longest = {};
  for (int minute = 0; minute < 60; ++minute) {
    for (int site = 1; site <= 4; ++site) backlog.come(3, "ann", site);
    if (minute % 10 == 2) backlog.come(1, "ann", 5 + minute / 15);
    backlog.pass(1min);
  }

  EXPECT_EQ(backlog.delivered(), 24);
  EXPECT_LE(longest, 2min);
}

}  // namespace
}  // namespace tenax::scheduler

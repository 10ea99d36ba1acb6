// SPDX-License-Identifier: Apache-2.0
// What the operator says of some destinations: which entry holds, and that it is kept to.

#include "scheduler/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/shaping.h"
#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

using mail::Health;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Fit {
  std::string_view rule;
  std::string_view pattern;
  std::string_view name;
  bool fits;
};

class Pattern : public testing::TestWithParam<Fit> {};

TEST_P(Pattern, Fits) { EXPECT_EQ(matches(GetParam().pattern, GetParam().name), GetParam().fits); }

INSTANTIATE_TEST_SUITE_P(
    Names, Pattern,
    testing::ValuesIn(std::vector<Fit>{
        {"ANameIsItself", "example.net", "example.net", true},
        {"ANameIsNoneBelowIt", "example.net", "mail.example.net", false},
        {"ADotIsTheNameItself", ".example.net", "example.net", true},
        {"ADotIsAllBelow", ".example.net", "a.b.example.net", true},
        {"ADotEndsAtADot", ".example.net", "badexample.net", false},
        {"AStarIsAllBelow", "*.example.net", "a.b.example.net", true},
        {"AStarIsNotTheNameItself", "*.example.net", "example.net", false},
        {"AStarMayBeNothing", "mx*.example.net", "mx.example.net", true},
        {"AQuestionMarkIsOneCharacter", "mx?.example.net", "mx1.example.net", true},
        {"AQuestionMarkIsNotNone", "mx?.example.net", "mx.example.net", false},
        {"AQuestionMarkIsNotTwo", "mx?.example.net", "mx10.example.net", false},
        {"StarsTryEveryPlace", "*a*b", "aabab", true},
        {"StarsDoNotInvent", "*a*b", "aaba", false},
        {"AStarAloneIsEverything", "*", "", true},
        {"NothingIsNoName", "", "a", false},
    }),
    [](const auto& one) { return std::string{one.param.rule}; });

/// An entry of that line, for these patterns.
Override entry(int line, std::vector<std::string> domains, std::vector<std::string> hosts = {}) {
  Override made;
  made.line = line;
  made.domains = std::move(domains);
  made.mail_hosts = std::move(hosts);
  return made;
}

int line_for(const Overrides& overrides, std::string_view destination,
             const std::vector<std::string>& hosts = {}) {
  const OverridePtr found = overrides.find(mail::Destination::parse(destination).value(), hosts);
  return found ? found->line : 0;
}

TEST(Overrides, TheMostExactHoldsWhereverItStands) {
  const Overrides overrides{{entry(1, {"*"}), entry(2, {}, {"*.outlook.test"}),
                             entry(3, {}, {"a.mx.outlook.test"}), entry(4, {".example.net"}),
                             entry(5, {"*.mail.example.net"}), entry(6, {"a.mail.example.net"})}};
  EXPECT_EQ(line_for(overrides, "a.mail.example.net", {"a.mx.outlook.test"}), 6);
  EXPECT_EQ(line_for(overrides, "b.mail.example.net", {"a.mx.outlook.test"}), 5);
  EXPECT_EQ(line_for(overrides, "example.net:2525", {"a.mx.outlook.test"}), 4);
  EXPECT_EQ(line_for(overrides, "other.test", {"z.test", "a.mx.outlook.test"}), 3);
  EXPECT_EQ(line_for(overrides, "other.test", {"b.mx.outlook.test"}), 2);
  EXPECT_EQ(line_for(overrides, "other.test", {"mx.elsewhere.test"}), 1);
  EXPECT_EQ(line_for(overrides, "other.test"), 1);
}

TEST(Overrides, OfEqualOnesTheFirstHolds) {
  const Overrides overrides{{entry(1, {".example.net"}), entry(2, {".example.net"}),
                             entry(3, {"example.org"}), entry(4, {"example.org"})}};
  EXPECT_EQ(line_for(overrides, "a.example.net"), 1);
  EXPECT_EQ(line_for(overrides, "example.org"), 3);
}

TEST(Overrides, AHostWithoutLookUpIsItsOwnMailHost) {
  const Overrides overrides{{entry(1, {}, {"relay.example.net"})}};
  EXPECT_EQ(line_for(overrides, "[relay.example.net]:587"), 1);
  EXPECT_EQ(line_for(overrides, "relay.example.net"), 0) << "its mail hosts are not known yet";
}

TEST(Shaping, MailHostsCountFromTheirFirstReportOn) {
  Shaping shaping{Overrides{{entry(1, {}, {"mx?.outlook.test"})}}};
  EXPECT_EQ(shaping.of(site(1)), nullptr);
  EXPECT_TRUE(shaping.met(site(1), {"MX1.Outlook.test"}));
  EXPECT_FALSE(shaping.met(site(1), {"MX1.Outlook.test"}));
  ASSERT_NE(shaping.of(site(1)), nullptr);
  EXPECT_TRUE(shaping.met(site(1), {"mx.elsewhere.test"})) << "it has moved";
  EXPECT_EQ(shaping.of(site(1)), nullptr);
}

TEST(Shaping, AReloadKnowsTheMailHostsStill) {
  Shaping shaping{Overrides{{entry(1, {}, {"mx1.outlook.test"})}}};
  (void)shaping.met(site(1), {"mx1.outlook.test"});
  shaping.adopt(Overrides{{entry(7, {}, {"*.outlook.test"})}});
  ASSERT_NE(shaping.of(site(1)), nullptr);
  EXPECT_EQ(shaping.of(site(1))->line, 7);
  shaping.adopt({});
  EXPECT_EQ(shaping.of(site(1)), nullptr);
}

TEST(Pace, GivesTheBurstThenOneAfterTheOther) {
  const PaceLimit limit{60, 1min, 3};
  Pace pace;
  std::vector<mail::WallTime> begun;
  for (mail::WallTime now = kNoon; begun.size() < 6; now += 100ms) {
    for (; pace.allows(limit, now); begun.push_back(now)) pace.took(limit, 1, now);
  }
  EXPECT_THAT(begun, ElementsAre(kNoon, kNoon, kNoon, kNoon + 1s, kNoon + 2s, kNoon + 3s));
}

TEST(Pace, ManyASecondAreNotRoundedAway) {
  const PaceLimit limit{600, 1s, 1};
  Pace pace;
  int begun = 0;
  for (mail::WallTime now = kNoon; now < kNoon + 10s; now += 1ms) {
    if (!pace.allows(limit, now)) continue;
    pace.took(limit, 1, now);
    ++begun;
  }
  EXPECT_GE(begun, 5000);
  EXPECT_LE(begun, 6001);
}

/// `entry` for site 1, and what else is needed for a lane to follow it.
SchedulerPolicy policy_with(Override of_site_1, bool learning) {
  of_site_1.domains = {site(1).name()};
  SchedulerPolicy policy;
  policy.overrides = Overrides{{std::move(of_site_1)}};
  if (learning) policy.learning.emplace();
  return policy;
}

/// Lands what is in flight there, well.
void land(Scheduler& scheduler, const mail::DeliveryRequest& one, mail::WallTime now,
          Health health = Health::well, std::vector<std::string> hosts = {}) {
  if (!scheduler.learns()) {
    scheduler.met(one.destination, hosts);
    scheduler.finished(one.destination, health, now, one.recipients.size());
    return;
  }
  mail::DeliveryReport made = report(one, delivery(), now, health);
  made.mail_hosts = std::move(hosts);
  (void)scheduler.finished(one, made, now);
}

class Shaped : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Schedulers, Shaped, testing::Bool(), [](const auto& one) {
  return std::string{one.param ? "Learning" : "Plain"};
});

TEST_P(Shaped, ARateHoldsForItsLaneAndDelaysNoOther) {
  Override slow;
  slow.pace = PaceLimit{60, 1min, 1};
  Scheduler scheduler{policy_with(slow, GetParam())};
  for (int id = 1; id <= 10; ++id) scheduler.add(request({.id = id}), kNoon);
  for (int id = 101; id <= 110; ++id) scheduler.add(request({.id = id, .site = 2}), kNoon);

  std::vector<mail::WallTime> slow_ones;
  int others = 0;
  for (mail::WallTime now = kNoon; now < kNoon + 20s; now += 100ms) {
    for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      if (one.destination == site(1)) slow_ones.push_back(now);
      if (one.destination == site(2) && now < kNoon + 2s) ++others;
      land(scheduler, one, now);
    }
  }
  ASSERT_THAT(slow_ones, SizeIs(10));
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(slow_ones[i], kNoon + i * 1s);
  EXPECT_EQ(others, 10);
}

TEST_P(Shaped, TheOperatorsWindowIsTheWidest) {
  Override narrow;
  narrow.lane.first_window = 1;
  narrow.lane.longest_window = 2;
  Scheduler scheduler{policy_with(narrow, GetParam())};
  for (int id = 1; id <= 200; ++id) scheduler.add(request({.id = id}), kNoon);
  std::size_t most = 0;
  for (mail::WallTime now = kNoon; now < kNoon + 60s; now += 1s) {
    const std::vector<mail::DeliveryRequest> ready = scheduler.take_ready(now);
    most = std::max(most, ready.size());
    for (const mail::DeliveryRequest& one : ready) land(scheduler, one, now);
  }
  EXPECT_EQ(most, 2U);
}

TEST_P(Shaped, AnEntryForMailHostsHoldsOnceTheyAreKnown) {
  SchedulerPolicy policy;
  Override single = entry(42, {}, {"*.outlook.test"});
  single.lane.first_window = 1;
  single.lane.longest_window = 1;
  policy.overrides = Overrides{{single}};
  if (GetParam()) policy.learning.emplace();
  Scheduler scheduler{policy};
  for (int id = 1; id <= 20; ++id) scheduler.add(request({.id = id}), kNoon);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(kNoon)) {
    land(scheduler, one, kNoon, Health::well, {"a.outlook.test"});
  }
  EXPECT_THAT(scheduler.take_ready(kNoon + 1s), SizeIs(1));
  EXPECT_EQ(view_of(scheduler, 1).line, 42);
  ASSERT_NE(scheduler.entry_of(site(1)), nullptr);
}

TEST_P(Shaped, AReloadHoldsForWhatIsInMemory) {
  Override fast;
  Scheduler scheduler{policy_with(fast, GetParam())};
  for (int id = 1; id <= 20; ++id) scheduler.add(request({.id = id}), kNoon);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(kNoon)) land(scheduler, one, kNoon);
  Override slow;
  slow.pace = PaceLimit{1, 1min, 1};
  scheduler.adopt(policy_with(slow, GetParam()));
  EXPECT_THAT(scheduler.take_ready(kNoon + 1s), SizeIs(1));
  EXPECT_THAT(scheduler.take_ready(kNoon + 30s), IsEmpty());
  scheduler.adopt(policy_with(fast, GetParam()));
  EXPECT_THAT(scheduler.take_ready(kNoon + 31s), testing::Not(IsEmpty()));
}

TEST_P(Shaped, WhatTheRateKeepsForLongWaitsInTheQueueUntilItsTurn) {
  Override slow;
  slow.pace = PaceLimit{100, 1h, 1};
  Scheduler scheduler{policy_with(slow, GetParam())};
  for (int id = 1; id <= 50; ++id) scheduler.add(request({.id = id}), kNoon);
  ASSERT_THAT(scheduler.take_ready(kNoon), SizeIs(1));

  const std::vector<Shed> shed = scheduler.shed(kNoon);

  ASSERT_THAT(shed, SizeIs(48)) << "one has its turn within the minute";
  EXPECT_EQ(shed.front().next_attempt, kNoon + 72s);
  EXPECT_EQ(shed.back().next_attempt, kNoon + 49 * 36s);
  EXPECT_THAT(scheduler.except(kNoon), ElementsAre(site(1).text()));
  EXPECT_EQ(view_of(scheduler, 1).paced_until, kNoon + 36s);
}

TEST_P(Shaped, AnIdleLaneKeepsItsPaceUntilItIsPaidFor) {
  Override slow;
  slow.pace = PaceLimit{1, 1h, 1};
  Scheduler scheduler{policy_with(slow, GetParam())};
  scheduler.add(request({.id = 1}), kNoon);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(kNoon)) land(scheduler, one, kNoon);
  scheduler.add(request({.id = 2}), kNoon + 30min);
  EXPECT_THAT(scheduler.take_ready(kNoon + 30min), IsEmpty());
  EXPECT_THAT(scheduler.take_ready(kNoon + 1h), SizeIs(1));
}

TEST_P(Shaped, ALaneThatHasPaidIsForgotten) {
  Override slow;
  slow.pace = PaceLimit{1, 1min, 1};
  Scheduler scheduler{policy_with(slow, GetParam())};
  scheduler.add(request({.id = 1}), kNoon);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(kNoon)) land(scheduler, one, kNoon);
  EXPECT_THAT(scheduler.lanes(), SizeIs(1));
  (void)scheduler.take_ready(kNoon + 1min);
  EXPECT_THAT(scheduler.lanes(), IsEmpty());
}

TEST_P(Shaped, ALargeMessageCountsOncePerTransaction) {
  Override slow;
  slow.pace = PaceLimit{1, 1min, 1};
  slow.recipients_per_transaction = 10;
  Scheduler scheduler{policy_with(slow, GetParam())};
  scheduler.add(request({.id = 1, .recipients = 25}), kNoon);
  scheduler.add(request({.id = 2}), kNoon);
  const std::vector<mail::DeliveryRequest> ready = scheduler.take_ready(kNoon);
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready.front().recipients_per_transaction, 10);
  EXPECT_THAT(scheduler.take_ready(kNoon + 3min - 1ms), IsEmpty());
  EXPECT_THAT(scheduler.take_ready(kNoon + 3min), SizeIs(1));
}

TEST(ShapedScheduler, AMessageIsGivenItsLastChanceAtTheEndOfItsOwnLifetime) {
  Override brief;
  brief.retry.lifetime = 1h;
  Scheduler scheduler{policy_with(brief, true)};
  mail::DeliveryRequest one = request({.id = 1});
  scheduler.add(one, kNoon);
  ASSERT_THAT(scheduler.take_ready(kNoon), SizeIs(1));
  const auto first = scheduler.finished(one, report(one, refusal("4.3.0 no"), kNoon), kNoon);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_LE(*first.front().next_attempt, kNoon + 1h);
  scheduler.add(one, kNoon + 1h);
  ASSERT_THAT(scheduler.take_ready(kNoon + 1h), SizeIs(1));
  const auto last =
      scheduler.finished(one, report(one, refusal("4.3.0 no"), kNoon + 1h), kNoon + 1h);
  ASSERT_THAT(last, SizeIs(1));
  EXPECT_EQ(last.front().next_attempt, std::nullopt);
}

TEST(ShapedScheduler, WhereTheOperatorSaysWhenNothingIsLearnt) {
  Override fixed;
  fixed.learns = false;
  Scheduler scheduler{policy_with(fixed, true)};
  for (int id = 1; id <= 3; ++id) scheduler.add(request({.id = id}), kNoon);
  const std::vector<mail::DeliveryRequest> ready = scheduler.take_ready(kNoon);
  ASSERT_THAT(ready, SizeIs(2));
  for (const mail::DeliveryRequest& one : ready) {
    EXPECT_THAT(scheduler.finished(one, report(one, refusal("4.7.1 greylisted"), kNoon), kNoon),
                IsEmpty())
        << "no advice: the schedule gives the date";
  }
  EXPECT_THAT(scheduler.take_ready(kNoon), SizeIs(1)) << "nobody waits for what the first finds";
}

TEST(ShapedScheduler, AReloadThatEndsLearningLeavesNoDoorClosed) {
  Scheduler scheduler{policy_with({}, true)};
  scheduler.add(request({.id = 1}), kNoon);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(kNoon)) {
    land(scheduler, one, kNoon, Health::unreachable);
  }
  ASSERT_THAT(scheduler.except(kNoon), ElementsAre(site(1).text()));
  scheduler.add(request({.id = 2}), kNoon);
  Override fixed;
  fixed.learns = false;
  scheduler.adopt(policy_with(fixed, true));
  EXPECT_THAT(scheduler.except(kNoon), IsEmpty());
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(2));
}

TEST(ShapedScheduler, AnEntryForADomainTakesItOutOfTheSiteOfItsProvider) {
  SchedulerPolicy policy = policy_with(
      [] {
        Override narrow;
        narrow.lane.first_window = 1;
        narrow.lane.longest_window = 1;
        return narrow;
      }(),
      true);
  Scheduler scheduler{policy};
  std::int64_t id = 0;
  const auto send = [&](int n, mail::WallTime now) {
    scheduler.add(request({.id = ++id, .site = n}), now);
    for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      land(scheduler, one, now, Health::well, {"mx.provider.test"});
    }
  };
  for (int n = 1; n <= 3; ++n) send(n, kNoon);
  for (int i = 0; i < 5; ++i) scheduler.add(request({.id = ++id, .site = 1 + i % 3}), kNoon);
  std::map<std::string, int> begun;
  for (const auto& one : scheduler.take_ready(kNoon + 1s)) ++begun[one.destination.text()];
  EXPECT_EQ(begun[site(1).text()], 1);
  EXPECT_EQ(begun[site(2).text()] + begun[site(3).text()], 3) << "its neighbours are one site";
}

}  // namespace
}  // namespace tenax::scheduler

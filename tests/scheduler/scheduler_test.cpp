// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/scheduler/memory_world.h"
#include "tests/scheduler/requests.h"

namespace tenax::scheduler {
namespace {

using mail::Health;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// Fails the lane of that site until it is parked, with messages from `first_id` on.
mail::WallTime park(Scheduler& scheduler, int n, mail::WallTime now, std::int64_t first_id) {
  for (std::int64_t id = first_id; id < first_id + 50; ++id) {
    if (view_of(scheduler, n).parked_until > now) break;
    scheduler.add(request({.id = id, .site = n}), now);
    (void)scheduler.take_ready(now);
    scheduler.finished(site(n), Health::unreachable, now, 1);
  }
  return *view_of(scheduler, n).parked_until;
}

TEST(Scheduler, FreshMailNeverStandsBehindDeferredMail) {
  Scheduler scheduler{{.lane = {.first_window = 1}}};
  scheduler.add(request({.id = 1, .attempts = 3, .due = kNoon - 5h}), kNoon);
  scheduler.add(request({.id = 2, .attempts = 1, .due = kNoon - 9h}), kNoon);
  scheduler.add(request({.id = 3, .attempts = 0, .due = kNoon}), kNoon);
  scheduler.add(request({.id = 4, .attempts = 0, .due = kNoon - 1s}), kNoon);

  std::vector<std::int64_t> order;
  for (int i = 0; i < 4; ++i) {
    order.push_back(ids_of(scheduler.take_ready(kNoon)).at(0));
    scheduler.finished(site(1), Health::refused_by_host, kNoon, 1);
    scheduler.unpark({}, kNoon);
  }
  EXPECT_THAT(order, ElementsAre(4, 3, 2, 1));
}

TEST(Scheduler, WelcomesWhatAClaimWouldBringNow) {
  Scheduler scheduler{{.active_recipients = 10}};
  EXPECT_TRUE(scheduler.welcomes({site(1), site(2)}, 10, kNoon));
  EXPECT_FALSE(scheduler.welcomes({site(1)}, 11, kNoon));
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  EXPECT_FALSE(scheduler.welcomes({site(2), site(1)}, 2, kNoon));
  EXPECT_TRUE(scheduler.welcomes({site(2)}, 1, kNoon));
  EXPECT_TRUE(scheduler.welcomes({site(1)}, 1, until));
}

TEST(Scheduler, CountsTheTurningsOfItsLanes) {
  Scheduler scheduler{{}};
  EXPECT_EQ(scheduler.turnings(), 0U);
  scheduler.add(request({.id = 900, .site = 2}), kNoon);
  EXPECT_EQ(scheduler.turnings(), 0U) << "an open lane is nothing new";
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  const std::uint64_t closed = scheduler.turnings();
  EXPECT_GT(closed, 0U);
  (void)scheduler.take_ready(kNoon + 1s);
  EXPECT_EQ(scheduler.turnings(), closed);
  (void)scheduler.take_ready(until);
  EXPECT_GT(scheduler.turnings(), closed) << "its parking ended";
}

TEST(Scheduler, NeverGivesMoreThanTheWindow) {
  Scheduler scheduler{{}};
  for (int id = 1; id <= 50; ++id) scheduler.add(request({.id = id}), kNoon);

  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(1, 2));
  EXPECT_THAT(scheduler.take_ready(kNoon), IsEmpty());
  scheduler.finished(site(1), Health::well, kNoon, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(3));
  scheduler.finished(site(1), Health::well, kNoon, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(4, 5));  // it grew
}

TEST(Scheduler, ASessionIsFreeBeforeItsOutcomeIsWrittenDown) {
  Scheduler scheduler{{.lane = {.first_window = 1, .longest_window = 1}}};
  for (int id = 1; id <= 3; ++id) scheduler.add(request({.id = id}), kNoon);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(1));
  scheduler.landed(site(1), Health::well, kNoon);
  EXPECT_EQ(scheduler.in_flight(), 0U);
  EXPECT_EQ(scheduler.held(), 3U) << "until it is settled";
  scheduler.settled(site(1), kNoon, 1);
  EXPECT_EQ(scheduler.held(), 2U);
}

TEST(Scheduler, NeverMoreThanAWindowLiesBetweenLandingAndSettling) {
  Scheduler scheduler{{.lane = {.first_window = 2, .longest_window = 2}}};
  for (int id = 1; id <= 9; ++id) scheduler.add(request({.id = id}), kNoon);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(1, 2));
  scheduler.landed(site(1), Health::well, kNoon);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(3)) << "one is between";
  scheduler.landed(site(1), Health::well, kNoon);
  scheduler.landed(site(1), Health::well, kNoon);
  EXPECT_THAT(scheduler.take_ready(kNoon), IsEmpty()) << "a disk that cannot keep up";
  scheduler.settled(site(1), kNoon, 1);
  scheduler.settled(site(1), kNoon, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(4, 5));
}

TEST(Scheduler, WhereManyAreUnderWayALaneWaitsForItsOutcomes) {
  Scheduler scheduler{{.lane = {.first_window = 1, .longest_window = 1}}};
  for (int n = 1; n <= 60; ++n) {
    scheduler.add(request({.id = 2 * n, .site = n}), kNoon);
    scheduler.add(request({.id = 2 * n + 1, .site = n}), kNoon);
  }
  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 60U);
  scheduler.landed(site(1), Health::well, kNoon);
  EXPECT_THAT(scheduler.take_ready(kNoon), IsEmpty());
  scheduler.settled(site(1), kNoon, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(3));
}

TEST(Scheduler, ALaneWithMuchMailDelaysNoOther) {
  Scheduler scheduler{{.lane = {.first_window = 100, .longest_window = 100}, .sessions = 4}};
  for (int id = 1; id <= 900; ++id) scheduler.add(request({.id = id, .site = 1}), kNoon);
  scheduler.add(request({.id = 1001, .site = 2}), kNoon);
  scheduler.add(request({.id = 1002, .site = 3}), kNoon);

  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(1, 1001, 1002, 2));
}

TEST(Scheduler, RetriesOfOneSiteDoNotDelayFreshMailToAnotherNorAreTheyShutOut) {
  Scheduler scheduler{{.lane = {.first_window = 100, .longest_window = 100}, .sessions = 10}};
  for (int id = 1; id <= 100; ++id) {
    scheduler.add(request({.id = id, .site = id, .attempts = 2}), kNoon);
  }
  for (int id = 201; id <= 300; ++id) scheduler.add(request({.id = id, .site = id}), kNoon);

  const std::vector<std::int64_t> ids = ids_of(scheduler.take_ready(kNoon));

  EXPECT_THAT(ids, ElementsAre(201, 202, 203, 204, 1, 205, 206, 207, 208, 2));
}

TEST(Scheduler, NeverStartsMoreThanAllSessions) {
  Scheduler scheduler{{.sessions = 7}};
  for (int id = 1; id <= 100; ++id) scheduler.add(request({.id = id, .site = id}), kNoon);

  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 7U);
  EXPECT_EQ(scheduler.in_flight(), 7U);
  EXPECT_THAT(scheduler.take_ready(kNoon), IsEmpty());
}

TEST(Scheduler, AParkedLaneSaysWhenToWakeAndThenSendsACanary) {
  Scheduler scheduler{{}};
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  scheduler.add(request({.id = 101}), kNoon);
  scheduler.add(request({.id = 102}), kNoon);

  EXPECT_EQ(until, kNoon + 1min);
  EXPECT_THAT(scheduler.take_ready(until - 1ms), IsEmpty());
  EXPECT_EQ(scheduler.next_wakeup(kNoon), until);
  EXPECT_THAT(ids_of(scheduler.take_ready(until)), ElementsAre(101));
  EXPECT_EQ(scheduler.next_wakeup(until), std::nullopt);
  EXPECT_THAT(scheduler.take_ready(until + 1h), IsEmpty());

  scheduler.finished(site(1), Health::well, until + 1h, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(until + 1h)), ElementsAre(102));
}

TEST(Scheduler, AParkedLaneWakesTheFeedEvenWhenItHoldsNothing) {
  Scheduler scheduler{{}};
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);

  EXPECT_THAT(scheduler.except(kNoon), ElementsAre("site1.example"));
  EXPECT_EQ(scheduler.next_wakeup(kNoon), until);
  EXPECT_THAT(scheduler.except(until), IsEmpty());
}

TEST(Scheduler, WhatIsParkedGoesBackSpreadBehindTheParking) {
  Scheduler scheduler{{}};
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  for (int id = 101; id <= 150; ++id) scheduler.add(request({.id = id}), kNoon);

  const std::vector<Shed> shed = scheduler.shed(kNoon);

  std::set<mail::WallTime> times;
  for (const Shed& one : shed) {
    times.insert(one.next_attempt);
    EXPECT_GE(one.next_attempt, until);
    EXPECT_LE(one.next_attempt, until + 30s);
  }
  EXPECT_EQ(shed.size(), 50U);
  EXPECT_EQ(shed.front().next_attempt, until);  // the canary comes back on the minute
  EXPECT_GT(times.size(), 40U);
  EXPECT_EQ(scheduler.appetite(), 10'000U);
  EXPECT_THAT(scheduler.shed(kNoon), IsEmpty());
}

TEST(Scheduler, AShortParkingIsWaitedForInMemory) {
  Scheduler scheduler{{.lane = {.first_parking = 10s}}};
  park(scheduler, 1, kNoon, 1);
  scheduler.add(request({.id = 101}), kNoon);

  EXPECT_THAT(scheduler.shed(kNoon), IsEmpty());
}

TEST(Scheduler, WhatStandsBehindACanaryGoesBackWhenMemoryIsCrowded) {
  Scheduler scheduler{{.active_recipients = 40}};
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  for (int id = 101; id <= 119; ++id) scheduler.add(request({.id = id}), until);
  EXPECT_EQ(scheduler.take_ready(until).size(), 1U);
  EXPECT_THAT(scheduler.shed(until), IsEmpty());  // there is room for it

  for (int id = 120; id <= 130; ++id) scheduler.add(request({.id = id}), until);
  const std::vector<Shed> shed = scheduler.shed(until);

  EXPECT_EQ(shed.size(), 29U);
  for (const Shed& one : shed) EXPECT_GE(one.next_attempt, until + 1min);
}

TEST(Scheduler, ALastChanceIsTriedEvenWhileParkedOneAtATime) {
  Scheduler scheduler{{}};
  const mail::WallTime now = kNoon + 5 * 24h;
  park(scheduler, 1, now, 1);
  scheduler.add(request({.id = 101, .accepted = now}), now);
  scheduler.add(request({.id = 102, .accepted = kNoon}), now);
  scheduler.add(request({.id = 103, .accepted = kNoon}), now);

  EXPECT_EQ(scheduler.shed(now).size(), 1U);  // only 101, which has time
  EXPECT_THAT(ids_of(scheduler.take_ready(now)), ElementsAre(102));
  scheduler.finished(site(1), Health::unreachable, now, 1);
  EXPECT_THAT(ids_of(scheduler.take_ready(now)), ElementsAre(103));
}

TEST(Scheduler, WhatIsShedComesBackAtItsDeadlineAtTheLatest) {
  Scheduler scheduler{{.lane = {.first_parking = 1h}}};
  const mail::WallTime now = kNoon + 5 * 24h - 10min;
  const mail::WallTime until = park(scheduler, 1, now, 1);
  ASSERT_GT(until, kNoon + 5 * 24h);
  scheduler.add(request({.id = 101, .accepted = kNoon}), now);
  scheduler.add(request({.id = 102, .accepted = now}), now);

  const std::vector<Shed> shed = scheduler.shed(now);

  ASSERT_EQ(shed.size(), 2U);
  EXPECT_EQ(shed[0].next_attempt, kNoon + 5 * 24h);
  EXPECT_GE(shed[1].next_attempt, until);
}

TEST(Scheduler, AParkedLaneTakesAFewLastChancesAndAFullOneNone) {
  Scheduler scheduler{{}};
  const mail::WallTime now = kNoon + 5 * 24h;
  EXPECT_THAT(scheduler.last_chances(now), IsEmpty());
  park(scheduler, 1, now, 1);
  EXPECT_THAT(scheduler.last_chances(now), ElementsAre(site(1).text()));
  for (int id = 101; id <= 110; ++id) scheduler.add(request({.id = id, .accepted = kNoon}), now);
  EXPECT_THAT(scheduler.last_chances(now), IsEmpty());
}

TEST(Scheduler, AppetiteCountsWhatWaitsAndWhatIsInFlight) {
  Scheduler scheduler{{.active_recipients = 100}};
  scheduler.add(request({.id = 1, .recipients = 30}), kNoon);
  scheduler.add(request({.id = 2, .recipients = 20}), kNoon);
  EXPECT_EQ(scheduler.appetite(), 50U);

  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 2U);
  EXPECT_EQ(scheduler.appetite(), 50U);
  scheduler.finished(site(1), Health::well, kNoon, 30);
  EXPECT_EQ(scheduler.appetite(), 80U);
  scheduler.finished(site(1), Health::well, kNoon);
  EXPECT_EQ(scheduler.appetite(), 100U);
}

TEST(Scheduler, AnUnknownSizeIsTakenForTheSmallestInFlight) {
  Scheduler scheduler{{.active_recipients = 100}};
  scheduler.add(request({.id = 1, .recipients = 30}), kNoon);
  scheduler.add(request({.id = 2, .recipients = 20}), kNoon);
  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 2U);

  scheduler.finished(site(1), Health::well, kNoon);

  EXPECT_EQ(scheduler.appetite(), 70U);
}

TEST(Scheduler, FullLanesAreNotClaimedForFullestFirst) {
  Scheduler scheduler{{.lane_recipients = 100}};
  scheduler.add(request({.id = 1, .site = 1, .recipients = 80}), kNoon);
  scheduler.add(request({.id = 2, .site = 2, .recipients = 81}), kNoon);
  scheduler.add(request({.id = 3, .site = 3, .recipients = 95}), kNoon);

  EXPECT_EQ(scheduler.lane_appetite(), 20U);
  EXPECT_THAT(scheduler.except(kNoon), ElementsAre("site3.example", "site2.example"));
}

TEST(Scheduler, NamesAtMostAThousandExceptions) {
  Scheduler scheduler{{}};
  for (int n = 1; n <= 1200; ++n) park(scheduler, n, kNoon, n * 100);

  EXPECT_EQ(scheduler.except(kNoon).size(), 1000U);
}

TEST(Scheduler, WhoWasCalledEarlyInVainIsCalledAgain) {
  SchedulerPolicy policy;
  policy.learning.emplace();
  Scheduler scheduler{policy};
  EXPECT_FALSE(scheduler.has_early());
  scheduler.call_again({"site1.example"});
  EXPECT_TRUE(scheduler.has_early());
  EXPECT_THAT(scheduler.take_early(), ElementsAre("site1.example"));
  EXPECT_FALSE(scheduler.has_early());
}

TEST(Scheduler, ALaneIsSeenToWaitForItsSitesDoor) {
  SchedulerPolicy policy;
  policy.learning.emplace();
  Scheduler scheduler{policy};
  const mail::DeliveryRequest one = letter(1);
  scheduler.add(one, kNoon);
  ASSERT_EQ(scheduler.take_ready(kNoon).size(), 1U);
  EXPECT_EQ(view_of(scheduler, 1).door_until, std::nullopt);
  (void)scheduler.finished(
      one, report(one, refusal("4.7.1 too many messages from your address", 452), kNoon), kNoon);

  const std::optional<mail::WallTime> opens = view_of(scheduler, 1).door_until;
  ASSERT_TRUE(opens);
  EXPECT_GT(*opens, kNoon);
  EXPECT_EQ(scheduler.next_wakeup(kNoon), opens);
  EXPECT_EQ(view_of(scheduler, 1).parked_until, std::nullopt);

  mail::DeliveryRequest asks = letter(2);
  scheduler.add(asks, *opens);
  ASSERT_EQ(scheduler.take_ready(*opens).size(), 1U);
  EXPECT_EQ(view_of(scheduler, 1).door_until, opens) << "closed, and asked";
  (void)scheduler.finished(asks, report(asks, delivery(), *opens), *opens);
  EXPECT_EQ(view_of(scheduler, 1).door_until, std::nullopt);
}

TEST(Scheduler, EveryDestinationOfAClosedSiteIsLeftOut) {
  SchedulerPolicy policy;
  policy.learning.emplace();
  Scheduler scheduler{policy};
  mail::WallTime now = kNoon;
  for (int n = 1; n <= 3000; ++n) {
    const mail::DeliveryRequest one = request({.id = n, .site = n, .due = now, .accepted = now});
    scheduler.add(one, now);
    ASSERT_EQ(scheduler.take_ready(now).size(), 1U);
    mail::DeliveryReport told = report(one, delivery(), now);
    told.mail_hosts = {"mx.provider.example"};
    (void)scheduler.finished(one, told, now);
    now += 1s;
  }
  const mail::DeliveryRequest last = request({.id = 9999, .site = 1, .due = now, .accepted = now});
  scheduler.add(last, now);
  ASSERT_EQ(scheduler.take_ready(now).size(), 1U);
  mail::DeliveryReport dead = report(last, refusal("no answer"), now, Health::unreachable);
  dead.mail_hosts = {"mx.provider.example"};
  (void)scheduler.finished(last, dead, now);
  EXPECT_EQ(scheduler.except(now).size(), 3000U);
}

TEST(Scheduler, WhatAClosedLaneGaveBackIsNotClaimedAgainUntilItOpens) {
  SchedulerPolicy policy;
  policy.learning.emplace();
  Scheduler scheduler{policy};
  mail::WallTime now = kNoon;
  for (int crowd = 1; crowd <= 12; ++crowd) {  // each time it rests longer
    const mail::DeliveryRequest one = request({.id = crowd, .due = now, .accepted = now});
    scheduler.add(one, now);
    ASSERT_EQ(scheduler.take_ready(now).size(), 1U);
    const mail::Verdict full = refusal("4.3.2 too many concurrent SMTP connections", 421);
    (void)scheduler.finished(one, report(one, full, now, Health::refused_by_host), now);
    if (const auto opens = scheduler.next_wakeup(now)) now = *opens;
  }
  now -= 3min;
  for (int id = 100; id < 1100; ++id) {
    scheduler.add(request({.id = id, .due = now, .accepted = now}), now);
  }
  ASSERT_THAT(scheduler.take_ready(now), IsEmpty());
  EXPECT_THAT(scheduler.shed(now), Not(IsEmpty()));

  EXPECT_THAT(scheduler.except(now), ElementsAre("site1.example"));
}

TEST(Scheduler, ALaneThatHoldsTooMuchGivesBackItsLast) {
  Scheduler scheduler{{.lane_recipients = 100}};
  for (int id = 1; id <= 30; ++id) {
    scheduler.add(request({.id = id, .attempts = id % 3, .recipients = 5}), kNoon);
  }

  const std::vector<Shed> shed = scheduler.shed(kNoon);

  EXPECT_EQ(view_of(scheduler, 1).waiting, 100U);
  EXPECT_EQ(shed.size(), 10U);
  for (const Shed& one : shed) {
    EXPECT_GT(one.request.recipients.front().attempts, 0);
    EXPECT_GE(one.next_attempt, kNoon + 1min);
  }
}

TEST(Scheduler, DrainingTakesWhatWaitsAndLeavesWhatIsInFlight) {
  Scheduler scheduler{{}};
  for (int id = 1; id <= 10; ++id) scheduler.add(request({.id = id, .site = id % 2}), kNoon);
  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 4U);

  EXPECT_EQ(scheduler.drain().size(), 6U);

  EXPECT_EQ(scheduler.in_flight(), 4U);
  EXPECT_EQ(scheduler.appetite(), 10'000U - 4);
  for (int i = 0; i < 4; ++i) scheduler.finished(site(i % 2), Health::ours, kNoon, 1);
  EXPECT_THAT(scheduler.take_ready(kNoon + 1h), IsEmpty());
}

TEST(Scheduler, TheOperatorEndsParkingsByName) {
  Scheduler scheduler{{}};
  park(scheduler, 1, kNoon, 1);
  park(scheduler, 2, kNoon, 101);
  scheduler.add(request({.id = 201, .site = 1}), kNoon);
  scheduler.add(request({.id = 202, .site = 2}), kNoon);

  scheduler.unpark({"site2.example", "nobody.example"}, kNoon);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(202));
  scheduler.unpark({}, kNoon);
  EXPECT_THAT(ids_of(scheduler.take_ready(kNoon)), ElementsAre(201));
}

TEST(Scheduler, ACalendarCorrectionMovesParkingsAndRequestsAlong) {
  Scheduler scheduler{{}};
  const mail::WallTime until = park(scheduler, 1, kNoon, 1);
  scheduler.add(request({.id = 101, .due = kNoon, .accepted = kNoon - 1h}), kNoon);

  scheduler.clock_stepped(-48h);

  EXPECT_EQ(scheduler.next_wakeup(kNoon - 48h), until - 48h);
  EXPECT_THAT(scheduler.take_ready(until - 48h - 1ms), IsEmpty());
  const auto ready = scheduler.take_ready(until - 48h);
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready.front().recipients.front().due, kNoon - 48h);
  EXPECT_EQ(ready.front().accepted, kNoon - 49h);
}

TEST(Scheduler, AMomentThatHasComeIsNotLostToACalendarCorrection) {
  Scheduler scheduler{{}};
  scheduler.add(request({.id = 1}), kNoon);
  ASSERT_EQ(ids_of(scheduler.take_ready(kNoon)), std::vector<std::int64_t>{1});
  scheduler.add(request({.id = 2}), kNoon);
  scheduler.finished(site(1), Health::ours, kNoon, 1);
  const mail::WallTime pause_ends = scheduler.next_wakeup(kNoon).value();

  scheduler.add(request({.id = 3, .site = 2}), pause_ends);
  scheduler.clock_stepped(1h);
  EXPECT_THAT(ids_of(scheduler.take_ready(pause_ends + 1h)), UnorderedElementsAre(2, 3));
}

TEST(Scheduler, ForgetsLanesThatTaughtNothingNew) {
  Scheduler scheduler{{}};
  for (int n = 1; n <= 100; ++n) {
    scheduler.add(request({.id = n, .site = n}), kNoon);
    EXPECT_EQ(scheduler.take_ready(kNoon).size(), 1U);
    scheduler.finished(site(n), Health::well, kNoon, 1);
  }
  EXPECT_THAT(scheduler.lanes(), IsEmpty());
}

TEST(Scheduler, RemembersSoManyLanesAndDropsTheLeastRecentlyUsed) {
  Scheduler scheduler{{.remembered_lanes = 10}};
  for (int n = 1; n <= 10; ++n) park(scheduler, n, kNoon, n * 100);
  scheduler.add(request({.id = 9000, .site = 1}), kNoon);  // site 1 is not idle
  for (int n = 11; n <= 15; ++n) park(scheduler, n, kNoon, n * 100);

  std::vector<std::string> known;
  for (const LaneView& view : scheduler.lanes()) known.push_back(view.destination.text());

  EXPECT_EQ(known.size(), 11U);
  EXPECT_THAT(known, Contains("site1.example"));
  EXPECT_THAT(known, Not(Contains("site2.example")));
  EXPECT_THAT(known, Contains("site6.example"));
}

TEST(Scheduler, ANewPolicyHoldsForWhatComesAndLanesKeepWhatTheyLearnt) {
  Scheduler scheduler{{.sessions = 1}};
  park(scheduler, 1, kNoon, 1);
  for (int id = 101; id <= 110; ++id) scheduler.add(request({.id = id, .site = 2}), kNoon);
  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 1U);

  scheduler.adopt({.lane = {.first_window = 5}, .sessions = 10});

  EXPECT_EQ(scheduler.take_ready(kNoon).size(), 4U);
  EXPECT_EQ(view_of(scheduler, 1).parked_until, kNoon + 1min);
}

TEST(Scheduler, OneLaneIsSeenAsAmongAll) {
  Scheduler scheduler{{}};
  park(scheduler, 1, kNoon, 1);
  scheduler.add(request({.id = 101, .recipients = 7}), kNoon);

  const std::optional<LaneView> view = scheduler.lane(site(1));

  ASSERT_TRUE(view);
  EXPECT_EQ(view->waiting, 7U);
  EXPECT_EQ(view->parked_until, scheduler.lanes().at(0).parked_until);
  EXPECT_FALSE(scheduler.lane(site(2)));
}

TEST(Scheduler, AnEmptyOneWantsEverythingAndWaitsForNothing) {
  const Scheduler scheduler{{}};

  EXPECT_EQ(scheduler.appetite(), 10'000U);
  EXPECT_EQ(scheduler.next_wakeup(kNoon), std::nullopt);
  EXPECT_THAT(scheduler.except(kNoon), IsEmpty());
}

}  // namespace
}  // namespace tenax::scheduler

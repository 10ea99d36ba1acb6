// SPDX-License-Identifier: Apache-2.0
// What a site teaches: how many sessions it has room for, and when it is the site that refuses.

#include "scheduler/site.h"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

struct SiteTest : ::testing::Test {
  Site& site() { return memory.site_of(letter(1).destination, now); }

  void visit(const mail::Verdict& verdict, mail::Health health = mail::Health::well) {
    now += 10s;
    ++id;
    mail::DeliveryRequest one = letter(id, "ann" + std::to_string(id % 5));
    one.accepted = now;
    attempt(memory, one, verdict, now, health);
  }
  void refused_at_the_door() {
    visit(refusal("4.4.2 timeout exceeded", 421), mail::Health::refused_by_host);
  }
  void taken() { visit(delivery()); }
  void refused() { visit(refusal("4.7.1 try again later")); }

  Memory memory{MemoryPolicy{}};
  mail::WallTime now = kNoon;
  std::int64_t id = 0;
};

TEST_F(SiteTest, TwoRefusalsInARowCloseADoorThatTookEverybody) {
  for (int i = 0; i < 20; ++i) taken();
  refused();
  EXPECT_FALSE(site().quota().closed());
  refused();

  EXPECT_TRUE(site().quota().closed());
}

TEST_F(SiteTest, WhereSomeAreRefusedSinglyAFewInARowCloseNoDoor) {
  for (int i = 0; i < 60; ++i) {
    if (i % 4 == 0) {
      refused();
    } else {
      taken();
    }
  }
  refused();
  refused();

  EXPECT_FALSE(site().quota().closed());
  for (int i = 0; i < 10; ++i) refused();
  EXPECT_TRUE(site().quota().closed()) << "nobody is taken any more";
}

TEST_F(SiteTest, ALongRowIsOneEventAndTeachesNoShare) {
  for (int i = 0; i < 20; ++i) taken();
  for (int i = 0; i < 30; ++i) refused();
  now += 2h;
  for (int i = 0; i < 40; ++i) taken();
  now += 5h;  // what was guessed of a limit says nothing of now
  refused();
  refused();

  EXPECT_TRUE(site().quota().closed());
}

TEST_F(SiteTest, RowsThatCloseTheDoorAreNoChanceHoweverOften) {
  for (int closures = 0; closures < 12; ++closures) {
    for (int i = 0; i < 10; ++i) taken();
    for (int i = 0; i < 6; ++i) refused();
    now += 5h;
  }
  for (int i = 0; i < 10; ++i) taken();
  now += 5h;  // what was guessed of a limit says nothing of now
  for (int i = 0; i < 3; ++i) refused();

  EXPECT_TRUE(site().quota().closed());
}

TEST_F(SiteTest, WhoHangsUpNowAndThenIsNotClosed) {
  for (int i = 0; i < 80; ++i) {
    if (i % 2 == 0) {
      refused_at_the_door();
    } else {
      taken();
    }
  }
  refused_at_the_door();

  EXPECT_FALSE(site().quota().closed());
  for (int i = 0; i < 12; ++i) refused_at_the_door();
  EXPECT_TRUE(site().quota().closed()) << "nobody is served any more";
}

// As of a machine whose cron mails one person.
TEST_F(SiteTest, WhereOneSenderWritesToOneMailboxWhoHangsUpAgainAndAgainIsClosedToo) {
  const auto one_writes = [this](const mail::Verdict& verdict, mail::Health health) {
    now += 10s;
    mail::DeliveryRequest letter_of_cron = letter(++id, "cron");
    letter_of_cron.recipients.front().address = mail::Address::parse("root@example.net").value();
    letter_of_cron.accepted = now;
    attempt(memory, letter_of_cron, verdict, now, health);
  };
  const mail::Verdict hangs_up = refusal("4.4.2 timeout exceeded", 421);
  for (int incident = 0; incident < 3; ++incident) {
    for (int i = 0; i < 10; ++i) one_writes(delivery(), mail::Health::well);
    ASSERT_FALSE(site().quota().closed());
    for (int i = 0; i < 3; ++i) one_writes(hangs_up, mail::Health::refused_by_host);
    EXPECT_TRUE(site().quota().closed()) << incident;
    now += 5h;
  }
}

TEST_F(SiteTest, WhoIsRefusedWhereChanceRefusesComesBackSoon) {
  for (int i = 0; i < 160; ++i) {
    if (i % 4 != 0) {
      refused();
    } else {
      taken();
    }
  }
  mail::DeliveryRequest one = letter(1000, "ann1");
  one.accepted = now;
  for (int attempts = 0; attempts < 8; ++attempts) {
    now = std::max(now + 10s, one.recipients.front().due);
    attempt(memory, one, refusal("4.7.1 try again later"), now);
    if (attempts % 2 == 0) taken();
  }

  EXPECT_LE(now - one.accepted, 1h);
}

TEST_F(SiteTest, WhereAllMailboxesAreUnknownForNowTheSiteIsWhatRefuses) {
  const mail::Verdict unknown = refusal("4.1.1 mailbox unavailable", 450);
  for (int i = 0; i < 20; ++i) taken();
  for (int i = 0; i < 6; ++i) visit(unknown);
  EXPECT_FALSE(site().quota().closed()) << "so many may be no more";
  for (int i = 0; i < 6; ++i) visit(unknown);

  EXPECT_TRUE(site().quota().closed());
}

TEST_F(SiteTest, WhoIsUnknownAgainAndAgainSaysNothingOfTheOthers) {
  const mail::Verdict unknown = refusal("4.1.1 mailbox unavailable", 450);
  for (int i = 0; i < 20; ++i) taken();
  std::vector<mail::DeliveryRequest> hopeless;
  for (int i = 0; i < 7; ++i) hopeless.push_back(letter(200 + i));
  for (int round = 0; round < 4; ++round) {
    for (mail::DeliveryRequest& one : hopeless) attempt(memory, one, unknown, now += 10s);
  }
  EXPECT_FALSE(site().quota().closed());
  now += 3h;
  for (int i = 0; i < 7; ++i) visit(unknown);

  EXPECT_FALSE(site().quota().closed()) << "few in a long time";
}

TEST_F(SiteTest, OneMailboxThatIsUnknownForNowIsOnlyOne) {
  for (int i = 0; i < 20; ++i) taken();
  for (int i = 0; i < 20; ++i) {
    now += 10s;
    mail::DeliveryRequest one = letter(100 + i);
    one.recipients.front().address = letter(100).recipients.front().address;
    attempt(memory, one, refusal("4.1.1 mailbox unavailable", 450), now);
  }

  EXPECT_FALSE(site().quota().closed());
}

TEST_F(SiteTest, SessionsThatAreRefusedTogetherAreOneCrowd) {
  Site& crowd = site();
  for (int i = 0; i < 100; ++i) taken();
  for (int others = 11; others > 2; --others) crowd.crowded(others, now);
  ASSERT_EQ(crowd.width(), 3);

  // A quarter of an hour later it is asked for one more, and so on.
  now += 16min;
  const Visit visit{};
  crowd.taken(visit, 2, now);
  EXPECT_EQ(crowd.width(), 4);
  now += 31min;
  crowd.taken(visit, 3, now);

  EXPECT_EQ(crowd.width(), 5);
}

TEST_F(SiteTest, ThePauseBetweenSessionsShrinksWithEachThatIsTaken) {
  Site& crowd = site();
  for (int i = 0; i < 20; ++i) crowd.crowded(0, now);
  ASSERT_FALSE(crowd.allows(now + 3min, 0)) << "four times the longest pause";
  now += 5min;
  int served = 0;
  for (const mail::WallTime end = now + 5min; now < end; now += 100ms) {
    if (!crowd.allows(now, 0)) continue;
    crowd.taken(Visit{}, 0, now);
    ++served;
  }

  EXPECT_GT(served, 1000);
}

TEST_F(SiteTest, WhoHangsUpForAPolicyIsAskedAsOneThatCounts) {
  const mail::Verdict hangs_up = refusal("4.7.0 Try again later, closing connection.", 421);
  for (int i = 0; i < 30; ++i) taken();
  const mail::WallTime full = now;
  int knocks = 0;
  while (now < full + 1h) {
    visit(hangs_up);
    ++knocks;
    now = std::max(now, site().opens(now, 0).value_or(now));
  }

  EXPECT_LE(knocks, 15);
}

TEST_F(SiteTest, WhoHangsUpForAPolicyIsAskedEveryHourOrSoHoweverLong) {
  const mail::Verdict hangs_up = refusal("4.7.0 Try again later, closing connection.", 421);
  for (int i = 0; i < 30; ++i) taken();
  const mail::WallTime full = now;
  mail::WallTime last = now;
  mail::Duration longest{0};
  while (now < full + 24h) {
    longest = std::max(longest, now - last);
    last = now;
    visit(hangs_up);
    now = std::max(now, site().opens(now, 0).value_or(now));
  }

  EXPECT_LE(longest, 90min);
}

struct SiteRoom : SiteTest {
  /// Refused at the greeting beside so many others of ours, without a word of why.
  Advice refused_beside(int others) {
    mail::Verdict verdict = refusal("4.3.2 Service not available", 421);
    verdict.stage = mail::Stage::greeting;
    const mail::DeliveryRequest one = letter(++id);
    return memory.learn(one, report(one, verdict, now, mail::Health::refused_by_host), others, now)
        .front();
  }
  void SetUp() override {
    for (int i = 0; i < 40; ++i) taken();
  }
};

TEST_F(SiteRoom, WhoIsRefusedBesideOthersThatAreServedFoundNoRoom) {
  EXPECT_EQ(refused_beside(3).reason, Reason::crowded);

  EXPECT_FALSE(site().quota().closed());
  EXPECT_EQ(site().width(), 3);
}

TEST_F(SiteRoom, ItWasNoneIfOneAloneFindsNoRoomEither) {
  const int width = site().width();
  for (int others = 3; others >= 0; --others) refused_beside(others);
  EXPECT_TRUE(site().quota().closed());
  now += 5min;
  taken();

  EXPECT_EQ(site().width(), width + 1);
}

TEST_F(SiteRoom, WhoWasJustServedAloneIsNotNoticedToHaveLeft) {
  refused_beside(1);
  taken();
  refused_beside(0);
  EXPECT_FALSE(site().quota().closed());
  now += 2s;
  refused_beside(0);

  EXPECT_TRUE(site().quota().closed()) << "nobody was served between";
}

TEST_F(SiteTest, WhoIsRefusedByChanceIsNotKeptAwayByTheAgesOfOthers) {
  std::uint64_t dice = 1;
  const auto is_taken = [&dice] {
    dice = mix(dice + 1);
    return dice % 20 < 3;
  };
  std::multimap<mail::WallTime, mail::DeliveryRequest> queue;
  for (int n = 0; n < 120; ++n) {
    mail::DeliveryRequest one = letter(++id, std::string(1, static_cast<char>('a' + n % 26)));
    one.accepted = now + n * 20min;
    queue.emplace(one.accepted, one);
  }
  int given_up = 0;
  mail::Duration waited{0};
  while (!queue.empty()) {
    auto next = queue.extract(queue.begin());
    now = next.key();
    mail::DeliveryRequest& one = next.mapped();
    const bool taken = is_taken();
    const Advice told = attempt(memory, one, taken ? delivery() : refusal(kLater), now);
    waited += taken ? now - one.accepted : mail::Duration{0};
    if (!taken && told.next_attempt) queue.emplace(*told.next_attempt, one);
    given_up += !taken && !told.next_attempt ? 1 : 0;
  }

  EXPECT_EQ(given_up, 0);
  EXPECT_LE(waited / 120, 12h);
}

}  // namespace
}  // namespace tenax::scheduler

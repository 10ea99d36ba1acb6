// SPDX-License-Identifier: Apache-2.0
// What a memory concludes from what receivers said.

#include "scheduler/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Memory, TheSecondStrangerComesBackAtTheAgeTheFirstOneFound) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  Advice told = attempt(memory, first, refusal(kLater), kNoon);
  ASSERT_EQ(*told.next_attempt, kNoon + 5min + 1s);
  attempt(memory, first, delivery(), *told.next_attempt);

  mail::DeliveryRequest second = letter(2, "bob");
  attempt(memory, second, refusal(kLater), kNoon + 1h);  // asks for less, once
  mail::DeliveryRequest third = letter(3, "eve");
  const Advice advice = attempt(memory, third, refusal(kLater), kNoon + 1h);

  EXPECT_EQ(*advice.next_attempt, kNoon + 1h + 5min + 1s);
}

TEST(Memory, WhileOneAsksTheOthersWait) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  mail::DeliveryRequest second = letter(2, "bob");
  attempt(memory, first, refusal(kLater), kNoon);
  attempt(memory, second, refusal(kLater), kNoon + 1min);
  attempt(memory, first, refusal(kLater), kNoon + 5min + 1s);

  const std::vector<NotYet> waiting = memory.sort_out(second, kNoon + 6min + 1s);

  EXPECT_THAT(second.recipients, IsEmpty());
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_GE(waiting.front().next_attempt, kNoon + 15min);
}

TEST(Memory, WhatTheOperatorInsistsOnGoesWhateverWasLearnt) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  mail::DeliveryRequest second = letter(2, "bob");
  attempt(memory, first, refusal(kLater), kNoon);
  attempt(memory, second, refusal(kLater), kNoon + 1min);
  first.recipients[0].due = second.recipients[0].due = kNoon + 2min;
  first.recipients[0].insisted = true;

  EXPECT_THAT(memory.sort_out(first, kNoon + 3min), IsEmpty());
  EXPECT_THAT(memory.sort_out(second, kNoon + 3min), SizeIs(1)) << "nobody asked for this one";
}

TEST(Memory, ANewMessageBetweenTwoThatWaitDoesNotKnock) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  attempt(memory, first, refusal(kLater), kNoon);

  mail::DeliveryRequest again = letter(1);
  again.message = mail::QueueId{2};

  EXPECT_THAT(memory.sort_out(again, kNoon + 1min), SizeIs(1));
}

TEST(Memory, AStatedTimeIsFollowedUntilItProvesFalse) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  const char* const lie = "4.7.1 Greylisted, please try again in 60 seconds";
  Advice told = attempt(memory, first, refusal(lie), kNoon);
  EXPECT_LE(*told.next_attempt, kNoon + 62s);

  told = attempt(memory, first, refusal(lie), *told.next_attempt);

  EXPECT_GE(*told.next_attempt, kNoon + 5min);
}

TEST(Memory, AnEarlyKnockFindsOutWhetherALongTimeIsAClock) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest honest = letter(1);
  Advice told = attempt(memory, honest, refusal("4.7.1 Greylisted, come back in 00:30:00"), kNoon);
  ASSERT_EQ(*told.next_attempt, kNoon + 5min);
  told = attempt(memory, honest, refusal("4.7.1 Greylisted, come back in 00:25:00"), kNoon + 5min);

  EXPECT_EQ(*told.next_attempt, kNoon + 30min + 1s);
  mail::DeliveryRequest next = letter(2, "bob");
  told = attempt(memory, next, refusal("4.7.1 Greylisted, come back in 00:30:00"), kNoon + 1h);
  EXPECT_EQ(*told.next_attempt, kNoon + 1h + 30min + 1s);
}

TEST(Memory, TheSameLongTimeAgainIsNoClock) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  const char* const lie = "4.7.1 Greylisted, come back in 04:00:00";
  Advice told = attempt(memory, first, refusal(lie), kNoon);
  ASSERT_LE(*told.next_attempt, kNoon + 6min);

  told = attempt(memory, first, refusal(lie), *told.next_attempt);

  EXPECT_LE(*told.next_attempt, kNoon + 20min);
}

TEST(Memory, ASenderThatIsRefusedDoesNotCloseTheDoorForOthers) {
  Memory memory{MemoryPolicy{}};
  for (int id = 1; id <= 5; ++id) {
    mail::DeliveryRequest taken = letter(id);
    attempt(memory, taken, delivery(), kNoon + id * 1s);
  }
  for (int id = 11; id <= 14; ++id) {
    mail::DeliveryRequest refused = letter(id, "eve");
    attempt(memory, refused, refusal("4.7.1 sender rejected for now"), kNoon + id * 1s);
  }

  EXPECT_TRUE(memory.find(letter(1).destination)->allows(kNoon + 20s, 0));
}

TEST(Memory, WhatWaitsForASenderGoesWhenThatIsTakenAgain) {
  Memory memory{MemoryPolicy{}};
  for (int id = 1; id <= 5; ++id) {
    mail::DeliveryRequest taken = letter(id);
    attempt(memory, taken, delivery(), kNoon + id * 1s);
  }
  std::vector<mail::DeliveryRequest> of_eve;
  for (int id = 11; id <= 14; ++id) {
    of_eve.push_back(letter(id, "eve"));
    attempt(memory, of_eve.back(), refusal("4.7.1 sender rejected for now"), kNoon + id * 1s);
  }
  const mail::WallTime later = kNoon + 2h;
  const auto waits = [&memory](mail::DeliveryRequest one, mail::WallTime now) {
    one.recipients.front().due = now + 1h;
    return !memory.sort_out(one, now).empty();
  };
  attempt(memory, of_eve[0], refusal("4.7.1 sender rejected for now"), later);
  EXPECT_TRUE(waits(of_eve[1], later + 1min));

  attempt(memory, of_eve[0], delivery(), later + 1min);
  EXPECT_TRUE(memory.has_early());
  EXPECT_FALSE(waits(of_eve[1], later + 2min));

  attempt(memory, of_eve[1], refusal("4.7.1 sender rejected for now"), later + 2min);
  EXPECT_TRUE(waits(of_eve[2], later + 3min)) << "refused again";
}

TEST(Memory, AMailboxThatIsFullIsAskedByOneAtATime) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  attempt(memory, first, refusal("4.2.2 over quota", 452), kNoon);

  mail::DeliveryRequest again = letter(1, "bob");
  again.message = mail::QueueId{2};

  EXPECT_THAT(memory.sort_out(again, kNoon + 1min), SizeIs(1));
}

TEST(Memory, AHopelessRecipientIsTriedADozenTimes) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest hopeless = letter(1);
  const mail::Verdict never = refusal("4.1.1 unverified address", 450);
  mail::WallTime when = kNoon;
  int attempts = 0;
  for (;;) {
    const Advice advice = attempt(memory, hopeless, never, when);
    ++attempts;
    if (!advice.next_attempt) break;
    when = *advice.next_attempt;
  }

  EXPECT_LE(attempts, 12);
  EXPECT_EQ(when, kNoon + 5 * 24h);  // the last chance was used
}

TEST(Memory, WhoseRefusalEndsAnOutageIsNotCalledBackByIt) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  attempt(memory, one, refusal(kLater), kNoon);  // waits for 5 minutes
  for (std::int64_t id = 2; id < 6; ++id) {      // but others are taken
    mail::DeliveryRequest other = letter(id, "bob");
    attempt(memory, other, delivery(), kNoon + 1s);
  }
  (void)memory.take_early();
  attempt(memory, one, mail::Verdict{}, kNoon + 1min, mail::Health::unreachable);
  attempt(memory, one, refusal(kLater), kNoon + 2min);
  ASSERT_TRUE(memory.has_early());

  EXPECT_THAT(memory.sort_out(one, kNoon + 2min), SizeIs(1));
}

TEST(Memory, SeveralSitesThatFailTogetherAreOurOwnNetwork) {
  Memory memory{MemoryPolicy{}};
  std::vector<mail::DeliveryRequest> mails;
  for (int n = 1; n <= 4; ++n) mails.push_back(letter(n, "ann", n));
  for (mail::DeliveryRequest before : mails) attempt(memory, before, delivery(), kNoon - 1h);
  Advice last;
  for (mail::DeliveryRequest& one : mails) {
    last = attempt(memory, one, mail::Verdict{}, kNoon, mail::Health::unreachable);
  }

  EXPECT_FALSE(last.counted);
  EXPECT_TRUE(memory.network().down());
  EXPECT_FALSE(memory.may_try(kNoon, 0));
  EXPECT_FALSE(memory.find(site(1))->outage().under_way());  // it was not the site
  attempt(memory, mails[0], delivery(), kNoon + 1min);
  EXPECT_TRUE(memory.may_try(kNoon + 1min, 100));
}

TEST(Memory, WhoNeverAnsweredSaysNothingOfOurNetwork) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest well = letter(100, "ann", 100);
  attempt(memory, well, delivery(), kNoon);
  for (int round = 0; round < 3; ++round) {
    for (int n = 1; n <= 20; ++n) {
      mail::DeliveryRequest dead = letter(n, "ann", n);
      const mail::WallTime when = kNoon + round * 1h;
      EXPECT_TRUE(attempt(memory, dead, {}, when, mail::Health::unreachable).counted);
    }
  }
  EXPECT_FALSE(memory.network().down());
}

TEST(Memory, WhereNobodyEverAnsweredOurNetworkIsBlamedForAnHour) {
  Memory memory{MemoryPolicy{}};
  std::vector<mail::DeliveryRequest> mails;
  for (int n = 1; n <= 4; ++n) mails.push_back(letter(n, "ann", n));
  for (mail::DeliveryRequest& one : mails) {
    attempt(memory, one, {}, kNoon, mail::Health::unreachable);
  }
  EXPECT_TRUE(memory.network().down());

  mail::WallTime when = kNoon;
  for (int probes = 0; probes < 1000 && memory.network().down(); ++probes) {
    when = memory.network().next_probe();
    attempt(memory, mails[0], {}, when, mail::Health::unreachable);
  }
  EXPECT_GE(when, kNoon + 1h);
  EXPECT_LE(when, kNoon + 61min + 1s);
  for (mail::DeliveryRequest& one : mails) {
    EXPECT_TRUE(attempt(memory, one, {}, when, mail::Health::unreachable).counted);
  }
  EXPECT_FALSE(memory.network().down());
}

mail::Verdict broken(mail::Stage stage) {
  mail::Verdict verdict;
  verdict.stage = stage;
  verdict.scope = mail::Scope::host;
  verdict.in_doubt = stage == mail::Stage::dot;
  return verdict;
}

TEST(Memory, AMessageWhoseFateIsInDoubtComesBackEverLater) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest poison = letter(1);
  mail::WallTime when = kNoon;
  int attempts = 0;
  for (mail::Duration last{0}; when < kNoon + 5 * 24h; ++attempts) {
    ASSERT_LT(attempts, 40);
    poison.recipients.front().in_doubt = attempts > 0;
    const Advice told =
        attempt(memory, poison, broken(mail::Stage::dot), when, mail::Health::broke_off);
    ASSERT_TRUE(told.counted);
    if (!told.next_attempt) break;
    EXPECT_GE(*told.next_attempt - when, std::min<mail::Duration>(last, 1min));
    EXPECT_GE(*told.next_attempt, std::min<mail::WallTime>(when + 5min, kNoon + 5 * 24h - 1h));
    last = *told.next_attempt - when;
    mail::DeliveryRequest other = letter(100 + attempts);
    attempt(memory, other, delivery(), when + 30s);  // the host is well
    EXPECT_TRUE(memory.may_try(when + 31s, 0));
    EXPECT_TRUE(memory.find(site(1))->allows(when + 31s, 0));
    when = *told.next_attempt;
  }
}

TEST(Memory, AMessageInDoubtIsNeverCalledEarly) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest poison = letter(1);
  attempt(memory, poison, broken(mail::Stage::dot), kNoon, mail::Health::broke_off);
  poison.recipients.front().in_doubt = true;

  const std::vector<NotYet> waiting = memory.sort_out(poison, kNoon + 1min);

  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_GE(waiting.front().next_attempt, kNoon + 5min);
}

TEST(Memory, OneMessageThatBreaksTheSessionIsNoOutageTwoAre) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  mail::DeliveryRequest second = letter(2);
  for (int i = 0; i < 3; ++i) {
    attempt(memory, first, broken(mail::Stage::body), kNoon + i * 1h, mail::Health::broke_off);
    EXPECT_FALSE(memory.find(site(1))->outage().under_way());
  }
  attempt(memory, second, broken(mail::Stage::body), kNoon + 3h, mail::Health::broke_off);
  EXPECT_TRUE(memory.find(site(1))->outage().under_way());
  mail::DeliveryRequest third = letter(3);
  attempt(memory, third, delivery(), kNoon + 4h);
  attempt(memory, second, broken(mail::Stage::body), kNoon + 5h, mail::Health::broke_off);
  EXPECT_FALSE(memory.find(site(1))->outage().under_way());
}

TEST(Memory, WhoBreaksOffWasHeardSoOurNetworkIsUp) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(11, "ann", 9);
  attempt(memory, first, broken(mail::Stage::body), kNoon - 1h, mail::Health::broke_off);
  for (int n = 1; n <= 4; ++n) {
    mail::DeliveryRequest well = letter(n, "ann", n);
    attempt(memory, well, delivery(), kNoon - 30min);
  }
  for (int n = 1; n <= 4; ++n) {
    mail::DeliveryRequest lost = letter(20 + n, "ann", n);
    attempt(memory, lost, {}, kNoon, mail::Health::unreachable);
  }
  ASSERT_TRUE(memory.network().down());

  mail::DeliveryRequest second = letter(12, "ann", 9);
  const Advice told =
      attempt(memory, second, broken(mail::Stage::body), kNoon + 1min, mail::Health::broke_off);

  EXPECT_TRUE(told.counted);
  EXPECT_FALSE(memory.network().down());
}

TEST(Memory, WhoIsUnknownAtFirstIsAskedAgainSoon) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  const char* const checking = "4.1.1 unverified address: Address verification in progress";
  const Advice told = attempt(memory, one, refusal(checking, 450), kNoon);
  EXPECT_LE(*told.next_attempt, kNoon + 10min);
}

TEST(Memory, WhatOneMailboxCannotTakeClosesNoDoor) {
  for (const char* const words :
       {"4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
        "4.2.0 not now"}) {
    Memory memory{MemoryPolicy{}};
    for (std::int64_t id = 10; id < 20; ++id) {  // it takes whoever comes
      mail::DeliveryRequest well = letter(id, "bob");
      attempt(memory, well, delivery(), kNoon);
    }
    for (std::int64_t id = 1; id < 9; ++id) {  // eight senders to one mailbox
      mail::DeliveryRequest alarm = letter(id, "sender" + std::to_string(id));
      alarm.recipients.front().address = letter(100).recipients.front().address;
      attempt(memory, alarm, refusal(words, 450), kNoon + id * 1s);
    }
    EXPECT_TRUE(memory.find(site(1))->allows(kNoon + 10s, 0)) << words;
    mail::DeliveryRequest other = letter(50, "bob");
    EXPECT_THAT(memory.sort_out(other, kNoon + 10s), IsEmpty()) << words;
  }
}

TEST(Memory, AMailboxThatHasHadTooMuchMailIsAskedAgainSoonerThanAFullOne) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  attempt(memory, one, refusal("4.2.1 The user is receiving mail too quickly", 450), kNoon);
  mail::DeliveryRequest other = letter(2);
  other.recipients.front().address = one.recipients.front().address;

  const auto waiting = memory.sort_out(other, kNoon);

  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_LE(waiting.front().next_attempt, kNoon + 90s);
  EXPECT_LE(one.recipients.front().due, kNoon + 2min);
}

TEST(Memory, OneSiteThatFailsAmongOthersIsItsOwnFault) {
  Memory memory{MemoryPolicy{}};
  for (int n = 1; n <= 20; ++n) {
    mail::DeliveryRequest dead = letter(n, "ann", n);
    attempt(memory, dead, mail::Verdict{}, kNoon, mail::Health::unreachable);
    mail::DeliveryRequest well = letter(100 + n, "ann", 100 + n);
    attempt(memory, well, delivery(), kNoon);
  }

  EXPECT_FALSE(memory.network().down());
  EXPECT_TRUE(memory.find(site(7))->outage().under_way());
}

TEST(Memory, AFullMailboxMovesAlongWithTheCalendar) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  attempt(memory, one, refusal("4.2.2 mailbox full", 452), kNoon);
  const mail::WallTime then = one.recipients.front().due;

  const mail::Duration back = -24h * 30;
  memory.shift(back);
  mail::shift(one, back);

  EXPECT_THAT(memory.sort_out(one, then + back), IsEmpty());
  int attempts = 1;
  for (mail::WallTime when = then + back; attempts < 100; ++attempts) {
    ASSERT_THAT(memory.sort_out(one, when), IsEmpty());
    const Advice told = attempt(memory, one, refusal("4.2.2 mailbox full", 452), when);
    if (!told.next_attempt) break;
    when = *told.next_attempt;
  }
  EXPECT_GE(attempts, 14);
}

TEST(Memory, DomainsWithTheSameHostsAreOneSite) {
  Memory memory{MemoryPolicy{}};
  for (int n = 1; n <= 2; ++n) {
    const mail::DeliveryRequest one = letter(n, "ann", n);
    mail::DeliveryReport told = report(one, delivery(), kNoon);
    told.mail_hosts = {"mx1.big.example", "mx2.big.example"};
    memory.learn(one, told, 0, kNoon);
  }

  EXPECT_EQ(memory.find(site(1)), memory.find(site(2)));
}

TEST(Memory, AHostThatDoesNotAnswerIsPassedBy) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest one = letter(1);
  mail::DeliveryReport told = report(one, delivery(), kNoon);
  told.mail_hosts = {"mx1.example", "mx2.example"};
  told.tries.resize(2);
  told.tries[0].host.name = "mx1.example";
  told.tries[0].started = kNoon;
  told.tries[0].stage = mail::Stage::connect;
  told.tries[1].host.name = "mx2.example";
  told.tries[1].stage = mail::Stage::dot;
  memory.learn(one, told, 0, kNoon);

  mail::DeliveryRequest next = letter(2);
  memory.goes(next, kNoon + 1s);
  EXPECT_EQ(next.first_host, "mx2.example");
  mail::DeliveryRequest later = letter(3);
  memory.goes(later, kNoon + 1h);
  EXPECT_EQ(later.first_host, "");  // is it back?
}

}  // namespace
}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
// Which destinations are one site.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/backlog.h"
#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

using ::testing::SizeIs;

const char* const kFirst = "192.0.2.1";
const char* const kSecond = "192.0.2.2";

/// Customer `n` of the provider is met at this address.
void meet(Memory& memory, int n, const std::string& address, mail::WallTime when = kNoon,
          mail::Health health = mail::Health::well) {
  const mail::DeliveryRequest one = letter(n, "ann", n);
  memory.learn(one, answered(one, delivery(), customer(n), address, when, health), 0, when);
}

TEST(Sites, WhoAnswersAtOneAddressIsOneWhateverItsName) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  meet(memory, 2, kFirst);
  meet(memory, 3, kSecond);

  EXPECT_EQ(memory.find(site(1)), memory.find(site(2)));
  EXPECT_NE(memory.find(site(1)), memory.find(site(3)));
  EXPECT_EQ(memory.size(), 2U);
}

TEST(Sites, WhatOneCustomerTaughtHoldsForTheNext) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1, "ann", 1);
  const auto knock = [&memory](mail::DeliveryRequest& one, int n, const mail::Verdict& verdict,
                               mail::WallTime when) {
    const auto advice =
        memory.learn(one, answered(one, verdict, customer(n), kFirst, when), 0, when);
    if (!advice.empty()) one.recipients.front().knocks = advice.front().knocks;
    return advice;
  };
  knock(first, 1, refusal(kLater), kNoon);
  knock(first, 1, refusal(kLater), kNoon + 5min + 1s);
  knock(first, 1, delivery(), kNoon + 15min + 1s);

  mail::DeliveryRequest of_another = letter(2, "bob", 2);
  knock(of_another, 2, delivery(), kNoon + 1h);  // leads here, by the address
  mail::DeliveryRequest probe = letter(3, "eve", 2);
  knock(probe, 2, refusal(kLater), kNoon + 2h);  // asks for less, once
  mail::DeliveryRequest next = letter(4, "dan", 2);
  const auto advice = knock(next, 2, refusal(kLater), kNoon + 2h);

  ASSERT_THAT(advice, SizeIs(1));
  EXPECT_EQ(*advice.front().next_attempt, kNoon + 2h + 15min + 1s);
}

TEST(Sites, TheSmallerComesToTheLargerWithItsNextReport) {
  Memory memory{MemoryPolicy{}};
  for (const int n : {1, 2, 3}) meet(memory, n, kFirst);
  for (const int n : {4, 5}) meet(memory, n, kSecond);
  ASSERT_NE(memory.find(site(1)), memory.find(site(4)));

  meet(memory, 1, kSecond);  // one pool of machines, then
  EXPECT_EQ(memory.find(site(1)), memory.find(site(2))) << "the larger stays";
  meet(memory, 4, kSecond);
  meet(memory, 5, kSecond);

  for (const int n : {2, 3, 4, 5}) EXPECT_EQ(memory.find(site(n)), memory.find(site(1))) << n;
  EXPECT_EQ(memory.size(), 1U);
}

TEST(Sites, OneThatIsAskedAtTwoAddressesInTurnStaysWhereItIs) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  meet(memory, 2, kSecond);
  for (int round = 0; round < 10; ++round) {
    meet(memory, 1, round % 2 == 0 ? kSecond : kFirst);
    meet(memory, 2, round % 2 == 0 ? kFirst : kSecond);
    EXPECT_EQ(memory.find(site(1)), memory.find(site(2))) << round;
  }
}

TEST(Sites, WhoeverPointsANameOfItsOwnAtSomebodysAddressIsAnother) {
  Memory memory{MemoryPolicy{}};
  const char* const hosts[] = {"mx.victim.example", "mx.evil.example", "victim.example",
                               "evil.example"};
  for (int n = 0; n < 4; ++n) {
    const mail::DeliveryRequest one = letter(n, "ann", n);
    memory.learn(one, answered(one, delivery(), hosts[n], kFirst, kNoon), 0, kNoon);
  }

  EXPECT_EQ(memory.size(), 4U) << "what it says and does there is its own word";
}

TEST(Sites, OneMachineThatTheConfigurationNamesTwiceIsTwo) {
  Memory memory{MemoryPolicy{}};
  for (int n = 1; n <= 2; ++n) {
    mail::DeliveryRequest one = letter(n, "ann", n);
    one.destination = mail::Destination::host("relay" + std::to_string(n) + ".example", 25);
    memory.learn(one, answered(one, delivery(), customer(n), kFirst, kNoon), 0, kNoon);
  }

  EXPECT_EQ(memory.size(), 2U);
}

TEST(Sites, WhoHelpsOutWhileTheFirstHostIsAwayIsAnother) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  const mail::DeliveryRequest two = letter(2, "ann", 2);
  mail::DeliveryReport told =
      answered(two, delivery(), customer(2), kSecond, kNoon, mail::Health::unreachable);
  told.health = mail::Health::well;
  told.mail_hosts.push_back(customer(1));
  told.tries.push_back(told.tries.front());
  told.tries.back().host = {.name = customer(1), .address = kFirst, .port = 25, .tls = ""};
  told.tries.back().stage = mail::Stage::dot;
  memory.learn(two, told, 0, kNoon);

  EXPECT_NE(memory.find(site(1)), memory.find(site(2)));
}

TEST(Sites, WhoMovedAndIsNotThereYetClosesNoDoorForThoseWhoStay) {
  Memory memory{MemoryPolicy{}};
  for (const int n : {1, 2, 3}) meet(memory, n, kFirst);

  meet(memory, 3, kSecond, kNoon + 1h, mail::Health::unreachable);

  EXPECT_FALSE(memory.view(site(1), kNoon + 1h)->down);
  EXPECT_TRUE(memory.view(site(3), kNoon + 1h)->down);
  EXPECT_NE(memory.find(site(1)), memory.find(site(3)));
}

TEST(Sites, WhenTheSharedMachineIsDownItIsDownForAll) {
  Memory memory{MemoryPolicy{}};
  for (const int n : {1, 2, 3}) meet(memory, n, kFirst);

  meet(memory, 3, kFirst, kNoon + 1h, mail::Health::unreachable);

  EXPECT_TRUE(memory.view(site(1), kNoon + 1h)->down);
  EXPECT_EQ(memory.find(site(1)), memory.find(site(3)));
}

/// Four domains of one provider, and senders who write to all of them; one domain is refused.
struct Provider : ::testing::Test {
  Provider() {
    for (int round = 0; round < 3; ++round) {
      for (int n = 1; n <= 4; ++n) send(n, delivery());
    }
  }

  std::vector<Advice> send(int domain, const mail::Verdict& verdict) {
    now += 10s;
    ++id;
    const mail::DeliveryRequest one = letter(id, id % 2 == 0 ? "ann" : "bob", domain);
    return memory.learn(one, answered(one, verdict, customer(domain), kFirst, now), 0, now);
  }
  std::size_t held_back(int domain) {
    mail::DeliveryRequest next = letter(++id, "eve", domain);
    return memory.sort_out(next, now).size();
  }

  Memory memory{MemoryPolicy{}};
  mail::WallTime now = kNoon;
  std::int64_t id = 100;
};

TEST_F(Provider, ThatRefusesOneDomainStaysOpenForTheOthers) {
  for (int i = 0; i < 8; ++i) send(4, refusal("4.7.1 not for this domain now"));

  EXPECT_FALSE(memory.find(site(4))->quota().closed());
  EXPECT_EQ(held_back(4), 1U) << "one asks for all of it";
  EXPECT_EQ(held_back(1), 0U);
}

TEST_F(Provider, ThatTakesADomainAgainTakesAllOfItsMail) {
  for (int i = 0; i < 8; ++i) send(4, refusal("4.7.1 not for this domain now"));
  send(4, delivery());

  EXPECT_EQ(held_back(4), 0U);
}

TEST_F(Provider, ThatRefusesTwoDomainsRefusesAll) {
  for (int i = 0; i < 8; ++i) send(3 + i % 2, refusal("4.7.1 not now"));

  EXPECT_TRUE(memory.find(site(1))->quota().closed());
}

TEST_F(Provider, SaysThatItIsTheDomain) {
  std::vector<Advice> advice;
  for (int i = 0; i < 4; ++i) advice = send(4, refusal("4.7.1 not for this domain now"));

  ASSERT_THAT(advice, SizeIs(1));
  EXPECT_EQ(advice.front().reason, Reason::domain);
  mail::DeliveryRequest waits = letter(id, "ann", 4);
  EXPECT_EQ(memory.reason_of(waits, refusal("4.7.1 not for this domain now"), now), Reason::domain);
}

TEST(Sites, WhenTheSharedMachineIsDownAfterARestartItIsDownForAll) {
  Memory before{MemoryPolicy{}};
  for (const int n : {1, 2, 3}) meet(before, n, kFirst);
  Memory memory{MemoryPolicy{}};
  memory.restore(before.take_lessons(kNoon + 1h, 100, true), kNoon + 1h);
  ASSERT_EQ(memory.find(site(1)), memory.find(site(3)));

  meet(memory, 3, kFirst, kNoon + 1h, mail::Health::unreachable);

  EXPECT_EQ(memory.find(site(1)), memory.find(site(3)));
  EXPECT_TRUE(memory.view(site(1), kNoon + 1h)->down);
}

TEST(Sites, OneWhoseLessonHasAnAddressTwiceIsRefused) {
  Memory before{MemoryPolicy{}};
  meet(before, 1, kFirst);
  std::vector<mail::Lesson> lessons = before.take_lessons(kNoon + 1h, 100, true);
  for (mail::Lesson& one : lessons) {
    const std::size_t at = one.text.find("addresses 1\nat ");
    if (at != std::string::npos)
      one.text.replace(at, 12, "addresses 2\n" + one.text.substr(at + 12));
  }

  Memory memory{MemoryPolicy{}};

  EXPECT_EQ(memory.restore(lessons, kNoon + 1h).refused, 1U);
}

/// Twenty domains of a provider with a mail every ten minutes each, all taken, and others that it
/// refuses: so many messages of the twenty came, and so many were taken.
struct Crowd {
  Crowd(int refused_domains, const std::string& words) {
    Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime) {
      const std::string to = one.destination.text();
      const int n = std::stoi(to.substr(std::string{"site"}.size()));
      const bool good = n <= kGood;
      taken += good ? 1 : 0;
      return Met{good ? delivery() : refusal(words)}.at(customer(n), kFirst);
    }};
    const auto round = [&] {
      for (int n = 1; n <= kGood; ++n) {
        backlog.come(1, "ann" + std::to_string(n % 3), n);
        ++came;
        backlog.pass(30s);
      }
    };
    for (int i = 0; i < 5; ++i) round();
    for (int n = 1; n <= refused_domains; ++n) {
      backlog.come(1'000 / refused_domains, n % 2 == 0 ? "ann1" : "ann2", kGood + n);
    }
    for (int i = 0; i < 18; ++i) round();  // three hours
    refused = backlog.attempts() - taken;
  }

  static constexpr int kGood = 20;
  int came = 0;
  int taken = 0;
  int refused = 0;
};

TEST(Sites, DomainsThatAreRefusedDelayNobodyElsesMailForLong) {
  for (const int domains : {1, 2, 10, 40}) {
    const Crowd crowd{domains, "4.7.1 relaying temporarily denied"};
    EXPECT_GE(crowd.taken, crowd.came - Crowd::kGood) << domains;
    EXPECT_LE(crowd.refused, 40 + 15 * domains) << domains;
  }
}

TEST(Sites, ALimitThatIsStatedForOneOfThemIsNoneOfTheOthers) {
  for (const int domains : {1, 2}) {
    const Crowd crowd{domains, "4.7.0 limit of 1 message per day exceeded"};
    EXPECT_GE(crowd.taken, crowd.came - 2 * Crowd::kGood) << domains;
    EXPECT_LE(crowd.refused, 60) << domains;
  }
}

TEST(Sites, WhoLeavesItsProviderLeavesItsAddress) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  const mail::DeliveryRequest moved = letter(1, "ann", 1);
  memory.learn(moved, answered(moved, delivery(), "mx.other.example", kSecond, kNoon + 1h), 0,
               kNoon + 1h);

  meet(memory, 2, kFirst, kNoon + 2h);

  EXPECT_NE(memory.find(site(1)), memory.find(site(2)));
}

TEST(Sites, AnAddressThatNobodyMetForAWeekIsAnybodys) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  meet(memory, 2, kFirst, kNoon + 24h * 8);

  EXPECT_NE(memory.find(site(1)), memory.find(site(2)));
}

TEST(Sites, ManyAddressesOfOneAreBounded) {
  Memory memory{MemoryPolicy{}};
  for (int n = 0; n < 200; ++n) {
    meet(memory, 1, "192.0.2." + std::to_string(n), kNoon + n * 1s);
  }

  EXPECT_THAT(memory.find(site(1))->addresses.all(), SizeIs(32));
  meet(memory, 2, "192.0.2.1", kNoon + 1h);
  EXPECT_NE(memory.find(site(1)), memory.find(site(2))) << "forgotten";
  meet(memory, 3, "192.0.2.199", kNoon + 1h);
  EXPECT_EQ(memory.find(site(1)), memory.find(site(3)));
}

TEST(Sites, WaitingMailGoesAlongToTheLaneOfTheSite) {
  Scheduler scheduler{{.learning = MemoryPolicy{}}};
  for (int id = 1; id <= 12; ++id) scheduler.add(letter(id, "ann", 1 + id % 2), kNoon);
  std::vector<mail::DeliveryRequest> ready = scheduler.take_ready(kNoon);
  ASSERT_LT(ready.size(), 12U) << "a window of each";
  std::size_t sent = 0;
  for (int round = 0; round < 12 && !ready.empty(); ++round) {
    sent += ready.size();
    for (const mail::DeliveryRequest& one : ready) {
      const int n = one.destination == site(1) ? 1 : 2;
      (void)scheduler.landed(one, answered(one, delivery(), customer(n), kFirst, kNoon), kNoon);
      scheduler.settled(one.message, one.destination, kNoon, 1);
    }
    ready = scheduler.take_ready(kNoon);
  }

  EXPECT_EQ(scheduler.lane_name(site(1)), scheduler.lane_name(site(2)));
  EXPECT_EQ(sent, 12U) << "nobody stays behind";
  EXPECT_EQ(scheduler.held(), 0U);
}

TEST(Sites, WhatWasUnlearntKeepsWhatTheOperatorSaysOfIt) {
  Memory memory{MemoryPolicy{}};
  meet(memory, 1, kFirst);
  Site& here = *memory.find(site(1));
  auto entry = std::make_shared<Override>();
  here.entry = entry;
  here.bound(3);

  ASSERT_TRUE(memory.unlearn(site(1), kNoon + 1h));

  EXPECT_EQ(here.entry, entry);
  meet(memory, 2, kFirst, kNoon + 1h);
  EXPECT_NE(memory.find(site(2)), &here) << "the operator says something else of this one";
}

}  // namespace
}  // namespace tenax::scheduler

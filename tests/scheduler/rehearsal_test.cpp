// SPDX-License-Identifier: Apache-2.0
// A rehearsal is compared with what the scheduler then really does, whatever it has been through.

#include "scheduler/rehearsal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/scheduler/memory_world.h"
#include "tests/support/watched.h"

namespace tenax::scheduler {
namespace {

using Chance = std::mt19937_64;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSubject = 4711;

std::uint64_t below(Chance& chance, std::uint64_t end) { return chance() % end; }

mail::Verdict silence(mail::Stage stage) {
  mail::Verdict verdict;
  verdict.scope = mail::Scope::host;
  verdict.stage = stage;
  return verdict;
}

/// Whatever a receiver may say, or not say.
mail::Verdict any_answer(Chance& chance) {
  static const std::array<mail::Verdict, 17> said = {
      refusal(kLater),
      refusal("4.7.1 Greylisted, please try again in 300 seconds"),
      refusal("4.7.1 Greylisted, come back in 00:30:00"),
      refusal("4.7.1 try again in 0 seconds"),
      refusal("4.7.1 try again in 999999999 seconds"),
      refusal("4.7.1 try again in 11 hours"),
      refusal("blocked until 16:30 CET"),
      refusal("4.2.2 over quota", 452),
      refusal("4.1.1 unverified address", 450),
      refusal("4.3.2 system not accepting network messages"),
      refusal("4.7.1 rate limit exceeded (10/h)"),
      refusal("4.7.28 unusual rate", 421),
      refusal("too many connections", 421),
      refusal("", 421),
      refusal(std::string(10'000, '9') + " hours " + std::string(10'000, '\xff')),
      silence(mail::Stage::connect),
      silence(mail::Stage::resolve),
  };
  mail::Verdict verdict = said[below(chance, said.size())];
  if (verdict.reply && below(chance, 6) == 0) {
    verdict.stage = mail::Stage::greeting;
    verdict.scope = mail::Scope::host;
  }
  return verdict;
}

MemoryPolicy any_policy(Chance& chance) {
  MemoryPolicy policy;
  policy.lifetime = std::chrono::minutes{5 + below(chance, 10'000)};
  policy.first_delay = std::chrono::seconds{1 + below(chance, 600)};
  policy.first_window = 1 + static_cast<int>(below(chance, 5));
  return policy;
}

Scheduler scheduler_with(const MemoryPolicy& policy) {
  SchedulerPolicy whole;
  whole.learning = policy;
  whole.lifetime = policy.lifetime;
  return Scheduler{whole};
}

mail::DeliveryReport told(const mail::DeliveryRequest& request, const mail::Verdict& verdict,
                          mail::WallTime when) {
  return report(request, verdict, when, mail::health_of(verdict));
}

/// Mail to a few sites, two of which share their hosts; all of it is over at the moment that is
/// returned, and our network is well.
mail::WallTime live_a_while(Scheduler& scheduler, Chance& chance) {
  mail::WallTime now = kNoon;
  const std::uint64_t length = below(chance, 60);
  for (std::uint64_t step = 0; step < length; ++step) {
    now += std::chrono::seconds{below(chance, 3) == 0 ? below(chance, 4'000) : below(chance, 90)};
    const int at = static_cast<int>(1 + below(chance, 3));
    scheduler.add(letter(static_cast<std::int64_t>(1 + below(chance, 9)), "bob", at), now);
    for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      const mail::Verdict verdict = below(chance, 2) == 0 ? delivery() : any_answer(chance);
      mail::DeliveryReport report = told(one, verdict, now);
      if (one.destination != site(3)) report.mail_hosts = {"mx.example"};
      (void)scheduler.finished(one, report, now);
    }
    (void)scheduler.shed(now);
    (void)scheduler.take_early();
  }
  (void)scheduler.drain();
  scheduler.add(letter(99, "eve", 9), now);
  for (const mail::DeliveryRequest& one : scheduler.take_ready(now + 1h)) {
    (void)scheduler.finished(one, told(one, delivery(), now + 1h), now + 1h);
  }
  return now + 1h;
}

Role role_of(const mail::DeliveryRequest& request, const std::optional<mail::Verdict>& last) {
  const mail::DueRecipient& recipient = request.recipients.front();
  return {.message = request.message,
          .sender = request.envelope.sender,
          .accepted = request.accepted,
          .destination = request.destination,
          .recipient = recipient.address,
          .attempts = recipient.attempts,
          .due = recipient.due,
          .knocks = recipient.knocks,
          .last = last};
}

/// A recipient in the queue, anywhere in its life.
Role any_role(Chance& chance, mail::WallTime now, mail::Duration lifetime) {
  // Perhaps between two whom others have written between.
  const auto to = static_cast<std::int64_t>(1 + below(chance, 12));
  Role role = role_of(letter(to, below(chance, 3) == 0 ? "ann" : "bob", 1), std::nullopt);
  role.message = mail::QueueId{kSubject};
  const auto life = static_cast<std::uint64_t>(lifetime.count());
  role.accepted = now - mail::Duration{below(chance, life)};
  role.due = now + std::chrono::seconds{below(chance, 3'000)} - 500s;
  if (below(chance, 4) == 0) return role;
  role.last = any_answer(chance);
  role.attempts = below(chance, 9) == 0 ? 65'535 : static_cast<int>(1 + below(chance, 20));
  if (below(chance, 2) == 0) {
    role.knocks.first = role.accepted;
    role.knocks.last = now - (now - role.accepted) / 2;
    role.knocks.count = static_cast<int>(1 + below(chance, 5));
  }
  return role;
}

/// What really becomes of it when every attempt is answered that way: the engine's way, one event
/// after the other.
std::vector<mail::WallTime> lived(Scheduler& scheduler, const Role& role,
                                  const mail::Verdict& answer, mail::WallTime now) {
  std::vector<mail::WallTime> attempts;
  mail::DeliveryRequest request = request_of(role);
  mail::DueRecipient& recipient = request.recipients.front();
  const mail::WallTime end = request.accepted + scheduler.lifetime();
  now = std::max(now, recipient.due);
  for (int events = 0; events < 100'000; ++events) {
    scheduler.add(request, now);
    const auto ready = scheduler.take_ready(now);
    if (!ready.empty()) {
      attempts.push_back(now);
      const Advice advice = scheduler.finished(ready[0], told(ready[0], answer, now), now).at(0);
      if (!advice.next_attempt) return attempts;
      recipient.attempts += advice.counted ? 1 : 0;
      recipient.knocks = advice.knocks;
      recipient.due = *advice.next_attempt;
      now = recipient.due;
      continue;
    }
    // Given back: because its turn came too early, with a date; or because its site is closed.
    const std::vector<Shed> shed = scheduler.shed(now);
    if (!shed.empty()) recipient.due = shed.front().next_attempt;
    const bool later = !shed.empty() && recipient.due > now;
    mail::WallTime next = later ? recipient.due : scheduler.next_wakeup(now).value_or(end);
    (void)scheduler.drain();
    if (now < end) next = std::min(next, end);
    EXPECT_GT(next, now);
    if (next <= now) return attempts;
    now = next;
  }
  ADD_FAILURE() << "without end";
  return attempts;
}

std::vector<mail::WallTime> dates(const Rehearsal& rehearsal) {
  std::vector<mail::WallTime> dates;
  for (const Coming& one : rehearsal.attempts) dates.push_back(one.when);
  return dates;
}

TEST(Rehearsal, IsWhatReallyHappens) {
  std::size_t attempts = 0;
  for (std::uint64_t seed = 1; seed <= part_of(2'000U); ++seed) {
    SCOPED_TRACE(seed);
    Chance chance{seed};
    const MemoryPolicy policy = any_policy(chance);
    Scheduler scheduler = scheduler_with(policy);
    const mail::WallTime now = live_a_while(scheduler, chance);
    const Role role = any_role(chance, now, policy.lifetime);

    const Rehearsal rehearsal = scheduler.rehearse(role, now, 1'000);

    ASSERT_FALSE(rehearsal.more);
    mail::Verdict wordless;
    wordless.stage = mail::Stage::rcpt;
    const mail::Verdict answer = role.last.value_or(wordless);
    ASSERT_EQ(dates(rehearsal), lived(scheduler, role, answer, now));
    attempts += rehearsal.attempts.size();
  }
  EXPECT_GT(attempts, part_of(20'000U));
}

TEST(Rehearsal, DatesAscendBetweenFloorAndCeilingToTheEndOfTheLife) {
  for (std::uint64_t seed = 1; seed <= part_of(2'000U); ++seed) {
    SCOPED_TRACE(seed);
    Chance chance{seed};
    const MemoryPolicy policy = any_policy(chance);
    Scheduler scheduler = scheduler_with(policy);
    const mail::WallTime now = live_a_while(scheduler, chance);
    const Role role = any_role(chance, now, policy.lifetime);
    const mail::WallTime end = role.accepted + policy.lifetime;

    const std::vector<Coming> attempts = scheduler.rehearse(role, now, 1'000).attempts;

    ASSERT_FALSE(attempts.empty());
    EXPECT_GE(attempts.front().when, std::max(now, role.due));
    EXPECT_EQ(attempts.back().when, std::max(end, attempts.front().when));
    EXPECT_EQ(attempts.back().reason, Reason::last_chance);
    for (std::size_t i = 1; i < attempts.size(); ++i) {
      const mail::Duration gap = attempts[i].when - attempts[i - 1].when;
      EXPECT_GT(gap, 0s);
      EXPECT_TRUE(gap >= policy.floor || attempts[i].when == end) << gap.count();
      EXPECT_LE(gap, policy.ceiling);
    }
  }
}

TEST(Rehearsal, ChangesNothingInWhatItRehearses) {
  for (std::uint64_t seed = 1; seed <= part_of(500U); ++seed) {
    SCOPED_TRACE(seed);
    const auto after = [seed](bool rehearsed) {
      Chance chance{seed};
      const MemoryPolicy policy = any_policy(chance);
      Scheduler scheduler = scheduler_with(policy);
      const mail::WallTime now = live_a_while(scheduler, chance);
      const Role role = any_role(chance, now, policy.lifetime);
      for (int i = 0; i < 3 && rehearsed; ++i) (void)scheduler.rehearse(role, now);
      EXPECT_FALSE(scheduler.has_early());
      return lived(scheduler, role, any_answer(chance), now);
    };
    ASSERT_EQ(after(true), after(false));
  }
}

TEST(Rehearsal, IsCutAtItsLimit) {
  const Role role = role_of(letter(1), refusal(kLater));
  const Rehearsal whole = rehearse(Memory{MemoryPolicy{}}, role, kNoon);

  const Rehearsal cut = rehearse(Memory{MemoryPolicy{}}, role, kNoon, 3);

  EXPECT_FALSE(whole.more);
  EXPECT_TRUE(cut.more);
  ASSERT_EQ(cut.attempts.size(), 3U);
  EXPECT_TRUE(std::equal(cut.attempts.begin(), cut.attempts.end(), whole.attempts.begin()));
}

TEST(Rehearsal, NothingAReceiverSaysFillsTheLimitHoweverOftenItWasAsked) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Chance chance{seed};
    Role role = role_of(letter(1), any_answer(chance));
    if (!role.last->reply) continue;  // who is silent is looked at every twelve minutes
    for (const int attempts : {0, 65'535}) {
      role.attempts = attempts;
      const Rehearsal rehearsal = rehearse(Memory{MemoryPolicy{}}, role, kNoon);
      EXPECT_FALSE(rehearsal.more) << "seed " << seed;
      EXPECT_LT(rehearsal.attempts.size(), 150U) << "seed " << seed;
    }
  }
}

TEST(Rehearsal, ALongReplyBuysFewerAttempts) {
  EXPECT_EQ(affordable(role_of(letter(1), std::nullopt)), kMostRehearsed);
  EXPECT_EQ(affordable(role_of(letter(1), refusal(kLater))), kMostRehearsed);
  EXPECT_EQ(affordable(role_of(letter(1), refusal(std::string(1023, 'x')))), 32U);
  // NOLINTNEXTLINE(bugprone-string-constructor): so long on purpose
  EXPECT_EQ(affordable(role_of(letter(1), refusal(std::string(10'000'000, 'x')))), 5U);
}

TEST(Rehearsal, OurOwnFaultIsTakenToBeMendedAndOurWordsToSayNothing) {
  mail::Verdict ours = refusal("4.7.1 try again in 7 seconds");
  ours.reply.reset();
  ours.fault = mail::Fault::ours;
  ours.text = "try again in 7 seconds";

  const Rehearsal after = rehearse(Memory{MemoryPolicy{}}, role_of(letter(1), ours), kNoon);

  EXPECT_EQ(after.attempts.front().reason, Reason::own_fault);
  EXPECT_EQ(dates(after), dates(rehearse(Memory{MemoryPolicy{}}, role_of(letter(1), {}), kNoon)));
}

std::vector<Reason> reasons(const mail::Verdict& answer, std::size_t count) {
  mail::DeliveryRequest one = letter(1);
  Memory memory{MemoryPolicy{}};
  attempt(memory, one, answer, kNoon, mail::health_of(answer));
  const Role role = role_of(one, answer);
  std::vector<Reason> reasons;
  for (const Coming& coming : rehearse(memory.known_of(one), role, kNoon, count).attempts) {
    reasons.push_back(coming.reason);
  }
  return reasons;
}

TEST(Rehearsal, SaysWhyEachAttemptComesThen) {
  EXPECT_THAT(reasons(refusal(kLater), 3),
              ElementsAre(Reason::explores, Reason::explores, Reason::explores));
  EXPECT_THAT(reasons(refusal("Greylisted, please try again in 300 seconds"), 1),
              ElementsAre(Reason::stated));
  EXPECT_THAT(reasons(refusal("4.7.1 Greylisted, come back in 00:30:00"), 1),
              ElementsAre(Reason::checks));
  EXPECT_THAT(reasons(refusal("4.2.2 over quota", 452), 2),
              ElementsAre(Reason::mailbox, Reason::mailbox));
  EXPECT_THAT(reasons(silence(mail::Stage::connect), 2), ElementsAre(Reason::probe, Reason::probe));
  EXPECT_THAT(reasons(silence(mail::Stage::resolve), 2), ElementsAre(Reason::name, Reason::name));
  EXPECT_THAT(reasons(refusal("4.7.28 unusual rate", 421), 2),
              ElementsAre(Reason::door, Reason::door));
}

TEST(Rehearsal, EndsWhereTheOperatorGivesThatAnswerUp) {
  mail::DeliveryRequest one = letter(1);
  Memory memory{MemoryPolicy{}};
  attempt(memory, one, refusal(kLater), kNoon);
  Role role = role_of(one, refusal(kLater));
  const Rehearsal whole = rehearse(memory.known_of(one), role, kNoon);
  role.end = kNoon + 1h;

  const Rehearsal cut = rehearse(memory.known_of(one), role, kNoon);

  ASSERT_LT(cut.attempts.size(), whole.attempts.size());
  for (std::size_t i = 0; i + 1 < cut.attempts.size(); ++i) {
    EXPECT_EQ(cut.attempts[i], whole.attempts[i]);
    EXPECT_LT(cut.attempts[i].when, *role.end);
  }
  EXPECT_GE(cut.attempts.back().when, *role.end) << "the last chance, when the site lets it";
}

TEST(Rehearsal, SaysThatASenderIsRefusedWhileOthersAreTaken) {
  Memory memory{MemoryPolicy{}};
  mail::WallTime now = kNoon;
  for (std::int64_t id = 1; id <= 3; ++id) {
    mail::DeliveryRequest taken = letter(id, "ann");
    attempt(memory, taken, delivery(), now += 1s);
  }
  std::vector<mail::DeliveryRequest> refused;
  for (std::int64_t id = 11; id <= 20; ++id) {
    refused.push_back(letter(id, "news"));
    attempt(memory, refused.back(), refusal("4.7.1 sender rejected for now"), now += 1s);
  }
  mail::DeliveryRequest& last = refused.back();
  const Reason why = memory.reason_of(last, refusal("4.7.1 sender rejected for now"), now);
  EXPECT_EQ(why, Reason::sender);
}

TEST(Rehearsal, KnowsTheAgeAtWhichOthersWereTaken) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest first = letter(1);
  attempt(memory, first, delivery(), *attempt(memory, first, refusal(kLater), kNoon).next_attempt);
  mail::DeliveryRequest asks = letter(2, "bob");  // for less, once
  attempt(memory, asks, refusal(kLater), kNoon + 1h);
  mail::DeliveryRequest third = letter(3, "eve");
  attempt(memory, third, refusal(kLater), kNoon + 1h);

  const Role role = role_of(third, refusal(kLater));
  const Rehearsal rehearsal = rehearse(memory.known_of(third), role, kNoon + 1h, 1);

  EXPECT_THAT(rehearsal.attempts, ElementsAre(Coming{kNoon + 1h + 5min + 1s, Reason::known_age}));
}

TEST(Rehearsal, WaitsForASiteThatIsDownAndNotBeyondTheLastChance) {
  Memory memory{MemoryPolicy{}};
  mail::DeliveryRequest probe = letter(1);
  mail::WallTime when = kNoon;
  for (int i = 0; i < 20; ++i) {
    when = *attempt(memory, probe, mail::Verdict{}, when, mail::Health::unreachable).next_attempt;
  }
  mail::DeliveryRequest other = letter(2, "bob");
  other.recipients.front().due = when - 3min;
  const Role role = role_of(other, std::nullopt);

  const Rehearsal rehearsal = rehearse(memory.known_of(other), role, when - 3min, 1);
  EXPECT_THAT(rehearsal.attempts, ElementsAre(Coming{when, Reason::probe}));

  Role ending = role;
  ending.accepted = when - 1min - MemoryPolicy{}.lifetime;
  EXPECT_THAT(rehearse(memory.known_of(other), ending, when - 3min).attempts,
              ElementsAre(Coming{when - 1min, Reason::last_chance}));
}

TEST(Rehearsal, TheForecastKeepsItsNoticesAndItsEnd) {
  const RetryPolicy policy{.learns = true};
  const mail::DeliveryRequest one = letter(1);
  const Outlook outlook{one.message, kNoon, 0, kNoon, kNoon + 24h};
  Rehearsal rehearsal = rehearse(Memory{MemoryPolicy{}}, role_of(one, refusal(kLater)), kNoon);

  const Forecast told = forecast(policy, outlook, rehearsal, kNoon);

  EXPECT_EQ(told.attempts, rehearsal.attempts);
  EXPECT_THAT(told.delay_notices, ElementsAre(kNoon + 24h));
  EXPECT_EQ(told.end, told.attempts.back().when);
  Outlook held = outlook;
  held.next_attempt.reset();
  EXPECT_THAT(forecast(policy, held, rehearsal, kNoon).attempts, IsEmpty());
}

}  // namespace
}  // namespace tenax::scheduler

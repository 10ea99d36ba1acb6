// SPDX-License-Identifier: Apache-2.0
// What every store keeps of storms of refusals, for the mail that tells the operator.

#include "queue/reader.h"
#include "queue/sqlite.h"

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

struct StoreStorms : StoreContract {
  /// A message from that sender is held in a storm.
  void hold(const std::string& from = "ann@example.org", const std::string& answer = "554 listed",
            const std::string& to = "bob@example.net", mail::WallTime now = kNoon) {
    world.enqueue({.to = {to}, .accepted = now, .from = from});
    for (const mail::DeliveryRequest& request : world.claim(now)) {
      if (request.origin != mail::Origin::submitted) continue;
      RecipientOutcome outcome = failed(request.recipients.at(0).id);
      outcome.state = mail::RecipientState::held;
      outcome.verdict.text = answer;
      Settlement settlement;
      settlement.message = request.message;
      Attempt& attempt = settlement.attempts.emplace_back();
      attempt.destination = request.destination;
      attempt.started = attempt.finished = now;
      attempt.outcomes = {outcome};
      ASSERT_TRUE(world.run(world.store->settle(std::move(settlement))));
    }
  }
  std::optional<StormDue> due(mail::WallTime now) {
    return world.run(world.store->storm_due(now)).value();
  }
  ToldStorm telling(const StormDue& due, mail::WallTime now) {
    NewNotice mail;
    mail.message.id = world.store->new_id(now);
    mail.message.recipients = {{address("postmaster@example.org"), {.never = true}, {}}};
    mail.message.origin = mail::Origin::notice;
    mail.message.accepted = now;
    mail.contents = "Subject: storm\r\n\r\n";
    return {due.destination, due.over, due.mails, now + 24h, std::move(mail)};
  }
  bool tell(const StormDue& due, mail::WallTime now) {
    return world.run(world.store->tell_storm(telling(due, now))).has_value();
  }
  /// Mails to the postmaster that wait.
  std::size_t mails(mail::WallTime now) {
    std::size_t count = 0;
    for (const mail::DeliveryRequest& request : world.claim(now)) {
      count += request.origin == mail::Origin::notice ? 1 : 0;
    }
    return count;
  }
  std::vector<Violation> violations(mail::WallTime now = kNoon) {
    return Reader::open(world.options.directory).value()->check(now).value();
  }
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Storms, StoreStorms, ::testing::ValuesIn(kStores),
                         [](const auto& kind) { return std::string{kind.param.name}; });

TEST_P(StoreStorms, AreTheOperatorsToHearOfAMomentAfterTheFirstHold) {
  EXPECT_EQ(world.next_due(), std::nullopt);
  hold("ann@example.org", "554 listed");
  hold("ann@example.org", "554 listed", "joe@example.net");
  hold("eve@example.org", "550 go away");
  EXPECT_FALSE(due(kNoon + 1min));
  EXPECT_EQ(world.next_due(), kNoon + 2min);

  const std::optional<StormDue> found = due(kNoon + 2min);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->destination, "example.net");
  EXPECT_EQ(found->began, kNoon);
  EXPECT_EQ(found->messages, 3);
  EXPECT_EQ(found->recipients, 3);
  EXPECT_EQ(found->senders, 2);
  ASSERT_THAT(found->said, SizeIs(2));
  EXPECT_EQ(found->said[0].text, "554 listed");
  EXPECT_EQ(found->said[0].recipients, 2);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_P(StoreStorms, AreToldOnceADayWhileTheyGoOn) {
  hold();
  ASSERT_TRUE(tell(*due(kNoon + 2min), kNoon + 2min));
  EXPECT_EQ(mails(kNoon + 2min), 1);
  hold("eve@example.org");
  EXPECT_FALSE(due(kNoon + 24h));
  EXPECT_EQ(world.next_due(), kNoon + 24h + 2min);
  const std::optional<StormDue> again = due(kNoon + 24h + 2min);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->mails, 1);
  EXPECT_EQ(again->messages, 2);
}

TEST_P(StoreStorms, GoOnWhenTheirMailIsLeasedForNothing) {
  hold();
  for (const bool dies : {false, true}) {
    const auto requests = world.claim_selected({}).requests;
    ASSERT_THAT(requests, SizeIs(1));
    if (dies) {
      world.die_and_reopen();
    } else {
      ASSERT_TRUE(world.run(world.store->put_back({requests[0].recipients.at(0).id}, kNoon)));
    }
    const std::optional<StormDue> found = due(kNoon + 2min);
    ASSERT_TRUE(found) << dies;
    EXPECT_FALSE(found->over);
    EXPECT_EQ(found->recipients, 1);
    EXPECT_THAT(violations(), IsEmpty());
  }
}

TEST_P(StoreStorms, AreNotToldTwiceWhoeverTriesAgain) {
  hold();
  const StormDue found = *due(kNoon + 2min);
  ASSERT_TRUE(tell(found, kNoon + 2min));
  EXPECT_FALSE(tell(found, kNoon + 2min));
  EXPECT_EQ(mails(kNoon + 2min), 1);
}

TEST_P(StoreStorms, AreToldAfterADeathBetweenTheHoldAndTheMail) {
  hold();
  world.die_and_reopen(kNoon + 1h);
  ASSERT_TRUE(due(kNoon + 1h));
  ASSERT_TRUE(tell(*due(kNoon + 1h), kNoon + 1h));
  world.die_and_reopen(kNoon + 2h);
  EXPECT_FALSE(due(kNoon + 2h));
  EXPECT_EQ(mails(kNoon + 2h), 1);
}

TEST_P(StoreStorms, EndWhenNothingIsHeldAndThatIsToldOnce) {
  hold();
  ASSERT_TRUE(tell(*due(kNoon + 2min), kNoon + 2min));
  world.operate(Verb::release);
  EXPECT_FALSE(due(kNoon + 1min)) << "what was let go may be held again";

  const std::optional<StormDue> over = due(kNoon + 2min);

  ASSERT_TRUE(over);
  EXPECT_TRUE(over->over);
  ASSERT_TRUE(tell(*over, kNoon + 2min));
  EXPECT_FALSE(due(kNoon + 240h));
}

TEST_P(StoreStorms, GoOnWhenWhatWasLetGoIsHeldAgainAtOnce) {
  hold();
  ASSERT_TRUE(tell(*due(kNoon + 2min), kNoon + 2min));
  world.operate(Verb::release);
  hold();
  EXPECT_FALSE(due(kNoon + 10min));
  ASSERT_TRUE(due(kNoon + 25h));
  EXPECT_FALSE(due(kNoon + 25h)->over);
}

TEST_P(StoreStorms, OfWhichNobodyWasToldEndUntold) {
  hold();
  world.operate(Verb::remove);
  EXPECT_FALSE(due(kNoon + 240h));
  EXPECT_EQ(world.next_due(), std::nullopt);
}

TEST_P(StoreStorms, WithNobodyToTellAreLookedAtADayLater) {
  hold();
  const StormDue found = *due(kNoon + 2min);
  ASSERT_TRUE(world.run(world.store->tell_storm(
      {found.destination, found.over, found.mails, kNoon + 24h, std::nullopt})));
  EXPECT_FALSE(due(kNoon + 23h));
  EXPECT_EQ(due(kNoon + 24h)->mails, 0);
}

TEST_P(StoreStorms, ThatAnOlderTenaxHeldAreFoundAtTheStart) {
  hold();
  ASSERT_TRUE(tell(*due(kNoon + 2min), kNoon + 2min));
  {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
    ASSERT_TRUE(db->script("DELETE FROM storm"));
  }
  EXPECT_THAT(violations(), SizeIs(1));
  world.die_and_reopen(kNoon + 1h);
  EXPECT_THAT(violations(), IsEmpty());
  ASSERT_TRUE(due(kNoon + 1h + 2min));
}

TEST_P(StoreStorms, FollowNewRoutes) {
  hold();
  ASSERT_TRUE(tell(*due(kNoon + 2min), kNoon + 2min));
  const Routing routing{
      "other", [](const mail::Address&) { return destination("[relay.example.com]:587"); }};
  ASSERT_TRUE(world.run(world.store->reroute(routing, true, 100)));
  EXPECT_THAT(violations(), IsEmpty());
  EXPECT_FALSE(due(kNoon + 24h)) << "told under its old name";
  ASSERT_TRUE(due(kNoon + 25h));
  EXPECT_EQ(due(kNoon + 25h)->destination, "[relay.example.com]:587");
  EXPECT_EQ(due(kNoon + 25h)->began, kNoon);
}

TEST_P(StoreStorms, MoveAlongWithTheCalendar) {
  hold();
  ASSERT_TRUE(world.run(world.store->clock_stepped(-24h)));
  ASSERT_TRUE(due(kNoon - 23h));
  EXPECT_EQ(due(kNoon - 23h)->began, kNoon - 24h);
}

TEST_P(StoreStorms, WhoseRowIsDamagedAreToldAnew) {
  hold();
  {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
    ASSERT_TRUE(db->script("UPDATE storm SET began = -9000000000000000000"));
  }
  EXPECT_FALSE(due(kNoon + 2min));
  EXPECT_EQ(world.next_due(), kNoon + 4min) << "or it would be due for ever";
  const std::optional<StormDue> again = due(kNoon + 4min);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->destination, "example.net");
  EXPECT_EQ(again->began, kNoon + 2min);
  EXPECT_EQ(again->messages, 1);
}

}  // namespace tenax::queue

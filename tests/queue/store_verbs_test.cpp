// SPDX-License-Identifier: Apache-2.0
// What every Store promises, continued: the operator's verbs, notices, the calendar, the end.

#include "queue/reader.h"

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreVerbs : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, StoreVerbs, ::testing::Values(kStores[0]),
                         [](const auto& store) { return std::string{store.param.name}; });

namespace {

mail::NewMessage notice_to(mail::QueueId id, const std::string& to) {
  mail::NewMessage message;
  message.id = id;
  message.origin = mail::Origin::notice;
  message.accepted = kNoon;
  message.recipients.push_back({address(to), {}, {}});
  return message;
}

Attempt attempt(std::vector<RecipientOutcome> outcomes) {
  Attempt made;
  made.destination = destination("example.net");
  made.outcomes = std::move(outcomes);
  made.started = made.finished = kNoon;
  return made;
}

}  // namespace

TEST_P(StoreVerbs, WhatIsHeldIsNotClaimedUntilReleased) {
  world.enqueue();
  EXPECT_EQ(world.operate(Verb::hold).changed, 1);
  EXPECT_THAT(world.claim(kNoon + 24h), IsEmpty());
  EXPECT_EQ(world.next_due(), std::nullopt);

  EXPECT_EQ(world.operate(Verb::release, {}, kNoon + 1h).changed, 1);
  EXPECT_EQ(world.next_due(), kNoon + 1h);
  EXPECT_THAT(world.claim(kNoon + 1h), SizeIs(1));
}

TEST_P(StoreVerbs, AMessageMayEnterHeld) {
  world.enqueue({.held = true});
  EXPECT_THAT(world.claim(), IsEmpty());
  EXPECT_EQ(world.operate(Verb::release).changed, 1);
  EXPECT_THAT(world.claim(), SizeIs(1));
}

TEST_P(StoreVerbs, AMessageMayEnterLeasedToWhoeverEnqueuesIt) {
  const EnqueueResult entered =
      world.try_enqueue({.to = {"bob@example.net", "eve@example.org"}, .leased = true}).value();
  ASSERT_THAT(entered.leased, SizeIs(2));
  EXPECT_THAT(world.claim(kNoon + 24h), IsEmpty());
  EXPECT_EQ(world.next_due(), std::nullopt);
  EXPECT_EQ(world.operate(Verb::hold).leased, 2);

  const mail::DeliveryRequest request{
      entered.id, {}, mail::Origin::submitted, kNoon, destination("example.net"), {}};
  EXPECT_EQ(world.body(entered.id).value(), Mail{}.bytes);
  ASSERT_TRUE(world.settle(request, {delivered(entered.leased[0])}));
  EXPECT_EQ(world.body(entered.id).value(), Mail{}.bytes);
  ASSERT_TRUE(world.settle(request, {deferred(entered.leased[1], kNoon + 1h)}));
  EXPECT_THAT(addresses(world.claim(kNoon + 1h)), ElementsAre("eve@example.org"));
  ASSERT_TRUE(world.settle(request, {delivered(entered.leased[1])}));
  EXPECT_TRUE(world.body(entered.id).error().is(io::Errc::not_found));
}

TEST_P(StoreVerbs, WhatEnteredLeasedIsDueAtOnceAfterACrash) {
  const EnqueueResult entered = world.try_enqueue({.leased = true}).value();
  world.die_and_reopen(kNoon + 1min);
  EXPECT_EQ(world.recovery.lapsed_leases, 1);
  EXPECT_EQ(world.next_due(), kNoon);
  const auto requests = world.claim(kNoon + 1min);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].recipients[0].id, entered.leased[0]);
  EXPECT_EQ(world.body(entered.id).value(), Mail{}.bytes);
}

TEST_P(StoreVerbs, ARepeatedHandOverLeasesNobody) {
  ASSERT_TRUE(world.try_enqueue({.submission = submission('a')}));
  const EnqueueResult again =
      world.try_enqueue({.submission = submission('a'), .leased = true}).value();
  EXPECT_TRUE(again.repeated);
  EXPECT_THAT(again.leased, IsEmpty());
  EXPECT_THAT(world.claim(), SizeIs(1));
}

TEST_P(StoreVerbs, RetryMakesDueNowAndNeverLater) {
  world.enqueue({.to = {"late@example.net"}});
  auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon + 3h)}));
  world.enqueue({.to = {"due@example.net"}, .accepted = kNoon});

  EXPECT_EQ(world.operate(Verb::retry, {}, kNoon + 1h).changed, 2);

  EXPECT_EQ(world.next_due(), kNoon);
  EXPECT_THAT(world.claim(kNoon + 1h), SizeIs(2));
}

Routing all_by(const std::string& smarthost) {
  const mail::Destination to = destination(smarthost);
  return {smarthost, [to](const mail::Address&) { return to; }};
}

Rerouted reroute(StoreWorld& world, const Routing& routing, std::size_t most = 100) {
  Rerouted all;
  for (bool begin = true; !all.done; begin = false) {
    const Rerouted piece = world.run(world.store->reroute(routing, begin, most)).value();
    all.changed += piece.changed;
    all.done = piece.done;
  }
  return all;
}

TEST_P(StoreVerbs, OpenRecipientsFollowTheRoutesInPiecesOfAnySize) {
  std::int64_t open = 0;
  for (const std::size_t most : {1U, 2U, 3U, 7U, 100U}) {
    const std::string smarthost = "[192.0.2." + std::to_string(most) + "]:25";
    world.enqueue({.to = {"a@example.net", "b@example.org", "c@example.net"}});
    world.enqueue({.to = {"d@example.org"}, .held = true});
    open += 4;
    EXPECT_EQ(reroute(world, all_by(smarthost), most).changed, open);
    EXPECT_EQ(reroute(world, all_by(smarthost), most).changed, 0);
  }
  world.operate(Verb::release);
  for (const mail::DeliveryRequest& request : world.claim()) {
    EXPECT_EQ(request.destination.text(), "[192.0.2.100]:25");
  }
}

TEST_P(StoreVerbs, RoutesThatWereFollowedAreKnownAfterARestart) {
  world.enqueue();
  EXPECT_EQ(reroute(world, all_by("[192.0.2.1]:25")).changed, 1);
  world.die_and_reopen();
  // Looked at again, it would be changed: the function says another thing, the text does not.
  Routing changed = all_by("[192.0.2.2]:25");
  changed.routes = "[192.0.2.1]:25";
  EXPECT_EQ(reroute(world, changed).changed, 0);
}

TEST_P(StoreVerbs, ARerouteThatWasCutShortBeginsAgain) {
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  ASSERT_FALSE(world.run(world.store->reroute(all_by("[192.0.2.1]:25"), true, 1)).value().done);
  world.die_and_reopen();
  EXPECT_EQ(reroute(world, all_by("[192.0.2.1]:25")).changed, 1);
}

TEST_P(StoreVerbs, WhoIsLeasedGoesTheNewWayIfItComesBackAndWhoEndedIsLeftAlone) {
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  EXPECT_EQ(reroute(world, all_by("[192.0.2.1]:25")).changed, 1);
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[1].id, kNoon + 1h)}));
  requests = world.claim(kNoon + 1h);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].destination.text(), "[192.0.2.1]:25");
}

TEST_P(StoreVerbs, OldMailIsClaimedForADestinationThatIsLeftOut) {
  world.enqueue({.to = {"old@parked.test"}, .accepted = kNoon - 5h});
  world.enqueue({.to = {"old@full.test"}, .accepted = kNoon - 5h});
  world.enqueue({.to = {"young@parked.test"}, .accepted = kNoon - 4h});
  ClaimOrder order;
  order.now = kNoon;
  order.except = {"parked.test", "full.test"};
  order.last_chances = {{"parked.test"}, kNoon, 5h};
  const LastChances last_chances = order.last_chances;

  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("old@parked.test"));
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()), IsEmpty());
  EXPECT_EQ(world.run(world.store->next_due({"parked.test", "full.test"}, last_chances)).value(),
            kNoon + 1h);
  EXPECT_EQ(world.next_due({"parked.test", "full.test"}), std::nullopt);
}

// There may be more such destinations than are named as left out.
TEST_P(StoreVerbs, ALastChanceIsClaimedOnceAndAlone) {
  world.enqueue({.to = {"old@parked.test"}, .accepted = kNoon - 5h});
  world.enqueue({.to = {"young@parked.test"}, .accepted = kNoon - 4h});
  ClaimOrder order;
  order.now = kNoon;
  order.last_chances = {{"parked.test"}, kNoon, 5h};

  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("old@parked.test"));
}

TEST_P(StoreVerbs, ADestinationThatIsLeftOutMayHaveALifetimeOfItsOwn) {
  world.enqueue({.to = {"a@brief.test"}, .accepted = kNoon - 2h});
  world.enqueue({.to = {"b@brief.test"}, .accepted = kNoon - 30min});
  world.enqueue({.to = {"c@parked.test"}, .accepted = kNoon - 2h});
  world.enqueue({.to = {"d@lasting.test"}, .accepted = kNoon - 6h});
  ClaimOrder order;
  order.now = kNoon;
  order.except = {"brief.test", "lasting.test", "parked.test"};
  order.last_chances = {order.except, kNoon, 5h, {{"brief.test", 1h}, {"lasting.test", 9h}}};
  const LastChances last_chances = order.last_chances;

  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()), ElementsAre("a@brief.test"));
  EXPECT_EQ(world.run(world.store->next_due(order.except, last_chances)).value(), kNoon + 30min);
}

TEST_P(StoreVerbs, LeasedRecipientsCannotBeHeldAndAreTold) {
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  world.claim(kNoon, 1);
  const Operated held = world.operate(Verb::hold);
  EXPECT_EQ(held.changed, 1);
  EXPECT_EQ(held.leased, 1);
}

Selection of_messages(std::vector<mail::QueueId> ids) {
  Selection selection;
  selection.messages = std::move(ids);
  return selection;
}

TEST_P(StoreVerbs, IdsThatNameNoMessageAreToldAndTheOthersAreActedOn) {
  const mail::QueueId one = world.enqueue();
  const mail::QueueId never{one.value + 1'000'000};
  const Operated held = world.operate(Verb::hold, of_messages({never, one, never}));
  EXPECT_EQ(held.changed, 1);
  EXPECT_THAT(held.unknown, ElementsAre(never));

  EXPECT_EQ(world.operate(Verb::remove, of_messages({one})).changed, 1);
  const Operated again = world.operate(Verb::remove, of_messages({one}));
  EXPECT_EQ(again.changed, 0);
  EXPECT_THAT(again.unknown, IsEmpty()) << "the history knows it";
}

TEST_P(StoreVerbs, WhoIsGivenUpMustBeAMessageToo) {
  const mail::QueueId one = world.enqueue();
  const mail::QueueId never{one.value + 1'000'000};
  const Selected selected = world.claim_selected(of_messages({one, never}));
  EXPECT_THAT(selected.requests, SizeIs(1));
  EXPECT_THAT(selected.unknown, ElementsAre(never));
}

TEST_P(StoreVerbs, RemovingTheLeasedDropsTheOutcomeAndItsNotice) {
  const mail::QueueId id = world.enqueue();
  const auto requests = world.claim();
  EXPECT_EQ(world.operate(Verb::remove).changed, 1);
  EXPECT_FALSE(world.body(id));

  Settlement settlement;
  settlement.message = id;
  settlement.attempts = {attempt({failed(requests[0].recipients[0].id)})};
  settlement.notices.push_back({notice_to(world.store->new_id(kNoon), "ann@example.org"), "x", {}});
  EXPECT_TRUE(world.run(world.store->settle(std::move(settlement))));

  EXPECT_THAT(world.claim(kNoon + 1h), IsEmpty());
}

TEST_P(StoreVerbs, AFailureAndItsNoticeCommitTogether) {
  world.enqueue();
  const auto requests = world.claim();
  const mail::QueueId notice = world.store->new_id(kNoon);
  Settlement settlement;
  settlement.message = requests[0].message;
  settlement.attempts = {attempt({failed(requests[0].recipients[0].id)})};
  settlement.notices.push_back({notice_to(notice, "ann@example.org"), large(20'000), {}});

  ASSERT_TRUE(world.run(world.store->settle(std::move(settlement))));

  const auto next = world.claim();
  ASSERT_THAT(addresses(next), ElementsAre("ann@example.org"));
  EXPECT_EQ(next[0].message, notice);
  EXPECT_EQ(next[0].origin, mail::Origin::notice);
  EXPECT_EQ(next[0].envelope.sender, std::nullopt);
  EXPECT_EQ(next[0].destination.text(), "example.org");
  EXPECT_EQ(world.body(notice).value(), large(20'000));
}

TEST_P(StoreVerbs, ReportsThatFailTogetherCommitTogether) {
  world.enqueue({.to = {"a@example.net", "b@example.com"}});
  const auto requests = world.claim();
  ASSERT_THAT(requests, SizeIs(2));
  Settlement settlement;
  settlement.message = requests[0].message;
  settlement.attempts = {attempt({failed(requests[0].recipients[0].id)}),
                         attempt({failed(requests[1].recipients[0].id)})};
  settlement.notices.push_back({notice_to(requests[0].message, "ann@example.org"), "x", {}});
  Settlement again = settlement;
  // An id that is taken: none of it stands.
  EXPECT_FALSE(world.run(world.store->settle(std::move(settlement))));

  again.notices[0] = {notice_to(world.store->new_id(kNoon), "ann@example.org"), "x", {}};
  ASSERT_TRUE(world.run(world.store->settle(std::move(again))));
  EXPECT_THAT(addresses(world.claim()), ElementsAre("ann@example.org"));
  EXPECT_FALSE(world.body(requests[0].message));
}

TEST_P(StoreVerbs, ASettlementThatCannotStandChangesNothing) {
  world.enqueue();
  const auto requests = world.claim();
  Settlement settlement;
  settlement.message = requests[0].message;
  settlement.attempts = {attempt({failed(requests[0].recipients[0].id)})};
  // An id that is taken: the notice cannot enter, so the failure must not stand either.
  settlement.notices.push_back({notice_to(requests[0].message, "ann@example.org"), "x", {}});
  EXPECT_FALSE(world.run(world.store->settle(std::move(settlement))));

  EXPECT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  EXPECT_THAT(world.claim(kNoon + 1h), IsEmpty());
}

TEST_P(StoreVerbs, DelayNoticesFallDueOnce) {
  const mail::QueueId id = world.enqueue({.first_notice = kNoon + 4h});
  const auto requests = world.claim();
  RecipientOutcome outcome = deferred(requests[0].recipients[0].id, kNoon + 24h);
  outcome.keep_notice = true;
  outcome.knocks = {kNoon, kNoon + 1s, 2};
  ASSERT_TRUE(world.settle(requests[0], {outcome}));
  EXPECT_EQ(world.next_due(), kNoon + 4h);
  EXPECT_THAT(world.run(world.store->notices_due(kNoon + 4h - 1ms, 10)).value(), IsEmpty());
  EXPECT_EQ(world.next_to_tell(), kNoon + 4h);

  const auto due = world.run(world.store->notices_due(kNoon + 4h, 10)).value();

  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].message, id);
  ASSERT_THAT(due[0].recipients, SizeIs(1));
  EXPECT_EQ(due[0].recipients[0].due, kNoon + 4h);
  EXPECT_EQ(due[0].recipients[0].next_attempt, kNoon + 24h);
  EXPECT_EQ(due[0].recipients[0].attempts, 1);
  EXPECT_EQ(due[0].recipients[0].knocks, outcome.knocks);
  ASSERT_TRUE(due[0].recipients[0].last.has_value());
  EXPECT_EQ(due[0].recipients[0].last->text, "try again later");

  Settlement settlement;
  settlement.message = id;
  settlement.marks = {{due[0].recipients[0].id, std::nullopt}};
  settlement.notices.push_back({notice_to(world.store->new_id(kNoon), "ann@example.org"), "x", {}});
  ASSERT_TRUE(world.run(world.store->settle(std::move(settlement))));
  EXPECT_THAT(world.run(world.store->notices_due(kNoon + 24h, 10)).value(), IsEmpty());
  EXPECT_THAT(addresses(world.claim(kNoon + 4h)), ElementsAre("ann@example.org"));
}

TEST_P(StoreVerbs, PastAttemptsAreTheNewestCountedOnesTheOldestFirst) {
  world.enqueue();
  mail::RecipientId bob;
  for (int i = 0; i < 4; ++i) {
    const auto requests = world.claim(kNoon + 1h * i);
    bob = requests[0].recipients[0].id;
    RecipientOutcome outcome = deferred(bob, kNoon + 1h * (i + 1));
    outcome.verdict.text = "try " + std::to_string(i);
    outcome.verdict.host.name = "mx1.example.net";
    outcome.counted = i != 2;  // our own fault
    ASSERT_TRUE(world.settle(requests[0], {outcome}));
  }

  const auto past =
      world.run(world.store->past_attempts({bob, mail::RecipientId{4711}}, 2)).value();

  ASSERT_THAT(past, SizeIs(2));
  EXPECT_EQ(past[0].text, "try 1");
  EXPECT_EQ(past[1].text, "try 3");
  EXPECT_EQ(past[1].recipient, bob);
  EXPECT_EQ(past[1].host.name, "mx1.example.net");
}

TEST_P(StoreVerbs, WhatIsHeldInAStormIsKnownUntilItIsLetGo) {
  const mail::QueueId id = world.enqueue();
  const auto requests = world.claim();
  Settlement settlement;
  settlement.message = requests[0].message;
  RecipientOutcome outcome = failed(requests[0].recipients[0].id);
  outcome.state = mail::RecipientState::held;
  settlement.attempts = {attempt({outcome})};
  settlement.events = {"held: a storm"};
  ASSERT_TRUE(world.run(world.store->settle(std::move(settlement))));

  EXPECT_THAT(world.run(world.store->stormed()).value(), ElementsAre("example.net"));
  EXPECT_THAT(world.claim(kNoon + 240h), IsEmpty());
  const MessageDetails details = Reader::open(world.options.directory).value()->show(id).value();
  EXPECT_EQ(details.recipients.at(0).state, mail::RecipientState::held);
  EXPECT_EQ(details.events.at(0).what, "held: a storm");

  world.operate(Verb::release);
  EXPECT_THAT(world.run(world.store->stormed()).value(), IsEmpty());
  world.operate(Verb::hold);
  EXPECT_THAT(world.run(world.store->stormed()).value(), IsEmpty()) << "the operator's own doing";
}

TEST_P(StoreVerbs, ADelayThatWasToldIsRemembered) {
  const mail::QueueId id = world.enqueue({.first_notice = kNoon + 4h});
  const auto requests = world.claim();
  EXPECT_FALSE(requests[0].recipients[0].told_of_delay);
  RecipientOutcome outcome = deferred(requests[0].recipients[0].id, kNoon + 24h);
  outcome.keep_notice = true;
  ASSERT_TRUE(world.settle(requests[0], {outcome}));
  for (const bool told : {true, false}) {  // once told, it stays so
    Settlement settlement;
    settlement.message = id;
    settlement.marks = {{outcome.recipient, std::nullopt, told}};
    ASSERT_TRUE(world.run(world.store->settle(std::move(settlement))));
  }
  EXPECT_TRUE(world.claim(kNoon + 24h).at(0).recipients.at(0).told_of_delay);
}

TEST_P(StoreVerbs, NoticesOfLeasedRecipientsWaitForTheirAttempt) {
  world.enqueue({.first_notice = kNoon + 1h});
  world.claim();
  EXPECT_EQ(world.next_due(), std::nullopt);
  EXPECT_THAT(world.run(world.store->notices_due(kNoon + 2h, 10)).value(), IsEmpty());
}

TEST_P(StoreVerbs, AStepOfTheCalendarMovesOpenMailAlong) {
  world.enqueue({.first_notice = kNoon + 4h});
  auto requests = world.claim();
  RecipientOutcome outcome = deferred(requests[0].recipients[0].id, kNoon + 1h);
  outcome.keep_notice = true;
  ASSERT_TRUE(world.settle(requests[0], {outcome}));

  ASSERT_TRUE(world.run(world.store->clock_stepped(24h)));

  EXPECT_EQ(world.next_due(), kNoon + 25h);
  const auto due = world.run(world.store->notices_due(kNoon + 28h, 10)).value();
  EXPECT_THAT(due, SizeIs(1));
  EXPECT_EQ(world.claim(kNoon + 25h).at(0).accepted, kNoon + 24h);
}

TEST_P(StoreVerbs, PurgeTakesWhatEndedLongAgoInBoundedSteps) {
  for (int i = 0; i < 5; ++i) {
    world.enqueue();
    const auto requests = world.claim();
    ASSERT_TRUE(
        world.settle(requests[0], {delivered(requests[0].recipients[0].id)}, kNoon + i * 1h));
  }
  const mail::QueueId open = world.enqueue();

  EXPECT_TRUE(world.run(world.store->purge(kNoon + 210min, 2)).value());
  EXPECT_TRUE(world.run(world.store->purge(kNoon + 210min, 2)).value());
  EXPECT_FALSE(world.run(world.store->purge(kNoon + 210min, 2)).value());

  EXPECT_TRUE(world.body(open));
  world.die_and_reopen();
  EXPECT_EQ(world.recovery.messages, 1);
}

TEST_P(StoreVerbs, RecipientIdsAreNotUsedAgainAfterPurge) {
  world.enqueue();
  const auto first = world.claim();
  ASSERT_TRUE(world.settle(first[0], {delivered(first[0].recipients[0].id)}));
  ASSERT_TRUE(world.run(world.store->purge(kNoon + 1h, 10)));

  world.enqueue();

  EXPECT_GT(world.claim().at(0).recipients[0].id, first[0].recipients[0].id);
  EXPECT_TRUE(world.settle(first[0], {failed(first[0].recipients[0].id)})) << "a late report";
}

TEST_P(StoreVerbs, WhatAReceiverSawOfARecipientComesBackWithIt) {
  world.enqueue();
  const std::vector<mail::DeliveryRequest> first = world.claim();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].recipients[0].knocks, mail::Knocks{});
  RecipientOutcome outcome = deferred(first[0].recipients[0].id, kNoon + 5min);
  outcome.knocks = {kNoon, kNoon + 1s, 2};
  ASSERT_TRUE(world.settle(first[0], {outcome}));
  const std::vector<mail::DeliveryRequest> again = world.claim(kNoon + 5min);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].recipients[0].knocks, outcome.knocks);
  ASSERT_TRUE(world.settle(again[0], {delivered(again[0].recipients[0].id)}, kNoon + 5min));
}

TEST_P(StoreVerbs, MailIsTakenBeforeItsDateWhereThatIsAskedFor) {
  const auto defer = [&](const std::string& to, mail::Duration wait) {
    world.enqueue({.to = {to}});
    const std::vector<mail::DeliveryRequest> claimed = world.claim();
    ASSERT_THAT(claimed, SizeIs(1));
    ASSERT_TRUE(world.settle(claimed[0], {deferred(claimed[0].recipients[0].id, kNoon + wait)}));
  };
  defer("late@early.example", 3h);
  defer("soon@early.example", 1h);
  defer("other@else.example", 1h);
  world.enqueue({.to = {"new@early.example"}});

  ClaimOrder order;
  order.now = kNoon;
  order.guard = 5min;
  order.early = {"early.example", "early.example"};
  order.max_per_destination = 2;
  const auto claimed = world.run(world.store->claim(order)).value();
  std::vector<std::string> names;
  for (const mail::DeliveryRequest& request : claimed) {
    names.push_back(request.recipients[0].address.text());
  }
  EXPECT_THAT(names, ElementsAre("new@early.example", "soon@early.example"));
  EXPECT_EQ(claimed[1].recipients[0].due, kNoon + 1h) << "its own date is told";
  const auto rest = world.run(world.store->claim(order)).value();
  ASSERT_THAT(rest, SizeIs(1)) << "each once";
  EXPECT_EQ(rest[0].recipients[0].address.text(), "late@early.example");
}

}  // namespace tenax::queue

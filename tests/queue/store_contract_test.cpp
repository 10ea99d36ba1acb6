// SPDX-License-Identifier: Apache-2.0
// What every Store promises (docs/queue-states.md): the way of mail through the queue.

#include <algorithm>
#include <set>

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(kStores),
                         [](const auto& store) { return std::string{store.param.name}; });

TEST_P(StoreContract, WhatIsEnqueuedIsDueAtOnce) {
  const mail::QueueId id = world.enqueue({.to = {"bob@example.net", "eve@example.net"}});

  EXPECT_EQ(world.next_due(), kNoon);
  const auto requests = world.claim();

  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].message, id);
  EXPECT_EQ(requests[0].accepted, kNoon);
  EXPECT_EQ(requests[0].destination.text(), "example.net");
  EXPECT_EQ(mail::to_path(requests[0].envelope.sender), "<ann@example.org>");
  EXPECT_EQ(requests[0].envelope.size, 25);
  EXPECT_THAT(addresses(requests), ElementsAre("bob@example.net", "eve@example.net"));
  EXPECT_EQ(requests[0].recipients[0].due, kNoon);
  EXPECT_EQ(requests[0].recipients[0].attempts, 0);
}

TEST_P(StoreContract, EveryPartOfTheEnvelopeComesBack) {
  mail::NewMessage message = world.message({});
  message.envelope.ret = mail::Ret::headers;
  message.envelope.envid = "a+b=c";
  message.envelope.body = mail::BodyType::eight_bit;
  message.envelope.smtputf8 = true;
  message.envelope.automatic = true;
  message.origin = mail::Origin::submitted;
  message.recipients[0].notify = mail::Notify::parse("SUCCESS,FAILURE").value();
  message.recipients[0].original = mail::OriginalRecipient{"rfc822", "b+ob=@example.net"};
  auto contents = world.contents("x\r\n").value();
  std::vector<mail::Destination> where = {destination("[relay.example.com]:587")};
  const mail::Envelope given = message.envelope;
  const auto recipient = message.recipients[0];

  ASSERT_TRUE(world.run(world.store->enqueue(message, where, std::nullopt, std::move(contents))));
  const auto requests = world.claim();

  ASSERT_THAT(requests, SizeIs(1));
  mail::Envelope expected = given;
  expected.size = 3;
  EXPECT_EQ(requests[0].envelope, expected);
  EXPECT_EQ(requests[0].destination.text(), "[relay.example.com]:587");
  EXPECT_EQ(requests[0].recipients[0].notify, recipient.notify);
  EXPECT_EQ(requests[0].recipients[0].original, recipient.original);
}

TEST_P(StoreContract, TheNullPathComesBackAsTheNullPath) {
  world.enqueue({.from = "<>"});
  EXPECT_EQ(world.claim().at(0).envelope.sender, std::nullopt);
}

TEST_P(StoreContract, OneRequestPerMessageAndDestination) {
  world.enqueue({.to = {"a@one.example", "b@two.example", "c@one.example"}});
  world.enqueue({.to = {"d@one.example"}});

  const auto requests = world.claim();

  std::vector<std::pair<std::string, std::size_t>> shapes;
  for (const auto& request : requests) {
    shapes.emplace_back(request.destination.text(), request.recipients.size());
  }
  EXPECT_THAT(shapes, UnorderedElementsAre(std::pair("one.example", 2), std::pair("two.example", 1),
                                           std::pair("one.example", 1)));
}

TEST_P(StoreContract, WhoIsLeasedIsNotGivenOutTwice) {
  world.enqueue();
  EXPECT_THAT(world.claim(), SizeIs(1));
  EXPECT_THAT(world.claim(kNoon + 24h), IsEmpty());
  EXPECT_EQ(world.next_due(), std::nullopt);
}

TEST_P(StoreContract, NobodyIsClaimedBeforeItIsDue) {
  world.enqueue();
  const auto first = world.claim();
  ASSERT_TRUE(world.settle(first[0], {deferred(first[0].recipients[0].id, kNoon + 1h)}));

  EXPECT_EQ(world.next_due(), kNoon + 1h);
  EXPECT_THAT(world.claim(kNoon + 1h - 1ms), IsEmpty());
  const auto second = world.claim(kNoon + 1h);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].recipients[0].attempts, 1);
  EXPECT_EQ(second[0].recipients[0].last_host, "192.0.2.1");
  EXPECT_FALSE(second[0].recipients[0].in_doubt);
}

TEST_P(StoreContract, WhatWasInDoubtIsGivenOutAsInDoubt) {
  world.enqueue();
  const auto first = world.claim();
  RecipientOutcome outcome = deferred(first[0].recipients[0].id, kNoon + 1h);
  outcome.verdict.in_doubt = true;
  outcome.verdict.reply.reset();
  ASSERT_TRUE(world.settle(first[0], {outcome}));
  EXPECT_TRUE(world.claim(kNoon + 1h).at(0).recipients[0].in_doubt);
}

TEST_P(StoreContract, FirstAttemptsGoBeforeLaterOnesAndTheOldestFirst) {
  world.enqueue({.to = {"old@example.net"}, .accepted = kNoon - 2h});
  const auto old = world.claim(kNoon - 2h);
  ASSERT_TRUE(world.settle(old[0], {deferred(old[0].recipients[0].id, kNoon - 1h)}));
  world.enqueue({.to = {"second@example.net"}, .accepted = kNoon - 1min});
  world.enqueue({.to = {"first@example.net"}, .accepted = kNoon - 2min});

  EXPECT_THAT(addresses(world.claim(kNoon, 2)),
              ElementsAre("first@example.net", "second@example.net"));
  EXPECT_THAT(addresses(world.claim(kNoon, 2)), ElementsAre("old@example.net"));
}

TEST_P(StoreContract, OneDestinationDoesNotFillTheOrder) {
  for (int i = 0; i < 5; ++i) world.enqueue({.to = {"a@big.example"}, .accepted = kNoon - 1h});
  world.enqueue({.to = {"b@small.example"}});
  ClaimOrder order;
  order.now = kNoon;
  order.max_recipients = 4;
  order.max_per_destination = 2;

  const auto requests = world.run(world.store->claim(order)).value();

  EXPECT_THAT(addresses(requests),
              ElementsAre("a@big.example", "a@big.example", "b@small.example"));
}

TEST_P(StoreContract, WhoGoesAheadComesFirstOnceAndBeyondTheBounds) {
  for (int i = 0; i < 5; ++i) world.enqueue({.to = {"a@big.example"}, .accepted = kNoon - 1h});
  const mail::QueueId small =
      world.enqueue({.to = {"b@big.example", "c@big.example", "d@far.example"}});
  ClaimOrder order;
  order.now = kNoon;
  order.max_recipients = 2;
  order.ahead = {{small, "big.example", 1}, {small, "big.example", 1}};

  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("b@big.example", "a@big.example", "a@big.example"));
  order.except = {"big.example"};
  order.max_recipients = 0;
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("c@big.example"));
  EXPECT_THAT(world.run(world.store->claim(order)).value(), IsEmpty());
}

TEST_P(StoreContract, NobodyGoesAheadBeforeItIsDueNorAfterAnAttempt) {
  const mail::QueueId later = world.enqueue({.to = {"a@big.example"}, .accepted = kNoon + 1h});
  const mail::QueueId again = world.enqueue({.to = {"b@big.example"}});
  const auto tried = world.claim();
  ASSERT_TRUE(world.settle(tried[0], {deferred(tried[0].recipients[0].id, kNoon)}));
  ClaimOrder order;
  order.now = kNoon;
  order.max_recipients = 0;
  order.ahead = {{later, "big.example", 1}, {again, "big.example", 1}};
  EXPECT_THAT(world.run(world.store->claim(order)).value(), IsEmpty());
}

TEST_P(StoreContract, LaterAttemptsComeFirstWhereTheOrderSaysSo) {
  world.enqueue({.to = {"old@example.net"}, .accepted = kNoon - 2h});
  const auto old = world.claim(kNoon - 2h);
  ASSERT_TRUE(world.settle(old[0], {deferred(old[0].recipients[0].id, kNoon - 1h)}));
  world.enqueue({.to = {"fresh@example.net"}});
  ClaimOrder order;
  order.now = kNoon;
  order.max_recipients = 1;
  order.later_first = true;
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("old@example.net"));
}

TEST_P(StoreContract, DestinationsWithoutRoomAreLeftOut) {
  world.enqueue({.to = {"a@full.example"}});
  world.enqueue({.to = {"b@free.example"}, .accepted = kNoon + 1min});
  ClaimOrder order;
  order.now = kNoon + 1min;
  order.except = {"full.example"};

  EXPECT_EQ(world.next_due({"full.example"}), kNoon + 1min);
  EXPECT_EQ(world.next_due({"full.example", "free.example"}), std::nullopt);
  EXPECT_THAT(addresses(world.run(world.store->claim(order)).value()),
              ElementsAre("b@free.example"));
}

TEST_P(StoreContract, PuttingBackCountsNothing) {
  world.enqueue();
  const auto requests = world.claim();

  ASSERT_TRUE(world.run(world.store->put_back({requests[0].recipients[0].id}, kNoon + 10min)));

  EXPECT_EQ(world.next_due(), kNoon + 10min);
  EXPECT_EQ(world.claim(kNoon + 10min).at(0).recipients[0].attempts, 0);
}

TEST_P(StoreContract, AnAttemptThatWasOurFaultIsNotCounted) {
  world.enqueue();
  const auto requests = world.claim();
  RecipientOutcome outcome = deferred(requests[0].recipients[0].id, kNoon + 1min);
  outcome.counted = false;
  ASSERT_TRUE(world.settle(requests[0], {outcome}));
  EXPECT_EQ(world.claim(kNoon + 1min).at(0).recipients[0].attempts, 0);
}

TEST_P(StoreContract, AFinalStateIsNeverOverwritten) {
  world.enqueue({.to = {"bob@example.net", "eve@example.net"}});
  const auto requests = world.claim();
  const mail::RecipientId bob = requests[0].recipients[0].id;
  ASSERT_TRUE(world.settle(requests[0], {delivered(bob)}));

  EXPECT_TRUE(world.settle(requests[0], {deferred(bob, kNoon)}));
  EXPECT_TRUE(world.run(world.store->put_back({bob}, kNoon)));

  EXPECT_THAT(world.claim(kNoon + 24h), IsEmpty());
  world.die_and_reopen();
  EXPECT_THAT(addresses(world.claim(kNoon + 24h)), ElementsAre("eve@example.net"));
}

TEST_P(StoreContract, ContentsComeBackAsTheyWere) {
  for (const std::size_t size : {0U, 1U, 4096U, 4097U, 65'536U, 65'537U, 300'000U}) {
    const std::string bytes = large(size);
    const mail::QueueId id = world.enqueue({.bytes = bytes});
    EXPECT_EQ(world.body(id).value(), bytes) << size;
  }
}

TEST_P(StoreContract, ContentsAreForgottenWhenTheLastRecipientCloses) {
  for (const std::size_t size : {100U, 100'000U}) {
    const mail::QueueId id =
        world.enqueue({.to = {"bob@example.net", "eve@example.net"}, .bytes = large(size)});
    const auto requests = world.claim();
    const auto& recipients = requests.at(0).recipients;
    ASSERT_TRUE(world.settle(requests[0], {delivered(recipients[0].id)}));
    EXPECT_TRUE(world.body(id));
    ASSERT_TRUE(world.settle(requests[0], {failed(recipients[1].id)}));
    const auto gone = world.body(id);
    ASSERT_FALSE(gone);
    EXPECT_TRUE(gone.error().is(io::Errc::not_found));
  }
}

TEST_P(StoreContract, ContentsOfNoMessageAreNotFound) {
  const auto missing = world.body(mail::QueueId{17});
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(io::Errc::not_found));
}

TEST_P(StoreContract, ARepeatedHandOverIsAnsweredWithTheSameId) {
  const auto first = world.try_enqueue({.submission = submission('a')}).value();
  const auto again = world.try_enqueue({.submission = submission('a')}).value();
  const auto other = world.try_enqueue({.submission = submission('b')}).value();

  EXPECT_FALSE(first.repeated);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.id, first.id);
  EXPECT_FALSE(other.repeated);
  EXPECT_THAT(addresses(world.claim()), SizeIs(2));
}

TEST_P(StoreContract, ARepeatedHandOverIsKnownAfterTheMessageWasPurged) {
  const auto first = world.try_enqueue({.submission = submission('a')}).value();
  const auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  EXPECT_FALSE(world.run(world.store->purge(kNoon + 1h, 10)).value());

  const auto again = world.try_enqueue({.submission = submission('a')}).value();

  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.id, first.id);
}

TEST_P(StoreContract, TwoHandOversOfOneSubmissionInOneGroupMakeOneMessage) {
  auto first = world.enqueueing({.bytes = large(9000), .submission = submission('c')});
  auto second = world.enqueueing({.bytes = large(9000), .submission = submission('c')});
  std::vector<EnqueueResult> answers;
  for (auto* call : {&first, &second}) {
    boost::asio::co_spawn(world.context, std::move(*call),
                          [&](const std::exception_ptr&, io::Result<EnqueueResult> result) {
                            answers.push_back(result.value());
                          });
  }
  testing::run_ready(world.context);

  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].id, answers[1].id);
  EXPECT_NE(answers[0].repeated, answers[1].repeated);
  EXPECT_THAT(addresses(world.claim()), SizeIs(1));
  EXPECT_EQ(world.body(answers[0].id).value(), large(9000));
}

TEST_P(StoreContract, IdsSortByTimeAndAreNeverGivenOutTwice) {
  std::set<mail::QueueId> ids;
  mail::QueueId last = world.store->new_id(kNoon);
  ids.insert(last);
  for (int opening = 0; opening < 5; ++opening) {
    for (int i = 0; i < 5000; ++i) {
      // The clock stands still, and goes back at each opening.
      const mail::QueueId id = world.store->new_id(kNoon - opening * 1s);
      EXPECT_TRUE(ids.insert(id).second);
      if (i > 0) {
        EXPECT_GT(id, last);
      }
      last = id;
    }
    world.enqueue({.accepted = kNoon - opening * 1s});
    world.die_and_reopen();
  }
  EXPECT_GT(world.store->new_id(kNoon + 1h), last);
}

TEST_P(StoreContract, IdsGivenOutJustBeforeACrashAreNotGivenOutAgain) {
  const mail::QueueId lost = world.store->new_id(kNoon);
  world.die_and_reopen();
  EXPECT_NE(world.store->new_id(kNoon), lost);
}

TEST_P(StoreContract, LeasesOfTheDeadLapseAndKeepTheirTurn) {
  world.enqueue();
  world.claim(kNoon);

  world.die_and_reopen();

  EXPECT_EQ(world.recovery.lapsed_leases, 1);
  EXPECT_EQ(world.recovery.recipients, 1);
  EXPECT_EQ(world.recovery.messages, 1);
  EXPECT_EQ(world.next_due(), kNoon + 5min);
  EXPECT_THAT(world.claim(kNoon + 4min), IsEmpty());
  EXPECT_THAT(world.claim(kNoon + 5min), SizeIs(1));
}

TEST_P(StoreContract, AReportOfADeadProcessChangesNothing) {
  world.enqueue();
  const auto requests = world.claim();
  world.die_and_reopen();

  EXPECT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));

  EXPECT_THAT(world.claim(kNoon + 5min), SizeIs(1));
}

TEST_P(StoreContract, NothingIsTakenAfterClose) {
  world.store->close();
  const auto refused = world.run(world.store->put_back({}, kNoon));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(io::Errc::cancelled));
}

TEST_P(StoreContract, CloseEndsTheWritesThatAreUnderWay) {
  world.enqueue();
  Operation hold;
  hold.verb = Verb::hold;
  hold.now = kNoon;
  std::int64_t changed = 0;
  boost::asio::co_spawn(world.context, world.store->operate(std::move(hold)),
                        [&](const std::exception_ptr&, const io::Result<Operated>& result) {
                          changed = result.value().changed;
                        });
  world.context.restart();
  world.context.poll_one();  // the call has begun

  world.store->close();
  testing::run_ready(world.context);

  EXPECT_EQ(changed, 1);
  world.die_and_reopen();
  EXPECT_THAT(world.claim(), IsEmpty());
}

}  // namespace tenax::queue

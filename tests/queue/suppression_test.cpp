// SPDX-License-Identifier: Apache-2.0
// What every store keeps of addresses that mail does not reach.

#include "queue/reader.h"
#include "queue/sqlite.h"
#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

constexpr mail::Duration kExpires = 24h * 90;
const SuppressionPolicy kTwice{2, kExpires, true};

struct StoreSuppressions : StoreContract {
  Operated edit(std::vector<SuppressionEdit> edits, mail::WallTime now = kNoon) {
    return world
        .run(world.store->edit_suppressions(std::move(edits), {"no-such-user", "complaint"},
                                            kExpires, "uid 0", now))
        .value();
  }
  std::optional<Suppression> of(const std::string& address) {
    const auto found = world.run(world.store->suppressions_of({address})).value();
    return found.empty() ? std::nullopt : std::optional{found.front()};
  }
  /// A message whose recipient fails for a reason that lies with the address.
  mail::RecipientId fail(const std::string& to, mail::WallTime now = kNoon) {
    world.enqueue({.to = {to}, .accepted = now});
    const auto requests = world.claim(now);
    RecipientOutcome outcome = failed(requests.at(0).recipients.at(0).id);
    outcome.address_fault = AddressFault{"no-such-user", kExpires};
    EXPECT_TRUE(world.settle(requests[0], {outcome}, now));
    return outcome.recipient;
  }
  mail::DeliveryRequest deliver(const Mail& mail) {
    world.enqueue(mail);
    const auto requests = world.claim();
    std::vector<RecipientOutcome> outcomes;
    for (const auto& one : requests.at(0).recipients) outcomes.push_back(delivered(one.id));
    EXPECT_TRUE(world.settle(requests[0], outcomes));
    return requests[0];
  }
  std::unique_ptr<Reader> reader() { return Reader::open(world.options.directory).value(); }
};

}  // namespace

TEST_P(StoreSuppressions, AFailureIsCountedInTheCommitThatEndsTheRecipient) {
  fail("Bob@example.net");

  world.die_and_reopen();

  const auto one = of("bob@example.net");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->failures, 1);
  EXPECT_EQ(one->cause, "no-such-user");
  EXPECT_EQ(one->text, "no such user");
  EXPECT_EQ(one->last, kNoon);
  EXPECT_FALSE(one->in_force(kTwice, kNoon));
  EXPECT_FALSE(of("ann@example.net"));
}

TEST_P(StoreSuppressions, AnAddressIsSuppressedAfterSoManyFailuresUntilTheyExpire) {
  fail("bob@example.net");
  fail("bob@example.net", kNoon + 24h);

  const auto one = of("bob@example.net");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->failures, 2);
  EXPECT_EQ(one->first, kNoon);
  EXPECT_TRUE(one->in_force(kTwice, kNoon + 24h));
  EXPECT_TRUE(one->in_force(kTwice, kNoon + 24h + kExpires - 1s));
  EXPECT_FALSE(one->in_force(kTwice, kNoon + 24h + kExpires));
  EXPECT_FALSE(one->in_force({3, kExpires, true}, kNoon + 24h));
  EXPECT_FALSE(one->in_force({0, kExpires, true}, kNoon + 24h));
}

TEST_P(StoreSuppressions, WhoeverLooksAtAMessageSeesWhichOfItsOpenRecipientsAreListed) {
  fail("bob@example.net");
  fail("joe@example.net");
  const mail::QueueId id = world.enqueue({.to = {"Bob@example.net", "ann@example.net"}});
  const MessageDetails shown = Reader::open(world.options.directory).value()->show(id).value();
  ASSERT_THAT(shown.listed, SizeIs(1));
  EXPECT_EQ(shown.listed[0].address, "bob@example.net");
}

TEST_P(StoreSuppressions, AFailureLongAfterTheLastIsTheFirstAgain) {
  fail("bob@example.net");
  fail("bob@example.net", kNoon + kExpires + 1h);

  EXPECT_EQ(of("bob@example.net")->failures, 1);
  EXPECT_EQ(of("bob@example.net")->first, kNoon + kExpires + 1h);
}

TEST_P(StoreSuppressions, WhatCameBackIsCountedOnceHoweverOftenItIsTold) {
  const mail::RecipientId once = fail("bob@example.net");

  const Operated again =
      edit({{SuppressionVerb::returned, "", once, "no-such-user", "told by a bounce as well"}});

  EXPECT_EQ(again.changed, 0);
  EXPECT_EQ(of("bob@example.net")->failures, 1);
}

TEST_P(StoreSuppressions, WhatCameBackStandsInTheHistoryOfItsMessage) {
  const mail::DeliveryRequest sent = deliver({.to = {"bob@example.net"}});

  const Operated done = edit({{SuppressionVerb::returned, "", sent.recipients[0].id, "no-such-user",
                               "550 5.1.1 nobody\r\nhere"}});

  EXPECT_EQ(done.changed, 1);
  EXPECT_EQ(of("bob@example.net")->failures, 1);
  const MessageDetails shown = reader()->show(sent.message).value();
  ASSERT_THAT(shown.events, SizeIs(1));
  EXPECT_THAT(shown.events[0].what, HasSubstr("came back from bob@example.net: no-such-user: 550"));
  EXPECT_EQ(shown.events[0].what.find('\n'), std::string::npos);
}

TEST_P(StoreSuppressions, ACauseThatDoesNotLieWithTheAddressIsNotedAndNotCounted) {
  const mail::DeliveryRequest sent = deliver({.to = {"bob@example.net"}});

  EXPECT_EQ(
      edit({{SuppressionVerb::returned, "", sent.recipients[0].id, "content", "spam"}}).changed, 1);

  EXPECT_FALSE(of("bob@example.net"));
  EXPECT_THAT(reader()->show(sent.message).value().events, SizeIs(1));
}

TEST_P(StoreSuppressions, ARecipientThatIsNoneOfOursChangesNothing) {
  EXPECT_EQ(
      edit({{SuppressionVerb::returned, "", mail::RecipientId{4711}, "no-such-user", ""}}).changed,
      0);
  EXPECT_THAT(reader()->suppressions(10).value(), IsEmpty());
}

TEST_P(StoreSuppressions, WhatTheOperatorAddsStaysUntilHeRemovesIt) {
  EXPECT_EQ(edit({{SuppressionVerb::add, "bob@example.net", {}, "", "asked us to"}}).changed, 1);
  EXPECT_EQ(edit({{SuppressionVerb::add, "bob@example.net", {}, "", "twice"}}).changed, 0);

  const auto one = of("bob@example.net");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->note, "asked us to");
  EXPECT_EQ(one->by, "uid 0");
  EXPECT_TRUE(one->in_force({}, kNoon + 10 * kExpires));

  EXPECT_EQ(edit({{SuppressionVerb::remove, "bob@example.net", {}, "", ""}}).changed, 1);
  EXPECT_EQ(edit({{SuppressionVerb::remove, "bob@example.net", {}, "", ""}}).changed, 0);
  EXPECT_FALSE(of("bob@example.net"));
}

TEST_P(StoreSuppressions, WhoIsRemovedIsCountedAnew) {
  fail("bob@example.net");
  edit({{SuppressionVerb::remove, "bob@example.net", {}, "", ""}});

  fail("bob@example.net", kNoon + 1h);

  EXPECT_EQ(of("bob@example.net")->failures, 1);
}

TEST_P(StoreSuppressions, TheListShowsWhatChangedLastFirst) {
  fail("bob@example.net");
  edit({{SuppressionVerb::add, "eve@example.net", {}, "", ""}}, kNoon + 1h);

  const auto all = reader()->suppressions(10).value();

  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].address, "eve@example.net");
  EXPECT_EQ(all[1].address, "bob@example.net");
  EXPECT_THAT(reader()->suppressions(1).value(), SizeIs(1));
  EXPECT_THAT(reader()->check(kNoon + 2h).value(), IsEmpty());
}

TEST_P(StoreSuppressions, AMessageIsFoundByWhatItsReturnTellsOfIt) {
  mail::NewMessage message = world.message({.to = {"bob@example.net", "Eve@example.net"}});
  message.message_id = "<1@example.org>";
  message.envelope.envid = "order-17";
  const mail::QueueId id = message.id;
  auto where = StoreWorld::destinations(message);
  ASSERT_TRUE(world.run(world.store->enqueue(std::move(message), std::move(where), {},
                                             world.contents("Subject: a\r\n\r\n").value())));

  const auto found = reader()
                         ->find_sent({{"<1@example.org>", "", "", "eve@example.net"},
                                      {"", "order-17", "", "bob@example.net"},
                                      {"", "", "ANN@example.org", "bob@example.net"},
                                      {"<1@example.org>", "", "", "mallory@example.net"},
                                      {"<2@example.org>", "", "", "bob@example.net"},
                                      {"", "", "", "bob@example.net"}})
                         .value();

  ASSERT_THAT(found, SizeIs(6));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(found[i]) << i;
    EXPECT_EQ(found[i]->message, id);
    EXPECT_EQ(found[i]->state, mail::RecipientState::waiting);
    EXPECT_FALSE(found[i]->known);
  }
  EXPECT_NE(found[0]->recipient, found[1]->recipient);
  EXPECT_EQ(found[1]->recipient, found[2]->recipient);
  for (std::size_t i = 3; i < 6; ++i) EXPECT_FALSE(found[i]) << i;
}

TEST_P(StoreSuppressions, AnAddressIsOneHoweverItsDomainIsWritten) {
  fail("Bob@müller.test");
  fail("bob@MÜLLER.test");
  fail("bob@xn--mller-kva.test");

  const std::string key = "bob@xn--mller-kva.test";
  for (const std::string_view spelled :
       {"bob@müller.test", "BOB@MÜLLER.TEST", "bob@XN--MLLER-KVA.test"}) {
    EXPECT_EQ(suppression_key(mail::Address::parse(spelled).value()), key) << spelled;
  }
  ASSERT_TRUE(of(key));
  EXPECT_EQ(of(key)->failures, 3);
  EXPECT_EQ(suppression_key(mail::Address::parse("Bob@Example.NET").value()), "bob@example.net");
}

TEST_P(StoreSuppressions, WhatIsListedByItsULabelsIsFoundAndGoesOnByItsALabels) {
  const std::string key = "bob@xn--mller-kva.test";
  fail("bob@example.net");
  const auto list_as_before = [this] {
    auto db = Connection::open(world.options.directory + "/queue.db", Access::read_write, "");
    EXPECT_TRUE(db.value()->run("UPDATE suppression SET address = 'bob@müller.test'"));
  };
  list_as_before();
  ASSERT_TRUE(of(key));
  EXPECT_EQ(of(key)->address, key);

  fail("bob@MÜLLER.test", kNoon + 1h);
  EXPECT_EQ(of(key)->failures, 2);
  EXPECT_THAT(reader()->suppressions(10).value(), SizeIs(1));

  list_as_before();
  EXPECT_EQ(edit({{SuppressionVerb::remove, key, {}, "", ""}}).changed, 1);
  EXPECT_THAT(reader()->suppressions(10).value(), IsEmpty());
}

TEST_P(StoreSuppressions, AMessageIsFoundHoweverTheDomainOfItsRecipientIsWritten) {
  for (const char* to : {"bob@müller.test", "bob@MÜLLER.test", "bob@xn--mller-kva.test"}) {
    const mail::DeliveryRequest sent = deliver({.to = {to}});
    for (const std::string spelled :
         {"bob@müller.test", "Bob@MÜLLER.test", "bob@xn--mller-kva.test"}) {
      const auto found = reader()->find_sent({{"", "", "ann@example.org", spelled}}).value();
      ASSERT_TRUE(found.at(0)) << to << " " << spelled;
      EXPECT_EQ(found.at(0)->message, sent.message) << to << " " << spelled;
    }
  }
  EXPECT_FALSE(reader()->find_sent({{"", "", "ann@example.org", "eve@müller.test"}}).value().at(0));
}

TEST_P(StoreSuppressions, AReturnThatWasNotedIsKnown) {
  const mail::DeliveryRequest sent = deliver({.to = {"bob@example.net"}});
  const Sought sought{"", "", "ann@example.org", "bob@example.net"};
  EXPECT_FALSE(reader()->find_sent({sought}).value().at(0)->known);

  edit({{SuppressionVerb::returned, "", sent.recipients[0].id, "no-such-user", ""}});

  EXPECT_TRUE(reader()->find_sent({sought}).value().at(0)->known);
}

TEST_P(StoreSuppressions, WhatIsPurgedLeavesTheListAsItIs) {
  fail("bob@example.net");

  EXPECT_FALSE(world.run(world.store->purge(kNoon + 1h, 100)).value());

  EXPECT_EQ(of("bob@example.net")->failures, 1);
  EXPECT_THAT(reader()->check(kNoon + 2h).value(), IsEmpty());
}

TEST_P(StoreSuppressions, DatesFollowACorrectionOfTheClock) {
  fail("bob@example.net");

  ASSERT_TRUE(world.run(world.store->clock_stepped(-1h)));

  EXPECT_EQ(of("bob@example.net")->last, kNoon - 1h);
}

INSTANTIATE_TEST_SUITE_P(Suppressions, StoreSuppressions, ::testing::ValuesIn(kStores),
                         [](const auto& store) { return std::string{store.param.name}; });

}  // namespace tenax::queue

// SPDX-License-Identifier: Apache-2.0
// What every store keeps of failures that a digest is going to tell.

#include "queue/reader.h"
#include "queue/sqlite.h"

#include "tests/queue/store_contract.h"

namespace tenax::queue {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

struct StoreOwed : StoreContract {
  mail::NewMessage notice_to(const std::string& to, mail::WallTime now) {
    mail::NewMessage notice;
    notice.id = world.store->new_id(now);
    notice.recipients = {{.address = address(to), .notify = {.never = true}, .original = {}}};
    notice.origin = mail::Origin::notice;
    notice.accepted = now;
    return notice;
  }

  /// A message of that sender fails, for its first recipient, and at most two notices an hour
  /// enter.
  std::optional<mail::WallTime> fail(const std::string& sender = "ann@example.org",
                                     mail::WallTime now = kNoon) {
    world.enqueue({.accepted = now, .from = sender});
    // Notices that wait are claimed with it.
    for (const mail::DeliveryRequest& request : world.claim(now)) {
      if (request.origin == mail::Origin::submitted) return settle(request, sender, now);
    }
    ADD_FAILURE() << "nothing to fail";
    return std::nullopt;
  }
  std::optional<mail::WallTime> settle(const mail::DeliveryRequest& request,
                                       const std::string& sender, mail::WallTime now) {
    Settlement settlement;
    settlement.message = request.message;
    Attempt& attempt = settlement.attempts.emplace_back();
    attempt.destination = request.destination;
    attempt.started = attempt.finished = now;
    NoticeCap cap{.per_hour = 2, .now = now, .sender = sender, .failures = {}};
    for (const mail::DueRecipient& recipient : request.recipients) {
      attempt.outcomes.push_back(failed(recipient.id));
      cap.failures.push_back({recipient.id, "in-time", 5h});
    }
    settlement.notices.push_back({notice_to(sender, now), "notice", {}, cap});
    const Settled settled = world.run(world.store->settle(std::move(settlement))).value();
    return settled.gathered.at(0);
  }

  /// A message of that sender is late, and at most two notices an hour enter.
  mail::QueueId wait(const std::string& to, mail::WallTime now = kNoon) {
    const mail::QueueId id = world.enqueue({.to = {to}, .accepted = now});
    mail::RecipientId waiting;
    for (const mail::DeliveryRequest& request : world.claim(now)) {
      if (request.message != id) continue;
      waiting = request.recipients.at(0).id;
      EXPECT_TRUE(world.settle(request, {deferred(waiting, kNoon + 24h)}, now));
    }
    tell_delay(id, waiting, now);
    return id;
  }
  std::optional<mail::WallTime> tell_delay(mail::QueueId id, mail::RecipientId recipient,
                                           mail::WallTime now) {
    Settlement settlement;
    settlement.message = id;
    settlement.marks = {{recipient, std::nullopt, true}};
    NoticeCap cap{.per_hour = 2,
                  .of_delay = true,
                  .now = now,
                  .sender = "ann@example.org",
                  .failures = {{recipient, "by-answer", {}}}};
    settlement.notices.push_back({notice_to("ann@example.org", now), "late", {}, cap});
    return world.run(world.store->settle(std::move(settlement)))->gathered.at(0);
  }
  /// What comes of it when it is tried at last.
  void end(mail::QueueId id, mail::RecipientState state, bool capped = false) {
    for (const mail::DeliveryRequest& request : world.claim(kNoon + 24h)) {
      if (request.message != id) continue;
      if (capped) {
        settle(request, "ann@example.org", kNoon + 10min);
      } else if (state == mail::RecipientState::delivered) {
        EXPECT_TRUE(world.settle(request, {delivered(request.recipients.at(0).id)}));
      } else {
        EXPECT_TRUE(world.settle(request, {failed(request.recipients.at(0).id)}));
      }
    }
  }
  bool told_of_delay(mail::QueueId id) {
    for (const mail::DeliveryRequest& request : world.claim(kNoon + 24h)) {
      if (request.message == id) return request.recipients.at(0).told_of_delay;
    }
    ADD_FAILURE() << "it does not wait";
    return false;
  }

  std::optional<DigestDue> due(mail::WallTime now) {
    return world.run(world.store->digest_due(now)).value();
  }
  ToldOwed digest(const DigestDue& due, mail::WallTime now) {
    ToldOwed told{.about = {}, .digest = {notice_to(due.sender.text(), now), large(20'000)}};
    for (const DigestDue::Failure& one : due.failures) {
      told.about.push_back({one.message, one.why.recipient});
    }
    for (const DigestDue::Delay& one : due.delays) {
      told.about.push_back({one.of.message, one.of.recipients.at(0).id, true});
    }
    told.unread = due.unread;
    return told;
  }
  /// The recipients of notices that wait.
  std::size_t waiting_notices(mail::WallTime now) {
    std::size_t count = 0;
    for (const mail::DeliveryRequest& request : world.claim(now)) {
      if (request.origin == mail::Origin::notice) count += request.recipients.size();
    }
    return count;
  }
  std::vector<Violation> violations(mail::WallTime now) {
    return Reader::open(world.options.directory).value()->check(now).value();
  }
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Owed, StoreOwed, ::testing::ValuesIn(kStores),
                         [](const auto& store) { return std::string{store.param.name}; });

TEST_P(StoreOwed, SoManyNoticesOfAnHourEnterAndTheRestIsOwed) {
  EXPECT_EQ(fail(), std::nullopt);
  EXPECT_EQ(waiting_notices(kNoon), 1U);
  EXPECT_EQ(fail("ann@example.org", kNoon + 10min), std::nullopt);
  EXPECT_EQ(waiting_notices(kNoon + 10min), 1U);

  EXPECT_EQ(fail("ann@example.org", kNoon + 20min), kNoon + 1h);
  EXPECT_EQ(waiting_notices(kNoon + 20min), 0U);
  EXPECT_EQ(fail("bob@example.org", kNoon + 20min), std::nullopt) << "another sender";

  EXPECT_EQ(due(kNoon + 59min), std::nullopt);
  const std::optional<DigestDue> owed = due(kNoon + 1h);
  ASSERT_TRUE(owed);
  EXPECT_EQ(owed->sender.text(), "ann@example.org");
  ASSERT_THAT(owed->failures, SizeIs(1));
  EXPECT_EQ(owed->failures[0].address.text(), "bob@example.net");
  EXPECT_EQ(owed->failures[0].why.ended, "in-time");
  EXPECT_EQ(owed->failures[0].why.given, 5h);
  EXPECT_EQ(owed->failures[0].last_attempt, kNoon + 20min);
  EXPECT_EQ(owed->failures[0].verdict.text, "no such user");
  EXPECT_THAT(violations(kNoon + 1h), IsEmpty());
}

TEST_P(StoreOwed, AnHourLaterNoticesEnterAgain) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);
  EXPECT_EQ(fail("ann@example.org", kNoon + 1h), std::nullopt);
}

TEST_P(StoreOwed, WhatIsOwedOutlivesTheProcessAndIsToldOnce) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);
  ASSERT_EQ(fail(), kNoon + 1h);
  waiting_notices(kNoon);

  world.die_and_reopen(kNoon + 3h);

  EXPECT_LE(world.next_due(), kNoon + 1h);
  const std::optional<DigestDue> owed = due(kNoon + 3h);
  ASSERT_TRUE(owed);
  EXPECT_THAT(owed->failures, SizeIs(2));
  waiting_notices(kNoon + 3h);  // of the hour
  ASSERT_TRUE(world.run(world.store->tell_owed(digest(*owed, kNoon + 3h))));
  EXPECT_EQ(due(kNoon + 3h), std::nullopt);
  EXPECT_EQ(waiting_notices(kNoon + 3h), 1U);

  EXPECT_FALSE(world.run(world.store->tell_owed(digest(*owed, kNoon + 3h)))) << "again";
  EXPECT_EQ(waiting_notices(kNoon + 3h), 0U);
  EXPECT_THAT(violations(kNoon + 3h), IsEmpty());
}

TEST_P(StoreOwed, ADigestThatTellsWhatIsNotOwedChangesNothing) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);
  waiting_notices(kNoon);
  ToldOwed told = digest(*due(kNoon + 1h), kNoon + 1h);
  told.about.push_back({told.about[0].message, mail::RecipientId{4711}});

  EXPECT_FALSE(world.run(world.store->tell_owed(std::move(told))));

  EXPECT_TRUE(due(kNoon + 1h));
  EXPECT_EQ(waiting_notices(kNoon + 1h), 0U);
}

TEST_P(StoreOwed, WhoWasRemovedMeanwhileIsNotToldOf) {
  fail(), fail();
  waiting_notices(kNoon);
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  const std::vector<mail::DeliveryRequest> requests = world.claim();
  Operation removal;
  removal.verb = Verb::remove;
  removal.selection.recipient = "a@example.net";
  removal.by = "uid 0";
  removal.now = kNoon;
  ASSERT_EQ(world.run(world.store->operate(std::move(removal)))->changed, 1);

  ASSERT_EQ(settle(requests.at(0), "ann@example.org", kNoon), kNoon + 1h);

  const std::optional<DigestDue> owed = due(kNoon + 1h);
  ASSERT_TRUE(owed);
  ASSERT_THAT(owed->failures, SizeIs(1));
  EXPECT_EQ(owed->failures[0].address.text(), "b@example.net");
}

TEST_P(StoreOwed, KeepsItsMessageFromBeingPurged) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);

  ASSERT_TRUE(world.run(world.store->purge(kNoon + 24h, 100)));

  const std::optional<DigestDue> owed = due(kNoon + 24h);
  ASSERT_TRUE(owed);
  ASSERT_TRUE(world.run(world.store->tell_owed(digest(*owed, kNoon + 24h))));
  const mail::QueueId message = owed->failures[0].message;
  ASSERT_TRUE(Reader::open(world.options.directory).value()->show(message));
  ASSERT_TRUE(world.run(world.store->purge(kNoon + 24h, 100)));
  EXPECT_FALSE(Reader::open(world.options.directory).value()->show(message));
}

TEST_P(StoreOwed, AStepOfTheCalendarMovesItAlong) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);

  ASSERT_TRUE(world.run(world.store->clock_stepped(-24h)));

  EXPECT_EQ(fail("ann@example.org", kNoon - 24h + 30min), kNoon - 23h);
  EXPECT_TRUE(due(kNoon - 23h));
}

TEST_P(StoreOwed, TheHistorySaysWhenAndByWhatItIsTold) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);
  const DigestDue owed = *due(kNoon + 1h);
  const mail::QueueId message = owed.failures[0].message;
  ToldOwed told = digest(owed, kNoon + 1h);
  const std::string id = told.digest.message.id.text();
  ASSERT_EQ(Reader::open(world.options.directory).value()->summary(kNoon, 1)->owed, 1);
  const MessageDetails before =
      Reader::open(world.options.directory).value()->show(message).value();
  ASSERT_THAT(before.owed, SizeIs(1));
  EXPECT_EQ(before.owed[0].recipient, before.recipients[0].id);
  EXPECT_EQ(before.owed[0].due, kNoon + 1h);
  ASSERT_TRUE(world.run(world.store->tell_owed(std::move(told))));

  const auto reader = Reader::open(world.options.directory).value();
  std::vector<std::string> said;
  const MessageDetails shown = reader->show(message).value();
  for (const EventRow& event : shown.events) said.push_back(event.what);
  EXPECT_THAT(said, ElementsAre("failed: its sender has had 2 notices within the hour and is told "
                                "in a digest at " +
                                    mail::to_rfc3339(kNoon + 1h),
                                "its sender was told of the failure in the digest " + id));
  EXPECT_EQ(reader->summary(kNoon, 1)->owed, 0);
  EXPECT_THAT(shown.owed, IsEmpty());
}

TEST_P(StoreOwed, DelaysAreCountedWithFailuresAndGatheredLikeThem) {
  fail();
  wait("joe@example.net");
  waiting_notices(kNoon);
  const mail::QueueId late = wait("tom@example.net", kNoon + 10min);
  EXPECT_EQ(fail("ann@example.org", kNoon + 10min), kNoon + 1h);

  const std::optional<DigestDue> owed = due(kNoon + 1h);
  ASSERT_TRUE(owed);
  EXPECT_THAT(owed->failures, SizeIs(1));
  ASSERT_THAT(owed->delays, SizeIs(1));
  EXPECT_EQ(owed->delays[0].of.message, late);
  EXPECT_EQ(owed->delays[0].of.recipients.at(0).address.text(), "tom@example.net");
  EXPECT_EQ(owed->delays[0].of.recipients.at(0).next_attempt, kNoon + 24h);
  EXPECT_EQ(owed->delays[0].last_attempt, kNoon + 10min);
  EXPECT_THAT(violations(kNoon + 1h), IsEmpty());

  ASSERT_TRUE(world.run(world.store->tell_owed(digest(*owed, kNoon + 1h))));
  EXPECT_FALSE(due(kNoon + 48h));
  EXPECT_TRUE(told_of_delay(late));
}

TEST_P(StoreOwed, ADelayThatIsOverIsNotTold) {
  fail(), fail();
  const mail::QueueId late = wait("joe@example.net");
  end(late, mail::RecipientState::delivered);
  EXPECT_FALSE(due(kNoon + 1h));
  EXPECT_EQ(world.next_due(), std::nullopt) << "and its row is gone";
}

TEST_P(StoreOwed, NobodyCountsAsToldOfADelayThatIsOnlyOwed) {
  fail(), fail();
  const mail::QueueId late = wait("joe@example.net");
  EXPECT_FALSE(told_of_delay(late));
}

TEST_P(StoreOwed, ADelayThatEndsBetweenTheLookAndTheDigestIsNotTold) {
  fail(), fail();
  const mail::QueueId late = wait("joe@example.net");
  ASSERT_TRUE(due(kNoon + 1h));
  ToldOwed told = digest(*due(kNoon + 1h), kNoon + 1h);
  end(late, mail::RecipientState::delivered);
  EXPECT_FALSE(world.run(world.store->tell_owed(std::move(told))));
  EXPECT_FALSE(due(kNoon + 1h));
}

TEST_P(StoreOwed, ADelayThatBecomesAFailureIsToldAsThat) {
  fail(), fail();
  const mail::QueueId late = wait("joe@example.net");
  end(late, mail::RecipientState::failed, true);
  const std::optional<DigestDue> owed = due(kNoon + 1h);
  ASSERT_TRUE(owed);
  EXPECT_THAT(owed->delays, IsEmpty());
  ASSERT_THAT(owed->failures, SizeIs(1));
  EXPECT_EQ(owed->failures[0].message, late);
  EXPECT_THAT(violations(kNoon + 1h), IsEmpty());
}

TEST_P(StoreOwed, ADelayInDeliveryWaitsForTheEndOfThat) {
  fail(), fail();
  const mail::QueueId late = wait("joe@example.net");
  const auto leased = world.claim(kNoon + 24h);
  EXPECT_FALSE(due(kNoon + 24h));
  for (const mail::DeliveryRequest& request : leased) {
    if (request.message != late) continue;
    ASSERT_TRUE(world.run(world.store->put_back({request.recipients.at(0).id}, kNoon + 25h)));
  }
  EXPECT_TRUE(due(kNoon + 24h));
}

TEST_P(StoreOwed, WhatIsHeldByHandIsNotToldLate) {
  fail(), fail();
  wait("joe@example.net");
  world.operate(Verb::hold);
  EXPECT_FALSE(due(kNoon + 1h));
}

TEST_P(StoreOwed, AFailureThatCannotBeReadIsSaidWithTheOthersAndAtTheNextStart) {
  fail(), fail();
  ASSERT_EQ(fail(), kNoon + 1h);
  ASSERT_EQ(fail(), kNoon + 1h);
  {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_write, "").value();
    ASSERT_TRUE(
        db->script("UPDATE answer SET kind = 'delivered', stage = 'nowhere' WHERE "
                   "recipient_id = (SELECT min(recipient_id) FROM owed)"));
  }
  const std::optional<DigestDue> owed = due(kNoon + 1h);
  ASSERT_TRUE(owed);
  EXPECT_THAT(owed->failures, SizeIs(1));
  ASSERT_THAT(owed->unread, SizeIs(1));
  world.die_and_reopen(kNoon + 1h);
  EXPECT_EQ(world.recovery.owed_unread, 0);
  EXPECT_THAT(due(kNoon + 1h)->unread, SizeIs(1)) << "until a digest says it";

  ASSERT_TRUE(world.run(world.store->tell_owed(digest(*due(kNoon + 1h), kNoon + 1h))));

  EXPECT_FALSE(due(kNoon + 48h));
  world.die_and_reopen(kNoon + 2h);
  EXPECT_EQ(world.recovery.owed_unread, 1);
}

}  // namespace tenax::queue

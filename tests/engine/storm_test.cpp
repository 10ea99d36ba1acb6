// SPDX-License-Identifier: Apache-2.0
#include "engine/storm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/reader.h"

#include "tests/engine/builders.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

mail::Verdict refusal(std::string_view status_and_words, int code = 554) {
  mail::Verdict verdict = failed();
  verdict.stage = mail::Stage::mail;
  verdict.reply = mail::Reply{code, {std::string{status_and_words}}};
  verdict.text = verdict.reply->text();
  verdict.status = verdict.reply->status().value_or(mail::EnhancedStatus{code / 100, 7, 1});
  return verdict;
}

mail::Verdict blocked() { return refusal("5.7.1 Client host listed in a DNSBL"); }
mail::Verdict unknown() { return refusal("5.1.1 User unknown", 550); }

/// A watch over example.net, for which a refusal is the fifth that matters.
struct Watch {
  StormWatch watch;
  mail::WallTime now = noon();
  mail::Destination there = mail::Destination::of(domain("example.net"));

  Watch() { watch.adopt({5, 10min}); }
  bool comes_home(mail::Verdict verdict) {
    const mail::DeliveryRequest request = request_to({due_recipient(1, "bob@example.net")});
    mail::DeliveryReport report = report_on(request, {std::move(verdict)}, now);
    report.destination = there;
    return watch.landed(report, now);
  }
  int refusals_until_it_begins() {
    for (int i = 1; i <= 100; ++i) {
      if (comes_home(blocked())) return i;
    }
    return 0;
  }
};

TEST(StormWatch, BeginsWhereMailWasTakenAndMostIsRefused) {
  Watch world;
  EXPECT_FALSE(world.comes_home(delivered()));

  EXPECT_EQ(world.refusals_until_it_begins(), 5);

  EXPECT_TRUE(world.watch.rages(world.there));
  EXPECT_FALSE(world.watch.rages(mail::Destination::of(domain("example.com"))));
  EXPECT_FALSE(world.comes_home(blocked())) << "it begins once";
}

TEST(StormWatch, WhoeverNeverTookMailRefusesAsEver) {
  Watch world;
  EXPECT_EQ(world.refusals_until_it_begins(), 0);
}

TEST(StormWatch, WhatTheRecipientIsToBlameForIsNone) {
  Watch world;
  world.comes_home(delivered());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(world.comes_home(unknown()));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(world.comes_home(refusal("5.2.2 Mailbox full", 552)));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(world.comes_home(deferred()));
}

TEST(StormWatch, SomeRefusalsAmongMuchThatIsTakenAreNone) {
  Watch world;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(world.comes_home(i % 2 == 0 ? delivered() : blocked()));
  }
}

TEST(StormWatch, RefusalsFarApartAreNone) {
  Watch world;
  world.comes_home(delivered());
  for (int i = 0; i < 100; ++i) {
    world.now += 4min;
    EXPECT_FALSE(world.comes_home(blocked()));
  }
}

TEST(StormWatch, IsOverWhenTheQueueHoldsNothingOfItAndCountsAnew) {
  Watch world;
  world.comes_home(delivered());
  ASSERT_EQ(world.refusals_until_it_begins(), 5);

  world.watch.set({"example.net"});
  EXPECT_TRUE(world.watch.rages(world.there));
  world.watch.set({});
  EXPECT_FALSE(world.watch.rages(world.there));
  EXPECT_EQ(world.refusals_until_it_begins(), 5);
}

TEST(StormWatch, WithoutANumberNothingIsHeld) {
  Watch world;
  world.watch.adopt({});
  world.comes_home(delivered());
  EXPECT_EQ(world.refusals_until_it_begins(), 0);
}

Draft settle_in_a_storm(mail::Verdict verdict) {
  const mail::DeliveryRequest request = request_to({due_recipient(1, "bob@example.net")});
  Landing landing{request, report_on(request, {std::move(verdict)}, noon())};
  landing.storm = true;
  return settle({landing}, terms(), noon());
}

TEST(Settle, InAStormWhatIsRefusedByPolicyIsHeldAndNobodyIsTold) {
  const Draft draft = settle_in_a_storm(blocked());

  const queue::RecipientOutcome& outcome = draft.settlement.attempts.at(0).outcomes.at(0);
  EXPECT_EQ(outcome.state, mail::RecipientState::held);
  EXPECT_EQ(outcome.next_attempt, std::nullopt);
  EXPECT_TRUE(outcome.keep_notice);
  EXPECT_THAT(draft.orders, IsEmpty());
  ASSERT_THAT(draft.settlement.events, SizeIs(1));
  EXPECT_THAT(draft.settlement.events[0],
              HasSubstr("held: example.net suddenly refuses most mail"));
}

TEST(Settle, InAStormAnUnknownRecipientFailsAsEver) {
  const Draft draft = settle_in_a_storm(unknown());
  EXPECT_EQ(draft.settlement.attempts.at(0).outcomes.at(0).state, mail::RecipientState::failed);
  EXPECT_THAT(draft.orders, SizeIs(1));
  EXPECT_THAT(draft.settlement.events, IsEmpty());
}

class Storms : public EngineWorld {
 protected:
  Storms() { begin(); }

  void begin(std::string postmaster = "") {
    Plan plan = quiet_plan();
    plan.terms.postmaster = std::move(postmaster);
    plan.storm = {4, 10min};
    make_engine(std::move(plan));
    start();
  }
  void send_to_bob(int messages) {
    for (int i = 0; i < messages; ++i) {
      send({"bob@example.net"});
      pass(1s);
    }
  }
  std::int64_t held() {
    const auto reader = queue::Reader::open(directory.path()).value();
    return reader->summary(engine->now(), 10).value().held;
  }
};

TEST_F(Storms, MailIsHeldUntilTheOperatorLetsItGo) {
  send_to_bob(1);
  far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
  send_to_bob(7);

  ASSERT_THAT(facts.storms, SizeIs(1));
  EXPECT_EQ(facts.storms[0].destination.text(), "example.net");
  EXPECT_THAT(facts.storms[0].text, HasSubstr("DNSBL"));
  EXPECT_EQ(held(), 4);
  EXPECT_THAT(facts.noticed_, SizeIs(3)) << "those before it was known to be a storm";
  pass(24h * 10);
  EXPECT_EQ(held(), 4) << "it does not expire";

  far.forget_rules();
  queue::Operation release;
  release.verb = queue::Verb::release;
  release.selection.destination = "example.net";
  release.by = "uid 0";
  EXPECT_EQ(run(context, clock, engine->operate(std::move(release)))->changed, 4);
  pass(1min);
  EXPECT_EQ(held(), 0);
  EXPECT_THAT(far.taken(), SizeIs(5));

  far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
  send_to_bob(2);
  EXPECT_EQ(held(), 0) << "a new storm is counted from nothing";
  stop();
}

TEST_F(Storms, OutliveTheDaemon) {
  send_to_bob(1);
  far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
  send_to_bob(5);
  ASSERT_EQ(held(), 2);
  stop();
  begin();

  send_to_bob(1);

  EXPECT_EQ(held(), 3);
  stop();
}

TEST_F(Storms, WhatIsExpiredIsTold) {
  send_to_bob(1);
  far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
  send_to_bob(5);
  const std::size_t before = facts.noticed_.size();
  queue::Selection all;
  all.destination = "example.net";

  const auto expired = run(context, clock, engine->expire(std::move(all), "uid 0"));

  EXPECT_EQ(expired->changed, 2);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(facts.noticed_.size(), before + 2);
  stop();
}

/// A storm at example.net, and the operator's mailbox beside the senders'.
class StormMails : public Storms {
 protected:
  StormMails() {
    stop();
    begin(kPostmaster);
    send_to_bob(1);
    far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
    send_to_bob(6);
  }

  static constexpr const char* kPostmaster = "root@example.org";

  /// What came to the operator.
  std::vector<std::string> mails() {
    std::vector<std::string> found;
    for (const TakenMail& mail : home.taken()) {
      if (mail.recipients.front() == kPostmaster) found.push_back(mail.contents);
    }
    return found;
  }
  std::vector<std::string> to_the_sender(std::string_view subject) {
    std::vector<std::string> found;
    for (const TakenMail& mail : home.taken()) {
      const bool fits = mail.contents.find("Subject: " + std::string{subject}) != std::string::npos;
      if (fits && mail.recipients.front() == sender) found.push_back(mail.contents);
    }
    return found;
  }
  void release() {
    queue::Operation release;
    release.verb = queue::Verb::release;
    release.selection.destination = "example.net";
    release.by = "uid 0";
    ASSERT_TRUE(run(context, clock, engine->operate(std::move(release))).has_value());
  }
};

TEST_F(StormMails, TellTheOperatorWhatIsHeldAndWhatToDo) {
  EXPECT_THAT(mails(), IsEmpty());
  pass(2min);

  ASSERT_THAT(mails(), SizeIs(1));
  EXPECT_THAT(mails()[0], HasSubstr("Subject: Mail to example.net is held"));
  EXPECT_THAT(mails()[0], HasSubstr("messages: 3, senders: 1, recipients: 3."));
  EXPECT_THAT(mails()[0], HasSubstr("DNSBL (recipients: 3)"));
  EXPECT_THAT(mails()[0], HasSubstr("tenax release --destination example.net"));
  EXPECT_THAT(mails()[0], HasSubstr("Auto-Submitted: auto-generated"));
  ASSERT_THAT(facts.storms_told, SizeIs(1));
  EXPECT_EQ(facts.storms_told[0].messages, 3);
  pass(20h);
  EXPECT_THAT(mails(), SizeIs(1)) << "one for a storm";
  stop();
}

TEST_F(StormMails, ComeOnceADayAndALastTime) {
  pass(49h);
  ASSERT_THAT(mails(), SizeIs(3));
  EXPECT_THAT(mails()[2], HasSubstr("Subject: Mail to example.net is still held"));

  far.forget_rules();
  release();
  pass(5min);

  ASSERT_THAT(mails(), SizeIs(4));
  EXPECT_THAT(mails()[3], HasSubstr("Subject: Mail to example.net is held no more"));
  EXPECT_TRUE(facts.storms_told.back().over);
  pass(72h);
  EXPECT_THAT(mails(), SizeIs(4));
  stop();
}

TEST_F(StormMails, ComeOnceWhoeverDies) {
  stop();
  EXPECT_THAT(mails(), IsEmpty());
  pass(1h);
  begin(kPostmaster);
  pass(1min);
  ASSERT_THAT(mails(), SizeIs(1));
  stop();
  begin(kPostmaster);
  pass(1h);
  EXPECT_THAT(mails(), SizeIs(1));
  stop();
}

TEST_F(StormMails, ThatTheDiskHasNoRoomForComeLater) {
  store.telling = io::Errc::disk_full;
  pass(10min);
  EXPECT_THAT(mails(), IsEmpty());
  store.telling.reset();
  pass(5min);
  EXPECT_THAT(mails(), SizeIs(1));
  stop();
}

TEST_F(StormMails, GoToNobodyWhereNobodyIsNamed) {
  stop();
  begin();
  pass(50h);
  EXPECT_THAT(mails(), IsEmpty());
  EXPECT_THAT(facts.storms_told, IsEmpty());
  EXPECT_THAT(facts.troubles, IsEmpty());
  stop();
}

TEST_F(StormMails, ThatComeBackAreAnsweredByNobody) {
  home.at(mail::Stage::rcpt).says("550 5.1.1 nobody here");
  pass(1h);
  EXPECT_THAT(facts.storms_told, SizeIs(1));
  EXPECT_THAT(facts.double_bounces, SizeIs(1));
  stop();
}

TEST_F(StormMails, DoNotReplaceWhatTheSendersHear) {
  pass(25h);
  const std::vector<std::string> held = to_the_sender("Held back for now");
  ASSERT_THAT(held, SizeIs(3));
  EXPECT_THAT(held[0], HasSubstr("not being tried at the moment"));
  EXPECT_THAT(held[0], HasSubstr("DNSBL"));
  EXPECT_THAT(held[0], HasSubstr("Action: delayed\r\nStatus: 4."));
  EXPECT_THAT(held[0], Not(HasSubstr("Will-Retry-Until")));
  EXPECT_THAT(to_the_sender("Delivery has been delayed"), IsEmpty());
  pass(240h);
  EXPECT_THAT(to_the_sender("Held back for now"), SizeIs(3)) << "once";
  stop();
}

TEST_F(StormMails, WhoWasPromisedADateHearsThatItHoldsNoMore) {
  far.forget_rules();
  far.at(mail::Stage::rcpt).says("450 4.2.1 later");
  release();
  pass(25h);
  EXPECT_THAT(to_the_sender("Delivery has been delayed"), SizeIs(3));
  far.forget_rules();
  send_to_bob(1);
  far.at(mail::Stage::rcpt).says("554 5.7.1 Client host listed in a DNSBL");
  send_to_bob(5);
  pass(4h);  // the next attempt of those who wait
  ASSERT_EQ(held(), 5);

  pass(25h);

  EXPECT_THAT(to_the_sender("Held back for now"), SizeIs(5));
  stop();
}

class Cleared : public EngineWorld {
 protected:
  void deliver_late(bool wanted, mail::Notify notify = {}) {
    Plan plan = quiet_plan();
    plan.terms.cleared = wanted;
    make_engine(std::move(plan));
    far.manners.temporarily_failing = {"bob@example.net"};
    start();
    send({"bob@example.net"}, notify);
    pass(25h);
    far.manners.temporarily_failing.clear();
    pass(6h);
    stop();
  }
};

TEST_F(Cleared, WhoeverWasToldOfADelayIsToldOfItsEndIfTheOperatorWantsIt) {
  deliver_late(true);
  ASSERT_THAT(facts.noticed_, SizeIs(2));
  EXPECT_EQ(facts.noticed_[0].kind, bounce::NoticeKind::delayed);
  EXPECT_EQ(facts.noticed_[1].kind, bounce::NoticeKind::cleared);
  EXPECT_THAT(home.taken().back().contents, HasSubstr("Subject: The delay is over: hello"));
  EXPECT_THAT(home.taken().back().contents, HasSubstr("Action: relayed\r\nStatus: 2."));
}

TEST_F(Cleared, ByDefaultNobodyIs) {
  deliver_late(false);
  EXPECT_THAT(facts.noticed_, SizeIs(1));
}

TEST_F(Cleared, WhoeverAskedForSuccessIsToldOnce) {
  deliver_late(true, mail::Notify::parse("SUCCESS,DELAY").value());
  ASSERT_THAT(facts.noticed_, SizeIs(2));
  EXPECT_EQ(facts.noticed_[1].kind, bounce::NoticeKind::delivered);
}

TEST_F(Cleared, WhatCameInTimeIsNot) {
  Plan plan = quiet_plan();
  plan.terms.cleared = true;
  make_engine(std::move(plan));
  start();
  send({"bob@example.net"});
  pass(1h);
  EXPECT_THAT(facts.noticed_, IsEmpty());
  stop();
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "engine/digest.h"

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

/// Two notices of failure an hour; nobody is known at example.net.
class Digests : public EngineWorld {
 protected:
  Digests() { begin(); }
  void begin(int per_hour = 2) {
    Plan plan = quiet_plan();
    plan.terms.notices_per_hour = per_hour;
    make_engine(std::move(plan));
    far.forget_rules();
    far.at(mail::Stage::rcpt).says("550 5.1.1 no such user");
    start();
  }
  void fail(int messages) {
    for (int i = 0; i < messages; ++i) {
      send({"bob" + std::to_string(++sent_) + "@example.net"});
      pass(1s);
    }
  }
  std::unique_ptr<queue::Reader> reader() { return queue::Reader::open(directory.path()).value(); }
  /// In how many mails to the sender that one is called failed.
  int told_of(int number) {
    const std::string field = "Final-Recipient: rfc822; bob" + std::to_string(number) + "@";
    int times = 0;
    for (const TakenMail& mail : home.taken())
      times += mail.contents.find(field) != std::string::npos;
    return times;
  }
  void everyone_was_told_of_once() {
    for (int i = 1; i <= sent_; ++i) EXPECT_EQ(told_of(i), 1) << "bob" << i;
  }

 private:
  int sent_ = 0;
};

TEST_F(Digests, TellAtTheEndOfTheHourWhatIsBeyondItsNotices) {
  fail(7);
  EXPECT_THAT(home.taken(), SizeIs(2));
  EXPECT_THAT(facts.noticed_, SizeIs(2));
  ASSERT_THAT(facts.gathered_, SizeIs(5));
  EXPECT_EQ(facts.gathered_[0].to.text(), sender);
  EXPECT_EQ(reader()->summary(engine->now(), 1)->owed, 5);
  EXPECT_EQ(reader()->summary(engine->now(), 1)->next_digest, facts.gathered_[0].due);

  pass(50min);
  EXPECT_THAT(home.taken(), SizeIs(2));
  pass(11min);

  ASSERT_THAT(home.taken(), SizeIs(3));
  EXPECT_THAT(home.taken()[2].contents, HasSubstr("5 recipients in one report"));
  EXPECT_EQ(home.taken()[2].sender, "");
  ASSERT_THAT(facts.digested_, SizeIs(1));
  EXPECT_THAT(facts.digested_[0].about, SizeIs(5));
  everyone_was_told_of_once();
  EXPECT_EQ(reader()->summary(engine->now(), 1)->owed, 0);
  stop();
}

TEST_F(Digests, ANewHourBeginsWithNoticesAgain) {
  fail(3);
  pass(61min);
  ASSERT_THAT(home.taken(), SizeIs(3));
  fail(1);
  EXPECT_THAT(home.taken(), SizeIs(4));
  EXPECT_THAT(facts.noticed_, SizeIs(3));
  everyone_was_told_of_once();
  stop();
}

TEST_F(Digests, AnotherSenderIsToldAsEver) {
  fail(3);
  sender = "eve@example.org";
  fail(1);
  EXPECT_THAT(home.taken(), SizeIs(3));
  EXPECT_EQ(home.taken()[2].recipients, std::vector<std::string>{"eve@example.org"});
  stop();
}

TEST_F(Digests, WhatIsOwedWhenTheDaemonStopsIsToldByTheNext) {
  fail(5);
  stop();
  pass(3h);
  EXPECT_THAT(home.taken(), SizeIs(2));
  begin();
  pass(1min);

  everyone_was_told_of_once();
  EXPECT_THAT(facts.digested_, SizeIs(1));
  stop();
}

TEST_F(Digests, ADiskWithoutRoomDelaysThemAndLosesNothing) {
  fail(5);
  store.telling = io::Errc::disk_full;
  pass(2h);
  EXPECT_THAT(facts.digested_, IsEmpty());
  EXPECT_THAT(facts.troubles, Not(IsEmpty()));
  store.telling.reset();
  pass(5min);

  everyone_was_told_of_once();
  EXPECT_THAT(facts.digested_, SizeIs(1));
  stop();
}

TEST_F(Digests, WhoIsExpiredByTheOperatorIsCountedToo) {
  far.forget_rules();
  far.at(mail::Stage::rcpt).says("450 4.2.1 later");
  fail(4);
  ASSERT_THAT(home.taken(), IsEmpty());

  queue::Selection queued;
  queued.destination = "example.net";
  EXPECT_EQ(run(context, clock, engine->expire(queued, "uid 0"))->changed, 4);
  pass(61min);

  ASSERT_THAT(home.taken(), SizeIs(3));
  EXPECT_THAT(home.taken()[2].contents, HasSubstr("operator"));
  everyone_was_told_of_once();
  stop();
}

TEST_F(Digests, ADigestThatComesBackIsAnsweredByNobody) {
  fail(3);
  home.at(mail::Stage::rcpt).says("550 5.1.1 nobody here either");
  pass(2h);
  EXPECT_THAT(facts.digested_, SizeIs(1));
  EXPECT_THAT(facts.noticed_, SizeIs(2));
  EXPECT_THAT(facts.double_bounces, SizeIs(1));
  stop();
}

TEST_F(Digests, WithoutACapEveryFailureHasItsNotice) {
  stop();
  begin(0);
  fail(6);
  EXPECT_THAT(home.taken(), SizeIs(6));
  EXPECT_THAT(facts.gathered_, IsEmpty());
  stop();
}

/// Two notices an hour; example.net puts everybody off.
class LateDigests : public Digests {
 protected:
  LateDigests() {
    far.forget_rules();
    far.at(mail::Stage::rcpt).says("450 4.2.1 later");
    fail(5);
  }
};

TEST_F(LateDigests, TellOfDelaysWithTheirDates) {
  pass(24h + 1min);
  EXPECT_THAT(facts.noticed_, SizeIs(2));
  ASSERT_THAT(facts.gathered_, SizeIs(3));
  EXPECT_EQ(facts.gathered_[0].kind, bounce::NoticeKind::delayed);

  pass(61min);

  ASSERT_THAT(home.taken(), SizeIs(3));
  const std::string& digest = home.taken()[2].contents;
  EXPECT_THAT(digest, HasSubstr("Subject: Delivery has been delayed, 3 recipients in one report"));
  EXPECT_THAT(digest, HasSubstr("The next one is due on"));
  EXPECT_THAT(digest, HasSubstr("Will-Retry-Until: "));
  ASSERT_THAT(facts.digested_, SizeIs(1));
  EXPECT_EQ(facts.digested_[0].about.at(0).kind, bounce::NoticeKind::delayed);
  everyone_was_told_of_once();
  pass(24h);
  EXPECT_THAT(home.taken(), SizeIs(3));
  stop();
}

TEST_F(LateDigests, WhatArrivedMeanwhileIsNotCalledLate) {
  pass(24h + 1min);
  ASSERT_THAT(facts.gathered_, SizeIs(3));
  far.forget_rules();
  queue::Operation retry;
  retry.verb = queue::Verb::retry;
  retry.by = "uid 0";
  ASSERT_TRUE(run(context, clock, engine->operate(std::move(retry))).has_value());
  pass(5min);
  ASSERT_THAT(far.taken(), SizeIs(5));
  pass(3h);
  EXPECT_THAT(home.taken(), SizeIs(2)) << "the two of the hour";
  EXPECT_THAT(facts.digested_, IsEmpty());
  EXPECT_THAT(facts.troubles, IsEmpty());
  stop();
}

}  // namespace
}  // namespace tenax::engine

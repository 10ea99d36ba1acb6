// SPDX-License-Identifier: Apache-2.0
// What counts against an address, and what becomes of mail to a suppressed one.

#include "engine/suppressing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/cause.h"
#include "engine/verp.h"
#include "tests/engine/world.h"

namespace tenax::testing {
namespace {

using engine::address_fault;
using engine::verp_recipient;
using engine::wrong_with_verp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kVerp = "bounces+{local}={domain}@lists.example.org";

mail::Verdict refused(int code, const std::string& status, const std::string& text) {
  mail::Verdict given = verdict(mail::Kind::failed, code, status + " " + text);
  given.status = mail::EnhancedStatus::parse(status).value();
  return given;
}

queue::Suppression counted(int failures) {
  queue::Suppression one;
  one.address = "bob@example.net";
  one.failures = failures;
  one.last = noon();
  one.cause = "no-such-user";
  return one;
}

TEST(AddressFault, IsWhatLiesWithTheAddress) {
  const queue::SuppressionPolicy policy{1, 24h, false};
  const auto fault = address_fault(refused(550, "5.1.1", "no such user"), policy);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->cause, "no-such-user");
  EXPECT_EQ(fault->expires, 24h);
  EXPECT_TRUE(address_fault(refused(550, "5.2.1", "mailbox disabled"), policy));
}

TEST(AddressFault, IsNeitherWhatLiesWithUsNorWithTheMail) {
  const queue::SuppressionPolicy policy{1, 24h, false};
  EXPECT_FALSE(address_fault(refused(554, "5.7.1", "listed in a DNSBL"), policy));
  EXPECT_FALSE(address_fault(refused(552, "5.2.2", "mailbox full"), policy));
  EXPECT_FALSE(address_fault(refused(550, "5.7.1", "message looks like spam"), policy));
  EXPECT_FALSE(address_fault(refused(552, "5.3.4", "message too large"), policy));
  EXPECT_FALSE(address_fault(deferred(), policy));
  EXPECT_FALSE(address_fault(our_fault(), policy));
}

TEST(AddressFault, IsNotLookedForByDefault) {
  EXPECT_FALSE(address_fault(refused(550, "5.1.1", "no such user"), {}));
  EXPECT_THAT(engine::counted_causes({}), IsEmpty());
}

TEST(AddressFault, OfOurOwnRefusalIsNone) {
  const mail::Verdict said = engine::refusal_of(counted(2));
  EXPECT_FALSE(address_fault(said, {1, 24h, true}));
  EXPECT_EQ(said.kind, mail::Kind::failed);
  EXPECT_EQ(said.status.text(), "5.1.1") << "as the servers said";
  EXPECT_THAT(said.text, HasSubstr("2 failures, the last on 2026-11-24: no-such-user"));
  EXPECT_THAT(said.text, HasSubstr("tenax suppression remove bob@example.net"));
}

TEST(AddressFault, OurOwnRefusalIsNotBlamedOnTheirServer) {
  queue::Suppression added = counted(0);
  added.added = noon();
  added.note = "their policy: content filter, mailbox full";
  EXPECT_EQ(bounce::cause_of(engine::refusal_of(added)), bounce::Cause::suppressed);
  EXPECT_EQ(bounce::cause_of(engine::refusal_of(counted(2))), bounce::Cause::suppressed);
}

TEST(Verp, TheSenderNamesTheRecipient) {
  EXPECT_EQ(verp_recipient(kVerp, "bounces+bob=example.net@lists.example.org")->text(),
            "bob@example.net");
  EXPECT_EQ(verp_recipient(kVerp, "BOUNCES+a=b=example.net@Lists.Example.ORG")->text(),
            "a=b@example.net");
  EXPECT_EQ(verp_recipient("{any}-{local}={domain}@b.example", "17-4-bob=example.net@b.example")
                ->domain()
                .text(),
            "example.net");
}

TEST(Verp, AnotherSenderNamesNobody) {
  for (const char* other :
       {"", "bob@example.net", "bounces+bob@lists.example.org", "bounces+bob=@lists.example.org",
        "bounces+=a.example@lists.example.org",
        "bounces+bob=example.net@lists.example.org.evil.example",
        "bounces+bob=not a domain@lists.example.org"}) {
    EXPECT_FALSE(verp_recipient(kVerp, other)) << other;
  }
  EXPECT_FALSE(verp_recipient("", "bounces+bob=example.net@lists.example.org"));
  EXPECT_FALSE(verp_recipient(kVerp, "bounces+" + std::string(5000, '=') + "@lists.example.org"));
}

TEST(Verp, APatternHasBothPlacesAndTextBetweenThem) {
  EXPECT_EQ(wrong_with_verp(""), "");
  EXPECT_EQ(wrong_with_verp(kVerp), "");
  EXPECT_EQ(wrong_with_verp("{any}.{local}={domain}@b.example"), "");
  for (const char* wrong :
       {"bounces@example.org", "{local}@example.org", "{local}{domain}@b.example",
        "{local}={domain}={local}@b.example", "{lokal}={domain}@b.example", "{local}={domain}",
        "{local}={domain@b.example"}) {
    EXPECT_NE(wrong_with_verp(wrong), "") << wrong;
  }
}

class Suppressing : public EngineWorld {
 protected:
  void begin(queue::SuppressionPolicy policy) {
    engine::Plan plan = quiet_plan();
    plan.terms.suppression = policy;
    make_engine(std::move(plan));
    start();
  }
  void suppress(const std::string& address) {
    const auto done = run(
        context, clock,
        engine->suppress({{queue::SuppressionVerb::add, address, {}, "", "asked us to"}}, "uid 0"));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->changed, 1);
  }
  std::vector<queue::Suppression> listed() {
    return run(context, clock, store.suppressions_of({"bob@example.net"})).value();
  }
};

TEST_F(Suppressing, WhatAServerRefusesIsCountedAndThenNotTried) {
  begin({2, 24h * 90, true});
  far.manners.unknown = {"bob@example.net"};
  for (int i = 0; i < 2; ++i) {
    send({"bob@example.net"});
    pass(1s);
  }
  ASSERT_THAT(listed(), SizeIs(1));
  EXPECT_EQ(listed()[0].failures, 2);
  far.manners.unknown.clear();

  send({"bob@example.net"});
  pass(1s);

  EXPECT_THAT(far.taken(), IsEmpty());
  ASSERT_THAT(facts.noticed_, SizeIs(3)) << "the sender hears of each";
  ASSERT_THAT(home.taken(), SizeIs(3));
  const std::string& told = home.taken()[2].contents;
  EXPECT_THAT(told, HasSubstr("suppression remove"));
  EXPECT_THAT(told, HasSubstr("Who can act: your own postmaster"));
  EXPECT_THAT(told, HasSubstr("X-Tenax-Cause: suppressed"));
  EXPECT_THAT(told, Not(HasSubstr("Last-Attempt-Date"))) << "RFC 3464 2.3.7";
  EXPECT_EQ(listed()[0].failures, 2) << "our own refusal says nothing new";
  stop();
}

TEST_F(Suppressing, TheOtherRecipientsGetTheirMail) {
  begin({0, 24h, true});
  suppress("bob@example.net");

  send({"eve@example.net", "Bob@example.net"});
  pass(1s);

  ASSERT_THAT(far.taken(), SizeIs(1));
  EXPECT_THAT(far.taken()[0].recipients, SizeIs(1));
  ASSERT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_THAT(facts.noticed_[0].about, ElementsAre(address("Bob@example.net")));
  stop();
}

TEST_F(Suppressing, NothingIsRefusedUnlessItIsEnforced) {
  begin({1, 24h, false});
  suppress("bob@example.net");

  send({"bob@example.net"});
  pass(1s);

  EXPECT_THAT(far.taken(), SizeIs(1));
  stop();
}

TEST_F(Suppressing, ANoticeIsTriedWhoeverItIsFor) {
  begin({0, 24h, true});
  suppress("ann@example.org");
  far.manners.unknown = {"bob@example.net"};

  send({"bob@example.net"});
  pass(1s);

  EXPECT_THAT(home.taken(), SizeIs(1));
  stop();
}

TEST_F(Suppressing, WhoIsRemovedGetsMailAgain) {
  begin({0, 24h, true});
  suppress("bob@example.net");
  const auto removed = run(
      context, clock,
      engine->suppress({{queue::SuppressionVerb::remove, "bob@example.net", {}, "", ""}}, "uid 0"));
  ASSERT_TRUE(removed);

  send({"bob@example.net"});
  pass(1s);

  EXPECT_THAT(far.taken(), SizeIs(1));
  stop();
}

}  // namespace
}  // namespace tenax::testing

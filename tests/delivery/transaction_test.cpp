// SPDX-License-Identifier: Apache-2.0
// What goes over the wire in one transaction: commands, contents, and who is told what.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/commands.h"
#include "delivery/data_writer.h"
#include "tests/support/delivery_world.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using delivery::Capabilities;
using delivery::mail_command;
using delivery::rcpt_command;
using mail::Fault;
using mail::Health;
using mail::Kind;
using mail::Scope;
using mail::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string stuffed(std::string_view contents, std::size_t piece = SIZE_MAX) {
  delivery::DotStuffer stuffer;
  std::string out;
  for (std::size_t at = 0; at < contents.size(); at += std::min(piece, contents.size())) {
    stuffer.add(contents.substr(at, piece), out);
  }
  stuffer.finish(out);
  return out;
}

TEST(DotStuffer, DoublesTheDotsThatBeginLines) {
  EXPECT_EQ(stuffed("a\r\n.\r\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n");
  EXPECT_EQ(stuffed(".\r\n"), "..\r\n.\r\n");
  EXPECT_EQ(stuffed("a.b\r\n..c\r\n"), "a.b\r\n...c\r\n.\r\n");
}

TEST(DotStuffer, EndsAnUnendedLine) {
  EXPECT_EQ(stuffed("a"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed("a\r"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed(""), ".\r\n");
  EXPECT_EQ(stuffed("."), "..\r\n.\r\n");
}

TEST(DotStuffer, LetsNoBareLineFeedSmuggleAnEnd) {
  EXPECT_EQ(stuffed("a\n.\r\nMAIL FROM:<x>\r\n"), "a\n..\r\nMAIL FROM:<x>\r\n.\r\n");
}

TEST(DotStuffer, ComesToTheSameInPiecesOfAnySize) {
  const std::string contents = "x\r\n.\r\n..\r\n\r\n.y\r\n.\n.\r\nz\r";
  for (std::size_t piece = 1; piece < contents.size(); ++piece) {
    EXPECT_EQ(stuffed(contents, piece), stuffed(contents)) << piece;
  }
}

TEST(Commands, SayOnlyWhatTheServerUnderstands) {
  mail::DeliveryRequest request = a_request().eight_bit().notify("FAILURE").ret(mail::Ret::headers);
  request.envelope.envid = "id+1";
  request.recipients[0].original = mail::OriginalRecipient{"rfc822", "bob@old.example"};
  EXPECT_EQ(mail_command(request.envelope, {}, false), "MAIL FROM:<ann@example.org>");
  EXPECT_EQ(rcpt_command(request.recipients[0], {}, false), "RCPT TO:<bob@example.net>");
  Capabilities all;
  all.size = all.eight_bit = all.dsn = true;
  EXPECT_EQ(mail_command(request.envelope, all, false),
            "MAIL FROM:<ann@example.org> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=id+2B1");
  EXPECT_EQ(rcpt_command(request.recipients[0], all, false),
            "RCPT TO:<bob@example.net> NOTIFY=FAILURE ORCPT=rfc822;bob@old.example");
}

TEST(Commands, TheNullPathIsEmpty) {
  EXPECT_EQ(mail_command(a_request().from("").build().envelope, {}, false), "MAIL FROM:<>");
}

TEST(Commands, ALocalPartIsQuotedWhereItMust) {
  const mail::DeliveryRequest request = a_request().to("\"b ob\"@example.net");
  EXPECT_EQ(rcpt_command(request.recipients[0], {}, false), "RCPT TO:<\"b ob\"@example.net>");
}

TEST(Commands, ADomainInOurLettersGoesAsALabels) {
  const mail::DeliveryRequest request = a_request().to("bob@bücher.example");
  EXPECT_EQ(rcpt_command(request.recipients[0], {}, false), "RCPT TO:<bob@xn--bcher-kva.example>");
  EXPECT_EQ(rcpt_command(request.recipients[0], {}, true), "RCPT TO:<bob@bücher.example>");
}

struct Wire : ::testing::Test {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
};

TEST_F(Wire, ALocalPartNeedsAServerThatCan) {
  auto report = world.deliver(a_request().to("jürgen@example.net").to("bob@example.net"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report, 1).status.text(), "5.6.7");
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);

  DeliveryWorld able;
  FakeMx& other = able.one_mx();
  other.manners.smtputf8 = true;
  report = able.deliver(a_request().to("jürgen@example.net"));
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_THAT(other.taken().at(0).mail_command, HasSubstr(" SMTPUTF8"));
  EXPECT_EQ(other.copies("jürgen@example.net"), 1);
}

TEST_F(Wire, ASenderTheServerCannotNameFailsTheMessage) {
  const auto report = world.deliver(a_request().from("jürgen@example.org"));
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).scope, Scope::message);
  EXPECT_EQ(verdict_of(report).status.text(), "5.6.7");
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Wire, EightBitMailGoesAsItIsToAServerThatDoesNotSayItCan) {
  mx.manners.eight_bit = false;
  world.contents.put(1000, "Subject: Grüße\r\n\r\nschöne\r\n");
  const auto report = world.deliver(a_request().eight_bit());
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_THAT(mx.taken().at(0).mail_command, Not(HasSubstr("BODY")));
  EXPECT_EQ(mx.taken().at(0).contents, "Subject: Grüße\r\n\r\nschöne\r\n");
}

TEST_F(Wire, AMessageLargerThanTheLimitIsNotEvenNamed) {
  mx.manners.size = 1000;
  const auto report = world.deliver(a_request().size(1001));
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).status.text(), "5.3.4");
  EXPECT_EQ(mx.heard("MAIL"), 0);
  EXPECT_EQ(verdict_of(world.deliver(a_request().size(1000))).kind, Kind::delivered);
}

TEST_F(Wire, WhoTakesNotifyTellsOfSuccess) {
  EXPECT_FALSE(verdict_of(world.deliver(a_request().notify("SUCCESS"))).notify_passed_on);
  DeliveryWorld able;
  able.one_mx().manners.dsn = true;
  EXPECT_TRUE(verdict_of(able.deliver(a_request().notify("SUCCESS"))).notify_passed_on);
}

// RFC 5321 4.1.1.11: what it offered, and does not know.
TEST_F(Wire, WhoDoesNotKnowTheParametersItOfferedIsSpokenToWithoutThem) {
  for (const bool pipelining : {true, false}) {
    for (const auto& [stage, parameter] :
         {std::pair{Stage::mail, "RET="}, std::pair{Stage::rcpt, "NOTIFY="},
          std::pair{Stage::mail, "BODY="}}) {
      SCOPED_TRACE(parameter);
      DeliveryWorld other;
      FakeMx& odd = other.one_mx();
      odd.manners.pipelining = pipelining;
      odd.manners.dsn = true;
      odd.at(stage).says("555 5.5.4 unsupported option").only(parameter);
      const auto report = other.deliver(a_request()
                                            .to("bob@example.net")
                                            .notify("SUCCESS")
                                            .to("eve@example.net")
                                            .notify("SUCCESS")
                                            .ret(mail::Ret::headers)
                                            .eight_bit());
      EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
      EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
      EXPECT_FALSE(verdict_of(report, 1).notify_passed_on);  // nobody there will tell
      EXPECT_EQ(odd.taken().size(), 1U);
      EXPECT_EQ(other.deliver(a_request().notify("NEVER")).health, Health::well);
      EXPECT_EQ(odd.sessions(), 1);
      EXPECT_EQ(odd.heard("MAIL"), 3);
    }
  }
}

TEST_F(Wire, ForWhomAloneTheParametersAreNotKnownGoesWithoutThem) {
  mx.manners.dsn = true;
  mx.at(Stage::rcpt).says("555 5.5.4 unsupported option").only("<eve@example.net> N");
  const auto report = world.deliver(
      a_request().to("bob@example.net").notify("SUCCESS").to("eve@example.net").notify("SUCCESS"));
  EXPECT_TRUE(verdict_of(report, 1).notify_passed_on);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
  EXPECT_FALSE(verdict_of(report, 2).notify_passed_on);
}

TEST_F(Wire, WhatTheParametersHoldDoesNotMatter) {
  mx.manners.dsn = true;
  mx.at(Stage::mail).says("555 5.5.4 unsupported option").only("ENVID=");
  const auto report = world.deliver(a_request().envid("<lunch@example.org>").ret(mail::Ret::full));
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
}

TEST_F(Wire, WhatAHostTookBackItsNextSessionDoesNotOffer) {
  mx.manners.dsn = true;
  mx.manners.messages_per_session = 1;
  mx.manners.enough = "503 5.5.1 one message per connection";
  mx.at(Stage::rcpt).says("555 5.5.4 unsupported option").only("NOTIFY=");
  const auto report =
      world.deliver(a_request().to("bob@example.net").to("eve@example.net").notify("SUCCESS"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 2);
}

TEST_F(Wire, A555WithoutAnyParametersIsARefusal) {
  mx.at(Stage::rcpt).says("555 5.5.4 syntax error");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::failed);
  mx.at(Stage::mail).says("555 5.5.4 syntax error");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::failed);
}

TEST_F(Wire, AllRecipientsRefusedYetDataOpenGetsNoMessage) {
  mx.manners.unknown = {"bob@example.net"};
  mx.at(Stage::data).says("354 go on anyway");
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_TRUE(mx.taken().empty());
  world.deliver(a_request().to("eve@example.net"));
  EXPECT_EQ(mx.sessions(), 1);  // the lone dot left the session in step
}

// A word too many, and every reply is taken for the one to the next command.
TEST_F(Wire, ARefusalOfOneIsNeverAnothersBecauseOfASurplusReply) {
  for (const bool pipelining : {true, false}) {
    SCOPED_TRACE(pipelining);
    DeliveryWorld other;
    FakeMx& odd = other.one_mx();
    odd.manners.pipelining = pipelining;
    odd.manners.unknown = {"eve@example.net"};
    odd.at(Stage::mail).says("250 2.1.0 ok\r\n250 2.1.0 and once more").times(1);
    const auto report = other.deliver(a_request().to("bob@example.net").to("eve@example.net"));
    EXPECT_EQ(verdict_of(report, 1).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(report, 2).kind, Kind::deferred);
    EXPECT_TRUE(odd.taken().empty());
    const auto later = other.deliver(a_request().to("bob@example.net").to("eve@example.net"));
    EXPECT_EQ(verdict_of(later, 1).kind, Kind::delivered);
    EXPECT_EQ(verdict_of(later, 2).kind, Kind::failed);
  }
}

TEST_F(Wire, ARefusalOfAcceptedRecipientsAtDataStandsWhereRepliesAreInStep) {
  mx.at(Stage::data).says("554 5.7.1 not today").times(1);
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).text, "554 5.7.1 not today");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 1);

  mx.at(Stage::data).says_and_hangs_up("554 5.7.1 never again");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).text, "554 5.7.1 never again");
}

TEST_F(Wire, APipelinedRefusalOfTheSenderIsNotBlamedOnRecipients) {
  mx.at(Stage::mail).says("550 5.7.1 not you").times(1);
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).text, "550 5.7.1 not you");
  EXPECT_EQ(verdict_of(report).stage, Stage::mail);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
}

TEST_F(Wire, AnyAnswerToARecipientConcernsThatRecipientAlone) {
  for (const std::string_view words : {"530 5.7.1 log in first", "534 no", "535 5.7.3 no", "538 no",
                                       "354 weird", "999 weird", "150 weird"}) {
    for (const bool pipelining : {true, false}) {
      SCOPED_TRACE(words);
      DeliveryWorld other;
      FakeMx& odd = other.one_mx();
      odd.manners.pipelining = pipelining;
      odd.at(Stage::rcpt).says(std::string{words}).only("eve@");
      const auto report = other.deliver(
          a_request().to("bob@example.net").to("eve@example.net").to("joe@example.net"));
      EXPECT_EQ(verdict_of(report, 1).kind, Kind::delivered);
      EXPECT_NE(verdict_of(report, 2).kind, Kind::delivered);
      EXPECT_EQ(verdict_of(report, 2).text, words);
      EXPECT_EQ(verdict_of(report, 3).kind, Kind::delivered);
      EXPECT_EQ(report.health, Health::well);
    }
  }
}

TEST_F(Wire, WantingALoginForOneMessageParksNobody) {
  mx.manners.auth_required = true;
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);  // our configuration may be at fault
  EXPECT_EQ(report.health, Health::well);
}

TEST_F(Wire, AThousandRecipientsGoInTransactionsOfAHundred) {
  const auto report = world.deliver(a_request().to_many(1000));
  for (const auto& one : report.verdicts) ASSERT_EQ(one.verdict.kind, Kind::delivered);
  EXPECT_EQ(mx.taken().size(), 10U);
  EXPECT_EQ(mx.taken()[0].recipients.size(), 100U);
}

// RFC 5321 4.5.3.2.3 grants it five minutes for each.
TEST_F(Wire, WhoTakesAMinuteForEachRecipientGetsTheMailOfThoseItTook) {
  for (const bool pipelining : {true, false}) {
    SCOPED_TRACE(pipelining);
    DeliveryWorld other;
    FakeMx& slow = other.one_mx();
    slow.manners.pipelining = pipelining;
    slow.at(Stage::rcpt).waits(42s);
    const auto report = other.deliver(a_request().to_many(100));
    const auto delivered = std::ranges::count_if(
        report.verdicts, [](const auto& one) { return one.verdict.kind == Kind::delivered; });
    EXPECT_GT(delivered, 50);
    EXPECT_EQ(slow.sessions(), 1);
  }
}

TEST_F(Wire, A452ForTheVeryFirstRecipientIsADeferral) {
  mx.at(Stage::rcpt).says("452 4.5.3 too many recipients");
  const auto report = world.deliver(a_request().to_many(3));
  for (const auto& one : report.verdicts) EXPECT_EQ(one.verdict.kind, Kind::deferred);
  EXPECT_EQ(mx.heard("MAIL"), 1);
}

TEST_F(Wire, GreylistedRecipientsWaitOutTheirTime) {
  mx.manners.greylisting = 5min;
  EXPECT_EQ(verdict_of(world.deliver(a_request())).text, "450 4.7.1 greylisted, try again later");
  world.clock.advance_by(5min);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
}

TEST_F(Wire, ContentsArriveAsTheyWereWhateverThePieces) {
  std::string contents = "Subject: x\r\n\r\n";
  for (int line = 0; line < 3000; ++line) {
    contents +=
        std::string(static_cast<std::size_t>(line % 4), '.') + std::to_string(line) + "\r\n";
  }
  world.contents.put(1000, contents);
  for (const std::size_t piece : {1UL, 7UL, 4096UL, 100'000UL}) {
    world.contents.short_reads(piece);
    EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
    EXPECT_EQ(mx.taken().back().contents, contents);
  }
}

TEST_F(Wire, TruncatedContentsAreNeverFinished) {
  struct Way {
    std::int64_t breaks_after;
    std::int64_t missing;
  };
  for (const Way way : {Way{-1, 0}, Way{0, 0}, Way{15, 0}, Way{1000, 5}}) {
    DeliveryWorld other;
    FakeMx& receiver = other.one_mx();
    FakeMx& second = other.add_mx("mx2.example.net", "192.0.2.2", 20);
    if (way.missing == 0) other.contents.breaks(1000, way.breaks_after, io::Errc::disk_failed);
    other.contents.truncated(1000, way.missing);
    const auto report = other.deliver(a_request());
    EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(report).fault, Fault::ours);
    EXPECT_EQ(verdict_of(report).status.text(), "4.3.0");
    EXPECT_FALSE(verdict_of(report).in_doubt);
    EXPECT_EQ(report.health, Health::ours);
    EXPECT_TRUE(receiver.taken().empty());
    EXPECT_EQ(second.sessions(), 0);  // it would fail there in the same way
  }
}

TEST_F(Wire, AnAnswerBeforeTheDotIsNotItsAnswer) {
  mx.manners.pipelining = false;
  mx.at(Stage::data).sends("354 go\r\n250 taken, thank you\r\n");
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_FALSE(verdict_of(report).in_doubt);
  EXPECT_EQ(verdict_of(report).status.text(), "4.5.0");
}

struct BeforeTheDot : Wire {
  BeforeTheDot() {
    world.contents.put(1000, "A: b\r\n\r\n" + lines(500'000));
    mx.manners.pipelining = false;
  }

  static std::string lines(std::size_t octets) {
    std::string text;
    while (text.size() < octets)
      text += "Seventy-eight octets are a line, says the standard, if they can be.\r\n";
    return text;
  }
};

TEST_F(BeforeTheDot, ARefusalInThePacketOfThe354IsTheVerdict) {
  mx.at(Stage::data).sends("354 go\r\n552 5.3.4 too big\r\n").times(1);
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).text, "552 5.3.4 too big");
  EXPECT_FALSE(verdict_of(report).in_doubt);
  EXPECT_EQ(report.health, Health::well);
  const auto next = world.deliver(a_request());
  EXPECT_EQ(verdict_of(next).kind, Kind::delivered);
  EXPECT_FALSE(next.reused_session);
}

TEST_F(BeforeTheDot, ARefusalAmidTheContentsIsTheVerdict) {
  for (const std::string_view words :
       {"554 5.7.1 spam", "451 4.7.1 not now", "552 5.3.4 too big"}) {
    SCOPED_TRACE(words);
    mx.forget_rules();
    mx.at(Stage::body).says(std::string{words});
    const auto report = world.deliver(a_request());
    EXPECT_EQ(verdict_of(report).kind, words.starts_with('5') ? Kind::failed : Kind::deferred);
    EXPECT_EQ(verdict_of(report).text, words);
    EXPECT_FALSE(verdict_of(report).in_doubt);
    EXPECT_EQ(report.health, Health::well);
  }
  EXPECT_TRUE(mx.taken().empty());
}

TEST_F(BeforeTheDot, TheLastWordsOfWhoHangsUpAreTheVerdict) {
  mx.at(Stage::body).says_and_hangs_up("552 5.3.4 too big");
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::failed);
  EXPECT_EQ(verdict_of(report).text, "552 5.3.4 too big");
  EXPECT_EQ(verdict_of(report).fault, Fault::theirs);
}

TEST_F(BeforeTheDot, WhoLeavesThereSaysNothingOfTheMail) {
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  mx.at(Stage::body).says("421 4.3.2 leaving");
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::delivered);
  EXPECT_EQ(second.copies("bob@example.net"), 1);
}

TEST_F(BeforeTheDot, AnAcceptanceThereCountsForNothing) {
  mx.at(Stage::body).says("250 2.0.0 early");
  mx.at(Stage::dot).says("554 5.7.1 no");
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).status.text(), "4.5.0");
  EXPECT_FALSE(verdict_of(report).in_doubt);
  EXPECT_TRUE(mx.taken().empty());
}

TEST_F(BeforeTheDot, WhoIsGoneThenCannotHaveTakenTheMail) {
  world.contents.put(1000, "A: b\r\n\r\nshort\r\n");
  mx.at(Stage::data).says_and_hangs_up("354 go");
  const auto report = world.deliver(a_request());
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).stage, Stage::body);
  EXPECT_FALSE(verdict_of(report).in_doubt);
}

TEST_F(BeforeTheDot, PostponedRecipientsGoOverAnotherSession) {
  mx.manners.most_recipients = 1;
  mx.at(Stage::body).says("451 4.7.1 not now").times(1);
  const auto report = world.deliver(a_request().to("bob@example.net").to("eve@example.net"));
  EXPECT_EQ(verdict_of(report, 1).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report, 2).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 2);
}

}  // namespace
}  // namespace tenax::testing

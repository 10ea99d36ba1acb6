// SPDX-License-Identifier: Apache-2.0
#include "bounce/notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/header.h"

#include "bounce/lines.h"

#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Stage;
using ::testing::HasSubstr;
using ::testing::Not;
using enum NoticeKind;

Order failure() {
  return order(failed, subject("bob@example.net", answered(Stage::rcpt, "550 5.1.1 no such user")));
}

Order delay() {
  Subject bob = subject("bob@example.net", answered(Stage::rcpt, "450 4.7.1 greylisted"));
  bob.next_attempt = kNoon + 3h;
  bob.retry_until = kNoon + 96h;
  return order(delayed, std::move(bob));
}

std::string value_of(const Notice& notice, std::string_view name) {
  const mail::Header header = mail::Header::parse(notice.contents);
  const mail::HeaderField* found = header.find(name);
  return found == nullptr ? "(none)" : found->value;
}

TEST(Notice, GoesFromNobodyToTheSenderAndIsNeverAnswered) {
  const mail::NewMessage message = compose(failure()).message;

  EXPECT_EQ(message.id, mail::QueueId{1'000'000});
  EXPECT_EQ(message.envelope.sender, std::nullopt);
  EXPECT_EQ(message.origin, mail::Origin::notice);
  EXPECT_TRUE(message.envelope.automatic);
  EXPECT_EQ(message.envelope.ret, mail::Ret::unspecified);  // RFC 3461 7.1
  ASSERT_EQ(message.recipients.size(), 1U);
  EXPECT_EQ(message.recipients.front().address, address("ann@example.org"));
  EXPECT_EQ(message.recipients.front().notify.text(), "NEVER");
  EXPECT_EQ(message.accepted, kNoon);
  EXPECT_EQ(message.submitter.door, "notice");
  EXPECT_FALSE(
      eligible(failed, message.envelope, message.origin, message.recipients.front().notify));
}

TEST(Notice, KnowsItsOwnSizeSubjectAndName) {
  const Notice notice = compose(failure());

  EXPECT_EQ(notice.message.envelope.size, static_cast<std::int64_t>(notice.contents.size()));
  EXPECT_EQ(notice.message.subject, "Delivery failed: Lunch on Friday");
  EXPECT_EQ(notice.message.message_id, value_of(notice, "Message-ID"));
  EXPECT_THAT(notice.message.message_id,
              HasSubstr(mail::QueueId{1'000'000}.text() + ".notice@example.org"));
}

TEST(Notice, HasAHeaderThatPeopleAndProgramsUnderstand) {
  const Notice notice = compose(failure());

  EXPECT_EQ(value_of(notice, "From"), "Mail Delivery System <MAILER-DAEMON@example.org>");
  EXPECT_EQ(value_of(notice, "To"), "<ann@example.org>");
  EXPECT_EQ(value_of(notice, "Subject"), "Delivery failed: Lunch on Friday");
  EXPECT_EQ(value_of(notice, "Date"), "Tue, 24 Nov 2026 12:00:00 +0000");
  EXPECT_EQ(value_of(notice, "In-Reply-To"), "<4711@example.org>");
  EXPECT_EQ(value_of(notice, "References"), "<4711@example.org>");
  EXPECT_EQ(value_of(notice, "Auto-Submitted"), "auto-replied");
  EXPECT_EQ(value_of(notice, "MIME-Version"), "1.0");
  EXPECT_EQ(value_of(notice, "Content-Type"),
            "multipart/report; report-type=delivery-status; boundary=\"=_8f3a91c2_0\"");
  EXPECT_EQ(value_of(notice, "Precedence"), "(none)");
}

TEST(Notice, NamesItsKindInTheSubject) {
  EXPECT_EQ(value_of(compose(delay()), "Subject"), "Delivery has been delayed: Lunch on Friday");
  Order success = failure();
  success.kind = delivered;
  success.subjects[0].verdict = answered(Stage::dot, "250 2.0.0 taken");
  EXPECT_EQ(value_of(compose(success), "Subject"), "Passed on: Lunch on Friday");
  success.subjects[0].verdict->host = {};
  EXPECT_EQ(value_of(compose(success), "Subject"), "Delivered: Lunch on Friday");
  Order orphan = failure();
  orphan.double_bounce = true;
  EXPECT_EQ(value_of(compose(orphan), "Subject"), "Undeliverable notice: Lunch on Friday");
}

TEST(Notice, ASubjectBeyondAsciiIsEncoded) {
  Order given = failure();
  given.header = "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n";

  const Notice notice = compose(given);

  EXPECT_THAT(value_of(notice, "Subject"), HasSubstr("=?UTF-8?B?"));
  EXPECT_EQ(mail::decoded_for_people(value_of(notice, "Subject")),
            "Delivery failed: Gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(notice.message.subject,
            "Delivery failed: Gr\xc3\xbc\xc3\x9f"
            "e");
}

TEST(Notice, AMessageWithoutSubjectOrIdIsNoTrouble) {
  Order given = failure();
  given.header = "";

  const Notice notice = compose(given);

  EXPECT_EQ(value_of(notice, "Subject"), "Delivery failed");
  EXPECT_EQ(value_of(notice, "In-Reply-To"), "(none)");
  EXPECT_THAT(notice.contents, Not(HasSubstr("rfc822-headers")));
}

TEST(Notice, AForgedMessageIdIsNotRepeated) {
  for (const std::string id : {"<a b@c>", "a@b", "<a@b> <c@d>", "<>", "<\xc3\xbc@b>"}) {
    Order given = failure();
    given.header = "Message-ID: " + id + "\r\n";
    EXPECT_EQ(value_of(compose(given), "In-Reply-To"), "(none)") << id;
  }
}

TEST(Notice, FieldsTellOfAFailure) {
  Order given = failure();
  given.envelope.envid = "QQ314159";
  given.subjects[0].original = mail::OriginalRecipient{"rfc822", "robert@example.net"};

  EXPECT_THAT(compose(given).contents,
              HasSubstr("Content-Type: message/delivery-status\r\n"
                        "\r\n"
                        "Original-Envelope-Id: QQ314159\r\n"
                        "Reporting-MTA: dns; out.example.org\r\n"
                        "Arrival-Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
                        "X-Tenax-Queue-Id: " +
                        mail::QueueId{999'999}.text() +
                        "\r\n"
                        "\r\n"
                        "Original-Recipient: rfc822; robert@example.net\r\n"
                        "Final-Recipient: rfc822; bob@example.net\r\n"
                        "Action: failed\r\n"
                        "Status: 5.1.1\r\n"
                        "Remote-MTA: dns; mx1.example.net\r\n"
                        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
                        "Last-Attempt-Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
                        "X-Tenax-Cause: no-such-user\r\n"
                        "\r\n--=_8f3a91c2_0\r\n"));
}

TEST(Notice, FieldsTellOfADelay) {
  EXPECT_THAT(compose(delay()).contents,
              HasSubstr("Action: delayed\r\n"
                        "Status: 4.7.1\r\n"
                        "Remote-MTA: dns; mx1.example.net\r\n"
                        "Diagnostic-Code: smtp; 450 4.7.1 greylisted\r\n"
                        "Last-Attempt-Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
                        "Will-Retry-Until: Sat, 28 Nov 2026 12:00:00 +0000\r\n"
                        "X-Tenax-Cause: greylisted\r\n"));
}

struct Ending {
  std::string rule;
  NoticeKind kind;
  std::optional<mail::Verdict> verdict;
  std::string fields;
};

mail::Verdict passed_on() {
  mail::Verdict verdict = answered(Stage::dot, "250 2.6.0 taken");
  verdict.notify_passed_on = true;
  return verdict;
}

class Action : public ::testing::TestWithParam<Ending> {};

TEST_P(Action, AgreesWithItsStatus) {
  EXPECT_THAT(
      compose(order(GetParam().kind, subject("bob@example.net", GetParam().verdict))).contents,
      HasSubstr(GetParam().fields));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Action,
    ::testing::Values(Ending{"ATemporaryAnswerThatLastedTooLongStaysTemporary", failed,
                             answered(Stage::rcpt, "451 4.3.0 sick"),
                             "Action: failed\r\nStatus: 4.3.0\r\n"},
                      Ending{"WhatNobodyEverAnsweredExpired", failed, std::nullopt,
                             "Action: failed\r\nStatus: 4.4.7\r\n"},
                      Ending{"AnUntriedDelayIsUndefined", delayed, std::nullopt,
                             "Action: delayed\r\nStatus: 4.0.0\r\n"},
                      Ending{"AServerWithoutDsnRelays", delivered,
                             answered(Stage::dot, "250 2.6.0 taken"),
                             "Action: relayed\r\nStatus: 2.6.0\r\n"},
                      Ending{"AServerWithDsnDelivers", delivered, passed_on(),
                             "Action: delivered\r\nStatus: 2.6.0\r\n"}),
    [](const auto& given) { return given.param.rule; });

TEST(Notice, WithoutAReplyTheDiagnosticIsOurs) {
  Order given = failure();
  given.subjects[0].verdict = unanswered(Stage::connect, {4, 4, 1}, "connect: refused");
  EXPECT_THAT(compose(given).contents, HasSubstr("Diagnostic-Code: x-tenax; connect: refused\r\n"));
  EXPECT_THAT(compose(given).contents, Not(HasSubstr("Remote-MTA")));
}

TEST(Notice, GivesBackTheMessageUntouchedWhenAsked) {
  Order given = failure();
  given.envelope.ret = mail::Ret::full;
  given.body = ".\r\n--=_8f3a91c2_0\r\n\r\nFrom here \t\r\n";

  const Notice notice = compose(given);

  EXPECT_THAT(notice.contents, HasSubstr("Content-Type: message/rfc822\r\n\r\n" + given.header +
                                         "\r\n" + *given.body + "\r\n--=_8f3a91c2_1--\r\n"));
}

TEST(Notice, GivesBackTheHeaderOnly) {
  const auto header_only = [](const Order& given) {
    EXPECT_THAT(compose(given).contents, HasSubstr("Content-Type: text/rfc822-headers\r\n"));
    EXPECT_THAT(compose(given).contents, Not(HasSubstr("the body")));
  };
  Order asked = failure();
  asked.body = "the body\r\n";
  asked.envelope.ret = mail::Ret::headers;
  header_only(asked);

  Order late = delay();
  late.body = "the body\r\n";
  late.envelope.ret = mail::Ret::full;
  header_only(late);

  Order untidy = failure();
  untidy.body = "the body\n";
  header_only(untidy);

  Order cut = failure();
  cut.body = "the body\r\n";
  cut.header += "X: " + std::string(64 * 1024, 'a') + "\r\n";
  header_only(cut);

  header_only(failure());
}

TEST(Notice, TheEndOfADelayIsNoDeliveryThoughThatServerKnowsDsn) {
  Subject bob = subject("bob@example.net", answered(Stage::dot, "250 2.0.0 taken"));
  bob.verdict->notify_passed_on = true;
  const std::string contents = compose(order(NoticeKind::cleared, bob)).contents;
  EXPECT_THAT(contents, HasSubstr("\r\nAction: relayed\r\n"));
  EXPECT_THAT(contents, HasSubstr("mx1.example.net [192.0.2.1] took the message."));
  EXPECT_THAT(contents, Not(HasSubstr("elivered")));
}

TEST(Notice, ALineOfItsHeaderWithEncodedWordsHas76Columns) {
  Order given = failure();
  given.phrases = built_in("ja");
  given.header =
      "Subject: =?UTF-8?B?5pel5pys6Kqe44Gu6ZW344GE6KGo6aGM44Gn44GZ44CC5pel5pys6Kqe?=\r\n";
  const std::string contents = compose(given).contents;
  const std::string header = contents.substr(0, contents.find("\r\n\r\n") + 2);
  ASSERT_THAT(header, HasSubstr("\r\nSubject: =?UTF-8?B?"));
  std::size_t start = 0;
  for (std::size_t end; (end = header.find("\r\n", start)) != std::string::npos; start = end + 2) {
    EXPECT_LE(end - start, 76U) << header.substr(start, end - start);
  }
}

TEST(Notice, AHostThatIsAnAddressStandsInBracketsAndOnce) {
  for (const char* address : {"127.0.9.2", "2001:db8::1"}) {
    const std::string bracketed = "[" + std::string{address} + "]";
    Order given = failure();
    given.subjects[0].verdict->host.name = given.subjects[0].verdict->host.address = address;
    given.html = false;
    const std::string contents = compose(given).contents;
    EXPECT_THAT(contents, HasSubstr("\r\nRemote-MTA: dns; " + bracketed + "\r\n"));
    EXPECT_THAT(contents, HasSubstr("The server " + bracketed + " said"));
  }
}

TEST(Notice, DeclaresEightBitOnlyWhereItIs) {
  Order given = failure();
  given.body = "plain\r\n";
  EXPECT_THAT(compose(given).contents, Not(HasSubstr("8bit")));
  EXPECT_EQ(compose(given).message.envelope.body, mail::BodyType::seven_bit);

  given.body = "gr\xc3\xbc\r\n";
  const Notice notice = compose(given);
  EXPECT_EQ(value_of(notice, "Content-Transfer-Encoding"), "8bit");
  EXPECT_EQ(notice.message.envelope.body, mail::BodyType::eight_bit);
  EXPECT_THAT(notice.contents,
              HasSubstr("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n"));
  EXPECT_FALSE(notice.message.envelope.smtputf8);
}

TEST(Notice, AnInternationalMessageGetsInternationalParts) {
  Order given = order(failed, subject("b\xc3\xb6"
                                      "b@example.net",
                                      answered(Stage::rcpt, "550 5.1.1 kennt hier keiner")));
  given.body = "plain\r\n";

  const Notice notice = compose(given);

  EXPECT_THAT(notice.contents, HasSubstr("Content-Type: message/global-delivery-status\r\n"));
  EXPECT_THAT(notice.contents, HasSubstr("Content-Type: message/global\r\n"));
  EXPECT_THAT(notice.contents, HasSubstr("Final-Recipient: utf-8; b\xc3\xb6"
                                         "b@example.net\r\n"));
  EXPECT_THAT(notice.contents, HasSubstr("text/plain; charset=utf-8"));
  EXPECT_FALSE(notice.message.envelope.smtputf8);  // its own header is ASCII

  given.envelope.sender = address("\xc3\xa4nn@example.org");
  EXPECT_TRUE(compose(given).message.envelope.smtputf8);
}

TEST(Notice, InAnOrdinaryReportTheFieldsStayAscii) {
  Order given = failure();
  given.subjects[0].verdict = answered(Stage::rcpt, "550 5.1.1 kein Empf\xc3\xa4nger");
  EXPECT_THAT(compose(given).contents,
              HasSubstr("Diagnostic-Code: smtp; 550 5.1.1 kein Empf\\x{E4}nger\r\n"));
}

TEST(Notice, HostileWordsStayInTheirPlace) {
  Order given = failure();
  const std::string hostile = "550 5.1.1 x\r\nBcc: eve@example.com\r\n\r\n--=_8f3a91c2_0--\x1b[2J";
  given.subjects[0].verdict = answered(Stage::rcpt, hostile);
  given.subjects[0].verdict->host.name = "mx\r\nX-Evil: 1";
  given.envelope.envid = "id\r\nX-Evil: 2";
  given.our_name = "out\r\nX-Evil: 3";
  given.header = "Subject: a\r\nMessage-ID: <x@y>\r\n";

  const std::string contents = compose(given).contents;

  EXPECT_TRUE(is_tidy(contents));
  EXPECT_THAT(contents, Not(HasSubstr("\r\nX-Evil")));
  EXPECT_THAT(contents, Not(HasSubstr("\r\nBcc")));
  EXPECT_THAT(contents, Not(HasSubstr("\x1b")));
  EXPECT_THAT(contents, Not(HasSubstr("\r\n--=_8f3a91c2_0\r\n")));  // another boundary was chosen
}

}  // namespace
}  // namespace tenax::bounce

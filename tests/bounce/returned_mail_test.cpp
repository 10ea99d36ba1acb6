// SPDX-License-Identifier: Apache-2.0
// What notices of every make tell. All mails here were written for these tests.
#include "bounce/returned_mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace tenax::bounce {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kReturned =
    "Received: from desk (desk [192.0.2.7]) by out.example.org; Tue, 3 Mar 2026 10:00:00 +0000\n"
    "From: ann@example.org\nTo: bob@example.net\nSubject: lunch\n"
    "Message-ID: <lunch@example.org>\nMIME-Version: 1.0\n\nAt noon?\n";

std::string text_notice(std::string_view from, std::string_view subject, std::string_view body) {
  std::string mail{"From: "};
  mail.append(from).append("\nTo: ann@example.org\nSubject: ").append(subject);
  return mail.append("\n\n").append(body);
}

std::string report(std::string_view text, std::string_view fields) {
  std::string mail{
      "From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\nSubject: Undelivered\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b=\"\n\n"
      "--=b=\nContent-Type: text/plain; charset=us-ascii\n\n"};
  mail.append(text).append("\n--=b=\nContent-Type: message/delivery-status\n\n");
  mail.append("Reporting-MTA: dns; mx.example.net\n\n").append(fields);
  return mail.append("\n--=b=\nContent-Type: message/rfc822\n\n").append(kReturned) + "\n--=b=--\n";
}

/// What a case expects, and what is found, as one line: "failed bob@example.net 5.1.1
/// no-such-user".
std::string line_of(const Told& told) {
  return std::string{to_string(told.action)} + ' ' + told.recipient + ' ' + told.status.text() +
         ' ' + std::string{to_string(told.judgement.cause)};
}

std::string lines_of(const Reading& reading) {
  std::string lines{to_string(reading.kind)};
  for (const Told& told : reading.told) lines += "; " + line_of(told);
  return lines;
}

struct ReturnedCase {
  std::string_view rule;
  std::string_view from;
  std::string_view subject;
  std::string_view body;
  std::string_view told;
};

void PrintTo(const ReturnedCase& given, std::ostream* out) { *out << given.rule; }

constexpr ReturnedCase kTexts[] = {
    {"QmailNamesTheAddressAndThenTheReply", "MAILER-DAEMON@mx.example.net", "failure notice",
     "Hi. This is the qmail-send program at mx.example.net.\n"
     "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
     "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
     "<bob@example.net>:\n192.0.2.9 does not like recipient.\n"
     "Remote host said: 550 5.1.1 no such user here\nGiving up on 192.0.2.9.\n\n"
     "<eve@example.com>:\nUser is over quota. (#5.2.2)\n\n"
     "--- Below this line is a copy of the message.\n\n"
     "Return-Path: <ann@example.org>\nReceived: from a by b\nTo: carol@example.net\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user; failed eve@example.com 5.2.2 "
     "mailbox-full"},
    {"EximIndentsTheAddress", "Mail Delivery System <Mailer-Daemon@mx.example.net>",
     "Mail delivery failed: returning message to sender",
     "This message was created automatically by mail delivery software.\n\n"
     "A message that you sent could not be delivered to one or more of its\n"
     "recipients. This is a permanent error. The following address(es) failed:\n\n"
     "  bob@example.net\n    host mx2.example.net [192.0.2.9]\n"
     "    SMTP error from remote mail server after RCPT TO:<bob@example.net>:\n"
     "    552 5.2.2 mailbox full\n\n"
     "------ This is a copy of the message, including all the headers. ------\n\n"
     "From: ann@example.org\nTo: dan@example.com\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"EximThatStillTriesIsADelay", "Mailer-Daemon@mx.example.net",
     "Warning: message 1abc delayed 24 hours",
     "A message that you sent has not yet been delivered to one or more of its\n"
     "recipients after more than 24 hours on the queue on mx.example.net.\n\n"
     "The address to which the message has not yet been delivered is:\n\n"
     "  bob@example.net\n    Delay reason: Connection timed out\n\n"
     "No action is required on your part. Delivery attempts will continue.\n",
     "bounce; delayed bob@example.net 4.4.1 unreachable"},
    {"PostfixSpeaksOfTheMailSystem", "MAILER-DAEMON@mx.example.net",
     "Undelivered Mail Returned to Sender",
     "This is the mail system at host mx.example.net.\n\n"
     "I'm sorry to have to inform you that your message could not be delivered to one or more\n"
     "recipients. For further assistance, please send mail to postmaster.\n\n"
     "<bob@example.net>: host mx2.example.net[192.0.2.9] said: 550 5.1.1\n"
     "    <bob@example.net>: Recipient address rejected: User unknown (in reply to RCPT TO\n"
     "    command)\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"SendmailShowsATranscript", "MAILER-DAEMON@mx.example.net", "Returned mail: User unknown",
     "The original message was received at Tue, 3 Mar 2026 10:00:00 GMT\nfrom desk [192.0.2.7]\n\n"
     "   ----- The following addresses had permanent fatal errors -----\n<bob@example.net>\n\n"
     "   ----- Transcript of session follows -----\n... while talking to mx2.example.net.:\n"
     ">>> RCPT To:<bob@example.net>\n<<< 550 5.1.1 no such user\n"
     "550 5.1.1 <bob@example.net>... User unknown\n\n"
     "   ----- Original message follows -----\nReceived: from a by b\nTo: carol@example.net\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AnAddressBehindALabelIsFound", "postmaster@mx.example.net", "Undeliverable mail",
     "There was an error delivering your mail to <bob@example.net>.\n\n"
     "mx2.example.net [192.0.2.9] did not like our RCPT TO:\n550 5.1.1 no such user\n\n"
     "Message headers follow.\n\nReceived: from root\nTo: carol@example.net\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"WhomToAskIsNoRecipient", "MAILER-DAEMON@mx.example.net", "Returned mail",
     "Your message could not be delivered.\nContact helpdesk@example.net with questions.\n\n"
     "bob@example.net ... no such user\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AmazonsJsonIsReadLikeFields", "no-reply@sns.example.com", "AWS Notification Message",
     "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":"
     "\"bob@example.net\",\"action\":\"failed\",\"status\":\"5.1.1\",\"diagnosticCode\":"
     "\"smtp; 550 5.1.1 no such user\"}],\"bounceType\":\"Permanent\"}}\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AVacationIsAnAutomaticAnswer", "bob@example.net", "Out of office: lunch",
     "I am away until Monday.\n", "auto-reply; delivered bob@example.net 2.0.0 other"},
    {"AReplyThatQuotesABounceIsALetter", "bob@example.net",
     "Re: Undelivered Mail Returned to Sender",
     "Look what I got:\n> <eve@example.com>: 550 5.1.1 user unknown\n", "none"},
    {"APersonMayWriteOfLostMail", "bob@example.net", "undelivered parcels",
     "They were not delivered, can you ask eve@example.com?\n", "none"},
    {"ScriptsWithoutBlanksEndBeforeTheAddress", "postmaster@mx.example.net", "退信",
     "收件人：bob@example.net\n原因: 550 5.1.1 no such user\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AHeldPostingIsAnAutomaticAnswer", "list-owner@lists.example.net",
     "Your message to list awaits moderator approval", "It is being held.\n",
     "auto-reply; delivered list-owner@lists.example.net 2.0.0 other"},
    {"WhereAnAddressCameFromIsTheRecipient", "MAILER-DAEMON@example.net", "Undelivered Mail",
     "Your message could not be delivered.\n\n"
     "<bob@example.net> (expanded from <all@example.net>): mailbox is full\n",
     "bounce; failed all@example.net 5.2.2 mailbox-full"},
    {"ADelayWithoutAReasonIsTime", "MAILER-DAEMON@example.net", "Delivery delayed",
     "Your message has not yet been delivered to these recipients:\n\nbob@example.net\n",
     "bounce; delayed bob@example.net 4.4.7 expired"},
    {"AParcelIsNoMail", "shop@example.net", "Delivery notification: your parcel",
     "It could not be delivered. Contact help@example.net with questions.\n", "none"},
    {"TheNotifiersOwnUserMayBeCalledByName", "MAILER-DAEMON@example.net", "Mail delivery problem",
     "Your mail could not be delivered to the following users:\n\n    bob\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"ALetterIsALetter", "bob@example.net", "lunch", "At noon, at eve@example.com's?\n", "none"},
};

class ANoticeForPeople : public ::testing::TestWithParam<ReturnedCase> {};

TEST_P(ANoticeForPeople, IsRead) {
  const ReturnedCase& given = GetParam();
  std::string mail = text_notice(given.from, given.subject, given.body);

  EXPECT_EQ(lines_of(read_returned(mail)), given.told);
}

TEST_P(ANoticeForPeople, IsReadWithAnyLineEnds) {
  const ReturnedCase& given = GetParam();
  const std::string mail = text_notice(given.from, given.subject, given.body);
  std::string crlf;
  for (const char c : mail) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  std::string cr = mail;
  std::replace(cr.begin(), cr.end(), '\n', '\r');

  EXPECT_EQ(lines_of(read_returned(crlf)), given.told);
  EXPECT_EQ(lines_of(read_returned(cr)), given.told);
  EXPECT_EQ(lines_of(read_returned("From MAILER-DAEMON Tue Mar  3 10:00:00 2026\n" + mail)),
            given.told);
}

INSTANTIATE_TEST_SUITE_P(Returned, ANoticeForPeople, ::testing::ValuesIn(kTexts),
                         [](const auto& test) { return std::string{test.param.rule}; });

TEST(ReadReturned, TakesALocalPartWithAllThatItsQuotesHold) {
  for (const std::string local :
       {R"("a b")", R"("a\"b")", R"("a\\")", R"("\"")", R"("a@b")", R"("@\"@\\")"}) {
    const Reading reading = read_returned(report(
        "It did not work out.",
        "Final-Recipient: rfc822; " + local + "@example.net\nAction: failed\nStatus: 5.1.1\n"));
    EXPECT_EQ(lines_of(reading), "bounce; failed " + local + "@example.net 5.1.1 no-such-user");
  }
}

TEST(ReadReturned, TakesTheFieldsOfEachRecipient) {
  const Reading reading = read_returned(
      report("It did not work out.",
             "Original-Recipient: rfc822; bob@example.net\nFinal-Recipient: rfc822; "
             "robert@example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx2.example.com\n"
             "Diagnostic-Code: smtp; 550 5.1.1 no\n such user\n\n"
             "Final-Recipient: rfc822; eve@example.com\nAction: delayed\nStatus: 4.2.2\n"));

  EXPECT_EQ(lines_of(reading),
            "bounce; failed bob@example.net 5.1.1 no-such-user; delayed eve@example.com 4.2.2 "
            "mailbox-full");
  EXPECT_EQ(reading.told[0].led_to, "robert@example.com");
  EXPECT_EQ(reading.told[0].remote_mta, "mx2.example.com");
  EXPECT_EQ(reading.told[0].reply, "550 5.1.1 no such user");
  EXPECT_EQ(reading.reporting_mta, "mx.example.net");
  EXPECT_EQ(reading.message_id, "<lunch@example.org>");
  EXPECT_EQ(reading.returned_to, "ann@example.org");
}

TEST(ReadReturned, AStatusThatSaysNothingYieldsToTheWords) {
  const Reading reading = read_returned(
      report("<bob@example.net>: the mailbox is full",
             "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0\n"));

  EXPECT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.2.2 mailbox-full");
}

TEST(ReadReturned, FieldsWrittenAsTextAreFields) {
  const Reading reading = read_returned(
      text_notice("MAILER-DAEMON@mx.example.net", "Undelivered",
                  "Technical report:\n\nFinal-Recipient: rfc822; bob@example.net\n"
                  "Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 over quota\n"));

  EXPECT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.2.2 mailbox-full");
}

TEST(ReadReturned, AReportThatWasCutTellsWhatIsLeft) {
  const std::string whole = report("<bob@example.net>: 550 5.1.1 no such user",
                                   "Final-Recipient: rfc822; bob@example.net\nAction: failed\n"
                                   "Status: 5.1.1\n");
  for (std::size_t length = whole.find("such user") + 10; length < whole.size(); ++length) {
    const Reading reading = read_returned(std::string_view{whole}.substr(0, length));

    ASSERT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.1.1 no-such-user")
        << "cut at " << length;
  }
}

TEST(ReadReturned, WhomFieldsThatWereCutOffWouldHaveNamedTheTextNames) {
  const std::string whole =
      report("<bob@example.net>: 550 5.1.1 no such user\n\n<eve@example.com>: mailbox is full",
             "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n\n"
             "Final-Recipient: rfc822; eve@example.com\nAction: failed\nStatus: 5.2.2\n");

  EXPECT_EQ(lines_of(read_returned(whole.substr(0, whole.find("rfc822; eve") + 9))),
            "bounce; failed bob@example.net 5.1.1 no-such-user; failed eve@example.com 5.2.2 "
            "mailbox-full");
}

TEST(ReadReturned, ACutAddressIsNoAddress) {
  const Reading reading = read_returned(
      text_notice("MAILER-DAEMON@example.net", "failure notice",
                  "I wasn't able to deliver your message to the following addresses.\n\n<bob@exa"));

  EXPECT_EQ(lines_of(reading), "bounce; failed  5.0.0 other");
}

TEST(ReadReturned, WithVerpTheReturnPathNamesWhoFailed) {
  const Reading reading = read_returned(
      "From: MAILER-DAEMON@example.net\nTo: news-bounce+bob=example.com@example.org\n"
      "Subject: Undeliverable mail\n\nSorry.\n");

  ASSERT_THAT(reading.told, SizeIs(1));
  EXPECT_EQ(reading.told[0].recipient, "bob@example.com");
}

TEST(ReadReturned, ACommentBehindTheStatusIsAReason) {
  const Reading reading =
      read_returned(report("Some addresses had problems.",
                           "Final-Recipient: rfc822; bob@example.net\nAction: failed\n"
                           "Status: 5.0.0 (mailbox is full)\n"));

  EXPECT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.2.2 mailbox-full");
}

TEST(ReadReturned, ANoticeInsideAnEmptyOneIsRead) {
  const std::string inner = report("No.",
                                   "Final-Recipient: rfc822; bob@example.net\n"
                                   "Action: failed\nStatus: 5.1.1\n");
  const Reading reading = read_returned(
      "From: MAILER-DAEMON@gate.example.org\nSubject: Returned mail\nMIME-Version: 1.0\n"
      "Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: text/plain\n\n"
      "The following addresses had permanent delivery errors\n"
      "--outer\nContent-Type: message/rfc822\n\n" +
      inner + "\n--outer--\n");

  EXPECT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.1.1 no-such-user");
}

TEST(ReadReturned, AFeedbackReportIsAComplaint) {
  const Reading reading = read_returned(
      "From: fbl@example.net\nTo: abuse@example.org\nSubject: complaint\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n"
      "--x\nContent-Type: text/plain\n\nA user complained.\n"
      "--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
      "Original-Rcpt-To: <bob@example.net>\n"
      "--x\nContent-Type: message/rfc822\n\n" +
      kReturned + "\n--x--\n");

  EXPECT_EQ(reading.kind, MailKind::complaint);
  EXPECT_THAT(reading.told, ElementsAre(Field(&Told::recipient, "bob@example.net")));
}

TEST(ReadReturned, AMailSentBackWithAComplaintIsOne) {
  const Reading reading = read_returned(
      "From: staff@example.com\nTo: abuse@example.org\nMIME-Version: 1.0\n"
      "Subject: complaint about message from 192.0.2.7\n"
      "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n" +
      kReturned + "\n--x--\n");

  EXPECT_EQ(lines_of(reading), "complaint; delivered bob@example.net 2.0.0 other");
}

TEST(ReadReturned, EveryAddressOfXFailedRecipientsFailed) {
  std::string mail = "From: Mailer-Daemon@example.net\nX-Failed-Recipients: bob@example.net";
  for (int i = 0; i < 99; ++i) mail += ",\n bob" + std::to_string(i) + "@example.net";

  EXPECT_THAT(read_returned(mail + "\nSubject: Mail delivery failed\n\nNo.\n").told, SizeIs(100));
}

TEST(ReadReturned, ACodeInFrontOfTheStatusIsNoStatus) {
  const Reading reading = read_returned(report(
      "No.", "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 550 5.2.2\n"));

  EXPECT_EQ(lines_of(reading), "bounce; failed bob@example.net 5.2.2 mailbox-full");
}

TEST(ReadReturned, MoreRecipientsThanAMailHasAreNotLookedAt) {
  std::string fields;
  for (int i = 0; i < 3000; ++i) {
    fields += "Final-Recipient: rfc822; bob" + std::to_string(i) +
              "@example.net\nAction: failed\nStatus: 5.1.1\n\n";
  }

  EXPECT_THAT(read_returned(report("No.", fields)).told, SizeIs(kMostTold));
}

TEST(ReadReturned, PartsInPartsWithoutEndAreNotFollowed) {
  std::string mail = "From: MAILER-DAEMON@example.net\nSubject: Undelivered\n";
  for (int i = 0; i < 5000; ++i) {
    mail += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" +
            std::to_string(i) + "\n";
  }

  EXPECT_LE(read_returned(mail).told.size(), 1U);
}

}  // namespace
}  // namespace tenax::bounce

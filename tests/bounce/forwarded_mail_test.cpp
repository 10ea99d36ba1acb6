// SPDX-License-Identifier: Apache-2.0
// Mail that was sent on before it failed: whom it was for, and where it went. All mails here were
// written for these tests.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "bounce/returned_mail.h"
#include "tests/bounce/told_by.h"

namespace tenax::bounce {
namespace {

constexpr ToldMail kForwarded[] = {
    {"WhereAMailWasGeneratedFromIsTheRecipient",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n",
     "This is a permanent error. The following address failed:\n\n"
     "  bob@home.example\n    (generated from bob@example.net)\n"
     "    host mx.home.example [192.0.2.9]\n"
     "    SMTP error from remote mail server after RCPT TO:<bob@home.example>:\n"
     "    552 5.2.2 mailbox full\n",
     "bob@example.net > bob@home.example mailbox-full"},
    {"AnAddressMayBeReachedOverSeveral",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n"
     "X-Failed-Recipients: bob@home.example\n",
     "The following address failed:\n\n"
     "  bob@home.example\n    (ultimately generated from all@example.net)\n    unrouteable "
     "address\n",
     "all@example.net > bob@home.example no-such-user"},
    {"WhereAMailWasExpandedFromIsTheRecipient",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "<bob@home.example> (expanded from <all@example.net>): host\n"
     "    mx.home.example[192.0.2.9] said: 550 5.1.1 <bob@home.example>: no such user\n",
     "all@example.net > bob@home.example no-such-user"},
    {"ALineMayEndBeforeTheRecipient",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "<bob@home.example> (expanded from\n    <all@example.net>): mailbox is full\n",
     "all@example.net > bob@home.example mailbox-full"},
    {"EachMemberOfAListFailsForTheList",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "<bob@home.example> (expanded from <all@example.net>): mailbox is full\n\n"
     "<eve@home.example> (expanded from <all@example.net>): no such user\n\n"
     "<dan@example.net>: no such user\n",
     "all@example.net > bob@home.example mailbox-full; "
     "all@example.net > eve@home.example no-such-user; dan@example.net no-such-user"},
    {"TheReasonMayStandBetween", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "   ----- The following addresses had permanent fatal errors -----\n<bob@home.example>\n"
     "    (reason: 550 5.1.1 <bob@home.example>... User unknown)\n"
     "    (expanded from: <all@example.net>)\n\n"
     "   ----- Transcript of session follows -----\n... while talking to mx.home.example.:\n"
     ">>> RCPT To:<bob@home.example>\n<<< 550 5.1.1 <bob@home.example>... User unknown\n",
     "all@example.net > bob@home.example no-such-user"},
    {"AProgramIsNoAddressThatItLedTo", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "   ----- The following addresses had permanent fatal errors -----\n<bob@home.example>\n"
     "    (reason: 550 5.1.1 User unknown)\n\"|/usr/bin/filter\"\n"
     "    (reason: user unknown)\n    (expanded from: <eve@example.net>)\n",
     "bob@home.example no-such-user"},
    {"FieldsThatNameOnlyTheLastAreCompletedByTheText",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n",
     "The following address failed:\n\n"
     "  bob@home.example\n    (generated from bob@example.net)\n    552 5.2.2 mailbox full\n\n"
     "Action: failed\nFinal-Recipient: rfc822; bob@home.example\nStatus: 5.0.0\n"
     "Diagnostic-Code: smtp; 552 5.2.2 mailbox full\n",
     "bob@example.net > bob@home.example mailbox-full"},
    {"FieldsKnowBetterThanTheText", "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "<bob@home.example> (expanded from <bob@inner.example>): mailbox is full\n\n"
     "Final-Recipient: rfc822; bob@home.example\nOriginal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.2.2\n",
     "bob@example.net > bob@home.example mailbox-full"},
    {"TheAuthorMayHaveWrittenToAListThatTheyAreOn",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "The mail could not be delivered:\n\n"
     "ann@example.org\n    (generated from all@example.net)\n    mailbox is full\n",
     "all@example.net > ann@example.org mailbox-full"},
    {"AnInternationalAddressIsReadAsItIsWritten",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "Final-Recipient: utf-8; j\\x{F6}rg@example.net\n"
     "Original-Recipient: utf-8; \\x{7528}\\x{6237}1+x@example.net\nAction: failed\n"
     "Status: 5.1.1\n",
     "用户1+x@example.net > jörg@example.net no-such-user"},
    {"WhatEmbedsNoCharacterIsLeftAsItIs",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n",
     "Final-Recipient: utf-8; bob\\x{0}@example.net\nOriginal-Recipient: rfc822; "
     "bob@example.net\nAction: failed\nStatus: 5.1.1\n",
     "bob@example.net > x{0}@example.net no-such-user"},
};

std::string led_to_by(const std::string& mail) {
  std::string lines;
  for (const Told& told : read_returned(mail).told) {
    if (!lines.empty()) lines += "; ";
    lines += told.recipient;
    if (!told.led_to.empty()) lines.append(" > ").append(told.led_to);
    lines.append(" ").append(to_string(told.judgement.cause));
  }
  return lines;
}

class AForwardedMail : public ::testing::TestWithParam<ToldMail> {};

TEST_P(AForwardedMail, FailedForWhomItWasSentTo) {
  EXPECT_EQ(led_to_by(mail_of(GetParam())), GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(Mails, AForwardedMail, ::testing::ValuesIn(kForwarded),
                         [](const auto& test) { return std::string{test.param.rule}; });

}  // namespace
}  // namespace tenax::bounce

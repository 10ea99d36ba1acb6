// SPDX-License-Identifier: Apache-2.0
// Whether a mail tells of a failure at all, or whose program else wrote it, and what its Subject
// adds. All mails here were written for these tests.
#include <gtest/gtest.h>

#include <string>

#include "tests/bounce/told_by.h"

namespace tenax::bounce {
namespace {

constexpr ToldMail kCases[] = {
    {"WhoIsAwayIsAwayWhateverTheSubject",
     "From: MAILER-DAEMON@example.net\nSubject: Undeliverable? No, away\n"
     "Auto-Submitted: auto-replied (vacation)\n",
     "Your mail will be read on Monday.\n",
     "auto-reply; delivered MAILER-DAEMON@example.net 2.0.0 other"},
    {"WhoeverAsksToVerifyAnswersByProgram",
     "From: bob@example.net\nSubject: Re: lunch (verification)\n",
     "bob@example.net has requested that you verify yourself to complete the delivery of your "
     "message.\n",
     "auto-reply; delivered bob@example.net 2.0.0 other"},
    {"WhatAFilterKeptFromItsOwnerCameFromOthers",
     "From: noreply@filter.example.net\nSubject: Quarantine summary\n",
     "These messages were not delivered to ann@example.org:\n 1. From bob@example.com - spam score "
     "12\n",
     "none"},
    {"WhatAListsProgramDidIsNoComplaint",
     "From: club-request@example.net\nSubject: You were unsubscribed\n"
     "Auto-Submitted: auto-generated\nX-List-Administrivia: yes\n",
     "bye\n", "auto-reply; delivered club-request@example.net 2.0.0 other"},
    {"AFilterTellsTheAuthorOfAVirus",
     "From: Content filter <postmaster@example.net>\nSubject: VIRUS (Test) in mail FROM YOU\n",
     "Our content checker found a virus in an email from you to:\n-> bob@example.net\n\n"
     "Delivery of the email was stopped!\n",
     "bounce; failed bob@example.net 5.7.1 content"},
    {"APostOnAListIsNoNoticeWhateverItsSubject",
     "From: Eve <notifications@example.com>\nSubject: [mailer] mailbox full is read as user "
     "unknown\n"
     "List-Id: <mailer.example.com>\n",
     "This: \"bob@example.net: 552 mailbox full\" gives user unknown.\n", "none"},
    {"ANewsletterThatExplainsRefusalsIsNoNotice",
     "From: News <noreply@example.com>\nSubject: Delivery errors explained\n"
     "List-Unsubscribe: <mailto:no@example.com>\n",
     "550 5.1.1 user unknown: bob@example.net does not exist\n", "none"},
    {"AMailServersNoticeThatPassedAListIsOne",
     "From: MAILER-DAEMON@example.net\nSubject: Delivery failed\nList-Id: <club.example.org>\n",
     "<bob@example.net>: 552 mailbox full\n", "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ANoticeThatAListPassedOnHasTheListsFields",
     "From: MDaemon@example.net\nSubject: Permanent Delivery Failure\nList-Id: <club.example.org>\n"
     "List-Unsubscribe: <mailto:no@example.org>\n",
     "Failed address: bob@example.net, mailbox full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"APostmastersAnswerIsNoNotice",
     "From: Tom <postmaster@example.net>\nSubject: Re: Delivery failed\nIn-Reply-To: "
     "<a@example.org>\n",
     "Bob has left.\n\n> bob@example.net\n>   550 user unknown, mail was not delivered\n", "none"},
    {"AWelcomeSaysOnlyWhatMightHappen", "From: majordomo@example.net\nSubject: Welcome to club\n",
     "If mail cannot be delivered to you for 5 days you are taken off the list.\n", "none"},
    {"AWelcomeThatCameBackIsAFailure",
     "From: postmaster@example.net\nSubject: Undeliverable: Welcome to club\n",
     "Your mail to bob@example.net was not delivered, mailbox full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhomToAskStandsBelowTheSentence",
     "From: club-bounces@example.net\nSubject: Request to mailing list Club rejected\n",
     "Your request to the club@example.net mailing list has been rejected: non-members are not "
     "allowed to post to this list.\n\nAny questions should be directed to the list "
     "administrator\nat:\n\n"
     "    club-owner@example.net\n",
     "bounce; failed club@example.net 5.7.1 recipient-refuses"},
    {"WhoFailedStandsBelowTheSentence", "From: postmaster@example.net\nSubject: Undeliverable\n",
     "The message from ann@example.org could not be delivered to:\n\n    bob@example.net\n\n"
     "Mailbox full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhatWasPassedOnIsNoFailure",
     "From: Postmaster <postmaster@example.net>\nSubject: Relayed: lunch\n",
     "Delivery to these recipients is complete:\n\nbob@example.com\n",
     "bounce; delivered bob@example.com 2.0.0 other"},
    {"ASubjectKnowsMoreThanAPoliteWord",
     "From: postmaster@example.net\nSubject: Mailbox of bob@example.net is full, message was "
     "returned\n",
     "Please try again later.\n", "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AServersCodeKnowsMoreThanTheSubject",
     "From: postmaster@example.net\nSubject: Mailbox is full, message was returned\n",
     "<bob@example.net>: 451 4.3.0 please try again later\n",
     "bounce; failed bob@example.net 4.3.0 server-trouble"},
    {"AScannersFooterIsNoReason", "From: postmaster@example.net\nSubject: Delivery failed\n",
     "The mail to bob@example.net was not delivered.\n\n"
     "*** This mail has been scanned for all viruses and offensive content ***\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"WhoseMailAProgramTookFailed", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "   ----- The following addresses had permanent fatal errors -----\n\"|/usr/bin/filter\"\n"
     "    (reason: mailbox full)\n    (expanded from: <bob@example.net>)\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhomToAskAboutAFailureIsNoRecipient",
     "From: Fax <fax@example.net>\nReturn-Path: <>\nSubject: Fax to 5550199 failed\n",
     "Your fax to 5550199 could not be delivered: line busy. Ask fax-help@example.net.\n", "none"},
    {"WhomToAskIsNoRecipient", "From: administrator@example.net\nSubject: Your account\n",
     "Your account could not be charged. Mail to support@example.net if this is an error. The "
     "mailbox quota stays.\n",
     "none"},
    {"AListThatTakesMembersMailOnlyRefuses",
     "From: club-admin@example.net\nSubject: You (ann@example.org) are not member (club)\n",
     "You are not a member of this mailing list <club@example.net>.\n\nYour mail is as follows:\n\n"
     "From: ann@example.org\nTo: club@example.net\n",
     "bounce; failed club@example.net 5.7.1 recipient-refuses"},
    {"AListThatWritesFrenchRefuses",
     "From: SYMPA <sympa@listes.example.fr>\nSubject: Message rejeté\n"
     "Auto-Submitted: auto-replied\n",
     "Votre message pour la liste club@listes.example.fr a été rejeté.\n"
     "Vous n'êtes pas autorisé à diffuser un message dans cette liste.\n",
     "bounce; failed club@listes.example.fr 5.7.1 recipient-refuses"},
};

class AMailOfAnyKind : public ::testing::TestWithParam<ToldMail> {};

TEST_P(AMailOfAnyKind, IsKnown) { EXPECT_EQ(told_by(mail_of(GetParam())), GetParam().told); }

INSTANTIATE_TEST_SUITE_P(Kinds, AMailOfAnyKind, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string{test.param.rule}; });

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
// Notices that lost their end, or that something on the way made a mess of: what is still sure is
// told, the rest is not made up. All mails here were written for these tests.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "tests/bounce/told_by.h"

namespace tenax::bounce {
namespace {

struct Damaged {
  std::string_view rule;
  std::string_view mail;
  std::string_view told;
};

void PrintTo(const Damaged& given, std::ostream* out) { *out << given.rule; }

constexpr Damaged kDamaged[] = {
    {"ACutAddressThatStoodInTheTextIsWhole",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
     "--b\nContent-Type: text/plain\n\n<bob@example.net>: the mailbox is full\n\n"
     "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@exam",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ACutAddressOfTheWritersDomainIsWhole",
     "From: MAILER-DAEMON@example.net\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "The mailbox is full, your mail could not be delivered to:\n<bob@exampl",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ACutAddressOfTheWritersDomainAmongOthersIsNone",
     "From: MAILER-DAEMON@example.net\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "Your mail to <bob@example.com> could not be delivered: 550 <x-12@exampl",
     "bounce; failed bob@example.com 5.7.0 policy"},
    {"ACutAddressThatMayBeOfTwoIsNone",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "Sent on for bob@example.net and bob@example.com\nat our end.\n\n"
     "Your mail could not be delivered to:\n<bob@exam",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"AReplyThatWasCutIsStillOne",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
     "--b\nContent-Type: text/plain\n\nIt did not work out.\n\n"
     "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 the mailbox is full, and wi",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"OfAReplyThatWasCutTheTextHasTheRest",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
     "--b\nContent-Type: text/plain\n\n<bob@example.net>: host mx.example.net said: 550 by our "
     "table, the mailbox\n    is full\n\n"
     "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 by our table, the",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"OfAReplyWhoseFirstLineIsToldTheTranscriptHasTheOthers",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
     "--b\nContent-Type: text/plain\n\n   ----- Transcript of session follows -----\n"
     "... while talking to mx.example.net.:\n<<< 554-mx.example.net has no service for you\n"
     "<<< 554-The box of this person\n<<< 554 is full\n<<< 503 a recipient first, please\n\n"
     "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.0.0\n"
     "Diagnostic-Code: SMTP; 554-mx.example.net has no service for you\n\n--b--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ATextThatTellsAReplysFirstLineHasTheOthersInItsTranscript",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "<bob@example.net>\n    (reason: 554-mx.example.net has no service for you)\n\n"
     "   ----- Transcript of session follows -----\n"
     "<<< 554-mx.example.net has no service for you\n<<< 554 his mailbox is full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AnAddressWithWhichAFoldedReplyGoesOnIsNoRecipient",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "<bob@example.net>: host mx.example.net[192.0.2.9] said: 552\n"
     "    <bobby@box.example.net>: the box is full (in reply to RCPT TO)\n\n"
     "<eve@example.net>: host mx.example.net[192.0.2.9] said: 550 5.1.1\n"
     "    eve@example.net nobody knows (in reply to RCPT TO)\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full; failed eve@example.net 5.1.1 "
     "no-such-user"},
    {"AReplyThatSpeaksOfARejectedMessageDoesNotAnnounceOne",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "  bob@example.net\n    host mx.example.net [192.0.2.9]\n"
     "    554 our scanner rejected message, it has a virus\n\n"
     "------ This is a copy of the message ------\n\nFrom: ann@example.org\nSubject: lunch\n",
     "bounce; failed bob@example.net 5.7.1 content"},
    {"WordsThatOnlyIntroduceAReasonAreNone",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "<bob@example.net>\n\n   ----- Transcript of session follows -----\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"WhereAServerWasInTheDialogueIsNoReason",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "  bob@example.net\n    SMTP error from remote mail server after RCPT TO:<bob@example.net>:\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"WhatStandsBehindWhereAServerWasIsTheReason",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "  bob@example.net\n    SMTP error from remote mail server after end of data: the mailbox of "
     "bob is full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AnEncodedTextThatWasCutHasNoCutAddress",  // "...delivered:\n<bob@exam"
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
     "WW91ciBtYWlsIGNvdWxkIG5vdCBiZSBkZWxpdmVyZWQ6Cjxib2JAZXhh",
     "bounce; failed  5.0.0 other"},
    {"ATextInAnotherCharsetThatWasCutHasNoCutAddress",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1B$B08@h\x1B(B: bob@exa",
     "bounce; failed  5.0.0 other"},
    {"AHeaderThatWasCutHasNoCutAddress",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "X-Failed-Recipients: bob@exa",
     "bounce; failed  5.0.0 other"},
    {"MarkupThatWasCutHasNoCutAddress",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: text/html\n\n<p>Your mail could not be delivered to</p><p>bob@exa",
     "bounce; failed  5.0.0 other"},
    {"ANoreplyWhoseListOfRecipientsWasCutStillWritesANotice",
     "From: noreply@relay.example.net\nTo: ann@example.org\nSubject: Mail delivery report\n\n"
     "Your mail could not be delivered to:\n\nbo",
     "bounce; failed  5.0.0 other"},
    {"ANoreplyWritesOfParcelsThatWereNotDelivered",
     "From: noreply@parcels.example.net\nTo: ann@example.org\nSubject: Delivery report\n\n"
     "Your parcel could not be delivered to:\n\nNo",
     "none"},
    {"TheSubjectMayBeAllThatSaysWhy",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\n"
     "Subject: Warning: bob@example.net - User unknown!\n\nThe following da",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"WhatTheAuthorWroteAboutIsNoReason",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered: your mailbox "
     "is full\n\nbob@example.net\n\n--- Below this line is a copy of the message.\n\n"
     "Received: from desk by mx\nTo: bob@example.net\nSubject: your mailbox is full\n\nReally.\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"LettersThatAreUtf8AreReadSoWhateverTheirLabelSays",
     "From: postmaster@example.de\nTo: ann@example.org\nSubject: Unzustellbar\n"
     "Content-Type: text/plain; charset=iso-2022-jp\n\nDie Nachricht an bob@example.de wurde nicht "
     "zugestellt:\ndas Postfach des Empf\xC3\xA4ngers ist \xC3\xBC"
     "berf\xC3\xBCllt.\n",
     "bounce; failed bob@example.de 5.2.2 mailbox-full"},
    {"FieldsThatAGatewayAttachedAsAFileAreFields",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the file.\n"
     "\n--b\nContent-Type: application/octet-stream; name=ATT00001\n\nReporting-MTA: dns; mx\n\n"
     "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.2.2\n\n--b--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhatIsSaidBehindTheReturnedHeaderCountsWhereNothingStandsBefore",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Delivery failure\n\n"
     "This mail did not reach its recipients:\n\nReceived: from desk by mx\nFrom: ann@example.org\n"
     "To: bob@example.net\nSubject: lunch\nMessage-ID: <lunch@example.org>\n\n"
     "*** 552 bob@example.net: mailbox full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"TheReturnedMailItselfSaysNothingOfItsDelivery",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Delivery failure\n\n"
     "This mail did not reach its recipients:\n\nReceived: from desk by mx\nFrom: ann@example.org\n"
     "To: bob@example.net\nSubject: lunch\nMessage-ID: <lunch@example.org>\n\n"
     "Yesterday eve@example.com told me:\n552 eve@example.com: mailbox full\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"ALostBoundaryIsTheOneThatTheBodyShows",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report; report-type=delivery-status\n\nThis is MIME.\n\n"
     "--b1\nContent-Type: text/plain\n\n<bob@example.net>: no\n\n"
     "--b1\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.2.2\n\n--b1--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ABoundaryThatNoPartHasIsAnother",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: multipart/report;\n\tboundary=\"was\"\nMessage-ID: <n@example.com>\n\n"
     "--is\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
     "PGJvYkBleGFtcGxlLm5ldD46IHRoZSBtYWlsYm94IGlzIGZ1bGwK\n--is--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ALostContentTypeIsThatOfTheParts",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "--is\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
     "PGJvYkBleGFtcGxlLm5ldD46IHRoZSBtYWlsYm94IGlzIGZ1bGwK\n--is--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"TheBoundaryOfTheMailThatCameBackIsItsOwn",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "<bob@example.net>: the mailbox is full\n\n--- Below this line is a copy of the message.\n\n"
     "From: ann@example.org\nTo: bob@example.net\nContent-Type: multipart/mixed; boundary=b\n\n"
     "--b\nContent-Type: text/plain\n\neve@example.com does not exist\n--b--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"QuotedPrintableIsReadThoughNobodyCallsItThat",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "Your mail was not delivered to the person whom you sent it to: <bob@example.n=\n"
     "et>\nThe server of your friend told us that in this mailbox there is no space =\n"
     "left, mailbox full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"OneLineThatEndsWithAnEqualsSignIsNotBroken",
     "From: MAILER-DAEMON@mx.example.com\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "<bob@example.net>: mailbox full\nSee https://example.net/why and tell us the number id=\n"
     "20 if you ask.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AnAddressThatALinesEndBrokeIsWhole",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "Your message could not be delivered to \"bob.of.the.post.room@example\n.net\", the mailbox "
     "is "
     "full.\n",
     "bounce; failed bob.of.the.post.room@example.net 5.2.2 mailbox-full"},
    {"AnAddressThatWasFoldedAtADotIsWhole",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@mail.\n example.net\n"
     "Action: failed\nStatus: 5.2.2\n",
     "bounce; failed bob@mail.example.net 5.2.2 mailbox-full"},
    {"WordsBehindAnAddressAreNotOfIt",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Undelivered\n"
     "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net. (Bob)\n"
     "Action: failed\nStatus: 5.2.2\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AQuoteThatEndsALineBreaksNoAddress",
     "From: postmaster@example.net\nTo: ann@example.org\nSubject: Undelivered\n\n"
     "The mailbox \"bob@example.net\"\nis full, eve said \"so\".\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
};

class ADamagedNotice : public ::testing::TestWithParam<Damaged> {};

TEST_P(ADamagedNotice, TellsWhatIsSure) { EXPECT_EQ(told_by(GetParam().mail), GetParam().told); }

INSTANTIATE_TEST_SUITE_P(Damage, ADamagedNotice, ::testing::ValuesIn(kDamaged),
                         [](const auto& test) { return std::string{test.param.rule}; });

}  // namespace
}  // namespace tenax::bounce

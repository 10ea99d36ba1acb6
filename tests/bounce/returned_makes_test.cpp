// SPDX-License-Identifier: Apache-2.0
// What the notices of many makes have in common, rule by rule. All mails here were written for
// these tests.
#include <gtest/gtest.h>

#include <string>

#include "tests/bounce/told_by.h"

namespace tenax::bounce {
namespace {

constexpr ToldMail kMakes[] = {
    {"AVerbInFrontOfACodeIntroducesAReply",
     "From: postmaster@mx.example.net\nSubject: Message Delivery Failure\n",
     "The following recipient(s) could not be reached:\n\n    Recipient: [SMTP:bob@example.net]\n"
     "    Reason: mx2.example.net responded 552 5.2.2 the box is full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhatEveryNoticeSaysIsNoReason",
     "From: Mailer-Daemon@mx.example.net\nSubject: Warning: message 1abc delayed 24 hours\n",
     "A message that you sent has not yet been delivered to one or more of its\n"
     "recipients after more than 24 hours on the queue on mx.example.net.\n\n"
     "The address to which the message has not yet been delivered is:\n\n  bob@example.net\n\n"
     "No action is required on your part. Delivery attempts will continue for\n"
     "some time, and this warning may be repeated at intervals.\n",
     "bounce; delayed bob@example.net 4.4.7 expired"},
    {"ThatTheTimeIsUpYieldsToWhatWasWrong",
     "From: Mailer-Daemon@mx.example.net\nSubject: Mail delivery failed\n",
     "The following address(es) failed:\n\n  bob@example.net\n    retry timeout exceeded\n"
     "    host mx2.example.net [192.0.2.9] Connection refused\n",
     "bounce; failed bob@example.net 4.4.1 unreachable"},
    {"PhrasesRunOnFromLineToLine",
     "From: MailScanner <postmaster@example.net>\nSubject: Warning: E-mail viruses detected\n",
     "Our scanner was triggered by a message that you sent:\n  To: bob@example.net\n\n"
     "Its attachments hold a virus and will not\nhave been delivered.\n",
     "bounce; failed bob@example.net 5.7.1 content"},
    {"ADelayMayCallItselfATemporaryFailure",
     "From: MAILER-DAEMON@example.net\nSubject: Delivery status notification: delayed\n",
     "A message is delayed for more than 4 hours:\n\nbob@example.net: Connection timed out\n\n"
     "This is only a temporary failure report.\n",
     "bounce; delayed bob@example.net 4.4.1 unreachable"},
    {"AListsRobotRefuses", "From: sympa@lists.example.net\nSubject: Message rejected\n",
     "Your message for walkers@lists.example.net was rejected.\n"
     "Posting is for members only.\n",
     "bounce; failed walkers@lists.example.net 5.7.1 recipient-refuses"},
    {"AMailboxsFilterRefusesInAReceipt",
     "From: postmaster@imap.example.net\nSubject: Rejected: lunch\nMIME-Version: 1.0\n"
     "Auto-Submitted: auto-replied (rejected)\nContent-Type: multipart/report;\n"
     " report-type=disposition-notification; boundary=b\n",
     "--b\nContent-Type: text/plain\n\nYour message to <bob@example.net> was automatically\n"
     "rejected: over quota\n\n--b\nContent-Type: message/disposition-notification\n\n"
     "Final-Recipient: rfc822; bob@example.net\n"
     "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AReceiptIsAnAutomaticAnswer",
     "From: bob@example.net\nSubject: Read: lunch\nMIME-Version: 1.0\nContent-Type: "
     "multipart/report;\n report-type=disposition-notification; boundary=b\n",
     "--b\nContent-Type: text/plain\n\nIt was read.\n\n--b\nContent-Type: "
     "message/disposition-notification\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
     "auto-reply; delivered bob@example.net 2.0.0 other"},
    {"AParameterThatLostItsBlankIsStillOne",
     "From: postmaster@example.net\nSubject: Undeliverable: lunch\nMIME-Version: 1.0\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=out\n",
     "--out\nContent-Type: multipart/alternative; differences=Content-Type;\nboundary=\"in\"\n\n"
     "--in\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
     "Your message did not reach:\n\nbob@exam=\nple.net\nThe recipient's mailbox is full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ACertifiedMailGatewayIsAProgram",
     "From: posta-certificata@pec.example.it\nSubject: AVVISO DI MANCATA CONSEGNA: fattura\n",
     "nel messaggio proveniente da \"ann@example.org\"\ne destinato all'utente "
     "\"bob@example.net\"\n\xC3\xA8 stato rilevato un errore 5.1.1 - indirizzo non valido.\n"
     "Il messaggio \xC3\xA8 stato rifiutato dal sistema.\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"BeforeARecipientIsNamedARefusalIsOfTheSender",
     "From: Mailer-Daemon@mx.example.net\nSubject: Mail delivery failed\n",
     "The following address(es) failed:\n\n  bob@example.net\n"
     "    SMTP error from remote mail server after MAIL FROM:<ann@example.org>:\n"
     "    553 5.1.0 ann at example.org does not exist\n",
     "bounce; failed bob@example.net 5.1.0 sender-rejected"},
    {"ACodeThatEndsACutMailIsWhole", "From: MAILER-DAEMON@mx.example.net\nSubject: Returned mail\n",
     "   ----- Transcript of session follows -----\n>>> RCPT To:<bob@example.net>\n<<< 550",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"WhomToWriteToIsNoRecipientOnTheNextLineEither",
     "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n",
     "<bob@example.net>: host mx2.example.net[192.0.2.9] said: 552 5.2.2 mailbox\n    full. For "
     "assistance forward this to\n    desk@example.com (in reply to RCPT TO command)\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AnAddressOnALineOfItsOwnIsOneThatFailed",
     "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n",
     "The message from <ann@example.org> to\n<bob@example.net>\ncould not be delivered: the "
     "mailbox is full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ALabelledRecipientIsSurerThanAQuotedTo",
     "From: postmaster@mx.example.net\nSubject: Delivery Notification: Delivery has failed\n",
     "This report relates to a message you sent with these fields:\n\n  To: all@example.net\n\n"
     "Your message cannot be delivered to the following recipients:\n\n"
     "  Recipient address: bob@example.net\n  Reason: mailbox is full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"OfSeveralQuotedToAllAreRecipients",
     "From: postmaster@mx.example.net\nSubject: Undeliverable mail\n",
     "This mail was not delivered, the mailbox is full:\n\n  To: bob@example.net\n"
     "  To: eve@example.net\n  Subject: lunch\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full; failed eve@example.net 5.2.2 "
     "mailbox-full"},
    {"CzechIsRead", "From: postmaster@example.cz\nSubject: Nedoručitelná zpráva\n",
     "Zpráva nemohla být doručena:\n\nbob@example.cz: tento uživatel neexistuje\n",
     "bounce; failed bob@example.cz 5.1.1 no-such-user"},
    {"TurkishIsRead", "From: postmaster@example.com.tr\nSubject: Teslim edilemedi\n",
     "Mesaj teslim edilemedi:\n\nbob@example.com.tr\n\nKullanıcı bulunamadı.\n",
     "bounce; failed bob@example.com.tr 5.1.1 no-such-user"},
    {"HungarianIsRead", "From: postmaster@example.hu\nSubject: Kézbesíthetetlen levél\n",
     "A levelet nem sikerült kézbesíteni:\n\nbob@example.hu\n\nNincs ilyen felhasználó.\n",
     "bounce; failed bob@example.hu 5.1.1 no-such-user"},
    {"UkrainianIsRead", "From: postmaster@example.ua\nSubject: Не доставлено\n",
     "Лист не може бути доставлено:\n\nbob@example.ua\n\nСкринька переповнена.\n",
     "bounce; failed bob@example.ua 5.2.2 mailbox-full"},
    {"SwedishIsRead", "From: postmaster@example.se\nSubject: Kan inte levereras: lunch\n",
     "Brevet kunde inte levereras till:\n\nbob@example.se\n\nPostlådan är full.\n",
     "bounce; failed bob@example.se 5.2.2 mailbox-full"},
    {"AZoneThatIsBrokenDoesNotPass", "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n",
     "<bob@example.net>: Name service error for name=example.net type=MX:\n"
     "    Malformed or unexpected name server reply\n",
     "bounce; failed bob@example.net 5.4.1 unreachable"},
    {"AServerThatIsAwayDoes", "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n",
     "<bob@example.net>: connect to mx2.example.net[192.0.2.9]:25: Connection timed out\n",
     "bounce; failed bob@example.net 4.4.1 unreachable"},
    {"AParcelThatWaitsIsNoMail",
     "From: noreply@parcels.example.net\nSubject: Delivery delayed: your parcel\n",
     "Your parcel for ann@example.org is delayed and will be delivered tomorrow.\n", "none"},
    {"AParcelThatCameBackIsNoMail", "From: noreply@parcels.example.net\nSubject: Delivery failed\n",
     "We could not deliver your parcel. Nobody was at home.\n", "none"},
    {"AServersNoreplyMayTellOfMail",
     "From: noreply@mx.example.net\nSubject: Mail could not be delivered\n",
     "Your mail to bob@example.net could not be delivered: the mailbox is full.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AQuestionOnAListIsALetter",
     "From: joe@example.com\nSubject: User unknown?\nList-Id: <admins.lists.example.net>\n",
     "Why am I told \"550 5.1.1 <bob@example.net>: user unknown\" when mail\nis not delivered?\n",
     "none"},
    {"WhoIsAwayIsAwayWhateverTheirTitle",
     "From: administrator@example.net\nSubject: Out of Office: returned mail\n",
     "I am away. Mail is not delivered to anybody else.\n",
     "auto-reply; delivered administrator@example.net 2.0.0 other"},
    {"ATicketIsAnAutomaticAnswer",
     "From: help@example.net\nSubject: [Request received] lunch\nAuto-Submitted: auto-generated\n",
     "Your request (12) was received.\n", "auto-reply; delivered help@example.net 2.0.0 other"},
    {"AProbeThatWouldArriveIsNoFailure",
     "From: MAILER-DAEMON@mx.example.net\nSubject: Mail Delivery Status Report\nMIME-Version: 1.0\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
     "--b\nContent-Type: text/plain\n\nThe report that you requested.\n\n--b\nContent-Type: "
     "message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: deliverable\nStatus: 2.1.5\n\n--b--\n",
     "bounce; delivered bob@example.net 2.1.5 other"},
    {"WhereTextAndReturnedMailAgreeAHeaderIsWrong",
     "From: Mailer-Daemon@mx.example.net\nSubject: Mail delivery failed\n"
     "X-Failed-Recipients: bob@old.example.net\n",
     "The following address(es) failed:\n\n  bob@example.net\n    mailbox is full\n\n"
     "------ This is a copy of the message. ------\n\nReceived: from desk by mx\n"
     "To: bob@example.net\nSubject: lunch\n\nAt noon.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhereTheyDoNotAgreeTheHeaderIsRight",
     "From: Mailer-Daemon@mx.example.net\nSubject: Mail delivery failed\n"
     "X-Failed-Recipients: bob@example.net\n",
     "The following address(es) failed:\n\n  robert@example.com\n    mailbox is full\n\n"
     "------ This is a copy of the message. ------\n\nReceived: from desk by mx\n"
     "To: bob@example.net\nSubject: lunch\n\nAt noon.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"AServersReplyFromAProgramIsANoticeInAnyTongue",
     "From: postmaster@example.fo\nSubject: Ikki borið\n",
     "Brævið til bob@example.fo kom aftur:\n552 5.2.2 mailbox full\n",
     "bounce; failed bob@example.fo 5.2.2 mailbox-full"},
    {"WhatOneRefusesInFewWordsIsRefused", "From: postmaster@example.net\nSubject: Returned\n",
     "bob@example.net does not wish to receive mail from you.\n",
     "bounce; failed bob@example.net 5.7.1 recipient-refuses"},
    {"AListsReportOfItsOwnBouncesIsNone", "From: dev-help@lists.example.net\nSubject: warning\n",
     "Messages to you from the list dev@lists.example.net seem to have been bouncing.\n"
     "If this message bounces too, I will remove your address.\n",
     "none"},
    {"AChallengeIsNoNotice", "From: guard@example.net\nReturn-Path: <>\nSubject: Please verify\n",
     "You wrote to bob@example.net, who wants no spam. Click below to confirm that\nyou sent the "
     "message and are no robot.\n",
     "auto-reply; delivered guard@example.net 2.0.0 other"},
    {"WhoAsksIsAPerson", "From: joe@example.com\nSubject: user unknown\n",
     "I get \"550 5.1.1 <bob@example.net>: user unknown\" for every mail.\nCan you help?\n",
     "none"},
    {"AQuestionMarkInALinkAsksNothing", "From: mta@example.com\nSubject: user unknown\n",
     "550 5.1.1 <bob@example.net>: user unknown\nSee http://example.com/?p=unknown\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"WhatOnlyHoldsANoticeIsThatNotice",
     "From: ann@example.com\nSubject: Fwd: Undelivered\nMIME-Version: 1.0\n"
     "Content-Type: multipart/mixed; boundary=out\n",
     "--out\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@example.net\nSubject: "
     "Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=in;\n"
     " report-type=delivery-status\n\n--in\nContent-Type: text/plain\n\nSorry.\n\n--in\n"
     "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@example.net\n"
     "Action: failed\nStatus: 5.1.1\n\n--in--\n\n--out--\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AmazonsSubtypeIsAReason", "From: no-reply@sns.example.net\nSubject: Event Notification\n",
     "{\"eventType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Transient\",\n\"bounceSubType\":"
     "\"MailboxFull\",\"bouncedRecipients\":[{\"emailAddress\":\"bob@example.net\"}]}}\n",
     "bounce; failed bob@example.net 4.2.2 mailbox-full"},
    {"ThatSendmailGaveUpIsNoReason", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "   ----- The following addresses had permanent fatal errors -----\n<bob@example.net>\n\n"
     "   ----- Transcript of session follows -----\n"
     "<bob@example.net>... Deferred: Connection timed out with mx.example.net.\n"
     "Message could not be delivered for 5 days\nMessage will be deleted from queue\n",
     "bounce; failed bob@example.net 4.4.1 unreachable"},
    {"WhomToWriteToInsteadIsNoRecipient", "From: postmaster@example.net\nSubject: Old address\n",
     "The address bob@example.net is no longer in use. Please write to rob@example.net.\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"ThatItWasRejectedIsNoReason", "From: LISTSERV@example.net\nSubject: Rejected posting\n",
     "You are not authorized to send mail to the list from your account.\n\n"
     "Your message to walkers@example.net has been rejected.\n",
     "bounce; failed walkers@example.net 5.7.1 recipient-refuses"},
    {"WhateverAMailboxsFilterSaysItsOwnerRefuses",
     "From: postmaster@imap.example.net\nSubject: Automatically rejected mail\nMIME-Version: 1.0\n"
     "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n",
     "--b\nContent-Type: text/plain\n\nYour message was automatically rejected by Sieve, a mail\n"
     "filtering language.\n\nThe following reason was given:\nNot on Sundays.\n\n"
     "--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; "
     "bob@example.net\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
     "bounce; failed bob@example.net 5.7.1 recipient-refuses"},
    {"AFaxThatDidNotArriveIsNoMail",
     "From: fax@example.net\nReturn-Path: <>\nSubject: Fax to 0123 failed\n",
     "Your fax could not be delivered: number busy.\n", "none"},
    {"AModeratorRefuses", "From: postmaster@example.net\nSubject: Rejected: lunch\n",
     "Your message to staff@example.net was rejected by the moderator.\n",
     "bounce; failed staff@example.net 5.7.1 recipient-refuses"},
    {"DanishIsRead", "From: postmaster@example.dk\nSubject: Kan ikke leveres: lunch\n",
     "Levering til disse modtagere mislykkedes:\n\nbob@example.dk\nModtagerens adresse blev ikke "
     "fundet.\n",
     "bounce; failed bob@example.dk 5.1.1 no-such-user"},
    {"PolishIsRead", "From: postmaster@example.pl\nSubject: Niedostarczalne: lunch\n",
     "Nie powiodło się:\n\nbob@example.pl\nAdres e-mail nie został znaleziony.\n",
     "bounce; failed bob@example.pl 5.1.1 no-such-user"},
    {"PortugueseIsRead", "From: postmaster@example.pt\nSubject: Não é possível entregar\n",
     "Falha na entrega:\n\nbob@example.pt\nO endereço não pôde ser encontrado.\n",
     "bounce; failed bob@example.pt 5.1.1 no-such-user"},
    {"TraditionalChineseIsRead", "From: postmaster@example.tw\nSubject: 郵件無法投遞\n",
     "您寄給 bob@example.tw 的郵件無法送達。\n原因：收件者帳號不存在。\n",
     "bounce; failed bob@example.tw 5.1.1 no-such-user"},
    {"JapaneseIsRead", "From: postmaster@example.jp\nSubject: メール不達のお知らせ\n",
     "メールは配信できませんでした。\n宛先：bob@example.jp\n理由：容量制限を超えています。\n",
     "bounce; failed bob@example.jp 5.2.2 mailbox-full"},
    {"WhoWroteIsNoRecipientForBeingMentioned",
     "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "The mail from your account ann@example.org could not be delivered.\n",
     "bounce; failed  5.0.0 other"},
    {"WhoWroteToThemselvesIsARecipient",
     "From: MAILER-DAEMON@example.org\nSubject: failure notice\n",
     "I could not deliver it:\n\n<ann@example.org>:\nThe mailbox is full.\n",
     "bounce; failed ann@example.org 5.2.2 mailbox-full"},
    {"WhereAMailCameFromIsNoRecipient", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "The original message was received at 10:00\nfrom root@localhost\n\nIt was not delivered.\n",
     "bounce; failed  5.0.0 other"},
    {"OfAListOnOneLineAllAreRecipients",
     "From: postmaster@example.net\nSubject: Delivery failure\n",
     "The following users do not exist:\n\nbob@example.net, eve@example.net\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user; failed eve@example.net 5.1.1 "
     "no-such-user"},
    {"AnAnswerIsNoNoticeWhateverItQuotes",
     "From: desk@example.net\nReturn-Path: <>\nSubject: Re: [#12] lunch\n",
     "Kim wrote:\n> 550 5.1.1 <bob@example.net>: user unknown\nWe look at it.\n", "none"},
    {"TheSendersAddressIsNoRecipient",
     "From: postmaster@example.net\nSubject: Undeliverable: lunch\n",
     "Your message was not delivered.\n\nSender Address: x-12-ann@news.example.org\n"
     "Recipient Address: bob@example.net\nReported error: 552 mailbox full\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"WhatIsListedByNumberIsListed", "From: MAILER-DAEMON@example.net\nSubject: Delivery report\n",
     "1) bob@example.net\n   550 unknown user\n2) eve@example.net\n   552 quota exceeded\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user; failed eve@example.net 5.2.2 "
     "mailbox-full"},
    {"ANoreplyThatNamesNobodyWritesOfSomethingElse",
     "From: noreply@example.net\nReturn-Path: <>\nSubject: Mail delivery delays: resolved\n",
     "All messages were delivered in the end.\n", "none"},
    {"WhatAListTellsItsOwnerIsNoNotice",
     "From: dev-bounces@example.net\nSubject: Bounce action notification\n",
     "Member: bob@example.net\nAction: Subscription disabled.\n",
     "auto-reply; delivered dev-bounces@example.net 2.0.0 other"},
    {"RussianQuotasAreRead", "From: MAILER-DAEMON@example.ru\nSubject: Не доставлено\n",
     "Сообщение для bob@example.ru не доставлено.\nПревышена квота ящика.\n",
     "bounce; failed bob@example.ru 5.2.2 mailbox-full"},
    {"ADesksReceiptIsNoNotice",
     "From: desk@example.net\nReturn-Path: <>\nSubject: [Request received] lunch\n",
     "If you did not receive an answer, see whether your mailbox is full.\n",
     "auto-reply; delivered desk@example.net 2.0.0 other"},
    {"XmlIsReadElementByElement",
     "From: robot@mta.example.net\nReturn-Path: <>\nSubject: Delivery report\nMIME-Version: 1.0\n"
     "Content-Type: application/xml\n",
     "<?xml version=\"1.0\"?><report><mail id=\"7\"><to>bob@example.net</to>\n"
     "<answer>550 5.1.1 no such &lt;user&gt;</answer></mail><!-- end --></report>\n",
     "bounce; failed bob@example.net 5.1.1 no-such-user"},
    {"AttributesOfXmlAreReadToo",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered\nMIME-Version: 1.0\n"
     "Content-Type: text/xml\n",
     "<undelivered><rcpt address=\"bob@example.net\" reply=\"552 5.2.2 mailbox full\"/>"
     "</undelivered><cut",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ElementsOfXmlRunOnAsLinesOfAReplyDo",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered\nMIME-Version: 1.0\n"
     "Content-Type: text/xml\n",
     "<undelivered><rcpt>bob@example.net</rcpt><code>552</code><why>The mailbox is full</why>\n"
     "</undelivered>\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"JsonInsideOfJsonIsReadToo", "From: no-reply@sns.example.net\nSubject: Notification Message\n",
     "{\"Type\": \"Notification\", \"Message\": \"{\\\"notificationType\\\": \\\"Bounce\\\","
     "\\n\\\"bounce\\\":{\\\"bounceType\\\": \\\"Transient\\\",\\n\\\"bouncedRecipients\\\": "
     "[{\\\"emailAddress\\\": \\\"bob@example.net\\\",\\n\\\"diagnosticCode\\\": "
     "\\\"smtp; 452 \\\\\\\"full\\\\\\\" mailbox\\\"}]}}\"}\n",
     "bounce; failed bob@example.net 4.2.2 mailbox-full"},
    {"ABareCodeOfAGroupYieldsToWords", "From: MAILER-DAEMON@example.net\nSubject: Undelivered\n",
     "You may not be allowed to post to this group: it is for members only.\n\n"
     "Final-Recipient: rfc822; walkers@example.net\nAction: failed\nStatus: 5.2.1\n",
     "bounce; failed walkers@example.net 5.2.1 recipient-refuses"},
    {"ABareCodeOfAMailboxIsBelievedWhereNothingElseIsSaid",
     "From: MAILER-DAEMON@example.net\nSubject: Undelivered\n",
     "Delivery failed.\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n"
     "Status: 5.2.1\n",
     "bounce; failed bob@example.net 5.2.1 mailbox-disabled"},
    {"ThatItWasNotDeliveredIsNoReason", "From: MAILER-DAEMON@example.net\nSubject: Returned\n",
     "The mailbox is full:\n  <bob@example.net>\nUnable to deliver your mail.\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"TheOriginalAddressIsTheRecipientAndLedToTheOther",
     "From: postmaster@example.net\nSubject: Delivery has failed\n",
     "It could not be delivered:\n\n  Recipient address: bob@store.example.net\n"
     "  Original address: bob@example.net\n  Reason: Over quota\n\n"
     "  Recipient address: eve@store.example.net\n  Reason: unknown user\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full; failed eve@store.example.net 5.1.1 "
     "no-such-user"},
    {"ThatAMailCouldNotBeDeliveredIsNoTroubleOfTheServer",
     "From: postmaster@example.net\nSubject: Mail could not be delivered\n",
     "Reason: Unable to deliver the message to <bob@example.net> (and others there).\n",
     "bounce; failed bob@example.net 5.0.0 other"},
    {"WhatAGatewayStoppedWasNotDelivered",
     "From: administrator@example.net\nReturn-Path: <>\nSubject: Your message\n",
     "The message to bob@example.net was stopped because it holds a virus.\n",
     "bounce; failed bob@example.net 5.7.1 content"},
    {"WhatElseWasStoppedIsNoMail",
     "From: administrator@example.net\nReturn-Path: <>\nSubject: Your backup\n",
     "The backup of bob@example.net was stopped because its disk is full.\n", "none"},
    {"ATroubleThatANoticeCallsPermanentIsPermanent",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n",
     "This is a permanent error. The following address failed:\n\n  bob@example.net\n"
     "    local delivery failed\n",
     "bounce; failed bob@example.net 5.3.0 server-trouble"},
    {"ThatANoticeIsOfADelayIsNoReason",
     "From: Mailer Daemon <MAILER-DAEMON@example.net>\nSubject: Delivery status: warning\n",
     "A message is delayed for more than 4 hours for these recipients:\n\n"
     "bob@example.net: Network error on destination MXs\n\n"
     "Please note that this is only a temporary failure report.\n"
     "It stays in the queue for 4 days.\n",
     "bounce; delayed bob@example.net 4.4.1 unreachable"},
    {"ThatTheSenderMayBeFakedIsNoReason",
     "From: MAILER-DAEMON@example.net\nSubject: Considered unsolicited bulk email\n",
     "A message from <ann@example.org> to:\n-> bob@example.net\n\n"
     "was considered unsolicited bulk e-mail.\n\n"
     "It carried your return address, so it was genuine, or a sender address\n"
     "was faked and your e-mail address abused by others. Delivery was stopped.\n",
     "bounce; failed bob@example.net 5.7.1 content"},
    {"GreekIsRead", "From: postmaster@example.gr\nSubject: Αδύνατη η παράδοση: lunch\n",
     "Η παράδοση απέτυχε:\n\nbob@example.gr\nΗ διεύθυνση δεν βρέθηκε.\n",
     "bounce; failed bob@example.gr 5.1.1 no-such-user"},
    {"AReplyStandsBehindAServersAddressInBrackets",
     "From: postmaster@example.net\nSubject: Message could not be delivered\n",
     "Failed to send to the host,\nbob@example.net: [192.0.2.4], 550 Host unreachable\n",
     "bounce; failed bob@example.net 5.4.1 unreachable"},
    {"WhomAServerAnsweredOthersRepliesDoNotConcern",
     "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "   ----- Transcript of session follows -----\n550 <bob@example.com>... User unknown\n"
     "554 <eve@example.org>... sorry\n",
     "bounce; failed bob@example.com 5.1.1 no-such-user; failed eve@example.org 5.7.0 policy"},
    {"AnAddressOfWhichAPartLooksLikeAWordIsOneAllTheSame",
     "From: postmaster@example.net\nSubject: Undeliverable\n",
     "We were unable to deliver your mail to contact@example.net, the mailbox is full.\n",
     "bounce; failed contact@example.net 5.2.2 mailbox-full"},
    {"WhatATranscriptTellsOfOneIsNotOfTheNext",
     "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n",
     "<bob@example.com>\n<eve@example.org>\n   ----- Transcript of session follows -----\n"
     "<bob@example.com>... Deferred: Connection refused\n"
     "<eve@example.org>... Deferred: 451 4.3.5 Server configuration error\n",
     "bounce; failed bob@example.com 4.4.1 unreachable; failed eve@example.org 4.3.5 "
     "server-trouble"},
    {"WhomAQueueTellsOfByItselfAnothersReplyDoesNotConcern",
     "From: MAILER-DAEMON@example.net\nSubject: failure notice\n",
     "<bob@example.com>:\n192.0.2.1 said: 550 5.7.1 your address is on a blocklist\n\n"
     "<eve@example.org>:\nThis message has been in the queue too long.\n",
     "bounce; failed bob@example.com 5.7.1 blocked; failed eve@example.org 4.4.7 expired"},
    {"WhoseMailWentToAProgramFailsBesideOthers",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n",
     "These failed:\n\n  bob@example.com\n    mailbox is full\n  |/usr/bin/sorter\n"
     "    (generated from eve@example.org)\n    local delivery failed\n",
     "bounce; failed bob@example.com 5.2.2 mailbox-full; failed eve@example.org 4.3.0 "
     "server-trouble"},
    {"AProgramOnTheSameLineIsNoAddressOfTheOneAbove",
     "From: Mailer-Daemon@example.net\nSubject: Mail delivery failed\n",
     "These failed:\n\n  bob@example.com\n    mailbox is full\n"
     "  |/usr/bin/sorter (generated from eve@example.org)\n    local delivery failed\n",
     "bounce; failed bob@example.com 5.2.2 mailbox-full; failed eve@example.org 4.3.0 "
     "server-trouble"},
    {"WhatIsAttachedIsNoAttachmentThatWasRefused",
     "From: daemon@example.net\nSubject: Warning: delivery delayed\n",
     "The attached message had TRANSIENT non-fatal delivery errors.\n\n"
     "Deferred address: bob@example.com\n\n--- Transcript ---\n * The connection timed out.\n",
     "bounce; delayed bob@example.com 4.4.1 unreachable"},
    {"AMailboxsFilterRefusesInAReportToo",
     "From: postmaster@imap.example.net\nSubject: Rejected: lunch\nMIME-Version: 1.0\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
     "--b\nContent-Type: text/plain\n\nYour message was automatically rejected:\n"
     "Please do not write to me again.\n\n--b\nContent-Type: message/delivery-status\n\n"
     "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n"
     "Status: 5.7.1\n\n--b--\n",
     "bounce; failed bob@example.net 5.7.1 recipient-refuses"},
    {"AProgramsOwnCategoryIsAskedWhereNothingElseSaysWhy",
     "From: mailer-daemon@example.net\nSubject: Delivery report\nMIME-Version: 1.0\n"
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
     "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
     "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0 (undefined)\n"
     "X-PowerMTA-BounceCategory: quota-issues\n\n--b--\n",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ALettersNameInHtmlIsTheLetter",
     "From: postmaster@example.net\nSubject: Unzustellbar\nContent-Type: text/html\n",
     "<p>bob@example.net</p><p>Das Postfach des Empf&auml;ngers ist &#xFC;berf&uuml;llt.</p>",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
    {"ALinksAddressIsReadWhereItShowsANameOnly",
     "From: postmaster@example.net\nSubject: Undeliverable\nContent-Type: text/html\n",
     "<p>Delivery has failed to these recipients:</p><p><a href=\"mailto:bob@example.net\">Bob"
     "</a></p><p>The mailbox is full.</p>",
     "bounce; failed bob@example.net 5.2.2 mailbox-full"},
};

class ANoticeOfAnyMake : public ::testing::TestWithParam<ToldMail> {};

TEST_P(ANoticeOfAnyMake, IsRead) { EXPECT_EQ(told_by(mail_of(GetParam())), GetParam().told); }

INSTANTIATE_TEST_SUITE_P(Makes, ANoticeOfAnyMake, ::testing::ValuesIn(kMakes),
                         [](const auto& test) { return std::string{test.param.rule}; });

}  // namespace
}  // namespace tenax::bounce

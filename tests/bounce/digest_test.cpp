// SPDX-License-Identifier: Apache-2.0
#include "bounce/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/header.h"

#include "bounce/returned_mail.h"
#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Stage;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Digest::Item failure(std::string_view recipient, std::string_view answer,
                     std::string title = "Lunch on Friday") {
  return {.of = Digest::Item::Of::failure,
          .message = mail::QueueId{999'999},
          .accepted = kNoon - 2h,
          .title = std::move(title),
          .subject = subject(recipient, answered(Stage::rcpt, answer))};
}

Digest digest(std::vector<Digest::Item> failures) {
  return {.notice = mail::QueueId{1'000'000},
          .told = address("ann@example.org"),
          .failures = std::move(failures),
          .our_name = "out.example.org",
          .from_domain = mail::Domain::parse("example.org").value(),
          .postmaster = "postmaster@example.org",
          .now = kNoon,
          .boundary_token = "8f3a91c2"};
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

TEST(Digest, GoesFromNobodyToTheSenderAndIsNeverAnswered) {
  const Notice notice = compose(digest({failure("bob@example.net", "550 5.1.1 no such user")}));

  const mail::NewMessage& message = notice.message;
  EXPECT_EQ(message.envelope.sender, std::nullopt);
  EXPECT_EQ(message.origin, mail::Origin::notice);
  EXPECT_TRUE(message.envelope.automatic);
  ASSERT_THAT(message.recipients, SizeIs(1));
  EXPECT_EQ(message.recipients[0].address, address("ann@example.org"));
  EXPECT_EQ(message.recipients[0].notify.text(), "NEVER");
  EXPECT_EQ(message.envelope.size, static_cast<std::int64_t>(notice.contents.size()));
  EXPECT_THAT(notice.contents, HasSubstr("\r\nAuto-Submitted: auto-replied\r\n"));
  EXPECT_FALSE(
      eligible(NoticeKind::failed, message.envelope, message.origin, message.recipients[0].notify));
}

TEST(Digest, IsReadBackAsItWasMeant) {
  std::vector<Digest::Item> failures;
  for (int i = 0; i < 300; ++i) {
    failures.push_back(
        failure("bob" + std::to_string(i) + "@example.net",
                i % 2 == 0 ? "550 5.1.1 no such user here" : "552 5.2.2 mailbox full"));
  }
  const Notice notice = compose(digest(failures));

  const Reading reading = read_returned(notice.contents);

  ASSERT_EQ(reading.kind, MailKind::bounce);
  EXPECT_EQ(reading.reporting_mta, "out.example.org");
  ASSERT_THAT(reading.told, SizeIs(failures.size()));
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const Subject& meant = failures[i].subject;
    EXPECT_EQ(reading.told[i].recipient, meant.address.text());
    EXPECT_EQ(reading.told[i].action, Action::failed);
    EXPECT_EQ(reading.told[i].status, meant.verdict->status);
    EXPECT_EQ(reading.told[i].judgement.cause, cause_of(*meant.verdict));
  }
}

TEST(Digest, ExplainsEachCauseOnceTheMostFrequentFirst) {
  Digest made = digest({failure("full@example.net", "552 5.2.2 mailbox full"),
                        failure("bob@example.net", "550 5.1.1 no such user"),
                        failure("eve@example.net", "550 5.1.1 no such user", "")});
  made.html = false;
  const std::string text = compose(made).contents;

  const std::size_t unknown = text.find("\r\nRecipients to whom this applies: 2.\r\n");
  const std::size_t full = text.find("\r\nRecipients to whom this applies: 1.\r\n");
  ASSERT_NE(unknown, std::string::npos) << text;
  ASSERT_NE(full, std::string::npos);
  EXPECT_LT(unknown, full);
  EXPECT_EQ(count(text, "What it means:"), 2U) << text;
  EXPECT_THAT(text, HasSubstr("Lunch on Friday"));
  EXPECT_THAT(text, HasSubstr("<eve@example.net>"));
}

TEST(Digest, TheWordsNameTheFirstAndCountTheRestTheFieldsNameAll) {
  std::vector<Digest::Item> failures;
  for (int i = 0; i < 250; ++i) {
    failures.push_back(failure("bob" + std::to_string(i) + "@example.net", "550 5.1.1 unknown"));
  }
  Digest made = digest(std::move(failures));
  made.html = false;
  const std::string contents = compose(made).contents;

  EXPECT_EQ(count(contents, "\r\nFinal-Recipient: "), 250U);
  EXPECT_THAT(contents, HasSubstr("<bob99@example.net>"));
  EXPECT_THAT(contents, Not(HasSubstr("<bob100@example.net>")));
  EXPECT_THAT(contents, HasSubstr("150 more"));
}

TEST(Digest, SaysInEveryLanguageHowManyItTellsOf) {
  for (const std::string_view tag : languages()) {
    Digest made = digest({failure("bob@example.net", "550 5.1.1 no such user"),
                          failure("eve@example.net", "550 5.1.1 no such user")});
    made.phrases = built_in(tag);
    made.html = false;
    const Notice notice = compose(made);
    EXPECT_THAT(notice.message.subject, HasSubstr("2")) << tag;
    EXPECT_THAT(notice.contents, HasSubstr("\r\nContent-Language: " + std::string{tag} + "\r\n"));
  }
}

TEST(Digest, OneIsOneInEveryLanguage) {
  for (const std::string_view tag : languages()) {
    Digest made = digest({failure("bob@example.net", "550 5.1.1 no such user")});
    made.phrases = built_in(tag);
    EXPECT_THAT(compose(made).message.subject, HasSubstr(made.phrases->of("title.digest.one")));
    std::swap(made.failures, made.delays);
    made.delays[0].of = Digest::Item::Of::delay;
    EXPECT_THAT(compose(made).message.subject,
                HasSubstr(made.phrases->of("title.digest.delays.one")));
  }
  std::vector<Digest::Item> failures(101, failure("bob@example.net", "550 5.1.1 no such user"));
  EXPECT_THAT(compose(digest(std::move(failures))).contents, HasSubstr("and one more recipient,"));
}

TEST(Digest, TellsTheEnvelopeIdOfEachMessageThatHasOne) {
  Digest made =
      digest({failure("bob@example.net", "550 5.1.1 no"), failure("eve@example.net", "550 no")});
  made.failures[1].envid = "QQ314";
  made.html = false;
  const std::string contents = compose(made).contents;
  EXPECT_EQ(count(contents, "Original-Envelope-Id"), 1U);
  EXPECT_THAT(contents, HasSubstr("\r\nX-Tenax-Original-Envelope-Id: QQ314\r\n"));
  EXPECT_LT(contents.find("rfc822; eve@"), contents.find("QQ314"));
}

TEST(Digest, AnInternationalAddressMakesItAnInternationalReport) {
  const std::string ascii =
      compose(digest({failure("bob@example.net", "550 5.1.1 unknown")})).contents;
  EXPECT_THAT(ascii, HasSubstr("Content-Type: message/delivery-status\r\n"));
  const std::string global =
      compose(digest({failure("bj\u00f6rn@example.net", "550 5.1.1 unknown")})).contents;
  EXPECT_THAT(global, HasSubstr("Content-Type: message/global-delivery-status\r\n"));
  EXPECT_THAT(global, HasSubstr("Final-Recipient: utf-8; bj\u00f6rn@example.net\r\n"));
}

TEST(Digest, WhatOthersSaidIsEscaped) {
  Digest made = digest({failure("bob@example.net", "550 5.1.1 <b>\x1b[1mhello\r\nFrom: eve",
                                "<script>alert(1)</script>\r\nBcc: eve@example.net")});
  const std::string contents = compose(made).contents;
  EXPECT_THAT(contents, Not(HasSubstr("\x1b")));
  EXPECT_THAT(contents, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(contents, Not(HasSubstr("\r\nBcc:")));
  EXPECT_THAT(contents, Not(HasSubstr("\r\nFrom: eve")));
}

TEST(Digest, OfWhomNothingWasTriedItSaysWhy) {
  Digest::Item listed = failure("bob@example.net", "550 no");
  listed.subject.verdict =
      unanswered(Stage::local, {5, 7, 1},
                 "not tried: the address is on the suppression list of this server (since today)");
  listed.subject.verdict->fault = mail::Fault::ours;
  listed.subject.last_attempt.reset();
  Digest made = digest({listed});
  made.html = false;
  const std::string contents = compose(made).contents;
  EXPECT_THAT(contents, HasSubstr("suppression list of this"));
  EXPECT_THAT(contents, HasSubstr("Who can act: your own postmaster"));
}

TEST(Digest, WhyItIsOverOutlivesTheQueueInAWord) {
  for (const Ended ended :
       {Ended::by_answer, Ended::in_time, Ended::untried, Ended::by_rule, Ended::by_operator}) {
    EXPECT_EQ(parse_ended(to_string(ended)), ended);
  }
  EXPECT_EQ(parse_ended("something else"), Ended::by_answer);
}

/// Who waits, until when.
Digest::Item delay(std::string_view recipient, std::string_view answer) {
  Digest::Item late = failure(recipient, answer);
  late.of = Digest::Item::Of::delay;
  late.subject.next_attempt = kNoon + 90min;
  late.subject.retry_until = kNoon + 96h;
  return late;
}

TEST(Digest, TellsOfDelaysBehindTheFailures) {
  Digest both = digest({failure("bob@example.net", "550 5.1.1 no such user")});
  both.delays = {delay("joe@example.net", "450 4.2.1 later")};
  const Notice notice = compose(both);

  EXPECT_THAT(notice.contents, HasSubstr("Subject: Not delivered, a report on one recipient"));
  EXPECT_THAT(notice.contents, HasSubstr("Not delivered yet, but not given up either"));
  EXPECT_THAT(notice.contents,
              HasSubstr("The next one is due on Tue, 24 Nov 2026 13:30:00 +0000."));
  EXPECT_THAT(notice.contents, HasSubstr("Will-Retry-Until: Sat, 28 Nov 2026 12:00:00 +0000"));
  const Reading reading = read_returned(notice.contents);
  ASSERT_THAT(reading.told, SizeIs(2));
  EXPECT_EQ(reading.told[0].action, Action::failed);
  EXPECT_EQ(reading.told[1].action, Action::delayed);
  EXPECT_EQ(reading.told[1].recipient, "joe@example.net");
}

TEST(Digest, OfDelaysAloneSaysThatNothingIsOver) {
  Digest late = digest({});
  late.delays = {delay("joe@example.net", "450 4.2.1 later")};
  const std::string contents = compose(late).contents;
  EXPECT_THAT(contents, HasSubstr("Subject: Delivery has been delayed, a report on one recipient"));
  EXPECT_THAT(contents, HasSubstr("you need not send them again"));
  EXPECT_THAT(contents, Not(HasSubstr("not tried again")));
}

TEST(Digest, OfWhatIsHeldNamesNoDateAndSaysWhy) {
  Digest late = digest({});
  late.delays = {failure("joe@example.net", "554 5.7.1 listed")};
  late.delays[0].of = Digest::Item::Of::hold;
  const std::string contents = compose(late).contents;
  EXPECT_THAT(contents, HasSubstr("Why it is held"));
  EXPECT_THAT(contents, HasSubstr("Action: delayed\r\nStatus: 4."));
  EXPECT_THAT(contents, Not(HasSubstr("is due on")));
}

TEST(Digest, WhatCouldNotBeReadIsSaid) {
  Digest some = digest({failure("bob@example.net", "550 5.1.1 no such user")});
  some.unread = 3;
  std::string said;
  for (const Line& line : digest_page(some)) said += line.text + "\n";
  EXPECT_THAT(said, HasSubstr("can no longer be read here (recipients: 3)"));
  EXPECT_THAT(compose(some).contents, HasSubstr("Subject: Not delivered, 4 recipients"));
}

TEST(Digest, WithoutAnybodyToNameIsNoReport) {
  Digest none = digest({});
  none.unread = 2;
  const Notice notice = compose(none);
  EXPECT_THAT(notice.contents, HasSubstr("Subject: Not delivered, 2 recipients in one report"));
  EXPECT_THAT(notice.contents, HasSubstr("can no longer be read"));
  EXPECT_THAT(notice.contents, Not(HasSubstr("delivery-status")));
  EXPECT_THAT(notice.contents, Not(HasSubstr("attached")));
}

}  // namespace
}  // namespace tenax::bounce

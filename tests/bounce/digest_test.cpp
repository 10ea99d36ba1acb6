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
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

Digest::Failure failure(std::string_view recipient, std::string_view answer,
                        std::string title = "Lunch on Friday") {
  return {.message = mail::QueueId{999'999},
          .accepted = kNoon - 2h,
          .title = std::move(title),
          .subject = subject(recipient, answered(Stage::rcpt, answer))};
}

Digest digest(std::vector<Digest::Failure> failures) {
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
  std::vector<Digest::Failure> failures;
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
  std::vector<Digest::Failure> failures;
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

TEST(Digest, WhyItIsOverOutlivesTheQueueInAWord) {
  for (const Ended ended :
       {Ended::by_answer, Ended::in_time, Ended::untried, Ended::by_rule, Ended::by_operator}) {
    EXPECT_EQ(parse_ended(to_string(ended)), ended);
  }
  EXPECT_EQ(parse_ended("something else"), Ended::by_answer);
}

}  // namespace
}  // namespace tenax::bounce

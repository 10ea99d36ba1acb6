// SPDX-License-Identifier: Apache-2.0
#include "bounce/storm_mail.h"

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

StormMail storm(std::vector<StormMail::Said> said = {{"554 5.7.1 listed", 7}}) {
  return {.destination = "example.net",
          .began = kNoon - 1h,
          .messages = 7,
          .senders = 3,
          .recipients = 7,
          .said = std::move(said),
          .notice = mail::QueueId{1'000'000},
          .told = address("root@example.org"),
          .our_name = "out.example.org",
          .from_domain = mail::Domain::parse("example.org").value(),
          .now = kNoon,
          .boundary_token = "8f3a91c2"};
}

TEST(StormMail, GoesFromNobodyAndTellsOfNoRecipient) {
  const Notice notice = compose(storm());
  EXPECT_EQ(notice.message.envelope.sender, std::nullopt);
  EXPECT_EQ(notice.message.origin, mail::Origin::notice);
  EXPECT_EQ(notice.message.recipients.at(0).notify.text(), "NEVER");
  EXPECT_EQ(notice.message.envelope.size, static_cast<std::int64_t>(notice.contents.size()));
  EXPECT_THAT(notice.contents, HasSubstr("\r\nContent-Type: multipart/alternative;"));
  for (const Told& told : read_returned(notice.contents).told) EXPECT_EQ(told.recipient, "");
}

TEST(StormMail, WithoutHtmlIsTextAlone) {
  StormMail mail = storm();
  mail.html = false;
  const Notice notice = compose(mail);
  EXPECT_THAT(notice.contents, HasSubstr("\r\nContent-Type: text/plain; charset=us-ascii\r\n"));
  EXPECT_THAT(notice.contents, Not(HasSubstr("<html")));
  mail.phrases = built_in("ja");
  const Notice japanese = compose(mail);
  EXPECT_THAT(japanese.contents, HasSubstr("charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"));
  EXPECT_EQ(japanese.message.envelope.body, mail::BodyType::eight_bit);
}

TEST(StormMail, AnswersThatDifferInTheirIdsAreOne) {
  std::vector<StormMail::Said> said = {{"550 5.1.8 not from you", 40}};
  for (int i = 0; i < 50; ++i) {
    said.push_back({"554 5.7.1 [192.0.2.1] listed, id " + std::to_string(4711 + i) + "x", 1});
  }
  for (int i = 0; i < 9; ++i) said.push_back({"550 " + std::string(1, "abcdefghi"[i]), 1});
  const std::vector<StormMail::Said> most = most_said(said);
  ASSERT_THAT(most, SizeIs(3));
  EXPECT_EQ(most[0].text, "554 5.7.1 [192.0.2.1] listed, id 4711x");
  EXPECT_EQ(most[0].recipients, 50);
  EXPECT_EQ(most[1].recipients, 40);
}

TEST(StormMail, ShowsWhateverAServerSaidEscapedAndBounded) {
  const std::string evil = "554 <script>\r\n.\r\n" + std::string(5000, 'x');
  const std::string contents = compose(storm({{evil, 1}})).contents;
  EXPECT_THAT(contents, HasSubstr("&lt;script&gt;\\x0D"));
  EXPECT_THAT(contents, Not(HasSubstr("\r\n.\r\n")));
  EXPECT_LT(contents.size(), 10'000u);
}

TEST(StormMail, NamesCommandsAsAShellTakesThem) {
  StormMail mail = storm();
  mail.destination = "[relay.example.com]:587";
  EXPECT_THAT(compose(mail).contents,
              HasSubstr("tenax release --destination '[relay.example.com]:587'"));
}

TEST(HeldNotice, IsReadBackAsADelay) {
  Order given = order(NoticeKind::delayed,
                      subject("bob@example.net", answered(Stage::mail, "554 5.7.1 listed")));
  given.held = true;
  const Reading reading = read_returned(compose(given).contents);
  ASSERT_THAT(reading.told, SizeIs(1));
  EXPECT_EQ(to_string(reading.told[0].action), "delayed");
  EXPECT_EQ(reading.told[0].status.klass, 4);
}

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
// What we tell, we understand: notices of ours say the same of each recipient when they are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bounce/notice.h"
#include "bounce/returned_mail.h"
#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using ::testing::SizeIs;

struct Answered {
  mail::Stage stage;
  std::string_view reply;
};

constexpr Answered kRefusals[] = {
    {mail::Stage::rcpt, "550 5.1.1 no such user here"},
    {mail::Stage::rcpt, "552 5.2.2 mailbox full"},
    {mail::Stage::dot, "554 5.7.1 this looks like spam"},
    {mail::Stage::mail, "550 5.7.26 the sender's domain asks for DKIM"},
    {mail::Stage::rcpt, "550-5.7.1 no mail from you\n550 5.7.1 ask eve@example.com about it"},
    {mail::Stage::dot, "552 5.3.4 message too big"},
};
constexpr Answered kDeferrals[] = {
    {mail::Stage::rcpt, "450 4.7.1 greylisted, come back later"},
    {mail::Stage::rcpt, "452 4.2.2 over quota"},
    {mail::Stage::mail, "421 4.7.0 too many messages"},
    {mail::Stage::dot, "451 4.3.0 try later"},
};

template <std::size_t N>
const Answered& one_of(const Answered (&answers)[N], std::minstd_rand& dice) {
  return answers[dice() % N];
}

Order a_notice(NoticeKind kind, std::minstd_rand& dice) {
  Order made = order(kind);
  const std::size_t recipients = 1 + dice() % 5;
  for (std::size_t i = 0; i < recipients; ++i) {
    const Answered& answer = kind == NoticeKind::failed ? one_of(kRefusals, dice)
                             : kind == NoticeKind::delayed
                                 ? one_of(kDeferrals, dice)
                                 : Answered{mail::Stage::dot, "250 2.0.0 taken"};
    Subject one =
        subject("bob" + std::to_string(i) + "@example.net", answered(answer.stage, answer.reply));
    if (kind == NoticeKind::delayed) {
      one.next_attempt = kNoon + 1h;
      one.retry_until = kNoon + 96h;
    }
    made.subjects.push_back(std::move(one));
  }
  if (dice() % 2 == 0) made.body = "Lunch with eve@example.com?\r\n550 5.7.1 said nobody\r\n";
  return made;
}

Action action_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::failed: return Action::failed;
    case NoticeKind::delayed: return Action::delayed;
    case NoticeKind::delivered:
    case NoticeKind::cleared: break;
  }
  return Action::delivered;
}

TEST(OurNotices, AreReadBackAsTheyWereMeant) {
  std::minstd_rand dice{4711};
  for (int round = 0; round < 300; ++round) {
    for (const NoticeKind kind :
         {NoticeKind::failed, NoticeKind::delayed, NoticeKind::delivered, NoticeKind::cleared}) {
      const Order made = a_notice(kind, dice);
      const Notice notice = compose(made);
      SCOPED_TRACE(notice.contents);

      const Reading reading = read_returned(notice.contents);

      ASSERT_EQ(reading.kind, MailKind::bounce);
      ASSERT_THAT(reading.told, SizeIs(made.subjects.size()));
      EXPECT_EQ(reading.message_id, "<4711@example.org>");
      EXPECT_EQ(reading.reporting_mta, "out.example.org");
      for (std::size_t i = 0; i < made.subjects.size(); ++i) {
        const Told& told = reading.told[i];
        const Subject& meant = made.subjects[i];
        ASSERT_EQ(told.recipient, meant.address.text());
        const Action action = action_of(kind);
        const bool as_meant = told.action == action ||
                              (action == Action::delivered && told.action == Action::relayed);
        ASSERT_TRUE(as_meant) << to_string(told.action);
        const mail::EnhancedStatus& status = meant.verdict->status;
        ASSERT_EQ(told.status.klass, status.klass);
        if (status.subject != 0) {
          ASSERT_EQ(told.status, status);
        }
        if (action != Action::delivered) {
          ASSERT_EQ(told.judgement.cause, cause_of(*meant.verdict));
        }
      }
    }
  }
}

/// A notice of ours, without its line that begins so.
std::string without_line(std::string contents, std::string_view start) {
  const std::size_t at = contents.find("\r\n" + std::string{start});
  if (at != std::string::npos) contents.erase(at, contents.find("\r\n", at + 2) - at);
  return contents;
}

TEST(OurNotices, OfADelayThatNobodyAnsweredTellNoReasonInAnyLanguage) {
  for (const std::string_view tag : languages()) {
    SCOPED_TRACE(tag);
    Subject bob = subject("bob@example.net", std::nullopt);
    bob.attempts = 0;
    bob.last_attempt.reset();
    bob.next_attempt = bob.retry_until = kNoon + 1h;
    Order late = order(NoticeKind::delayed, bob);
    late.phrases = built_in(tag);
    const std::string contents = compose(late).contents;

    const Reading told = read_returned(contents);
    ASSERT_THAT(told.told, SizeIs(1));
    EXPECT_EQ(told.told[0].judgement.cause, Cause::expired);
    EXPECT_EQ(told.told[0].status.text(), "4.0.0");
    EXPECT_EQ(told.told[0].reply, "");
    const Reading older = read_returned(without_line(contents, "X-Tenax-Cause"));
    ASSERT_THAT(older.told, SizeIs(1));
    EXPECT_NE(older.told[0].judgement.cause, Cause::content) << "what is attached is no reason";
  }
}

TEST(OurNotices, ShowTheServersReplyAndNothingOfOurs) {
  for (const std::string_view tag : languages()) {
    SCOPED_TRACE(tag);
    Order failed = order(NoticeKind::failed,
                         subject("bob@example.net", answered(mail::Stage::rcpt, "550 go away")));
    failed.phrases = built_in(tag);
    const std::string contents = compose(failed).contents;

    const Reading told = read_returned(contents);
    ASSERT_THAT(told.told, SizeIs(1));
    EXPECT_EQ(told.told[0].reply, "550 go away");
    EXPECT_EQ(told.told[0].status.text(), "5.0.0") << "as its field says";
    for (const char* field : {"X-Tenax-Cause", "Diagnostic-Code"}) {
      const Reading older =
          read_returned(without_line(without_line(contents, "X-Tenax-Cause"), field));
      ASSERT_THAT(older.told, SizeIs(1));
      EXPECT_EQ(older.told[0].reply, "550 go away") << field;
    }
  }
}

}  // namespace
}  // namespace tenax::bounce

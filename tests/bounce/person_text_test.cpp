// SPDX-License-Identifier: Apache-2.0
// What the sender reads, whole.

#include "bounce/person_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Stage;
using ::testing::HasSubstr;
using ::testing::Not;
using enum NoticeKind;

/// Without the CRs, so that a test can write it down.
std::string text_of(const Order& order, std::string_view encloses = "header") {
  std::string text = as_text(person_page(order, encloses));
  std::erase(text, '\r');
  return text;
}

TEST(PersonText, OfADelayByGreylisting) {
  Subject bob = subject("bob@example.net", answered(Stage::rcpt, "450 4.7.1 Greylisted, wait"));
  bob.attempts = 12;
  bob.last_attempt = kNoon - 10min;
  bob.next_attempt = kNoon + 2h + 50min;
  bob.retry_until = kNoon + 96h;
  Order given = order(delayed, bob);
  given.coming_attempts = {kNoon + 2h + 50min, kNoon + 6h};

  EXPECT_EQ(text_of(given), R"(This is the mail system at out.example.org.

Your message "Lunch on Friday" of Mon, 23 Nov 2026 12:00:00 +0000 could not
be delivered yet. It has been waiting for 1 day, and is still being tried.
This is only a warning: you need not send it again.

<bob@example.net>
  The server mx1.example.net [192.0.2.1] said, when we named this recipient:
      450 4.7.1 Greylisted, wait
  What it means: The server asks every sender it does not know yet to come
  back later, to keep out those who never do.
  What you can do: You need not do anything: the message is tried again.
  Tried 12 times. The last attempt was on Tue, 24 Nov 2026 11:50:00 +0000.
  The next one is due on Tue, 24 Nov 2026 14:50:00 +0000, in 2 hours 50
  minutes.
  If no attempt succeeds we shall give up on Sat, 28 Nov 2026 12:00:00 +0000
  and tell you so.

The next attempts, if none of them succeeds before:
  Tue, 24 Nov 2026 14:50:00 +0000
  Tue, 24 Nov 2026 18:00:00 +0000

A report for programs and the header of your message are attached.
Questions: write to postmaster@example.org and name 000000000YGHZ.
)");
}

TEST(PersonText, OfAnUnknownUser) {
  const Order given = order(
      failed, subject("bob@example.net", answered(Stage::rcpt, "550 5.1.1 <bob>: User unknown")));

  EXPECT_EQ(text_of(given, "message"), R"(This is the mail system at out.example.org.

Your message "Lunch on Friday" of Mon, 23 Nov 2026 12:00:00 +0000 could not
be delivered to this recipient. It will not be tried again.

<bob@example.net>
  The server mx1.example.net [192.0.2.1] said, when we named this recipient:
      550 5.1.1 <bob>: User unknown
  What it means: There is no such address at that domain.
  Who can act: you
  What you can do: Check the spelling of the address, or ask the person for
  the right one. Sending again to the same address will not help.

A report for programs and your message are attached.
Questions: write to postmaster@example.org and name 000000000YGHZ.
)");
}

TEST(PersonText, OwnsUpToAGuessWhereTheServerGaveNoReason) {
  const auto text = [](const char* reply) {
    return text_of(order(failed, subject("bob@example.net", answered(Stage::rcpt, reply))), "");
  };

  EXPECT_THAT(text("550 Sorry"), HasSubstr("  What it probably means (no reason was given):"));
  EXPECT_THAT(text("550 Sorry"), HasSubstr("no such address"));
  // Words, a status or nothing to be guessed.
  EXPECT_THAT(text("550 User unknown"), HasSubstr("  What it means:"));
  EXPECT_THAT(text("550 5.1.1 Sorry"), HasSubstr("  What it means:"));
}

TEST(PersonText, OfAServerThatWasNeverReached) {
  Subject bob = subject("bob@example.net",
                        unanswered(Stage::connect, {4, 4, 1},
                                   "connect mx1.example.net [192.0.2.1]:25: deadline passed"));
  bob.ended = Ended::in_time;
  bob.given = 5 * 24h;
  bob.attempts = 47;
  Order given = order(failed, bob);
  given.postmaster = "";

  EXPECT_EQ(text_of(given, ""), R"(This is the mail system at out.example.org.

Your message "Lunch on Friday" of Mon, 23 Nov 2026 12:00:00 +0000 could not
be delivered to this recipient. It will not be tried again.

<bob@example.net>
  Given up: not delivered within 5 days. Tried 47 times. The last attempt
  was on Tue, 24 Nov 2026 12:00:00 +0000.
  connect mx1.example.net [192.0.2.1]:25: deadline passed
  What it means: There was no connection with the server, or it broke off.
  Who can act: the recipient's postmaster
  What you can do: Send the message again later, or reach the recipient by
  other means.

A report for programs is attached.
)");
}

TEST(PersonText, OfASuccessThatNobodyWillConfirm) {
  const Order given =
      order(delivered, subject("bob@example.net", answered(Stage::dot, "250 2.0.0 taken")));

  EXPECT_EQ(text_of(given), R"(This is the mail system at out.example.org.

Your message "Lunch on Friday" of Mon, 23 Nov 2026 12:00:00 +0000 has been
passed on. You asked to be told.

<bob@example.net>
  The server mx1.example.net [192.0.2.1] took the message. It sends no
  confirmations of its own, so you will hear nothing more of it unless it
  fails there.

A report for programs and the header of your message are attached.
Questions: write to postmaster@example.org and name 000000000YGHZ.
)");
}

TEST(PersonText, OfWhatTheOperatorEnded) {
  Subject bob = subject("bob@example.net",
                        unanswered(Stage::local, {5, 4, 7}, "expired by the operator (uid 0)"));
  bob.ended = Ended::by_operator;
  bob.attempts = 2;
  Order given = order(failed, bob);
  given.postmaster = "";

  const std::string text = text_of(given, "");

  EXPECT_THAT(text, HasSubstr("Ended by the operator of this mail system. Tried 2 times."));
  EXPECT_THAT(text, Not(HasSubstr("in the time it is given")));
}

TEST(PersonText, OfASingleAttemptWhereItsAnswerIsNotQuoted) {
  Subject bob = subject("bob@example.net",
                        unanswered(Stage::local, {5, 4, 7}, "expired by the operator (uid 0)"));
  bob.attempts = 1;
  bob.tried = {{kNoon, {}, "450 4.2.2 mailbox full"}};
  bob.ended = Ended::by_operator;
  EXPECT_THAT(text_of(order(failed, bob), ""), HasSubstr("What was tried:\n"));
  EXPECT_THAT(text_of(order(failed, bob), ""), HasSubstr("450 4.2.2 mailbox full"));
  bob.ended = Ended::by_answer;
  EXPECT_THAT(text_of(order(failed, bob), ""), Not(HasSubstr("What was tried:"))) << "it is told";
}

TEST(PersonText, OfANoticeThatReachedNobody) {
  Order given =
      order(failed, subject("ann@example.org", answered(Stage::rcpt, "550 5.1.1 unknown")));
  given.double_bounce = true;
  given.postmaster = "";

  const std::string text = text_of(given, "message");

  EXPECT_THAT(text, HasSubstr("A notice of ours, \"Lunch on Friday\" of"));
  EXPECT_THAT(text, Not(HasSubstr("Your message")));
}

struct Explained {
  Stage stage;
  std::string_view reply;
  std::string_view what;
  std::string_view yours;
};

class Failure : public ::testing::TestWithParam<Explained> {};

TEST_P(Failure, IsExplained) {
  const Explained& given = GetParam();
  const std::string text =
      text_of(order(failed, subject("bob@example.net", answered(given.stage, given.reply))));
  EXPECT_THAT(text, HasSubstr(given.what));
  EXPECT_THAT(text, HasSubstr(given.yours));
  EXPECT_THAT(text, HasSubstr(given.reply));
}

INSTANTIATE_TEST_SUITE_P(
    MainCauses, Failure,
    ::testing::Values(
        Explained{Stage::rcpt, "552 5.2.2 Full", "mailbox is full", "some days"},
        Explained{Stage::dot, "552 5.3.4 Too big", "larger than", "Make it smaller"},
        Explained{Stage::dot, "554 5.7.1 It is spam", "takes the message for spam", "links"},
        Explained{Stage::rcpt, "554 5.7.1 Listed by some DNSBL", "block list", "postmaster"},
        Explained{Stage::dot, "550 5.7.26 DMARC", "(SPF, DKIM or", "postmaster"},
        Explained{Stage::rcpt, "550 5.7.1 Relaying denied", "from us", "the part after"},
        Explained{Stage::rcpt, "550 5.1.2 No", "The domain does not exist", "spelling"},
        Explained{Stage::dot, "554 5.4.6 Hops", "in circles", "postmaster"}));

TEST(PersonText, RecipientsWithTheSameAnswerStandTogether) {
  Order given = order(failed, subject("bob@example.net", answered(Stage::rcpt, "550 5.1.1 no")));
  given.subjects.push_back(subject("eve@example.net", answered(Stage::rcpt, "552 5.2.2 full")));
  given.subjects.push_back(subject("zoe@example.net", answered(Stage::rcpt, "550 5.1.1 no")));

  const std::string text = text_of(given);

  EXPECT_THAT(text, HasSubstr("could not\nbe delivered to these recipients."));
  EXPECT_THAT(text, HasSubstr("<bob@example.net>\n<zoe@example.net>\n  The server"));
  EXPECT_LT(text.find("zoe"), text.find("eve"));
}

TEST(PersonText, ALongListIsCutAndTheReportNamesAll) {
  Order given = order(failed);
  for (int i = 0; i < 250; ++i) {
    given.subjects.push_back(subject("user" + std::to_string(i) + "@example.net",
                                     answered(Stage::rcpt, "550 5.1.1 no")));
  }

  const std::string text = text_of(given);

  EXPECT_THAT(text, HasSubstr("<user99@example.net>"));
  EXPECT_THAT(text, Not(HasSubstr("user100@")));
  EXPECT_THAT(text, HasSubstr("... and 150 more recipients"));
  EXPECT_THAT(compose(given).contents, HasSubstr("Final-Recipient: rfc822; user249@example.net"));
}

TEST(PersonText, SaysWhenTheMessageMayHaveArrived) {
  mail::Verdict verdict = unanswered(Stage::dot, {4, 4, 2}, "lost connection");
  verdict.in_doubt = true;
  EXPECT_THAT(text_of(order(delayed, subject("bob@example.net", verdict))),
              HasSubstr("may have\n  arrived all the same"));
}

TEST(PersonText, SaysWhenNothingCouldBeTried) {
  Subject bob = subject("bob@example.net", std::nullopt);
  bob.attempts = 0;
  bob.last_attempt.reset();
  EXPECT_THAT(text_of(order(delayed, bob)), HasSubstr("No attempt could be made."));
}

TEST(PersonText, WhoseAddressIsNotAsciiNeedsAnotherAddressAndNoOtherProgram) {
  const std::string text = text_of(
      order(failed, subject("bob@example.net",
                            unanswered(Stage::rcpt, {5, 6, 7},
                                       "the address is not ASCII, and SMTPUTF8 is not offered"))));
  EXPECT_THAT(text, HasSubstr("does not take addresses with letters"));
  EXPECT_THAT(text, Not(HasSubstr("another program")));
}

TEST(PersonText, EscapesWhatATerminalWouldObey) {
  const std::string text = text_of(order(
      failed, subject("bob@example.net", answered(Stage::rcpt, "550 5.1.1 \x1b]0;pwn\x07\xff"))));
  EXPECT_THAT(text, HasSubstr("550 5.1.1 \\x1B]0;pwn\\x07\\xFF"));
}

TEST(PersonText, KeepsToSeventySixColumns) {
  Subject bob = subject("bob@example.net",
                        answered(Stage::rcpt, "450 4.7.1 " + std::string(300, 'a') + " b c d e"));
  bob.next_attempt = kNoon + 1h;
  const std::string text = text_of(order(delayed, bob));
  std::size_t start = 0;
  int longer = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    if (end - start > 76) ++longer;
  }
  EXPECT_EQ(longer, 1);  // the server's endless word, which must stay whole
}

}  // namespace
}  // namespace tenax::bounce

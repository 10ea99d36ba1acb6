// SPDX-License-Identifier: Apache-2.0
// Whom a message is for, and what else its header says of the envelope.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sendmail/normalise.h"

namespace tenax::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Texts = std::vector<std::string>;

Texts recipients(std::string_view text, std::initializer_list<std::string_view> operands = {}) {
  queue::SubmissionRules rules = usual_rules();
  rules.recipients_from_header = true;
  rules.recipients.clear();
  for (const std::string_view operand : operands) rules.recipients.push_back(address(operand));
  const queue::Outcome<queue::PreparedSubmission> prepared = prepare(text, std::move(rules));
  if (!prepared) return {"refused: " + prepared.error().text};
  Texts texts;
  for (const mail::NewRecipient& each : prepared->recipients) texts.push_back(each.address.text());
  return texts;
}

TEST(HeaderRecipients, AreThoseOfToCcAndBcc) {
  EXPECT_THAT(recipients("To: a@x.example, B <b@x.example>\nCc: c@x.example\nbcc: d@x.example\n\n"),
              ElementsAre("a@x.example", "b@x.example", "c@x.example", "d@x.example"));
}

TEST(HeaderRecipients, AddToTheOperands) {
  EXPECT_THAT(recipients("To: a@x.example\n\n", {"z@x.example"}),
              ElementsAre("z@x.example", "a@x.example"));
}

TEST(HeaderRecipients, AreNamedOnceEach) {
  EXPECT_THAT(recipients("To: a@x.example, a@X.EXAMPLE, A@x.example\n\n", {"a@x.example"}),
              ElementsAre("a@x.example", "A@x.example"));
}

TEST(HeaderRecipients, AreCompletedWithOurDomain) {
  EXPECT_THAT(recipients("To: root\n\n"), ElementsAre("root@example.org"));
}

TEST(HeaderRecipients, ComeFromTheNewestResentBlockIfThereIsOne) {
  EXPECT_THAT(
      recipients("Resent-From: x@x.example\nResent-To: new@x.example\nResent-Bcc: b@x.example\n"
                 "Resent-From: y@x.example\nResent-To: old@x.example\nTo: first@x.example\n\n"),
      ElementsAre("new@x.example", "b@x.example"));
  EXPECT_THAT(recipients("Resent-To: new@x.example\nReceived: by x; now\n"
                         "Resent-To: old@x.example\nTo: first@x.example\n\n"),
              ElementsAre("new@x.example"));
}

TEST(HeaderRecipients, OfAMessageSentOnTwiceAreTheLastOnesWhateverFieldComesFirst) {
  EXPECT_THAT(recipients("Resent-To: c@x.example\nResent-From: b@z.example\n"
                         "Resent-To: old@x.example\nResent-From: a@z.example\n"
                         "To: o@x.example\n\n"),
              ElementsAre("c@x.example"));
  EXPECT_THAT(recipients("Resent-Cc: c@x.example\nResent-To: d@x.example\n"
                         "Resent-Cc: old@x.example\nTo: o@x.example\n\n"),
              ElementsAre("c@x.example", "d@x.example"));
}

TEST(HeaderRecipients, OfOneBlockMayStandInSeveralFieldsInARow) {
  EXPECT_THAT(recipients("Resent-From: b@z.example\nResent-To: c@x.example\n"
                         "resent-to: d@x.example\nResent-Cc: e@x.example\nTo: o@x.example\n\n"),
              ElementsAre("c@x.example", "d@x.example", "e@x.example"));
}

TEST(HeaderRecipients, AreTheOldOnesOfAMessageSentOnToNobody) {
  EXPECT_THAT(recipients("Resent-From: x@x.example\nResent-Date: now\nTo: a@x.example\n"
                         "Cc: c@x.example\nBcc: b@x.example\n\n"),
              ElementsAre("a@x.example", "c@x.example", "b@x.example"));
  EXPECT_THAT(recipients("Resent-From: x@x.example\nResent-Bcc: r@x.example\nTo: a@x.example\n\n"),
              ElementsAre("r@x.example"));
}

TEST(HeaderRecipients, AreTheOldOnesWhereTheResentFieldsHoldNoAddress) {
  for (const std::string resent : {"Resent-To:", "Resent-Bcc: ", "Resent-To: friends:;",
                                   "Resent-To:\nResent-Cc: (nobody)\nResent-Bcc: ,"}) {
    EXPECT_THAT(recipients("Resent-From: x@x.example\n" + resent +
                           "\nTo: a@x.example\nBcc: b@x.example\n\n"),
                ElementsAre("a@x.example", "b@x.example"))
        << resent;
  }
  EXPECT_THAT(recipients("Resent-To:\nResent-Cc: r@x.example\nTo: a@x.example\n\n"),
              ElementsAre("r@x.example"));
}

TEST(HeaderRecipients, OfGroupsAreTheirMembers) {
  EXPECT_THAT(recipients("To: friends: a@x.example, b@x.example;, undisclosed-recipients:;\n\n"),
              ElementsAre("a@x.example", "b@x.example"));
}

TEST(HeaderRecipients, MayStandInARowOrBehindSemicolons) {
  EXPECT_THAT(recipients("To: a@x.example b@x.example\nCc: <c@x.example> <d@x.example>\n"
                         "Bcc: E <e@x.example>; f@x.example\n\n"),
              ElementsAre("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example",
                          "f@x.example"));
}

TEST(HeaderRecipients, MayBeNobodyBesideOthers) {
  EXPECT_THAT(recipients("To: \"undisclosed-recipients\" <>\nBcc: a@x.example\n\n"),
              ElementsAre("a@x.example"));
  EXPECT_THAT(recipients("To: Nobody <>\n\n"),
              ElementsAre("refused: no recipient in To, Cc, Bcc or on the command line"));
}

TEST(HeaderRecipients, MustBeSomebody) {
  queue::SubmissionRules rules = usual_rules();
  rules.recipients.clear();
  rules.recipients_from_header = true;
  const auto prepared = prepare("To: undisclosed-recipients:;\n\nhello\n", rules);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().exit_code, EX_USAGE);
}

TEST(HeaderRecipients, MustAllBeAddresses) {
  queue::SubmissionRules rules = usual_rules();
  rules.recipients_from_header = true;
  const auto prepared = prepare("To: a@x.example, b@@x\x1b[2J\n\nhello\n", rules);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().exit_code, EX_DATAERR);
  EXPECT_THAT(prepared.error().text, HasSubstr("To: "));
  EXPECT_EQ(prepared.error().text.find('\x1b'), std::string::npos);
}

TEST(HeaderRecipients, AreNotReadUnlessAskedFor) {
  const auto prepared = prepare("To: not an address at all\n\n");
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->recipients.size(), 1U);
}

TEST(HeaderRecipients, AreBounded) {
  queue::SubmissionRules rules = usual_rules();
  rules.recipients_from_header = true;
  rules.max_recipients = 3;
  EXPECT_TRUE(prepare("To: a@x.example, b@x.example\n\n", rules));
  for (const std::string_view text :
       {"To: a@x.example, b@x.example\nCc: c@x.example\n\n",
        "To: a@x.example, b@x.example, c@x.example, d@x.example\n\n"}) {
    const auto prepared = prepare(text, rules);
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().exit_code, EX_DATAERR);
    EXPECT_EQ(prepared.error().text, "more than 3 recipients");
  }
}

TEST(HeaderRecipients, AreBoundedByHowManyDifferentOnesThereAre) {
  queue::SubmissionRules rules = usual_rules();
  rules.recipients_from_header = true;
  rules.max_recipients = 3;
  const auto prepared = prepare(
      "To: a@x.example, a@X.example, A <a@x.example>, bob@example.net\n"
      "Cc: b@x.example, a@x.example, b@x.example, bob@example.net\n\n",
      rules);
  ASSERT_TRUE(prepared) << prepared.error().text;
  EXPECT_EQ(prepared->recipients.size(), 3U);
}

TEST(HeaderRecipients, AllHaveTheNotifyThatWasAskedFor) {
  queue::SubmissionRules rules = usual_rules();
  rules.notify.never = true;
  const auto prepared = prepare("\n", rules);
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(prepared->recipients.front().notify.never);
}

struct Sign {
  std::string_view field;
  bool automatic;
};

TEST(EnvelopeFacts, AutomaticMailIsKnownByItsHeader) {
  for (const Sign& sign :
       {Sign{"Auto-Submitted: auto-generated", true}, Sign{"Auto-Submitted: no", false},
        Sign{"auto-submitted: NO (by hand)", false}, Sign{"Auto-Submitted: (by hand) no", false},
        Sign{"Precedence: (a (b)) bulk", true}, Sign{"Precedence: bulk", true},
        Sign{"Precedence: List", true}, Sign{"Precedence: junk", true},
        Sign{"Precedence: first-class", false}, Sign{"List-Id: <x.example.org>", true},
        Sign{"list-post: <mailto:x@example.org>", true}, Sign{"List-Subscribe: <x>", true},
        Sign{"List-Unsubscribe: <https://example.org/off>", true}, Sign{"List-Help: <x>", false},
        Sign{"Subject: List-Id: x", false}}) {
    SCOPED_TRACE(sign.field);
    const auto prepared = prepare(std::string{sign.field} + "\n\n");
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->envelope.automatic, sign.automatic);
  }
}

mail::Envelope envelope_of(std::string_view text, queue::SubmissionRules rules = usual_rules()) {
  return prepare(text, std::move(rules)).value().envelope;
}

TEST(EnvelopeFacts, Smtputf8IsAskedForOnlyWhenNothingElseWillDo) {
  EXPECT_FALSE(envelope_of("Subject: gr\xc3\xbc\xc3\x9f\n\nx\n").smtputf8);
  EXPECT_FALSE(envelope_of("From: \xc3\x84nn <ann@example.org>\n\nx\n").smtputf8);
  EXPECT_FALSE(envelope_of("Subject: x\n\ngr\xc3\xbc\xc3\x9f\n").smtputf8);
  EXPECT_FALSE(envelope_of("Subject: gr\xfc\n\n").smtputf8);
  EXPECT_TRUE(envelope_of("To: \xc3\xa4nn@example.org\n\nx\n").smtputf8);
  EXPECT_TRUE(envelope_of("X-Note: gr\xc3\xbc\xc3\x9f\n\nx\n").smtputf8);

  queue::SubmissionRules rules = usual_rules();
  rules.recipients.push_back(
      address("b\xc3\xb6"
              "b@example.net"));
  EXPECT_TRUE(envelope_of("\n", rules).smtputf8);
}

TEST(EnvelopeFacts, TheBodyTypeIsThatOfTheContentsAsTheyWillBe) {
  EXPECT_EQ(envelope_of("Subject: x\n\nplain\n").body, mail::BodyType::seven_bit);
  EXPECT_EQ(envelope_of("Subject: x\n\ngr\xc3\xbc\n").body, mail::BodyType::eight_bit);
  EXPECT_EQ(envelope_of("Subject: x\n\ngr\xc3\xbc" + std::string(1000, 'x') + "\n").body,
            mail::BodyType::seven_bit);
}

TEST(EnvelopeFacts, MessageIdAndSubjectAreForPeopleAndLogs) {
  const auto prepared =
      prepare("Message-Id: <abc@example.org>\nSubject: =?UTF-8?B?Z3LDvMOf?= \x1b[31m\n\n");
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->message_id, "<abc@example.org>");
  EXPECT_EQ(prepared->subject, "gr\xc3\xbc\xc3\x9f \\x1B[31m");
}

TEST(Author, IsWrittenAsItNeeds) {
  const auto from = [](std::string_view name) {
    queue::SubmissionRules rules = usual_rules();
    rules.author_name = [name] { return std::string{name}; };
    const std::string out = normalised("", rules);
    return out.substr(0, out.find("\r\n"));
  };
  EXPECT_EQ(from(""), "From: ann@example.org");
  EXPECT_EQ(from("Ann B 3"), "From: Ann B 3 <ann@example.org>");
  EXPECT_EQ(from("O'Hara, A. \"x\\"), "From: \"O'Hara, A. \\\"x\\\\\" <ann@example.org>");
  EXPECT_EQ(from("\xc3\x84nn"), "From: =?UTF-8?B?w4Rubg==?= <ann@example.org>");
}

TEST(Limits, AMessageThatIsTooLargeIsRefusedWhileItIsRead) {
  queue::SubmissionRules rules = usual_rules();
  rules.max_size = 10'000;
  queue::Submission submission{rules};
  EXPECT_TRUE(submission.push("Subject: x\n\n"));
  EXPECT_TRUE(submission.push(std::string(9'000, 'x')));
  EXPECT_FALSE(submission.push(std::string(2'000, 'x')));
  const auto prepared = submission.finish();
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().exit_code, EX_DATAERR);
}

TEST(Limits, WhatIsReadCountsEvenIfNothingOfItStays) {
  struct Endless {
    std::string_view before;
    std::string part;
  };
  for (const Endless& text :
       {Endless{"", std::string(100, '\0')}, Endless{"Subject: x\n\n", std::string(100, '\0')},
        Endless{"Subject: x\n\n", std::string(100, '\r')}, Endless{"Subject: x\n", " \t\n"},
        Endless{"", "From ann 02:26\n"}, Endless{"Subject: x\n\n\r", std::string(100, '\0')}}) {
    SCOPED_TRACE(::testing::PrintToString(text.part));
    queue::SubmissionRules rules = usual_rules();
    rules.max_size = 10'000;
    queue::Submission submission{rules};
    bool more = submission.push(text.before);
    std::size_t read = text.before.size();
    for (; more && read < 20'000; read += text.part.size()) more = submission.push(text.part);
    EXPECT_FALSE(more);
    EXPECT_GT(read, 10'000U);

    const auto prepared = submission.finish();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().fault, queue::Fault::too_large);
  }
}

TEST(Limits, WhatStandsBehindTheLoneDotIsNotRead) {
  queue::SubmissionRules rules = usual_rules();
  rules.dot_ends = true;
  rules.max_size = 10'000;
  EXPECT_TRUE(prepare("Subject: x\n\na\n.\n" + std::string(20'000, 'x'), rules));
}

TEST(Limits, QuotingMayNotGrowAMessagePastTheLimit) {
  queue::SubmissionRules rules = usual_rules();
  rules.max_size = 6'000;
  const auto prepared = prepare("Subject: x\n\n" + std::string(5'000, '='), rules);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().exit_code, EX_DATAERR);
}

TEST(Limits, AHeaderHasAnEnd) {
  const std::string fields = "X: " + std::string(900, 'x') + "\n";
  queue::Submission submission{usual_rules()};
  bool more = true;
  for (int i = 0; more && i < 3000; ++i) more = submission.push(fields);
  EXPECT_FALSE(more);
  EXPECT_EQ(submission.finish().error().exit_code, EX_DATAERR);
}

TEST(Limits, OneEndlessLineIsABodyUnlessItBeginsAField) {
  const std::string endless(3 * 1024 * 1024, 'x');
  EXPECT_TRUE(prepare(endless));
  EXPECT_FALSE(prepare("X: " + endless));
}

TEST(Limits, AMessageThatTravelsInCirclesIsRefused) {
  std::string text;
  for (int i = 0; i < 101; ++i) text += "Received: from a by b; now\n";
  EXPECT_EQ(prepare(text + "\n").error().exit_code, EX_DATAERR);
}

TEST(LoneDot, EndsTheMessageUnlessToldOtherwise) {
  queue::SubmissionRules rules = usual_rules();
  rules.dot_ends = true;
  const std::string before = normalised("Subject: x\n\na\n", usual_rules());

  for (const std::string_view end : {".\nmore\n", ".\r\nmore\n", ".", ".\r", ".\r\r\nmore"}) {
    for (const std::size_t piece : {1U, 2U, 100U}) {
      EXPECT_EQ(normalised("Subject: x\n\na\n" + std::string{end}, rules, piece), before);
    }
  }
  EXPECT_THAT(normalised("Subject: x\n\n..\n. \n.x\n", rules),
              HasSubstr("\r\n\r\n..\r\n. \r\n.x\r\n"));
  EXPECT_EQ(normalised("Subject: x\n.\nTo: y@x.example\n", rules), normalised("Subject: x\n"));
}

TEST(LoneDot, StopsTheReading) {
  queue::SubmissionRules rules = usual_rules();
  rules.dot_ends = true;
  queue::Submission submission{rules};
  EXPECT_TRUE(submission.push("Subject: x\n\nbody\n."));
  EXPECT_FALSE(submission.push("\n"));
}

}  // namespace
}  // namespace tenax::testing

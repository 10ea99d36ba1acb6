// SPDX-License-Identifier: Apache-2.0
#include "bounce/cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <set>
#include <string_view>

#include "bounce/explanation.h"
#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Stage;
using enum Cause;

constexpr std::array kAll = {no_such_user,
                             no_such_domain,
                             mailbox_full,
                             mailbox_disabled,
                             recipient_refuses,
                             greylisted,
                             rate_limited,
                             blocked,
                             sender_auth,
                             sender_host,
                             sender_rejected,
                             content,
                             policy,
                             too_large,
                             relay_denied,
                             tls,
                             unreachable,
                             server_trouble,
                             expired,
                             loop,
                             malformed,
                             suppressed,
                             other};

struct Answer {
  Cause cause;
  Stage stage;
  std::string_view text;
};

class FromAReply : public ::testing::TestWithParam<Answer> {};

TEST_P(FromAReply, IsReadAsItsWritersMeantIt) {
  const Answer& given = GetParam();
  EXPECT_EQ(to_string(cause_of(answered(given.stage, given.text))), to_string(given.cause))
      << given.text;
}

// An enhanced code that means one thing needs no words.
INSTANTIATE_TEST_SUITE_P(Codes, FromAReply,
                         ::testing::Values(Answer{no_such_user, Stage::rcpt, "550 5.1.1 sorry"},
                                           Answer{no_such_domain, Stage::rcpt, "550 5.1.2 sorry"},
                                           Answer{no_such_domain, Stage::rcpt, "550 5.1.10 sorry"},
                                           Answer{sender_rejected, Stage::mail, "553 5.1.8 sorry"},
                                           Answer{mailbox_full, Stage::rcpt, "452 4.2.2 sorry"},
                                           Answer{too_large, Stage::mail, "552 5.3.4 sorry"},
                                           Answer{loop, Stage::dot, "554 5.4.6 sorry"},
                                           Answer{expired, Stage::dot, "550 5.4.7 sorry"},
                                           Answer{rate_limited, Stage::rcpt, "452 4.5.3 sorry"},
                                           Answer{tls, Stage::mail, "530 5.7.10 sorry"},
                                           Answer{sender_host, Stage::rcpt, "550 5.7.25 sorry"},
                                           Answer{sender_auth, Stage::dot, "550 5.7.26 sorry"},
                                           Answer{rate_limited, Stage::dot, "421 4.7.28 sorry"}));

// Greylisting borrows any code there is.
INSTANTIATE_TEST_SUITE_P(
    Greylisting, FromAReply,
    ::testing::Values(Answer{greylisted, Stage::rcpt,
                             "450 4.2.0 <b@x.example>: Greylisted for 5 min"},
                      Answer{greylisted, Stage::rcpt, "451 Graylisting, come again"},
                      Answer{greylisted, Stage::rcpt, "450 4.2.2 you are grey-listed"},
                      Answer{greylisted, Stage::rcpt, "451 4.7.1 Please come back later"},
                      Answer{greylisted, Stage::dot, "451 5.1.1 greylisting in progress"}));

INSTANTIATE_TEST_SUITE_P(
    Wording, FromAReply,
    ::testing::Values(
        Answer{no_such_user, Stage::rcpt, "550 No such user here"},
        Answer{no_such_user, Stage::rcpt, "554 5.7.1 Recipient not found in directory"},
        Answer{no_such_user, Stage::rcpt, "550 5.4.1 Recipient address rejected: Access denied"},
        Answer{mailbox_full, Stage::rcpt, "550 5.7.1 Sorry, Bob is over quota"},
        Answer{mailbox_full, Stage::dot, "554 The mailbox is full, try next year"},
        Answer{rate_limited, Stage::mail, "550 Sending quota exceeded"},
        Answer{mailbox_disabled, Stage::rcpt, "550 5.2.1 Account disabled"},
        Answer{rate_limited, Stage::rcpt, "450 4.2.1 Bob is receiving mail at a rate like never"},
        Answer{rate_limited, Stage::greeting, "421 4.3.2 Too many connections from you"},
        Answer{blocked, Stage::rcpt, "554 5.7.1 Client host [192.0.2.9] blocked using some.list"},
        Answer{blocked, Stage::greeting, "554 Your network has a poor reputation"},
        Answer{sender_auth, Stage::dot, "550 5.7.1 Failed the DMARC check of example.org"},
        Answer{sender_auth, Stage::mail, "550 SPF: 192.0.2.9 not allowed to send for example.org"},
        Answer{sender_host, Stage::ehlo, "550 Helo command rejected: need a real name"},
        Answer{sender_host, Stage::rcpt, "450 4.7.1 cannot find your reverse hostname"},
        Answer{sender_rejected, Stage::mail, "550 Sender verification failed"},
        Answer{content, Stage::dot, "550 Contains a virus (Eicar)"},
        Answer{content, Stage::dot, "554 5.7.1 This looks like spam"},
        Answer{too_large, Stage::dot, "554 Message too large by far"},
        Answer{relay_denied, Stage::rcpt, "550 5.7.1 Relaying denied"},
        Answer{relay_denied, Stage::rcpt, "553 not in my list of allowed rcpthosts"},
        Answer{relay_denied, Stage::mail, "530 5.7.0 Authentication required"},
        Answer{tls, Stage::mail, "530 5.7.0 Must issue a STARTTLS command first"},
        Answer{recipient_refuses, Stage::rcpt, "550 5.7.1 Members only"},
        Answer{loop, Stage::dot, "554 Too many hops"},
        Answer{malformed, Stage::dot, "550 5.6.0 A header is missing"},
        Answer{malformed, Stage::rcpt, "501 5.5.4 Syntax error in parameters"},
        Answer{server_trouble, Stage::dot, "451 4.3.0 Local error in processing"},
        Answer{server_trouble, Stage::dot, "452 4.3.1 Insufficient system storage"},
        Answer{unreachable, Stage::rcpt, "451 4.4.1 timeout while asking behind us"},
        Answer{policy, Stage::rcpt, "550 5.7.1 Access denied"}));

// Without code and words, the stage still says something.
INSTANTIATE_TEST_SUITE_P(Bare, FromAReply,
                         ::testing::Values(Answer{no_such_user, Stage::rcpt, "550"},
                                           Answer{sender_rejected, Stage::mail, "550"},
                                           Answer{blocked, Stage::greeting, "554 no"},
                                           Answer{server_trouble, Stage::greeting, "421 no"},
                                           Answer{mailbox_full, Stage::rcpt, "552 no"},
                                           Answer{too_large, Stage::mail, "552 no"},
                                           Answer{greylisted, Stage::rcpt, "451 no"},
                                           Answer{server_trouble, Stage::dot, "451 no"},
                                           Answer{no_such_domain, Stage::rcpt, "556 no"},
                                           Answer{policy, Stage::dot, "554 no"}));

// Who is told "never" does not come back; who is told "later" does.
struct Stay {
  std::string_view text;
  Cause cause;
  bool temporary;
};

void PrintTo(const Stay& one, std::ostream* out) { *out << one.text; }

class WhatPasses : public ::testing::TestWithParam<Stay> {};

TEST_P(WhatPasses, IsToldFromWhatStays) {
  const Judgement judgement = judge(refusal_in(GetParam().text));
  EXPECT_EQ(to_string(judgement.cause), to_string(GetParam().cause)) << judgement.rule;
  EXPECT_EQ(judgement.temporary, GetParam().temporary) << judgement.rule;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, WhatPasses,
    ::testing::Values(
        // A lock that a program holds is gone soon, one that somebody put on is not.
        Stay{"451 4.2.0 mailbox locked by a POP3 session", server_trouble, true},
        Stay{"450 4.2.1 mailbox locked for migration", server_trouble, true},
        Stay{"450 4.2.1 mailbox locked by the administrator", mailbox_disabled, false},
        // Nobody spoke for a while: a connection, or the owner of a mailbox.
        Stay{"421 4.4.2 Connection dropped due to inactivity", unreachable, true},
        Stay{"450 4.2.1 account closed due to inactivity", mailbox_disabled, false},
        Stay{"451 4.3.2 relay host disabled for maintenance", server_trouble, true},
        // A wall that stands for an hour is no lost address.
        Stay{"451 4.7.1 Client exceeded invalid recipient limit", blocked, true},
        Stay{"450 4.7.1 Client host suspended for bad users", blocked, true},
        // Limits pass, whatever the code says.
        Stay{"550 5.7.1 Tageslimit erreicht", rate_limited, true},
        Stay{"550 5.2.1 Mailbox cannot take more than 9 messages per hour", rate_limited, true}));

TEST(Cause, AnAddressInTheTextSaysNothing) {
  EXPECT_EQ(cause_of(answered(Stage::rcpt, "550 5.1.1 <blocked.virus@spamhaus.example> no")),
            no_such_user);
  EXPECT_EQ(cause_of(answered(Stage::rcpt, "550 <greylist@full.example> is unknown user")),
            no_such_user);
}

TEST(Cause, EveryLineOfTheReplyIsRead) {
  EXPECT_EQ(cause_of(answered(Stage::rcpt, "550 5.7.1 Hello\nto you\nlisted by Spamhaus")),
            blocked);
}

TEST(Cause, WithoutAReplyOurOwnStatusAndTheStageDecide) {
  EXPECT_EQ(cause_of(unanswered(Stage::resolve, {5, 1, 2}, "NXDOMAIN")), no_such_domain);
  EXPECT_EQ(cause_of(unanswered(Stage::resolve, {5, 1, 10}, "null MX")), no_such_domain);
  EXPECT_EQ(cause_of(unanswered(Stage::resolve, {4, 4, 3}, "SERVFAIL")), unreachable);
  EXPECT_EQ(cause_of(unanswered(Stage::resolve, {5, 4, 4}, "no host")), no_such_domain);
  EXPECT_EQ(cause_of(unanswered(Stage::connect, {4, 4, 1}, "refused")), unreachable);
  EXPECT_EQ(cause_of(unanswered(Stage::dot, {4, 4, 2}, "cut")), unreachable);
  EXPECT_EQ(cause_of(unanswered(Stage::rcpt, {4, 0, 0}, "silence")), unreachable);
  EXPECT_EQ(cause_of(unanswered(Stage::starttls, {4, 7, 5}, "bad certificate")), tls);
  EXPECT_EQ(cause_of(unanswered(Stage::local, {5, 4, 6}, "loops back to us")), loop);
  EXPECT_EQ(cause_of(unanswered(Stage::local, {4, 4, 7}, "too old")), expired);
  EXPECT_EQ(cause_of(unanswered(Stage::local, {5, 3, 4}, "over its SIZE")), too_large);
  EXPECT_EQ(cause_of(mail::Verdict{}), other);
}

TEST(Cause, OurOwnFaultIsNoServersTrouble) {
  mail::Verdict verdict = unanswered(Stage::local, {4, 3, 0}, "disk full");
  verdict.fault = mail::Fault::ours;
  EXPECT_EQ(cause_of(verdict), other);
}

TEST(Cause, OfAnAddressOnOurOwnListIsThat) {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::failed;
  verdict.fault = mail::Fault::ours;
  verdict.stage = Stage::local;
  verdict.status = {5, 7, 1};
  verdict.text = "not tried: the address is on the suppression list of this server (since today)";
  EXPECT_EQ(cause_of(verdict), suppressed);
  EXPECT_FALSE(judge(verdict).temporary);
  verdict.status = {5, 1, 1};
  EXPECT_EQ(cause_of(verdict), suppressed) << "whatever servers said of it before";
  EXPECT_EQ(actor_of(suppressed, false), Actor::your_admin);
}

TEST(Cause, NoTextMakesItStumble) {
  for (int code = 400; code < 600; ++code) {
    for (const std::string& text :
         {std::string(100'000, 'x'), std::string("\0\r\n\xff\xfe", 5), std::string(5000, ' '),
          std::string(3000, '@'), std::string{}}) {
      mail::Verdict verdict;
      verdict.reply = mail::Reply{code, {text}};
      verdict.stage = Stage::rcpt;
      EXPECT_FALSE(to_string(cause_of(verdict)).empty());
    }
  }
}

TEST(Cause, NamesAreDistinctAndWrittenWithHyphens) {
  std::set<std::string_view> names;
  for (const Cause cause : kAll) {
    names.insert(to_string(cause));
    EXPECT_EQ(to_string(cause).find_first_not_of("abcdefghijklmnopqrstuvwxyz-"),
              std::string_view::npos);
  }
  EXPECT_EQ(names.size(), kAll.size());
  EXPECT_EQ(to_string(no_such_user), "no-such-user");
}

TEST(Explanation, EveryCauseIsExplainedInWholeSentences) {
  for (const Cause cause : kAll) {
    for (const bool temporary : {true, false}) {
      const Explanation words = explain(cause, temporary);
      ASSERT_FALSE(words.what.empty()) << to_string(cause);
      ASSERT_FALSE(words.yours.empty()) << to_string(cause);
      EXPECT_EQ(words.what.back(), '.') << words.what;
      EXPECT_EQ(words.yours.back(), '.') << words.yours;
    }
  }
}

TEST(Explanation, WhoMustNotActIsToldSo) {
  EXPECT_THAT(std::string{explain(greylisted, true).yours}, ::testing::HasSubstr("need not"));
  EXPECT_THAT(std::string{explain(no_such_user, false).yours}, ::testing::HasSubstr("spelling"));
}

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
// What a mail that came back, and a bare reply, mean for people. All mails here were written for
// these tests.
#include "engine/returned_mail.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

#include "bounce/cause.h"

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;

const mail::WallTime kWhenRead{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

std::string notice(std::string_view subject, std::string_view body) {
  std::string mail{"From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\nSubject: "};
  return mail.append(subject).append("\n\n").append(body);
}

std::string fields(std::string_view action, std::string_view status, std::string_view diagnostic) {
  std::string body{
      "Your message to bob@example.net.\n\nFinal-Recipient: rfc822; bob@example.net\n"};
  body.append("Action: ").append(action).append("\nStatus: ").append(status);
  return body.append("\nDiagnostic-Code: ").append(diagnostic).append("\n");
}

Explained only(const ExplainedMail& told) {
  EXPECT_EQ(told.recipients.size(), 1U);
  return told.recipients.empty() ? Explained{} : told.recipients.front();
}

struct Advised {
  std::string_view rule;
  std::string mail;  // or a bare reply
  std::string_view action;
  bounce::Cause cause;
};

void PrintTo(const Advised& given, std::ostream* out) { *out << given.rule; }

const Advised kAdvised[] = {
    {"AFailureOfATemporaryStatusIsOver",
     notice("Undelivered", fields("failed", "4.4.1", "x-unix; connect: Connection timed out")),
     "failed", bounce::Cause::unreachable},
    {"AFailureForWantOfProtectionIsOver",
     notice("Undelivered", fields("failed", "4.7.5", "x-unix; Server certificate not trusted")),
     "failed", bounce::Cause::tls},
    {"AQueueThatGaveUpTriesNoMore",
     notice("failure notice",
            "<bob@example.net>:\nNo connection could be established. (#4.4.1)\n"
            "I'm not going to try again; this message has been in the queue too long.\n"),
     "failed", bounce::Cause::unreachable},
    {"ALimitOfRateThatTheMailFailedAtIsOver",
     notice("Undelivered", fields("failed", "5.7.28", "smtp; 550 5.7.28 too many messages")),
     "failed", bounce::Cause::rate_limited},
    {"ADelayedMailIsTriedAgain",
     notice("Delayed", fields("delayed", "4.4.1", "x-unix; connect: Connection timed out")),
     "delayed", bounce::Cause::unreachable},
    {"AReplyThatRefusesForGoodIsAFailure", "550 5.7.28 too many messages", "failed",
     bounce::Cause::rate_limited},
    {"AReplyThatDefersIsADelay", "450 4.7.1 greylisted, try again in 5 minutes", "delayed",
     bounce::Cause::greylisted},
};

class Advice : public ::testing::TestWithParam<Advised> {};

TEST_P(Advice, IsOfWhatBecameOfTheMail) {
  const Advised& given = GetParam();

  const Explained told = only(looks_like_mail(given.mail) ? explain_mail(given.mail, kWhenRead)
                                                          : explain_reply(given.mail, kWhenRead));

  const bounce::Explanation words = bounce::explain(given.cause, given.action == "delayed");
  EXPECT_EQ(told.action, given.action);
  EXPECT_EQ(told.cause, to_string(given.cause));
  EXPECT_EQ(told.what, words.what);
  EXPECT_EQ(told.yours, words.yours);
  EXPECT_TRUE(told.temporary);
}

INSTANTIATE_TEST_SUITE_P(Mails, Advice, ::testing::ValuesIn(kAdvised),
                         [](const auto& test) { return std::string{test.param.rule}; });

struct Waits {
  std::string_view rule;
  std::string mail;
  std::string_view wait;  // "" where no server asks for one
};

void PrintTo(const Waits& given, std::ostream* out) { *out << given.rule; }

const std::string kQueueTells =
    "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days "
    "old\n";

const Waits kWaits[] = {
    {"AQueueTellsOfItself",
     notice("Warning: could not send message for past 4 hours",
            "<bob@example.net>... Deferred: Connection refused by mx.example.net.\n" + kQueueTells),
     ""},
    {"AQueueTellsOfItselfBesideFields",
     notice("Warning: could not send message for past 4 hours",
            "<bob@example.net>... Deferred: Connection refused by mx.example.net.\n" + kQueueTells +
                "\nFinal-Recipient: rfc822; bob@example.net\nAction: delayed\n" +
                "Status: 4.4.1\n"),
     ""},
    {"AQueueRetriesWhenItLikes",
     notice("Delayed mail",
            "Your message to bob@example.net has been delayed. It has been in the queue for 4 "
            "hours; we will try again in 30 minutes.\n"),
     ""},
    {"AServerAsksInFrontOfTheQueuesWords",
     notice("Warning: could not send message for past 4 hours",
            "<bob@example.net>... Deferred: 451 4.7.1 Greylisted, come back in 5 minutes\n" +
                kQueueTells),
     "5m"},
    {"AServersWordsWithoutATimeStandBesideTheQueues",
     notice("Warning: could not send message for past 4 hours",
            "<bob@example.net>... Deferred: 451 4.3.0 Not now\n" + kQueueTells),
     ""},
    {"AServerAsksInAField",
     notice("Delayed", fields("delayed", "4.7.1", "smtp; 451 4.7.1 come back in 10 minutes")),
     "10m"},
};

class AWait : public ::testing::TestWithParam<Waits> {};

TEST_P(AWait, IsWhatAServerAsksFor) {
  const Explained told = only(explain_mail(GetParam().mail, kWhenRead));

  EXPECT_EQ(told.action, "delayed");
  EXPECT_EQ(told.wait ? mail::in_short(*told.wait) : "", GetParam().wait) << told.reply;
}

INSTANTIATE_TEST_SUITE_P(Mails, AWait, ::testing::ValuesIn(kWaits),
                         [](const auto& test) { return std::string{test.param.rule}; });

TEST(AVerdict, OfAMessageThatIsOverAdvisesAsAFailure) {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::deferred;
  verdict.status = {4, 4, 1};
  verdict.stage = mail::Stage::connect;

  const Explained waits = explain_verdict(verdict, kWhenRead);
  const Explained over = explain_verdict(verdict, kWhenRead, true);

  EXPECT_EQ(waits.yours, bounce::explain(bounce::Cause::unreachable, true).yours);
  EXPECT_EQ(over.yours, bounce::explain(bounce::Cause::unreachable, false).yours);
  EXPECT_EQ(over.cause, waits.cause);
}

}  // namespace
}  // namespace tenax::engine

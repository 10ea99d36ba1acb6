// SPDX-License-Identifier: Apache-2.0
// What an answer means: the whole table, read aloud.

#include "delivery/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/reply_reader.h"
#include "delivery/stage.h"

namespace tenax::delivery {
namespace {

using mail::Fault;
using mail::Kind;
using mail::Reply;
using mail::Scope;
using mail::Stage;
using mail::Verdict;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const mail::RemoteHost kHost{"mx1.example.net", "192.0.2.1", 25, ""};

Reply reply_from(std::string_view lines) {
  ReplyParser parser;
  parser.feed(std::string{lines} + "\r\n");
  return parser.take();
}

struct Case {
  std::string_view rule;  // the test's name: a sentence without spaces
  Stage stage;
  std::string_view line;  // as the server wrote it
  Kind kind;
  Scope scope;
  std::string_view status;
};

constexpr auto delivered = Kind::delivered;
constexpr auto deferred = Kind::deferred;
constexpr auto failed = Kind::failed;

constexpr Case kCases[] = {
    {"ATakenMessageIsDelivered", Stage::dot, "250 2.6.0 queued as 1", delivered, Scope::message,
     "2.6.0"},
    {"ATakenMessageNeedsNoStatus", Stage::dot, "250 ok", delivered, Scope::message, "2.0.0"},
    {"AnUnknownUserFails", Stage::rcpt, "550 5.1.1 no such user", failed, Scope::recipient,
     "5.1.1"},
    {"ABare550SaysNoMoreThanItSays", Stage::rcpt, "550 no", failed, Scope::recipient, "5.0.0"},
    {"AGreylistedRecipientWaits", Stage::rcpt, "450 4.7.1 try again later", deferred,
     Scope::recipient, "4.7.1"},
    {"TooManyRecipientsIsTemporaryEvenAs552", Stage::rcpt, "552 too many recipients", deferred,
     Scope::recipient, "4.5.3"},
    {"A552ThatNamesAFullMailboxMeansIt", Stage::rcpt, "552 5.2.2 over quota", failed,
     Scope::recipient, "5.2.2"},
    {"A452MailboxConcernsTheRecipient", Stage::rcpt, "452 4.2.2 mailbox full", deferred,
     Scope::recipient, "4.2.2"},
    {"AnUnknownCodeIsReadByItsFirstDigit", Stage::rcpt, "459 hm", deferred, Scope::recipient,
     "4.0.0"},
    {"AnUnknownPermanentCodeToo", Stage::rcpt, "599 hm", failed, Scope::recipient, "5.0.0"},
    {"AStatusThatContradictsItsCodeIsIgnored", Stage::rcpt, "550 4.1.1 make up your mind", failed,
     Scope::recipient, "5.0.0"},
    {"ANullMxOfTheRecipientFails", Stage::rcpt, "556 takes no mail", failed, Scope::recipient,
     "5.1.10"},
    {"ARefusedSenderFailsTheMessage", Stage::mail, "550 5.7.1 we know you", failed, Scope::message,
     "5.7.1"},
    {"ATooLargeMessageFails", Stage::mail, "552 5.3.4 too big", failed, Scope::message, "5.3.4"},
    {"ARateLimitConcernsTheMessage", Stage::mail, "451 4.7.1 slow down", deferred, Scope::message,
     "4.7.1"},
    {"AFullDiskConcernsTheHost", Stage::mail, "452 4.3.1 no room", deferred, Scope::host, "4.3.1"},
    {"ABare452ToMailIsAFullDisk", Stage::mail, "452 later", deferred, Scope::host, "4.3.1"},
    {"ARefusedBodyFailsTheMessage", Stage::dot, "554 5.6.0 not like this", failed, Scope::message,
     "5.6.0"},
    {"APostponedBodyWaits", Stage::dot, "451 4.7.0 scanning", deferred, Scope::message, "4.7.0"},
    {"AFullDiskAfterTheDotConcernsTheHost", Stage::dot, "452 4.3.1 no room", deferred, Scope::host,
     "4.3.1"},
    {"ARefusedDataFails", Stage::data, "554 5.5.1 no", failed, Scope::message, "5.5.1"},
    {"A421AnywhereIsTheHostLeaving", Stage::mail, "421 4.3.2 shutting down", deferred, Scope::host,
     "4.3.2"},
    {"A421ToARecipientIsTheHostLeavingToo", Stage::rcpt, "421 bye", deferred, Scope::host, "4.3.2"},
    {"A421AfterTheDotIsAnAnswer", Stage::dot, "421 bye", deferred, Scope::host, "4.3.2"},
    {"AHostThatRefusesToGreetIsNotTheMailsFault", Stage::greeting, "554 no SMTP service here",
     deferred, Scope::host, "4.0.0"},
    {"AHostThatNeverTakesMailSaysSo", Stage::greeting, "521 no mail", failed, Scope::host, "5.3.2"},
    {"AHostThatDislikesOurNameIsLeft", Stage::ehlo, "550 5.7.1 bad name", deferred, Scope::host,
     "4.7.1"},
    {"WrongCredentialsWaitForTheirRepair", Stage::auth, "535 5.7.8 wrong", deferred, Scope::host,
     "4.7.8"},
    {"MissingLoginWaitsForItsConfiguration", Stage::mail, "530 5.7.0 log in first", deferred,
     Scope::message, "4.7.0"},
    {"MissingTlsToo", Stage::mail, "530 STARTTLS first", deferred, Scope::message, "4.7.0"},
    {"A530ToARecipientIsItsOwn", Stage::rcpt, "530 5.7.1 log in for this one", failed,
     Scope::recipient, "5.7.1"},
    {"A535ToARecipientToo", Stage::rcpt, "535 no", failed, Scope::recipient, "5.7.8"},
    {"A530AfterTheDotIsTheMessages", Stage::dot, "530 5.7.1 not this", failed, Scope::message,
     "5.7.1"},
    {"A354ToARecipientIsNoWordAboutTheHost", Stage::rcpt, "354 go", deferred, Scope::recipient,
     "4.5.0"},
    {"ACodeOfNoClassToARecipientIsItsOwn", Stage::rcpt, "999 weird", deferred, Scope::recipient,
     "4.5.0"},
    {"ACodeOfNoClassElsewhereIsOutOfStep", Stage::mail, "999 weird", deferred, Scope::host,
     "4.5.0"},
    {"APositiveReplyThatDoesNotFitIsOutOfStep", Stage::data, "250 sure", deferred, Scope::host,
     "4.5.0"},
    {"An354ToASenderIsOutOfStep", Stage::mail, "354 go", deferred, Scope::host, "4.5.0"},
};

class Classify : public ::testing::TestWithParam<Case> {};

TEST_P(Classify, Reply) {
  const Case& given = GetParam();
  const Reply reply = reply_from(given.line);

  const Verdict verdict = classify(given.stage, reply, kHost);

  EXPECT_EQ(verdict.kind, given.kind);
  EXPECT_EQ(verdict.scope, given.scope);
  EXPECT_EQ(verdict.status.text(), given.status);
  EXPECT_EQ(verdict.text, given.line);  // whatever we decide, we can show why
  EXPECT_EQ(verdict.reply, reply);
  EXPECT_EQ(verdict.host, kHost);
  EXPECT_EQ(verdict.fault, Fault::theirs);
  EXPECT_FALSE(verdict.in_doubt);
}

INSTANTIATE_TEST_SUITE_P(Rfc5321, Classify, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string{one.param.rule}; });

TEST(ClassifyAll, TheClassOfTheStatusAgreesWithTheKindForEveryCodeAndStage) {
  for (int stage = 0; stage <= static_cast<int>(Stage::local); ++stage) {
    for (int code = 100; code < 1000; ++code) {
      for (const std::string_view status : {"", "2.1.5 ", "4.2.2 ", "5.7.1 "}) {
        const Reply reply{code, {std::string{status} + "x"}};
        const auto where = static_cast<Stage>(stage);
        if (where != Stage::dot && accepts(where, reply)) continue;
        const Verdict verdict = classify(where, reply, kHost);
        const int expected = verdict.kind == delivered ? 2 : verdict.kind == deferred ? 4 : 5;
        ASSERT_EQ(verdict.status.klass, expected) << stage << " " << reply.text();
        ASSERT_EQ(verdict.kind == delivered, where == Stage::dot && code >= 200 && code < 300);
        if (code < 500 || code > 599) {
          ASSERT_NE(verdict.kind, failed);
        }
      }
    }
  }
}

TEST(ClassifyAll, APositiveReplyToTheDotThatIsNone250ishIsInDoubt) {
  EXPECT_TRUE(classify(Stage::dot, Reply{354, {"go"}}, kHost).in_doubt);
  EXPECT_TRUE(classify(Stage::dot, Reply{999, {"what"}}, kHost).in_doubt);
}

TEST(ClassifyAll, AHugeReplyIsKeptInPart) {
  const Reply huge{550, std::vector<std::string>(500, std::string(2000, 'x'))};
  const Verdict verdict = classify(Stage::rcpt, huge, kHost);
  std::size_t octets = 0;
  for (const auto& line : verdict.reply->lines) octets += line.size();
  EXPECT_LE(octets, 4096U);
  EXPECT_LE(verdict.text.size(), 4200U);
}

struct Broken {
  std::string_view rule;
  Stage stage;
  io::Errc error;
  std::string_view status;
  Kind kind;
  Fault fault;
  std::string_view words;
};

constexpr Broken kBroken[] = {
    {"ALostConnection", Stage::body, io::Errc::closed, "4.4.2", deferred, Fault::theirs,
     "lost connection with mx1.example.net[192.0.2.1] while sending the message"},
    {"AReset", Stage::rcpt, io::Errc::reset, "4.4.2", deferred, Fault::theirs,
     "lost connection with mx1.example.net[192.0.2.1] while naming a recipient"},
    {"Silence", Stage::greeting, io::Errc::timed_out, "4.4.2", deferred, Fault::theirs,
     "mx1.example.net[192.0.2.1] kept us waiting too long while waiting for the greeting"},
    {"NoAnswer", Stage::connect, io::Errc::timed_out, "4.4.1", deferred, Fault::theirs,
     "no answer from mx1.example.net[192.0.2.1] while opening a connection"},
    {"Refused", Stage::connect, io::Errc::refused, "4.4.1", deferred, Fault::theirs,
     "connection refused by mx1.example.net[192.0.2.1]"},
    {"OurNetwork", Stage::connect, io::Errc::local_network, "4.4.1", deferred, Fault::ours,
     "we cannot open a connection to mx1.example.net[192.0.2.1]"},
    {"TlsBroke", Stage::starttls, io::Errc::tls_failed, "4.7.5", deferred, Fault::theirs,
     "TLS with mx1.example.net[192.0.2.1] failed"},
    {"Unproven", Stage::starttls, io::Errc::tls_unproven, "4.7.5", deferred, Fault::theirs,
     "mx1.example.net[192.0.2.1] did not prove its name"},
    {"TooMuch", Stage::ehlo, io::Errc::line_too_long, "4.5.0", deferred, Fault::theirs,
     "mx1.example.net[192.0.2.1] sent more than we read"},
    {"Garbage", Stage::ehlo, io::Errc::protocol, "4.5.0", deferred, Fault::theirs,
     "mx1.example.net[192.0.2.1] sent something else than SMTP replies"},
    {"NoSuchName", Stage::resolve, io::Errc::name_not_found, "5.1.2", failed, Fault::theirs,
     "the name does not exist"},
    {"NamesUnavailable", Stage::resolve, io::Errc::name_unavailable, "4.4.3", deferred,
     Fault::theirs, "trouble while looking up its names"},
    {"NamesForged", Stage::resolve, io::Errc::name_bogus, "4.4.3", deferred, Fault::theirs,
     "trouble while looking up its names"},
    {"NamesSilent", Stage::resolve, io::Errc::timed_out, "4.4.3", deferred, Fault::theirs,
     "no answer in time while looking up its names"},
    {"OurDisk", Stage::body, io::Errc::disk_failed, "4.3.0", deferred, Fault::ours,
     "our own trouble while sending the message"},
    {"Stopped", Stage::rcpt, io::Errc::cancelled, "4.3.2", deferred, Fault::ours,
     "we were stopped while naming a recipient"},
};

class ClassifyError : public ::testing::TestWithParam<Broken> {};

TEST_P(ClassifyError, MeansAndSays) {
  const Broken& given = GetParam();
  const Verdict verdict = classify(given.stage, io::error(given.error, "detail"), kHost);
  EXPECT_EQ(verdict.status.text(), given.status);
  EXPECT_EQ(verdict.kind, given.kind);
  EXPECT_EQ(verdict.fault, given.fault);
  EXPECT_THAT(verdict.text, StartsWith(given.words));
  EXPECT_FALSE(verdict.reply);
  EXPECT_FALSE(verdict.in_doubt);
}

INSTANTIATE_TEST_SUITE_P(Wire, ClassifyError, ::testing::ValuesIn(kBroken),
                         [](const auto& one) { return std::string{one.param.rule}; });

TEST(ClassifyAll, AnyFailureAfterTheDotIsInDoubt) {
  for (int code = 1; code <= static_cast<int>(io::Errc::closed_intake); ++code) {
    const io::Error error = io::error(static_cast<io::Errc>(code), "");
    const Verdict verdict = classify(Stage::dot, error, kHost);
    if (verdict.kind == failed) continue;
    EXPECT_TRUE(verdict.in_doubt) << io::to_string(error);
    EXPECT_EQ(verdict.kind, deferred);
  }
}

TEST(ClassifyAll, AFindingSaysWhoAndWhat) {
  const Verdict verdict = classify(Finding::too_large, Stage::mail, kHost, "1000 octets");
  EXPECT_EQ(verdict.kind, failed);
  EXPECT_EQ(verdict.status.text(), "5.3.4");
  EXPECT_EQ(verdict.text,
            "the message is larger than the limit of 1000 octets (mx1.example.net[192.0.2.1])");
}

TEST(ClassifyAll, EveryFindingHasAClassThatAgrees) {
  for (int at = 0; at <= static_cast<int>(Finding::stopped); ++at) {
    const Verdict verdict = classify(static_cast<Finding>(at), Stage::local, {});
    EXPECT_EQ(verdict.status.klass, verdict.kind == failed ? 5 : 4);
    EXPECT_FALSE(verdict.text.empty());
  }
}

TEST(ClassifyAll, TooManyRecipientsIsToldFromOtherFullness) {
  EXPECT_TRUE(asks_for_another_transaction(reply_from("452 too many recipients")));
  EXPECT_TRUE(asks_for_another_transaction(reply_from("452 4.5.3 too many")));
  EXPECT_TRUE(asks_for_another_transaction(reply_from("451 4.5.3 too many")));
  EXPECT_TRUE(asks_for_another_transaction(reply_from("552 too many")));
  EXPECT_FALSE(asks_for_another_transaction(reply_from("452 4.2.2 mailbox full")));
  EXPECT_FALSE(asks_for_another_transaction(reply_from("452 4.3.1 disk full")));
  EXPECT_FALSE(asks_for_another_transaction(reply_from("450 later")));
  EXPECT_FALSE(asks_for_another_transaction(reply_from("552 5.2.2 over quota")));
}

TEST(ClassifyAll, ServersCannotWriteToTheTerminal) {
  const Verdict verdict = classify(Stage::rcpt, Reply{550, {"\x1b[2J gone \r\n"}}, kHost);
  EXPECT_EQ(verdict.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(verdict.text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace tenax::delivery

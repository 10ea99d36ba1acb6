// SPDX-License-Identifier: Apache-2.0
#include "engine/smtp_dialogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <random>

#include "engine/smtp_submission.h"

namespace tenax::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

SmtpTerms terms() {
  return {"out.example.org", mail::Domain::parse("example.org").value(), 1000, 3};
}

/// Speaks, and answers what is complete.
class Client {
 public:
  explicit Client(SmtpTerms given = terms()) : dialogue{std::move(given)} { run(); }

  /// What was replied to these octets, fed in pieces of `piece`.
  std::string says(std::string_view bytes, std::size_t piece = 10'000) {
    said.clear();
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      dialogue.feed(bytes.substr(at, piece));
      run();
    }
    return said;
  }

  std::string greeting() { return says("EHLO client.example\r\n"); }
  std::string transaction(const std::string& to = "<bob@example.net>") {
    return says("MAIL FROM:<ann@example.org>\r\nRCPT TO:" + to + "\r\n");
  }

  SmtpDialogue dialogue;
  std::string said;
  std::vector<std::string> messages;
  std::vector<SmtpEnvelope> envelopes;
  bool ended = false;

 private:
  void run() {
    for (;;) {
      const SmtpDialogue::Step step = dialogue.next();
      if (step == SmtpDialogue::Step::begins) {
        envelopes.push_back(dialogue.envelope());
        messages.emplace_back();
      } else if (step == SmtpDialogue::Step::contents) {
        messages.back() += dialogue.contents();
      } else if (step == SmtpDialogue::Step::complete) {
        dialogue.answer(250, "2.0.0 queued");
      } else {
        ended = step == SmtpDialogue::Step::ended;
        said += dialogue.take_replies();
        return;
      }
    }
  }
};

TEST(SmtpDialogue, AMessageIsTaken) {
  Client client;
  EXPECT_THAT(client.greeting(), HasSubstr("250-SIZE 1000\r\n"));
  EXPECT_EQ(client.transaction(), "250 2.1.0 sender noted\r\n250 2.1.5 recipient noted\r\n");
  EXPECT_THAT(client.says("DATA\r\n"), StartsWith("354 "));
  EXPECT_EQ(client.says("Subject: hello\r\n\r\n..dot\r\nend\r\n.\r\n"), "250 2.0.0 queued\r\n");
  ASSERT_THAT(client.messages, SizeIs(1));
  EXPECT_EQ(client.messages[0], "Subject: hello\r\n\r\n.dot\r\nend\r\n");
  EXPECT_EQ(client.envelopes[0].envelope.sender->text(), "ann@example.org");
  EXPECT_THAT(client.says("QUIT\r\n"), StartsWith("221 2.0.0"));
  EXPECT_TRUE(client.ended);
}

TEST(SmtpDialogue, AnyCutOfTheStreamIsTheSameDialogue) {
  const std::string all =
      "EHLO client.example\r\nMAIL FROM:<ann@example.org> SIZE=10 BODY=8BITMIME RET=HDRS "
      "ENVID=a+2Bb\r\nRCPT TO:<bob@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@x.test\r\n"
      "DATA\r\n.\r.\r\n..\r\n\r\n\n.\n.\r\nx\r\n.\r\n"
      "MAIL FROM:<>\r\nRCPT TO:<eve>\r\nBDAT 5\r\n12.\r\nBDAT 0 LAST\r\nNOOP\r\nQUIT\r\n";
  Client whole;
  const std::string said = whole.says(all);
  for (std::size_t piece = 1; piece < 40; ++piece) {
    Client client;
    EXPECT_EQ(client.says(all, piece), said) << piece;
    EXPECT_EQ(client.messages, whole.messages) << piece;
    EXPECT_TRUE(client.ended);
  }
  ASSERT_THAT(whole.messages, SizeIs(2));
  EXPECT_EQ(whole.messages[0], "\r.\r\n.\r\n\r\n\n.\n.\r\nx\r\n");
  EXPECT_EQ(whole.messages[1], "12.\r\n");
  EXPECT_EQ(whole.envelopes[0].envelope.envid, "a+b");
  EXPECT_EQ(whole.envelopes[0].envelope.ret, mail::Ret::headers);
  EXPECT_EQ(whole.envelopes[0].recipients[0].notify.text(), "SUCCESS,DELAY");
  EXPECT_EQ(whole.envelopes[0].recipients[0].original->text(), "rfc822;b@x.test");
  EXPECT_EQ(whole.envelopes[1].envelope.sender, std::nullopt);
  EXPECT_EQ(whole.envelopes[1].recipients[0].address.text(), "eve@example.org");
}

TEST(SmtpDialogue, OnlyALoneDotBetweenWholeLineEndsEndsTheContents) {
  for (const char* smuggled :
       {"\n.\r\n", "\r\n.\n", "\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\r\n.\n"}) {
    Client client;
    client.greeting();
    client.transaction();
    client.says("DATA\r\n");
    EXPECT_EQ(client.says("a" + std::string{smuggled} + "MAIL FROM:<evil@example.org>\r\n"), "")
        << smuggled;
    EXPECT_EQ(client.says("b\r\n.\r\n"), "250 2.0.0 queued\r\n");
    EXPECT_THAT(client.messages, SizeIs(1));
    EXPECT_THAT(client.messages[0], HasSubstr("MAIL FROM:<evil"));
  }
}

struct Dots {
  const char* rule;
  const char* sent;
  const char* meant;
};
void PrintTo(const Dots& dots, std::ostream* out) { *out << dots.rule; }

class LoneLf : public ::testing::TestWithParam<Dots> {};

TEST_P(LoneLf, HasItsDoubledDotTaken) {
  for (std::size_t piece : {1U, 2U, 3U, 5U, 1000U}) {
    Client client;
    client.greeting();
    client.transaction();
    client.says("DATA\r\n");
    EXPECT_EQ(client.says(GetParam().sent + std::string{"\r\n.\r\n"}, piece),
              "250 2.0.0 queued\r\n");
    EXPECT_EQ(client.messages.at(0), GetParam().meant + std::string{"\r\n"});
  }
}

INSTANTIATE_TEST_SUITE_P(
    SmtpDialogue, LoneLf,
    ::testing::Values(Dots{"AsPythonDoublesThem", "a\n..b\n...c", "a\n.b\n..c"},
                      Dots{"OfALineThatIsADot", "a\n..\nb", "a\n.\nb"},
                      Dots{"ButNotASingleOne", "a\n.b\n.\nc", "a\n.b\n.\nc"},
                      Dots{"NorBehindALoneCr", "a\r..b", "a\r..b"},
                      Dots{"AfterAnEmptyLine", "a\n\n..b", "a\n\n.b"},
                      Dots{"AmongWholeLines", "a\r\nb\n..c\r\n..d", "a\r\nb\n.c\r\n.d"},
                      Dots{"OnlyOneEach", "a\n....b", "a\n...b"}, Dots{"AtTheEnd", "a\n..", "a\n."},
                      Dots{"WithNothingElse", "\n..", "\n."}),
    [](const auto& one) { return std::string{one.param.rule}; });

TEST(SmtpDialogue, WhereItMayALoneLfEndsEveryLineOnceItEndedTheFirst) {
  SmtpTerms given = terms();
  given.lone_lf = true;
  for (std::size_t piece : {1U, 2U, 1000U}) {
    Client client{given};
    EXPECT_THAT(client.says("EHLO x\nMAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.net>\nDATA\n"
                            "Subject: s\n\n..dot\n.\nMAIL FROM:<>\r\nRSET\n",
                            piece),
                EndsWith("250 2.0.0 queued\r\n250 2.1.0 sender noted\r\n250 2.0.0 forgotten\r\n"));
    EXPECT_THAT(client.messages, ElementsAre("Subject: s\n\n.dot\n"));
  }
  Client strict{given};
  strict.says("EHLO x\r\n");
  EXPECT_THAT(strict.says("NOOP\n"), StartsWith("500 5.5.2"));
}

TEST(SmtpDialogue, AChunkIsCountedAsItWasSent) {
  SmtpTerms given = terms();
  given.lone_lf = true;
  Client client{given};
  EXPECT_THAT(client.says("EHLO x\nMAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.net>\n"
                          "BDAT 14 LAST\nSubject: a\n\nx\nQUIT\n"),
              HasSubstr("250 2.0.0 queued\r\n221 2.0.0"));
  EXPECT_THAT(client.messages, ElementsAre("Subject: a\n\nx\n"));
}

TEST(SmtpDialogue, RepliesAreAscii) {
  Client client;
  client.greeting();
  EXPECT_EQ(client.says("MAIL FROM:<\xC3\xA9 b@y.test>\r\n").find('\xC3'), std::string::npos);
  EXPECT_THAT(client.said, HasSubstr("\\xC3\\xA9 b@y.test"));
  EXPECT_THAT(client.says("MAIL FROM:<ann@example.org> \xC3\x89=1\r\n"), HasSubstr("\\xC3\\x89"));
}

TEST(SmtpDialogue, AnEmptyMessageIsOne) {
  Client client;
  client.greeting();
  client.transaction();
  client.says("DATA\r\n");
  EXPECT_EQ(client.says(".\r\n"), "250 2.0.0 queued\r\n");
  EXPECT_EQ(client.messages.at(0), "");
}

struct Wrong {
  const char* rule;
  const char* command;
  const char* reply;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.rule; }

class BadCommand : public ::testing::TestWithParam<Wrong> {};

TEST_P(BadCommand, IsRefusedAndTheSessionGoesOn) {
  Client client;
  client.greeting();
  EXPECT_THAT(client.says(std::string{GetParam().command} + "\r\n"), StartsWith(GetParam().reply));
  EXPECT_THAT(client.says("RSET\r\n"), StartsWith("250"));
  client.transaction();
  EXPECT_THAT(client.says("DATA\r\n"), StartsWith("354"));
}

INSTANTIATE_TEST_SUITE_P(
    Smtp, BadCommand,
    ::testing::Values(Wrong{"Unknown", "FOO", "500 5.5.2"}, Wrong{"NoName", "EHLO", "501 5.5.4"},
                      Wrong{"NoPath", "MAIL FROM:", "501"}, Wrong{"NoColon", "MAIL <a@b>", "501"},
                      Wrong{"TwoAddresses", "MAIL FROM:<a@b.example,c@d.example>", "501 5.1.7"},
                      Wrong{"OpenPath", "MAIL FROM:<a@b.example", "501 5.1.7"},
                      Wrong{"RcptFirst", "RCPT TO:<a@b.example>", "503"},
                      Wrong{"DataFirst", "DATA", "503"}, Wrong{"BdatFirst", "BDAT 3\r\nabc", "503"},
                      Wrong{"TooLarge", "MAIL FROM:<a@b.example> SIZE=1001", "552 5.3.4"},
                      Wrong{"SizeOfWords", "MAIL FROM:<a@b.example> SIZE=many", "501"},
                      Wrong{"BinaryBody", "MAIL FROM:<a@b.example> BODY=BINARYMIME", "501"},
                      Wrong{"BadRet", "MAIL FROM:<a@b.example> RET=SOME", "501"},
                      Wrong{"BadEnvid", "MAIL FROM:<a@b.example> ENVID=+0A", "501"},
                      Wrong{"EnvidOutsideAscii", "MAIL FROM:<a@b.example> ENVID=+E9a", "501"},
                      Wrong{"UnknownParameter", "MAIL FROM:<a@b.example> FOO=1", "555"},
                      Wrong{"Utf8Unannounced", "MAIL FROM:<j\xc3\xb6rg@b.example>", "553 5.6.7"},
                      Wrong{"Login", "AUTH PLAIN AAAA", "502"}, Wrong{"Tls", "STARTTLS", "502"},
                      Wrong{"AControl", "MAIL FROM:<a\x01@b.example>", "500 5.5.2"}),
    [](const auto& wrong) { return std::string{wrong.param.rule}; });

TEST(SmtpDialogue, RecipientsAreBoundedSoftly) {
  Client client;
  client.greeting();
  client.transaction();
  client.says("RCPT TO:<b@x.test>\r\nRCPT TO:<c@x.test>\r\n");
  EXPECT_THAT(client.says("RCPT TO:<d@x.test>\r\n"), StartsWith("452 4.5.3"));
  client.says("DATA\r\n.\r\n");
  EXPECT_THAT(client.envelopes.at(0).recipients, SizeIs(3));
}

TEST(SmtpDialogue, ARecipientThatCannotBeIsNotOne) {
  Client client;
  client.greeting();
  client.says("MAIL FROM:<ann@example.org>\r\n");
  for (const char* bad :
       {"<>", "<a b@x.test>", "<@>", "<a@x.test> NOTIFY=", "<a@x.test> NOTIFY=NEVER,DELAY",
        "<a@x.test> ORCPT=x", "<a@x.test> FOO"}) {
    EXPECT_THAT(client.says("RCPT TO:" + std::string{bad} + "\r\n"), StartsWith("5")) << bad;
  }
  EXPECT_THAT(client.says("DATA\r\n"), StartsWith("503"));
}

TEST(SmtpDialogue, LinesEndWithBothCharactersAndAreBounded) {
  Client client;
  EXPECT_THAT(client.says("EHLO x\n"), StartsWith("500 5.5.2"));
  EXPECT_THAT(client.says("EHLO " + std::string(100'000, 'x') + "\r\n", 1000),
              StartsWith("500 5.5.6"));
  EXPECT_THAT(client.greeting(), StartsWith("250-"));
}

TEST(SmtpDialogue, NonsenseEndsTheSession) {
  Client client;
  for (int i = 0; i < 19; ++i) EXPECT_THAT(client.says("FOO\r\n"), StartsWith("500"));
  EXPECT_THAT(client.says("FOO\r\n"), StartsWith("421 4.7.0"));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.says("EHLO x\r\n"), "");
}

TEST(SmtpDialogue, AWebPageCannotMakeItsReadersBrowserSendMail) {
  Client client;
  EXPECT_THAT(
      client.says(
          "POST / HTTP/1.1\r\nHost: localhost:2525\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.example>\r\n"
          "RCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"),
      StartsWith("421"));
  EXPECT_TRUE(client.ended);
  EXPECT_THAT(client.messages, SizeIs(0));
}

TEST(SmtpDialogue, NothingIsReadOnThatIsOfAnotherProtocol) {
  using namespace std::string_view_literals;
  for (const std::string_view first :
       {"\x16\x03\x01\x02\x00\x01\r\n"sv, "PATCH / HTTP/1.1\r\n"sv, "delete /x HTTP/1.1\r\n"sv,
        "PRI * HTTP/2.0\r\n"sv, "Host: localhost:2525\r\n"sv, "{\"a\":1}\r\n"sv,
        "\xff\xfb\x01\r\n"sv, "12\r\n"sv}) {
    Client client;
    const std::string text = std::string{first} +
                             "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
                             "DATA\r\nx\r\n.\r\n";
    EXPECT_THAT(client.says(text), StartsWith("421")) << first;
    EXPECT_TRUE(client.ended);
    EXPECT_THAT(client.messages, SizeIs(0));
  }
}

TEST(SmtpDialogue, BlanksBehindACommandAreNothing) {  // RFC 5321 4.1.1
  Client client;
  client.greeting();
  EXPECT_THAT(client.says("RSET \t\r\n"), StartsWith("250"));
  EXPECT_THAT(client.says("NOOP\t\r\n"), StartsWith("250"));
  EXPECT_THAT(client.says("NO\tOP\r\n"), StartsWith("500"));
  EXPECT_THAT(client.says("\r\n"), StartsWith("500"));
  EXPECT_THAT(client.says("QUIT\t\r\n"), StartsWith("221"));
}

TEST(SmtpDialogue, ASizeBeyondAllNumbersIsTooLarge) {  // RFC 1870 6.1
  Client client;
  client.greeting();
  EXPECT_THAT(client.says("MAIL FROM:<a@b.example> SIZE=99999999999999999999\r\n"),
              StartsWith("552 5.3.4"));
  EXPECT_THAT(client.says("MAIL FROM:<a@b.example> SIZE=9x\r\n"), StartsWith("501"));
}

TEST(SmtpAnswer, WhatIsNotTheMessagesFaultIsForNow) {
  const auto code = [](int exit_code, std::string text) {
    return engine::answer_to(queue::Refusal{exit_code, std::move(text)}).code;
  };
  EXPECT_EQ(code(EX_TEMPFAIL, "later"), 451);
  EXPECT_EQ(code(EX_NOPERM, "the drop folder: permission denied"), 451);
  EXPECT_EQ(code(EX_SOFTWARE, "a mistake of ours"), 451);
  EXPECT_EQ(code(EX_DATAERR, "the header is longer than 9 octets"), 554);
  EXPECT_EQ(code(EX_DATAERR, "5.3.4 the message is larger than the limit of 9 octets"), 552);
  EXPECT_EQ(engine::answer_to(queue::Refusal{EX_DATAERR, "5.3.4 too large"}).text,
            "5.3.4 too large");
}

TEST(SmtpDialogue, AChunkOfUnknownLengthEndsTheSession) {
  for (const char* size : {"x", "-1", "", "99999999999999999999", "5 FIRST"}) {
    Client client;
    client.greeting();
    client.transaction();
    EXPECT_THAT(client.says("BDAT " + std::string{size} + "\r\nMAIL FROM:<evil@x.test>\r\n"),
                StartsWith("421"));
    EXPECT_TRUE(client.ended);
  }
}

TEST(SmtpDialogue, OctetsOfARefusedChunkAreNoCommands) {
  Client client;
  client.greeting();
  EXPECT_EQ(client.says("BDAT 6\r\nQUIT\r\nNOOP\r\n"),
            "503 5.5.1 MAIL and RCPT first\r\n250 2.0.0 nothing done\r\n");
}

TEST(SmtpDialogue, ResetForgetsAMessageThatChunksHadBegun) {
  Client client;
  client.greeting();
  client.transaction();
  EXPECT_TRUE(client.dialogue.between_messages());
  client.says("BDAT 3\r\nabc");
  EXPECT_FALSE(client.dialogue.between_messages());
  client.says("RSET\r\n");
  EXPECT_TRUE(client.dialogue.between_messages());
  client.transaction();
  EXPECT_EQ(client.says("BDAT 3 LAST\r\ndef"), "250 2.0.0 queued\r\n");
  EXPECT_EQ(client.messages.back(), "def");
}

TEST(SmtpDialogue, ResetForgetsTheTransaction) {
  Client client;
  client.greeting();
  client.transaction();
  client.says("RSET\r\n");
  EXPECT_THAT(client.says("DATA\r\n"), StartsWith("503"));
  EXPECT_THAT(client.transaction(), HasSubstr("recipient noted"));
}

TEST(SmtpDialogue, GarbageIsBoundedAndNeverStopsTheDialogue) {
  std::mt19937 dice{7};
  const std::vector<std::string> words = {"EHLO x\r\n",
                                          "MAIL FROM:<a@b.c>\r\n",
                                          "RCPT TO:<d@e.f>\r\n",
                                          "DATA\r\n",
                                          ".\r\n",
                                          "BDAT 3\r\n",
                                          "BDAT 2 LAST\r\n",
                                          "RSET\r\n",
                                          "\r",
                                          "\n",
                                          "\0",
                                          "<\">"};
  for (int life = 0; life < 300; ++life) {
    Client client;
    for (int i = 0; i < 60 && !client.ended; ++i) client.says(words[dice() % words.size()]);
    EXPECT_THAT(client.said, Not(HasSubstr("\n\n")));
  }
}

}  // namespace
}  // namespace tenax::engine

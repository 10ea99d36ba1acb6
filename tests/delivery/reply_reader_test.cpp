// SPDX-License-Identifier: Apache-2.0
// Replies out of bytes, whoever cut or forged them.

#include "delivery/reply_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/capabilities.h"

namespace tenax::delivery {
namespace {

using mail::Reply;
using ::testing::ElementsAre;

std::optional<io::Errc> fault_of(std::string_view bytes, ReplyLimits limits = {}) {
  ReplyParser parser{limits};
  parser.feed(bytes);
  EXPECT_FALSE(parser.done());
  return parser.broken();
}

Reply parse(std::string_view bytes) {
  ReplyParser parser;
  EXPECT_EQ(parser.feed(bytes), bytes.size());
  EXPECT_TRUE(parser.done()) << bytes;
  return parser.take();
}

TEST(ReplyParser, ReadsOneLine) {
  EXPECT_EQ(parse("250 2.1.0 ok\r\n"), (Reply{250, {"2.1.0 ok"}}));
}

TEST(ReplyParser, ReadsManyLines) {
  EXPECT_EQ(parse("250-mx\r\n250-SIZE 1\r\n250 DSN\r\n"), (Reply{250, {"mx", "SIZE 1", "DSN"}}));
}

TEST(ReplyParser, ReadsABareCode) {
  EXPECT_EQ(parse("250\r\n"), (Reply{250, {""}}));
  EXPECT_EQ(parse("250 \r\n"), (Reply{250, {""}}));
  EXPECT_EQ(parse("250-\r\n250\r\n"), (Reply{250, {"", ""}}));
}

TEST(ReplyParser, TakesABareLineFeed) { EXPECT_EQ(parse("250 ok\n"), (Reply{250, {"ok"}})); }

TEST(ReplyParser, TheLastLinesCodeCounts) {
  EXPECT_EQ(parse("250-fine\r\n550 not at all\r\n"), (Reply{550, {"fine", "not at all"}}));
}

TEST(ReplyParser, ComesToTheSameInPiecesOfAnySize) {
  const std::string bytes = "250-first line\r\n250-\r\n250 last\r\n";
  const Reply whole = parse(bytes);
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    ReplyParser parser;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      parser.feed(std::string_view{bytes}.substr(at, size));
    }
    ASSERT_TRUE(parser.done());
    EXPECT_EQ(parser.take(), whole);
  }
}

TEST(ReplyParser, LeavesWhatComesBehind) {
  ReplyParser parser;
  EXPECT_EQ(parser.feed("250 a\r\n354 b\r\n"), 7U);
  EXPECT_EQ(parser.take(), (Reply{250, {"a"}}));
  EXPECT_EQ(parser.feed("354 b\r\n"), 7U);
  EXPECT_EQ(parser.take(), (Reply{354, {"b"}}));
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
  for (const std::string_view bytes : std::initializer_list<std::string_view>{
           "hello\r\n", "25 ok\r\n", "2500 ok\r\n", "050 ok\r\n", " 250 ok\r\n", "+OK\r\n",
           "2x0 ok\r\n", "HTTP/1.1 400 Bad Request\r\n", std::string_view{"\0\0\0\0\r\n", 6}}) {
    EXPECT_EQ(fault_of(bytes), io::Errc::protocol) << bytes;
  }
}

TEST(ReplyParser, KeepsNulsAndOtherBytesForTheReport) {
  const std::string bytes{"550 a\0b\xff\x1b\r\n", 11};
  EXPECT_EQ(parse(bytes).lines.front(), (std::string{"a\0b\xff\x1b", 5}));
}

TEST(ReplyParser, ATabOrACarriageReturnEndsTheCodeToo) {
  EXPECT_EQ(parse("250\tok\r\n"), (Reply{250, {"ok"}}));
  EXPECT_EQ(parse("250\r\r\n"), (Reply{250, {""}}));
  EXPECT_EQ(parse("250 ok\r\r\n"), (Reply{250, {"ok"}}));
}

TEST(ReplyParser, NothingNeedDivideTheCodeFromTheText) {
  EXPECT_EQ(parse("250OK queued\r\n"), (Reply{250, {"OK queued"}}));
  EXPECT_EQ(parse("250_ok\r\n"), (Reply{250, {"_ok"}}));
  EXPECT_EQ(parse("250-a\r\n250OK\r\n"), (Reply{250, {"a", "OK"}}));
}

TEST(ReplyParser, ANumberThatBeginsALineWithinAReplyIsNoCode) {
  EXPECT_EQ(parse("550-5.7.1 Rejected\r\n100% spam\r\n550 end\r\n"),
            (Reply{550, {"5.7.1 Rejected", "100% spam", "end"}}));
}

TEST(ReplyParser, SkipsBlankLines) {
  EXPECT_EQ(parse("\r\n \t\r\n\n250 ok\r\n"), (Reply{250, {"ok"}}));
  EXPECT_EQ(parse("250-a\r\n\r\n250 b\r\n"), (Reply{250, {"a", "b"}}));
}

TEST(ReplyParser, ALineWithinAReplyMayLackItsCode) {
  EXPECT_EQ(parse("550-5.7.1 Rejected\r\nsee http://x.example\r\n550 5.7.1 end\r\n"),
            (Reply{550, {"5.7.1 Rejected", "see http://x.example", "5.7.1 end"}}));
  EXPECT_EQ(parse("250-a\r\n-\r\n25\r\n250 b\r\n"), (Reply{250, {"a", "-", "25", "b"}}));
}

TEST(ReplyParser, ReadsCodesOfNoClass) {
  EXPECT_EQ(parse("999 weird\r\n"), (Reply{999, {"weird"}}));
  EXPECT_EQ(parse("150 weird\r\n"), (Reply{150, {"weird"}}));
}

TEST(ReplyParser, KeepsTheBeginningOfALongLine) {
  EXPECT_EQ(parse("250 " + std::string(2044, 'x') + "\r\n").lines[0].size(), 2044U);
  EXPECT_EQ(parse("250 " + std::string(100'000, 'x') + "\r\n").lines[0].size(), 2044U);
  const Reply reply = parse("250-" + std::string(3000, 'x') + "\r\n550 no\r\n");
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.lines.back(), "no");
}

TEST(ReplyParser, ALongLineWithoutACodeIsNotReadToItsEnd) {
  EXPECT_EQ(fault_of(std::string(2049, 'x')), io::Errc::line_too_long);
}

TEST(ReplyParser, OfManyLinesTheFirstAreKeptAndTheLastCounts) {
  std::string bytes;
  for (int line = 0; line < 10'000; ++line) bytes += "250-x\r\n";
  const Reply reply = parse(bytes + "550 no\r\n");
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.lines.size(), 512U);
}

TEST(ReplyParser, BoundsWhatIsKept) {
  std::string bytes;
  for (int line = 0; line < 100; ++line) bytes += "250-" + std::string(2000, 'x') + "\r\n";
  std::size_t kept = 0;
  for (const std::string& line : parse(bytes + "250 ok\r\n").lines) kept += line.size();
  EXPECT_LE(kept, 64'000U);
}

TEST(ReplyParser, BoundsAllOfIt) {
  for (const std::string_view piece : {"250-x\r\n", "\r\n", "250 x"}) {
    ReplyParser parser;
    parser.feed("250-");
    std::size_t fed = 4;
    while (!parser.broken() && fed < 3'000'000) fed += parser.feed(piece);
    EXPECT_EQ(parser.broken(), io::Errc::line_too_long) << piece;
    EXPECT_LE(fed, 1'100'000U);
  }
}

TEST(ReplyParser, OnceBrokenTakesNothing) {
  ReplyParser parser;
  parser.feed("garbage\r\n");
  EXPECT_EQ(parser.feed("250 ok\r\n"), 0U);
  EXPECT_FALSE(parser.done());
}

Capabilities capabilities(std::vector<std::string> lines) {
  lines.insert(lines.begin(), "mx1.example.net greets you PIPELINING");
  return Capabilities::parse(Reply{250, std::move(lines)});
}

TEST(Capabilities, TheFirstLineIsAName) { EXPECT_EQ(capabilities({}), Capabilities{}); }

TEST(Capabilities, AreReadInAnyCase) {
  const Capabilities found =
      capabilities({"pipelining", "8bitMIME", "SmtpUtf8", "dsn", "StartTLS", "Size 1000"});
  EXPECT_TRUE(found.pipelining && found.eight_bit && found.smtputf8 && found.dsn);
  EXPECT_TRUE(found.starttls && found.size);
  EXPECT_EQ(found.largest, 1000);
}

TEST(Capabilities, ASizeThatIsNoNumberIsNoLimit) {
  for (const auto* line : {"SIZE", "SIZE 0", "SIZE -5", "SIZE 1e9", "SIZE 99999999999999999999"}) {
    EXPECT_TRUE(capabilities({line}).size);
    EXPECT_EQ(capabilities({line}).largest, 0) << line;
  }
}

TEST(Capabilities, LimitsAreRead) {
  const Capabilities found = capabilities({"LIMITS RCPTMAX=50 mailmax=10 RCPTDOMAINMAX=1 X="});
  EXPECT_EQ(found.most_transactions, 10);
  EXPECT_EQ(found.most_recipients, 50);
}

TEST(Capabilities, ALimitThatIsNoNumberIsNone) {
  for (const auto* line :
       {"LIMITS", "LIMITS MAILMAX", "LIMITS MAILMAX=", "LIMITS MAILMAX=0", "LIMITS MAILMAX=-1",
        "LIMITS MAILMAX=1x", "LIMITS =5", "LIMITS MAILMAX=99999999999", "LIMITSMAILMAX=5"}) {
    EXPECT_EQ(capabilities({line}), Capabilities{}) << line;
  }
}

TEST(Capabilities, MechanismsAreReadInBothForms) {
  EXPECT_THAT(capabilities({"AUTH plain LOGIN", "AUTH=LOGIN CRAM-MD5"}).auth,
              ElementsAre("PLAIN", "LOGIN", "CRAM-MD5"));
}

TEST(Capabilities, MechanismsAreBounded) {
  std::string line = "AUTH " + std::string(500, 'X');
  for (int at = 0; at < 1000; ++at) line += " M" + std::to_string(at);
  EXPECT_EQ(capabilities({line}).auth.size(), 32U);
}

TEST(Capabilities, LookAlikesAreNotTaken) {
  EXPECT_EQ(capabilities({"XPIPELINING", "PIPELININGX", "8BITMIMES", "", " ", "AUTHX PLAIN"}),
            Capabilities{});
}

}  // namespace
}  // namespace tenax::delivery

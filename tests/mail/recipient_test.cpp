// SPDX-License-Identifier: Apache-2.0
#include "mail/recipient.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

constexpr TextCase kNotify[] = {
    {"NothingIsNoneGiven", "", ""},
    {"NeverStandsAlone", "NEVER", "NEVER"},
    {"OneWordWillDo", "FAILURE", "FAILURE"},
    {"WordsAreJoinedByCommas", "SUCCESS,FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"},
    {"TheirOrderIsOurs", "DELAY,SUCCESS", "SUCCESS,DELAY"},
    {"AnyCaseWillDo", "failure,Delay", "FAILURE,DELAY"},
    {"TwiceIsOnce", "DELAY,DELAY", "DELAY"},
    {"NeverWithMoreIsNone", "NEVER,DELAY", "!"},
    {"MoreWithNeverIsNone", "SUCCESS,NEVER", "!"},
    {"AnUnknownWordIsNone", "SOMETIMES", "!"},
    {"AnEmptyWordIsNone", "DELAY,,FAILURE", "!"},
    {"AFinalCommaIsNone", "DELAY,", "!"},
    {"ACommaIsNone", ",", "!"},
    {"ABlankIsNone", "DELAY, FAILURE", "!"},
    {"PartOfAWordIsNone", "DELA", "!"},
};

class NotifyText : public testing::TestWithParam<TextCase> {};

TEST_P(NotifyText, IsReadSo) {
  const auto notify = Notify::parse(GetParam().given);

  EXPECT_EQ(text_or_refused(notify), GetParam().expected);
  if (notify) {
    EXPECT_EQ(Notify::parse(notify->text()).value(), *notify);
  }
}

INSTANTIATE_TEST_SUITE_P(Notify, NotifyText, testing::ValuesIn(kNotify), rule_of);

TEST(Notify, NothingGivenMeansFailureAndDelay) {
  const Notify notify;

  EXPECT_FALSE(notify.given());
  EXPECT_TRUE(notify.wants_failure());
  EXPECT_TRUE(notify.wants_delay());
  EXPECT_FALSE(notify.wants_success());
}

TEST(Notify, WhatIsGivenIsAllThatIsWanted) {
  const Notify success = Notify::parse("SUCCESS").value();
  const Notify never = Notify::parse("NEVER").value();

  EXPECT_TRUE(success.wants_success());
  EXPECT_FALSE(success.wants_failure());
  EXPECT_FALSE(success.wants_delay());
  EXPECT_TRUE(never.given());
  EXPECT_FALSE(never.wants_failure() || never.wants_delay() || never.wants_success());
}

constexpr TextCase kXtext[] = {
    {"PlainTextStays", "bob@example.net", "bob@example.net"},
    {"APlusIsEncoded", "bob+tag@x", "bob+2Btag@x"},
    {"AnEqualsSignIsEncoded", "a=b", "a+3Db"},
    {"ABlankIsEncoded", "a b", "a+20b"},
    {"ANewlineIsEncoded", "a\r\nb", "a+0D+0Ab"},
    {"UTF8IsEncodedByteByByte", "ü", "+C3+BC"},
    {"TheEdgesStay", "!~", "!~"},
    {"NothingIsNothing", "", ""},
};

class Xtext : public testing::TestWithParam<TextCase> {};

TEST_P(Xtext, IsWrittenSoAndReadsBack) {
  EXPECT_EQ(encode_xtext(GetParam().given), GetParam().expected);
  EXPECT_EQ(decode_xtext(GetParam().expected).value(), GetParam().given);
}

INSTANTIATE_TEST_SUITE_P(Recipient, Xtext, testing::ValuesIn(kXtext), rule_of);

TEST(XtextDecoding, EveryByteReadsBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);

  EXPECT_EQ(decode_xtext(encode_xtext(all)).value(), all);
}

TEST(XtextDecoding, LowerCaseDigitsAreUnderstood) { EXPECT_EQ(decode_xtext("+2b").value(), "+"); }

TEST(XtextDecoding, WhatIsMalformedFails) {
  for (const std::string_view text :
       {"+", "a+", "+2", "+G0", "+0G", "++2B", "a=b", "a b", "a\n", "\x7f", "\xc3\xbc"}) {
    EXPECT_FALSE(decode_xtext(text)) << text;
  }
}

constexpr TextCase kOriginals[] = {
    {"ATypeAndAnAddress", "rfc822;bob@example.net", "rfc822;bob@example.net"},
    {"TheAddressIsDecoded", "rfc822;bob+2Btag@x", "rfc822;bob+tag@x"},
    {"AnyTypeWillDo", "x400;/C=de/", "!"},  // "=" must be encoded
    {"AnyTypeEncodedWillDo", "x400;/C+3Dde/", "x400;/C=de/"},
    {"TheTypeKeepsItsCase", "RFC822;a@x", "RFC822;a@x"},
    {"SemicolonsMayFollow", "rfc822;a;b", "rfc822;a;b"},
    {"ABlankMayBeEncoded", "rfc822;a+20b", "rfc822;a b"},
    {"UTF8MayBeEncoded", "utf-8;j+C3+B6rg@x", "utf-8;jörg@x"},
    {"UTF8MayBeEmbedded", R"(utf-8;j\x{F6}rg@\x{4F8B}.x)", "utf-8;jörg@例.x"},
    {"UTF8MayBePlain", "UTF-8;jörg@x", "UTF-8;jörg@x"},
    {"ABackslashMayBeEmbedded", R"(utf-8;a\x{5C}x{41}@x)", R"(utf-8;a\x{41}@x)"},
    {"NothingIsEmbeddedInOtherTypes", R"(rfc822;a\x{41}@x)", R"(rfc822;a\x{41}@x)"},
    {"ABareBackslashInUTF8IsNone", R"(utf-8;a\b@x)", "!"},
    {"AnOpenEmbeddingIsNone", R"(utf-8;a\x{41)", "!"},
    {"AnEmptyEmbeddingIsNone", R"(utf-8;a\x{}@x)", "!"},
    {"ALongEmbeddingIsNone", R"(utf-8;a\x{0000041}@x)", "!"},
    {"AnOddEmbeddingIsNone", R"(utf-8;a\x{4G}@x)", "!"},
    {"AnEmbeddedNewlineIsNone", R"(utf-8;a\x{0A}@x)", "!"},
    {"PlainBadUTF8IsNone", "utf-8;j\xf6rg@x", "!"},
    {"PlainUTF8InOtherTypesIsNone", "rfc822;jörg@x", "!"},
    {"NothingIsNone", "", "!"},
    {"NoTypeIsNone", ";bob@x", "!"},
    {"NoSemicolonIsNone", "bob@x", "!"},
    {"NoAddressIsNone", "rfc822;", "!"},
    {"ABlankInTheTypeIsNone", "rfc 822;bob@x", "!"},
    {"UTF8InTheTypeIsNone", "rf\xc3\xbc;bob@x", "!"},
    {"AnEncodedNewlineIsNone", "rfc822;a+0D+0Ab", "!"},
    {"AnEncodedNulIsNone", "rfc822;a+00", "!"},
    {"AnEncodedEscapeIsNone", "rfc822;+1B[31m", "!"},
    {"EncodedBadUTF8IsNone", "rfc822;+FF", "!"},
    {"MalformedXtextIsNone", "rfc822;a+", "!"},
};

class Original : public testing::TestWithParam<TextCase> {};

TEST_P(Original, IsReadSo) {
  const auto original = OriginalRecipient::parse_xtext(GetParam().given);

  EXPECT_EQ(text_or_refused(original), GetParam().expected);
  if (original) {
    EXPECT_EQ(OriginalRecipient::parse_xtext(original->xtext()).value(), *original);
  } else {
    EXPECT_EQ(printable(original.error().why), original.error().why);
  }
}

INSTANTIATE_TEST_SUITE_P(OriginalRecipient, Original, testing::ValuesIn(kOriginals), rule_of);

TEST(OriginalRecipient, IsAsciiOnTheWire) {
  const OriginalRecipient jorg{"utf-8", "jörg+\\@例.x"};

  EXPECT_EQ(jorg.xtext(), R"(utf-8;j\x{F6}rg\x{2B}\x{5C}@\x{4F8B}.x)");
  EXPECT_EQ((OriginalRecipient{"rfc822", "jörg@x"}).xtext(), "rfc822;j+C3+B6rg@x");
}

TEST(OriginalRecipient, HasAnEnd) {
  EXPECT_TRUE(OriginalRecipient::parse_xtext("rfc822;" + std::string(500, 'a')));
  EXPECT_FALSE(OriginalRecipient::parse_xtext("rfc822;" + std::string(1024, 'a')));
  EXPECT_FALSE(OriginalRecipient::parse_xtext("rfc822;" + std::string(1'000'000, '+')));
}

TEST(OriginalRecipient, TheLongestReadsBackHoweverItIsWritten) {
  std::string umlauts = "utf-8;";
  for (int i = 0; i < 500; ++i) umlauts += "ö";
  std::string pluses = "utf-8;";
  for (int i = 0; i < 1000; ++i) pluses += "+2B";

  for (const std::string& text : {umlauts, pluses}) {
    const OriginalRecipient original = OriginalRecipient::parse_xtext(text).value();
    EXPECT_EQ(OriginalRecipient::parse_xtext(original.xtext()).value(), original);
  }
}

}  // namespace
}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/encoded_word.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "mail/printable.h"
#include "mail/utf8.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr TextCase kDecoded[] = {
    {"PlainTextStays", "Hello world", "Hello world"},
    {"BIsBase64", "=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"},
    {"QIsQuotedPrintableNearly", "=?utf-8?Q?Gr=C3=BC=C3=9Fe_an?=", "Grüße an"},
    {"LettersOfAnyCaseWillDo", "=?Utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?=c3=bc?=", "Grüßeü"},
    {"PaddingMayBeMissing", "=?UTF-8?B?R3LDvMOfZQ?=", "Grüße"},
    {"LatinOneIsKnown", "=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"},
    {"AsciiIsKnown", "=?us-ascii?Q?a_b?=", "a b"},
    {"ALanguageMayFollowTheCharset", "=?utf-8*de?Q?gr=C3=BCn?=", "grün"},
    {"TextAroundStays", "Re: =?utf-8?Q?gr=C3=BCn?= x", "Re: grün x"},
    {"BlanksBetweenWordsGo", "=?utf-8?Q?a?= \t =?utf-8?Q?b?=", "ab"},
    {"BlanksBesideTextStay", "=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
    {"ACharacterMayBeSplit", "=?utf-8?Q?gr=C3?= =?utf-8?Q?=BCn?=", "grün"},
    {"AWordMayHoldBareBlanksNever", "=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="},
    {"AnUnknownCharsetStays", "=?koi8-r?B?8A==?= x", "=?koi8-r?B?8A==?= x"},
    {"AnUnknownEncodingStays", "=?utf-8?X?a?=", "=?utf-8?X?a?="},
    {"BrokenBase64Stays", "=?utf-8?B?!!!!?=", "=?utf-8?B?!!!!?="},
    {"CutBase64Stays", "=?utf-8?B?A?=", "=?utf-8?B?A?="},
    {"ABrokenQStays", "=?utf-8?Q?=C?= =?utf-8?Q?=ZZ?=", "=?utf-8?Q?=C?= =?utf-8?Q?=ZZ?="},
    {"AnOpenWordStays", "=?utf-8?Q?abc", "=?utf-8?Q?abc"},
    {"AnEmptyWordIsNothing", "a =?utf-8?Q?\?= b", "a  b"},
    {"InvalidBytesAreEscaped", "=?utf-8?Q?=FF?=", "\\xFF"},
    {"AnEncodedEscapeIsEscaped", "=?utf-8?Q?=1B[2J?=", "\\x1B[2J"},
    {"AnEncodedNewlineIsEscaped", "=?utf-8?B?DQo=?=", "\\x0D\\x0A"},
    {"AC1ControlOfLatinOneIsEscaped", "=?iso-8859-1?Q?=9B?=", "\\u{009B}"},
    {"AWordIsNotDecodedTwice", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=", "=?utf-8?Q?a?="},
    {"RawUTF8Stays", "grün", "grün"},
    {"RawLatinOneIsEscaped", "gr\xfcn", "gr\\xFCn"},
};

class Decoded : public testing::TestWithParam<TextCase> {};

TEST_P(Decoded, ReadsSo) { EXPECT_EQ(decoded_for_people(GetParam().given), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(EncodedWord, Decoded, testing::ValuesIn(kDecoded), rule_of);

TEST(DecodedForPeople, IsCutAtItsLimit) {
  EXPECT_EQ(decoded_for_people(std::string(1000, 'a')).size(), 200U);
  EXPECT_EQ(decoded_for_people("=?utf-8?Q?abcdef?=", 5), "ab...");
  EXPECT_EQ(decoded_for_people("=?utf-8?Q?abcde?=", 5), "abcde");
}

TEST(DecodedForPeople, HostileTextCostsLittle) {
  for (const std::string_view part :
       {"=?", "=?u?q?", "=?utf-8?q?\?= ", "=?utf-8?b?\?=", "?", " "}) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += part;
    EXPECT_LE(decoded_for_people(text).size(), 200U) << part;
  }
}

TEST(EncodedWord, PrintableAsciiStays) {
  EXPECT_EQ(encoded_word("Hello, \"world\" ~"), "Hello, \"world\" ~");
  EXPECT_EQ(encoded_word(""), "");
}

TEST(EncodedWord, AnythingElseBecomesWords) {
  EXPECT_EQ(encoded_word("Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
}

TEST(EncodedWord, WhatLooksLikeAWordIsEncodedToo) {
  const std::string text = "=?utf-8?Q?a?=";

  EXPECT_NE(encoded_word(text), text);
  EXPECT_EQ(decoded_for_people(encoded_word(text)), text);
}

TEST(EncodedWord, ControlsBecomeBlanks) {
  EXPECT_EQ(decoded_for_people(encoded_word("a\r\nBcc: b\tü")), "a  Bcc: b ü");
  EXPECT_THAT(encoded_word("a\r\nBcc: b"), Not(HasSubstr("\n")));
}

TEST(EncodedWord, EachIsAtMost75CharactersOfWholeCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += i % 3 == 0 ? "ü" : i % 3 == 1 ? "例" : "😀x";

  const std::string encoded = encoded_word(text);

  for (std::size_t begin = 0; begin < encoded.size();) {
    const std::size_t end = std::min(encoded.find(' ', begin), encoded.size());
    const std::string word = encoded.substr(begin, end - begin);
    EXPECT_LE(word.size(), 75U);
    EXPECT_EQ(encoded_word_length(word), word.size());
    EXPECT_EQ(decoded_for_people(word), decoded_for_people(encoded_word(decoded_for_people(word))));
    EXPECT_TRUE(is_printable(decoded_for_people(word)));
    EXPECT_THAT(decoded_for_people(word), Not(HasSubstr("\\x")));
    begin = end + 1;
  }
  EXPECT_EQ(decoded_for_people(encoded, 10'000), text);
}

TEST(EncodedWord, WhateverIsEncodedReadsBack) {
  std::mt19937 dice{4};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t n = dice() % 100; n > 0; --n) {
      const auto any = static_cast<char32_t>(dice() % 0x110000);
      append_code_point(text, dice() % 3 == 0 ? any : U' ' + any % 95);
    }
    if (!is_printable(text)) continue;
    EXPECT_EQ(decoded_for_people(encoded_word(text), 10'000), text);
  }
}

TEST(EncodedWordLength, IsThatOfAWholeWordInFront) {
  EXPECT_EQ(encoded_word_length("=?utf-8?Q?a?= b"), 13U);
  EXPECT_EQ(encoded_word_length("=?utf-8?Q?a,(b?=c"), 16U);
  EXPECT_EQ(encoded_word_length(" =?utf-8?Q?a?="), 0U);
  EXPECT_EQ(encoded_word_length("=??Q?a?="), 0U);
  EXPECT_EQ(encoded_word_length("=?utf-8?Q"), 0U);
  EXPECT_EQ(encoded_word_length("=?utf-8?Q?a?"), 0U);
  EXPECT_EQ(encoded_word_length("=?utf-8?QQ?a?="), 0U);
  EXPECT_EQ(encoded_word_length("=?"), 0U);
  EXPECT_EQ(encoded_word_length(""), 0U);
}

}  // namespace
}  // namespace tenax::mail

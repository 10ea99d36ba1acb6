// SPDX-License-Identifier: Apache-2.0
#include "mail/printable.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "mail/utf8.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::string_view_literals;

constexpr TextCase kTexts[] = {
    {"PlainTextStays", "450 4.7.1 try again later", "450 4.7.1 try again later"},
    {"NothingStays", "", ""},
    {"ABackslashStays", R"(C:\x41)", R"(C:\x41)"},
    {"UmlautsStay", "Grüße", "Grüße"},
    {"OtherScriptsStay", "例え пример עברית", "例え пример עברית"},
    {"EmojiStay", "😀", "😀"},
    {"TheLastCharacterStays", "\U0010FFFD", "\U0010FFFD"},
    {"ANoBreakSpaceStays", "a\u00a0b", "a\u00a0b"},
    {"AJoinerStays", "a\u200db", "a\u200db"},
    {"WhatHasNoWidthIsEscaped", "a\u200bb\u2060c", "a\\u{200B}b\\u{2060}c"},
    {"ANewlineIsEscaped", "a\nb", "a\\x0Ab"},
    {"ACarriageReturnIsEscaped", "a\rb", "a\\x0Db"},
    {"ATabIsEscaped", "a\tb", "a\\x09b"},
    {"ANulIsEscaped", "a\0b"sv, "a\\x00b"},
    {"DelIsEscaped", "\x7f", "\\x7F"},
    {"ABellIsEscaped", "\a", "\\x07"},
    {"AColourIsEscaped", "\x1b[31mred", "\\x1B[31mred"},
    {"AWindowTitleIsEscaped", "\x1b]0;x\x07", "\\x1B]0;x\\x07"},
    {"AC1ControlInUTF8IsEscaped",
     "\xc2\x9b"
     "31m",
     "\\u{009B}31m"},
    {"NextLineIsEscaped", "\xc2\x85", "\\u{0085}"},
    {"ABareC1ByteIsEscaped",
     "\x9b"
     "31m",
     "\\x9B31m"},
    {"LatinOneIsEscaped",
     "Gr\xfc\xdf"
     "e",
     "Gr\\xFC\\xDFe"},
    {"OverlongIsEscaped", "\xc0\x8a", "\\xC0\\x8A"},
    {"ALongerOverlongIsEscaped", "\xe0\x80\x8a", "\\xE0\\x80\\x8A"},
    {"TheLongestOverlongIsEscaped", "\xf0\x80\x80\x8a", "\\xF0\\x80\\x80\\x8A"},
    {"ASurrogateIsEscaped", "\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"PastTheEndIsEscaped", "\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},
    {"FiveBytesAreEscaped", "\xf8\x88\x80\x80\x80", "\\xF8\\x88\\x80\\x80\\x80"},
    {"ACutCharacterIsEscaped", "a\xe4\xbe", "a\\xE4\\xBE"},
    {"ACutCharacterHidesNothing", "\xe4\xbe\n", "\\xE4\\xBE\\x0A"},
    {"AnOverrideIsEscaped", "a\u202eb", "a\\u{202E}b"},
    {"AnEmbeddingIsEscaped", "\u202a\u202b\u202c\u202d", "\\u{202A}\\u{202B}\\u{202C}\\u{202D}"},
    {"AnIsolateIsEscaped", "\u2066\u2067\u2068\u2069", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}"},
    {"AMarkIsEscaped", "\u200e\u200f\u061c", "\\u{200E}\\u{200F}\\u{061C}"},
    {"ALineSeparatorIsEscaped", "\u2028\u2029", "\\u{2028}\\u{2029}"},
    {"AByteOrderMarkIsEscaped", "\ufeff", "\\u{FEFF}"},
    {"ATagIsEscaped", "\U000e0041", "\\u{E0041}"},
};

class PrintableText : public testing::TestWithParam<TextCase> {};

TEST_P(PrintableText, IsWrittenSo) {
  const auto& [rule, given, expected] = GetParam();

  EXPECT_EQ(printable(given), expected);
  EXPECT_EQ(is_printable(given), given == expected);
  EXPECT_EQ(printable(printable(given)), expected);
}

INSTANTIATE_TEST_SUITE_P(Printable, PrintableText, testing::ValuesIn(kTexts), rule_of);

TEST(Printable, EveryByteAloneIsSafe) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string shown = printable(std::string(1, static_cast<char>(byte)));
    for (const char c : shown) EXPECT_TRUE(c >= ' ' && c <= '~') << byte;
    EXPECT_EQ(shown.size(), byte >= ' ' && byte <= '~' ? 1U : 4U) << byte;
  }
}

TEST(Printable, WhatFitsIsNotCut) {
  EXPECT_EQ(printable("abcde", 5), "abcde");
  EXPECT_EQ(printable("grüß", 6), "grüß");
}

TEST(Printable, WhatDoesNotFitEndsInDots) {
  EXPECT_EQ(printable("abcdef", 5), "ab...");
  EXPECT_EQ(printable("abcdef", 3), "...");
}

TEST(Printable, ALimitBelowThreeStillHolds) {
  EXPECT_EQ(printable("abc", 2), "..");
  EXPECT_EQ(printable("ab", 2), "ab");
  EXPECT_EQ(printable("abc", 0), "");
  EXPECT_EQ(printable("", 0), "");
}

TEST(Printable, TheCutNeverSplitsACharacterOrAnEscape) {
  const std::string_view text = "aü例😀\x1b\u202eüüü例例😀😀\n\n";
  for (std::size_t limit = 0; limit < 120; ++limit) {
    const std::string shown = printable(text, limit);
    EXPECT_LE(shown.size(), limit);
    EXPECT_TRUE(is_utf8(shown)) << limit;
    const std::string kept = shown.substr(0, shown.find("..."));
    const std::string_view dots = "...";
    if (kept.size() >= 3 || shown != dots.substr(0, shown.size())) {
      EXPECT_EQ(printable(text).substr(0, kept.size()), kept) << limit;
    }
    const std::size_t escape = kept.rfind('\\');
    if (escape != std::string::npos && kept.substr(escape, 2) == "\\u") {
      EXPECT_NE(kept.find('}', escape), std::string::npos) << limit;
    } else if (escape != std::string::npos) {
      EXPECT_GE(kept.size() - escape, 4U) << limit;
    }
  }
}

TEST(Printable, AHugeTextCostsOnlyItsLimit) {
  const std::string huge(64 * 1024 * 1024, '\x1b');

  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(printable(huge, 40).size(), 39U);
}

TEST(Printable, NoiseComesOutClean) {
  std::mt19937 dice{3};
  for (int i = 0; i < 2000; ++i) {
    std::string noise(dice() % 64, ' ');
    for (char& c : noise) c = static_cast<char>(dice());
    EXPECT_TRUE(is_printable(printable(noise)));
  }
}

TEST(Utf8, EveryScalarValueReadsBack) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    std::string text;
    append_code_point(text, value);
    const CodePoint read = first_code_point(text);
    ASSERT_TRUE(read.valid && read.value == value && read.length == text.size())
        << static_cast<unsigned>(value);
  }
}

TEST(Utf8, WhatIsNoScalarValueIsReplaced) {
  std::string text;
  append_code_point(text, 0xD800);
  append_code_point(text, 0x110000);

  EXPECT_EQ(text, "\ufffd\ufffd");
}

TEST(Utf8, InvalidBytesAreReplacedOneByOne) {
  EXPECT_EQ(to_valid_utf8("a\xc0\xafz\xe4\xbe"), "a\ufffd\ufffdz\ufffd\ufffd");
  EXPECT_EQ(to_valid_utf8("grün"), "grün");
  EXPECT_FALSE(is_utf8("\xe4"));
  EXPECT_TRUE(is_utf8(""));
}

}  // namespace
}  // namespace tenax::mail

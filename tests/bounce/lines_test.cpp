// SPDX-License-Identifier: Apache-2.0
#include "bounce/lines.h"

#include <gtest/gtest.h>

#include <random>

#include "bounce/dsn.h"

namespace tenax::bounce {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return lines;
}

/// What a reader of the header gets back (RFC 5322 2.2.3).
std::string unfolded(std::string text) {
  for (std::size_t at = 0; (at = text.find("\r\n ", at)) != std::string::npos;) text.erase(at, 2);
  return text.substr(0, text.size() - 2);
}

TEST(Field, FoldsAtBlanksAndUnfoldsToWhatItWas) {
  const std::string value =
      "smtp; 550 5.1.1  two blanks, and a text that goes on and on until it "
      "has to be folded, twice if that is what it takes to have it all";

  const std::string text = field("Diagnostic-Code", value);

  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 76U) << line;
  EXPECT_EQ(lines_of(text).size(), 2U);
  EXPECT_EQ(unfolded(text), "Diagnostic-Code: " + value);
}

TEST(Field, CannotBeLeftEarly) {
  const std::string text =
      field("Diagnostic-Code", "smtp; 550\r\nBcc: eve@example.com\r\n\r\nbody\n.\r\r\v\f\x85");

  EXPECT_EQ(unfolded(text).find_first_of("\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\\x0D\\x0ABcc:"), std::string::npos) << text;
  EXPECT_EQ(text.find("\x85"), std::string::npos);
}

TEST(Field, ALongWordIsBroken) {
  const std::string text = field("X", std::string(5000, 'a') + " end");

  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 998U);
  EXPECT_EQ(text.find("\r\n\r\n"), std::string::npos);
}

TEST(Field, NeverHasALineOfBlanksAlone) {
  const std::string text = field("X", "a" + std::string(300, ' ') + "b" + std::string(300, ' '));

  for (const std::string& line : lines_of(text)) {
    EXPECT_NE(line.find_first_not_of(' '), std::string::npos);
  }
}

TEST(Field, AnEmptyValueIsAnEmptyField) { EXPECT_EQ(field("X", ""), "X: \r\n"); }

TEST(AsciiField, WritesOtherCharactersAsNumbers) {
  EXPECT_EQ(ascii_field("X",
                        "Gr\xc3\xbc\xc3\x9f"
                        "e \xf0\x9f\x8d\xb0"),
            "X: Gr\\x{FC}\\x{DF}e \\x{1F370}\r\n");
}

TEST(Paragraph, WrapsAtSeventySixColumnsCountedInCharacters) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc ";

  const std::vector<std::string> lines = lines_of(paragraph(text, 4));

  // 4 blanks and twelve words of five characters with eleven blanks between them.
  EXPECT_EQ(lines.front().size(), 4U + 12 * 10 + 11);
  for (const std::string& line : lines) EXPECT_EQ(line.substr(0, 4), "    ");
}

TEST(Paragraph, StaysOneParagraphWhateverGoesIn) {
  std::mt19937 dice{5};
  for (int round = 0; round < 2000; ++round) {
    std::string text(dice() % 3000, ' ');
    for (char& c : text) c = static_cast<char>(dice() % (round % 2 == 0 ? 256 : 40));
    const std::string out = paragraph(text, dice() % 8);
    ASSERT_EQ(out.find("\r\n\r\n"), std::string::npos);
    for (const std::string& line : lines_of(out)) {
      ASSERT_LE(line.size(), 998U);
      ASSERT_EQ(line.find_first_of(std::string("\r\n\0\x1b", 4)), std::string::npos);
    }
  }
}

TEST(TidyHeader, EndsItsLinesAndCutsWhatIsTooLong) {
  EXPECT_EQ(tidy_header("A: 1\nB: 2\r\n\r\nbody"), "A: 1\r\nB: 2\r\n");
  EXPECT_EQ(tidy_header("A: 1\r\nB: cut in the mid"), "A: 1\r\nB: cut in the mid\r\n");
  EXPECT_EQ(tidy_header(std::string("A: x\ry\0z", 8)), "A: x y z\r\n");
  EXPECT_EQ(tidy_header(std::string(2000, 'a')).size(), 1000U);
  EXPECT_EQ(tidy_header(""), "");
}

TEST(IsTidy, KnowsWhatMayBeGivenBack) {
  EXPECT_TRUE(is_tidy(""));
  EXPECT_TRUE(is_tidy("a\r\n\r\nb\r\n"));
  EXPECT_FALSE(is_tidy("a"));
  EXPECT_FALSE(is_tidy("a\nb\r\n"));
  EXPECT_FALSE(is_tidy("a\rb\r\n"));
  EXPECT_FALSE(is_tidy(std::string("a\0\r\n", 4)));
  EXPECT_TRUE(is_tidy(std::string(998, 'a') + "\r\n"));
  EXPECT_FALSE(is_tidy(std::string(999, 'a') + "\r\n"));
}

TEST(Boundary, DiffersFromEverythingInside) {
  const std::vector<Part> parts = {{"text/plain", "", "--=_abc_0\r\n"},
                                   {"text/plain", "", "x --=_abc_1--\r\n--=_abc_3\r\n"}};

  EXPECT_EQ(boundary_for(parts, "abc"), "=_abc_2");
}

TEST(Boundary, IsHarmlessWhateverTheToken) {
  EXPECT_EQ(boundary_for({}, "\"\r\nBcc: eve@example.com"), "=_Bcceveexamplecom_0");
  EXPECT_EQ(boundary_for({}, ""), "=__0");
  EXPECT_LE(boundary_for({}, std::string(1000, 'a')).size(), 70U);
}

}  // namespace
}  // namespace tenax::bounce

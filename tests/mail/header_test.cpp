// SPDX-License-Identifier: Apache-2.0
#include "mail/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::string_view_literals;

struct HeaderCase {
  std::string_view rule;
  std::string_view text;
  std::string_view fields;  // "name=value|name=value"
  std::string_view body;    // what is left for it
};

void PrintTo(const HeaderCase& c, std::ostream* out) { *out << c.rule; }

constexpr HeaderCase kFields[] = {
    {"FieldsEndAtTheEmptyLine", "A: 1\r\nB: 2\r\n\r\nbody\r\n", "A=1|B=2", "body\r\n"},
    {"LineFeedsWillDo", "A: 1\nB: 2\n\nbody\n", "A=1|B=2", "body\n"},
    {"LineEndsMayBeMixed", "A: 1\r\nB: 2\n\r\nbody", "A=1|B=2", "body"},
    {"TheBodyMayBeEmpty", "A: 1\r\n\r\n", "A=1", ""},
    {"TheEmptyLineMayBeMissing", "A: 1\r\n", "A=1", ""},
    {"TheLastLineEndMayBeMissing", "A: 1", "A=1", ""},
    {"NothingHasNoFields", "", "", ""},
    {"AnEmptyLineAtOnceMeansNoFields", "\r\nA: 1\r\n", "", "A: 1\r\n"},
    {"ALineThatIsNoFieldEndsThem", "A: 1\r\nhello world\r\nB: 2\r\n", "A=1",
     "hello world\r\nB: 2\r\n"},
    {"TextWithoutAHeaderIsAllBody", "hello\r\n\r\nbody", "", "hello\r\n\r\nbody"},
    {"AnMboxLineIsNoField", "From ann Tue Nov 24 02:26:00 2026\nA: 1\n", "",
     "From ann Tue Nov 24 02:26:00 2026\nA: 1\n"},
    {"AFieldMayBeFolded", "A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n", "A=1 2\t3|B=4", ""},
    {"FoldingWithLineFeedsIsFolding", "A: 1\n 2\n\n", "A=1 2", ""},
    {"AValueMayBeginOnTheNextLine", "A:\r\n 1\r\n\r\n", "A=1", ""},
    {"ALineOfBlanksContinuesAField", "A: 1\r\n \r\nB: 2\r\n\r\nx", "A=1|B=2", "x"},
    {"ABlankInFrontOfAllIsNoField", " A: 1\r\nB: 2\r\n", "", " A: 1\r\nB: 2\r\n"},
    {"AValueMayBeEmpty", "A:\r\nB: \r\n\r\n", "A=|B=", ""},
    {"OuterBlanksGo", "A: \t 1 \t\r\n\r\n", "A=1", ""},
    {"NoBlankIsNeededBehindTheColon", "A:1\r\n\r\n", "A=1", ""},
    {"BlanksMayPrecedeTheColon", "A \t: 1\r\n\r\n", "A=1", ""},
    {"ColonsMayFollow", "A: b: c\r\n\r\n", "A=b: c", ""},
    {"ALoneColonIsNoField", ": 1\r\n", "", ": 1\r\n"},
    {"ABlankInTheNameIsNoField", "A B: 1\r\n", "", "A B: 1\r\n"},
    {"AHighByteInTheNameIsNoField", "\xc3\x84: 1\r\n", "", "\xc3\x84: 1\r\n"},
    {"AControlInTheNameIsNoField", "A\x01: 1\r\n", "", "A\x01: 1\r\n"},
    {"AHighByteInTheValueIsKept", "A: \xc3\x84\xff\r\n\r\n", "A=\xc3\x84\xff", ""},
    {"ABareCarriageReturnIsKept", "A: 1\r2\r\n\r\n", "A=1\r2", ""},
    {"ANulIsKept", "A: 1\0002\r\n\r\n"sv, "A=1\0002"sv, ""},
    {"NamesAreKeptAsWritten", "sUBJECT: 1\n\n", "sUBJECT=1", ""},
    {"TheSameNameMayComeTwice", "A: 1\nA: 2\n\n", "A=1|A=2", ""},
};

class HeaderText : public testing::TestWithParam<HeaderCase> {};

TEST_P(HeaderText, IsReadSo) {
  const HeaderCase& given = GetParam();
  std::size_t body_starts = 0;

  const Header header = Header::parse(given.text, &body_starts);

  std::string fields;
  std::string raw;
  for (const HeaderField& field : header.fields()) {
    fields += (fields.empty() ? "" : "|") + field.name + "=" + field.value;
    raw += field.raw;
  }
  EXPECT_EQ(fields, given.fields);
  EXPECT_EQ(given.text.substr(body_starts), given.body);
  EXPECT_EQ(raw, given.text.substr(0, raw.size()));
}

INSTANTIATE_TEST_SUITE_P(Header, HeaderText, testing::ValuesIn(kFields), rule_of);

TEST(Header, FieldsAreFoundInAnyCase) {
  const Header header = Header::parse("To: a\nto: b\nSubject: c\n\n");

  ASSERT_NE(header.find("TO"), nullptr);
  EXPECT_EQ(header.find("TO")->value, "a");
  EXPECT_EQ(header.all("to").size(), 2U);
  EXPECT_TRUE(header.has("subject"));
  EXPECT_FALSE(header.has("Subjec"));
  EXPECT_EQ(header.find(""), nullptr);
}

TEST(Header, RawHoldsEveryByteOfTheField) {
  const Header header = Header::parse("Subject : a\r\n  b \nTo: c\n\n");

  EXPECT_EQ(header.fields().at(0).raw, "Subject : a\r\n  b \n");
  EXPECT_EQ(header.fields().at(0).value, "a  b");
  EXPECT_EQ(header.fields().at(1).raw, "To: c\n");
}

TEST(Header, ManyFoldsAreNoManyCopies) {
  std::string text = "A: 1";
  for (int i = 0; i < 1'000'000; ++i) text += "\n 1";

  EXPECT_EQ(Header::parse(text).fields().at(0).value.size(), 2'000'001U);
}

TEST(StartsField, IsANameAndAColon) {
  EXPECT_TRUE(starts_field("Subject: a"));
  EXPECT_TRUE(starts_field("Subject:"));
  EXPECT_TRUE(starts_field("X-Odd_Name!~\t :"));
  EXPECT_FALSE(starts_field(""));
  EXPECT_FALSE(starts_field("Subject"));
  EXPECT_FALSE(starts_field(" Subject: a"));
  EXPECT_FALSE(starts_field("From ann: x"));
  EXPECT_FALSE(starts_field(":"));
}

}  // namespace
}  // namespace tenax::mail

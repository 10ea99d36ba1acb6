// SPDX-License-Identifier: Apache-2.0
#include "mail/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using testing::EndsWith;
using testing::StartsWith;

constexpr TextCase kStatuses[] = {
    {"ThreeNumbersAreAStatus", "4.7.1", "4.7.1"},
    {"SuccessIsAClass", "2.0.0", "2.0.0"},
    {"ThreeDigitsEachWillDo", "5.999.999", "5.999.999"},
    {"NothingIsNone", "", "!"},
    {"ClassThreeIsNone", "3.0.0", "!"},
    {"ClassZeroIsNone", "0.0.0", "!"},
    {"TwoNumbersAreNone", "4.7", "!"},
    {"FourNumbersAreNone", "4.7.1.1", "!"},
    {"AnEmptySubjectIsNone", "4..1", "!"},
    {"AnEmptyDetailIsNone", "4.7.", "!"},
    {"FourDigitsAreNone", "4.1000.1", "!"},
    {"ManyDigitsAreNone", "4.7.99999999999999999999", "!"},
    {"ALeadingZeroIsNone", "4.07.1", "!"},  // RFC 3463 2
    {"ASignIsNone", "4.+7.1", "!"},
    {"LettersAreNone", "4.7.x", "!"},
    {"TrailingTextIsNone", "4.7.1 later", "!"},
    {"TwoDigitClassIsNone", "44.7.1", "!"},
};

class StatusText : public testing::TestWithParam<TextCase> {};

TEST_P(StatusText, IsReadSo) {
  const auto status = EnhancedStatus::parse(GetParam().given);

  EXPECT_EQ(status ? status->text() : "!", GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(EnhancedStatus, StatusText, testing::ValuesIn(kStatuses), rule_of);

TEST(EnhancedStatus, LeadingOnesEndAtABlank) {
  const EnhancedStatus greylisted{4, 7, 1};

  EXPECT_EQ(EnhancedStatus::leading("4.7.1 try again later"), greylisted);
  EXPECT_EQ(EnhancedStatus::leading("4.7.1\ttry again later"), greylisted);
  EXPECT_EQ(EnhancedStatus::leading("4.7.1"), greylisted);
  EXPECT_EQ(EnhancedStatus::leading("4.7.1: later"), std::nullopt);
  EXPECT_EQ(EnhancedStatus::leading(" 4.7.1 later"), std::nullopt);
  EXPECT_EQ(EnhancedStatus::leading("4.7.1.example.org is down"), std::nullopt);
  EXPECT_EQ(EnhancedStatus::leading(""), std::nullopt);
}

TEST(EnhancedStatus, TheyAreOrdered) {
  EXPECT_LT((EnhancedStatus{4, 7, 1}), (EnhancedStatus{5, 0, 0}));
  EXPECT_LT((EnhancedStatus{4, 7, 1}), (EnhancedStatus{4, 7, 2}));
}

TEST(Reply, ItsFirstDigitSaysWhatItIs) {
  EXPECT_TRUE((Reply{250, {""}}).positive());
  EXPECT_TRUE((Reply{354, {""}}).positive());
  EXPECT_TRUE((Reply{450, {""}}).transient());
  EXPECT_TRUE((Reply{550, {""}}).permanent());
  EXPECT_FALSE((Reply{450, {""}}).positive());
  EXPECT_FALSE((Reply{550, {""}}).transient());
}

TEST(Reply, AStatusMustAgreeWithItsCode) {
  EXPECT_EQ((Reply{450, {"4.7.1 later"}}).status(), (EnhancedStatus{4, 7, 1}));
  EXPECT_EQ((Reply{450, {"5.7.1 later"}}).status(), std::nullopt);
  EXPECT_EQ((Reply{354, {"2.0.0 go on"}}).status(), std::nullopt);
  EXPECT_EQ((Reply{450, {"later"}}).status(), std::nullopt);
  EXPECT_EQ((Reply{450, {}}).status(), std::nullopt);
}

TEST(Reply, OnlyItsFirstLineCarriesTheStatus) {
  EXPECT_EQ((Reply{550, {"no", "5.1.1 such user"}}).status(), std::nullopt);
}

TEST(Reply, ItsTextIsCodeAndLines) {
  EXPECT_EQ((Reply{450, {"4.7.1 try again later"}}).text(), "450 4.7.1 try again later");
  EXPECT_EQ((Reply{250, {""}}).text(), "250");
  EXPECT_EQ((Reply{250, {}}).text(), "250");
  EXPECT_EQ((Reply{550, {"no such user", "", "  ask ann  "}}).text(), "550 no such user / ask ann");
}

TEST(Reply, ItsTextIsSafeToPrint) {
  EXPECT_EQ((Reply{550, {"\x1b[2Jgone", "a\r\nb\xff"}}).text(),
            "550 \\x1B[2Jgone / a\\x0D\\x0Ab\\xFF");
}

TEST(Reply, ItsTextHasAnEnd) {
  const Reply endless{250, std::vector<std::string>(1000, std::string(1000, 'x'))};

  const std::string text = endless.text();

  EXPECT_EQ(text.size(), 4096U);
  EXPECT_THAT(text, StartsWith("250 xxx"));
  EXPECT_THAT(text, EndsWith("..."));
}

}  // namespace
}  // namespace tenax::mail

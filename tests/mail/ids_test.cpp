// SPDX-License-Identifier: Apache-2.0
#include "mail/ids.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <unordered_set>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(QueueId, IsThirteenCharacters) {
  EXPECT_EQ(QueueId{0}.text(), "0000000000000");
  EXPECT_EQ(QueueId{31}.text(), "000000000000Z");
  EXPECT_EQ(QueueId{32}.text(), "0000000000010");
  EXPECT_EQ(QueueId{kMost}.text(), "7ZZZZZZZZZZZZ");
}

TEST(QueueId, ReadsBack) {
  std::mt19937_64 dice{1};
  for (int i = 0; i < 10'000; ++i) {
    const QueueId id{static_cast<std::int64_t>(dice() >> 1)};
    ASSERT_EQ(QueueId::parse(id.text()).value(), id);
  }
}

TEST(QueueId, SortsAsTextAsItDoesByTime) {
  std::mt19937_64 dice{2};
  for (int i = 0; i < 10'000; ++i) {
    const QueueId a{static_cast<std::int64_t>(dice() >> 1)};
    const QueueId b{a.value >> (dice() % 63)};
    ASSERT_EQ(a < b, a.text() < b.text()) << a.text() << " " << b.text();
  }
}

TEST(QueueId, IsReadInAnyCase) {
  EXPECT_EQ(QueueId::parse("1gq7z3k2m4a0b").value(), QueueId::parse("1GQ7Z3K2M4A0B").value());
  EXPECT_EQ(QueueId::parse("1gq7z3k2m4a0b").value().text(), "1GQ7Z3K2M4A0B");
}

TEST(QueueId, WhatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", "0", "000000000000", "00000000000000", "8000000000000", "Z000000000000",
        "000000000000U", "000000000000I", "000000000000L", "000000000000O", "00000 0000000",
        "-000000000000", "00000000000.0", "0000000000\n00",
        "000000000\xc3\xbc"
        "00"}) {
    const auto id = QueueId::parse(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(printable(id.error().why), id.error().why);
  }
}

TEST(QueueId, DifferentOnesHashApartMostly) {
  std::unordered_set<QueueId> ids;
  for (std::int64_t i = 0; i < 1000; ++i) ids.insert(QueueId{i});

  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_TRUE(ids.contains(QueueId{999}));
}

constexpr TextCase kSubmissions[] = {
    {"ThirtyTwoDigitsAreOne", "0123456789abcdef0123456789abcdef",
     "0123456789abcdef0123456789abcdef"},
    {"NothingIsNone", "", "!"},
    {"FewerAreNone", "0123456789abcdef0123456789abcde", "!"},
    {"MoreAreNone", "0123456789abcdef0123456789abcdef0", "!"},
    {"UpperCaseIsNone", "0123456789ABCDEF0123456789abcdef", "!"},
    {"AnOddLetterIsNone", "0123456789abcdeg0123456789abcdef", "!"},
    {"AWayOutOfTheFolderIsNone", "../../../../../../../etc/passwd0", "!"},
};

class Submission : public testing::TestWithParam<TextCase> {};

TEST_P(Submission, IsReadSo) {
  const auto id = SubmissionId::parse(GetParam().given);

  EXPECT_EQ(id ? id->text : "!", GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(SubmissionId, Submission, testing::ValuesIn(kSubmissions), rule_of);

}  // namespace
}  // namespace tenax::mail

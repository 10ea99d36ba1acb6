// SPDX-License-Identifier: Apache-2.0
#include "io/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "io/random.h"

#include "tests/support/fake_random.h"

namespace tenax::io {
namespace {

using ::testing::HasSubstr;

TEST(Error, ReadsAsWhereThenWhat) {
  EXPECT_EQ(to_string(error(Errc::timed_out, "connect mx1.example.net [192.0.2.1]:25")),
            "connect mx1.example.net [192.0.2.1]:25: deadline passed");
  EXPECT_EQ(to_string(error(Errc::closed, "")), "the other side closed the connection");
  EXPECT_EQ(to_string(error(Errc::unfit, "the list is full")), "the list is full");
}

TEST(Error, EveryCodeHasWordsOfItsOwn) {
  std::set<std::string> seen;
  for (int code = 1; code <= static_cast<int>(Errc::closed_intake); ++code) {
    const std::string words = make_error_code(static_cast<Errc>(code)).message();
    EXPECT_NE(words, "unknown") << code;
    EXPECT_TRUE(seen.insert(words).second) << words;
  }
  EXPECT_EQ(error_category().message(0), "unknown");
}

TEST(Error, IsComparedWithACode) {
  const Error denied = error(Errc::denied, "open /x");
  EXPECT_TRUE(denied.is(Errc::denied));
  EXPECT_FALSE(denied.is(Errc::busy));
  EXPECT_EQ(denied.code, Errc::denied);
}

struct Mapping {
  int number;
  Errc code;
};

TEST(Error, FromErrnoKeepsWhatTheCallerDecidesBy) {
  constexpr Mapping kMappings[] = {
      {ENOENT, Errc::not_found},
      {ENOTDIR, Errc::not_found},
      {EACCES, Errc::denied},
      {EPERM, Errc::denied},
      {ENOSPC, Errc::disk_full},
      {EDQUOT, Errc::disk_full},
      {EIO, Errc::disk_failed},
      {EROFS, Errc::disk_failed},  // a disk that failed is mounted so; nobody's permission helps
      {EAGAIN, Errc::busy},
      {EEXIST, Errc::busy},
      {ECONNREFUSED, Errc::refused},
      {ECONNRESET, Errc::reset},
      {EPIPE, Errc::reset},
      {ENETUNREACH, Errc::unreachable},
      {EMFILE, Errc::local_network},
      {EADDRNOTAVAIL, Errc::local_network},
  };
  for (const Mapping& mapping : kMappings) {
    EXPECT_TRUE(error_from_errno(mapping.number, "it").is(mapping.code)) << mapping.number;
  }
}

TEST(Error, FromErrnoAddsTheKernelsWordsWhereOursSayLess) {
  EXPECT_THAT(error_from_errno(ENOTDIR, "open /a/b").context, HasSubstr("Not a directory"));
  EXPECT_EQ(error_from_errno(ENOENT, "open /a/b").context, "open /a/b");
}

TEST(Result, TheValueOfAnErrorIsABugThatThrows) {
  const Result<int> failed = error(Errc::corrupt, "row 7");
  EXPECT_THROW((void)failed.value(), std::system_error);
}

TEST(Random, RollsStayBelowOne) {
  struct Highest final : Random {
    std::uint64_t bits() override { return ~std::uint64_t{0}; }
  } highest;
  EXPECT_LT(roll(highest), 1.0);
  testing::FakeRandom dice{7};
  double sum = 0;
  for (int draw = 0; draw < 10'000; ++draw) sum += roll(dice);
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Random, HexHasAsManyDigitsAsAsked) {
  testing::FakeRandom dice{7};
  const std::string text = hex(dice, 37);
  EXPECT_EQ(text.size(), 37U);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(hex(dice, 0), "");
}

TEST(Random, ASeedReplays) {
  testing::FakeRandom one{42};
  testing::FakeRandom two{42};
  testing::FakeRandom other{43};
  EXPECT_EQ(hex(one, 64), hex(two, 64));
  EXPECT_NE(hex(one, 64), hex(other, 64));
}

TEST(Random, TheKernelDoesNotRepeatItself) {
  SystemRandom dice;
  EXPECT_NE(dice.bits(), dice.bits());  // one in 2^64
}

}  // namespace
}  // namespace tenax::io

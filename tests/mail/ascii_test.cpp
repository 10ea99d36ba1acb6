// SPDX-License-Identifier: Apache-2.0
#include "mail/ascii.h"

#include <gtest/gtest.h>

namespace tenax::mail {
namespace {

TEST(Ascii, CaseIsAMatterOfAsciiLettersOnly) {
  EXPECT_EQ(to_lower("MX1.Example.ORG@[`{\xc3\x84\xc4"), "mx1.example.org@[`{\xc3\x84\xc4");
  EXPECT_EQ(to_upper("mx1.Example.org@[`{\xc3\xa4\xe4"), "MX1.EXAMPLE.ORG@[`{\xc3\xa4\xe4");
  EXPECT_TRUE(equal_in_any_case("Received:", "rECEIVED:"));
  EXPECT_FALSE(equal_in_any_case("Received:", "Received"));
  EXPECT_FALSE(equal_in_any_case("\xc3\x84", "\xc3\xa4"));
}

TEST(Ascii, WordsAreTakenOneByOne) {
  std::string_view rest = "  AUTH\tPLAIN  LOGIN ";
  EXPECT_EQ(next_word(rest), "AUTH");
  EXPECT_EQ(rest, "\tPLAIN  LOGIN ");
  EXPECT_EQ(next_word(rest), "PLAIN");
  EXPECT_EQ(next_word(rest), "LOGIN");
  EXPECT_EQ(next_word(rest), "");
  EXPECT_EQ(rest, "");
  EXPECT_EQ(next_word(rest), "");
}

}  // namespace
}  // namespace tenax::mail

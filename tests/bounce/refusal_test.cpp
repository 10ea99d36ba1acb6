// SPDX-License-Identifier: Apache-2.0
// Where the codes stand in a raw reply, whoever wrote it down.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "bounce/cause.h"

namespace tenax::bounce {
namespace {

struct Raw {
  std::string_view text;
  int code;
  std::string_view status;  // "" for none
};

void PrintTo(const Raw& raw, std::ostream* out) { *out << raw.text; }

class ARawReply : public ::testing::TestWithParam<Raw> {};

TEST_P(ARawReply, ShowsItsCodes) {
  const Refusal refusal = refusal_in(GetParam().text);

  EXPECT_EQ(refusal.code, GetParam().code);
  EXPECT_EQ(refusal.status ? refusal.status->text() : "", GetParam().status);
  EXPECT_EQ(refusal.text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, ARawReply,
    ::testing::Values(Raw{"550 5.1.1 nobody of that name", 550, "5.1.1"},
                      Raw{"550-5.1.1 nobody\r\n550 5.1.1 of that name", 550, "5.1.1"},
                      Raw{"550 nobody of that name (#5.1.1)", 550, "5.1.1"},
                      Raw{"421 #4.4.5 come later", 421, "4.4.5"},
                      Raw{"<452 4.2.2 full>", 452, "4.2.2"},
                      Raw{"550 4.4.7 too old", 550, "4.4.7"},  // the contradiction is kept
                      Raw{"5.2.1 closed", 0, "5.2.1"}, Raw{"550", 550, ""},
                      Raw{"host mx.example[192.0.2.55] said: 450 4.7.1 later (in reply to RCPT TO)",
                          450, "4.7.1"},
                      Raw{"SMTP error from remote server: 554 no", 554, ""},
                      Raw{"at most 500 messages in 450 minutes", 0, ""},
                      Raw{"421 deferred - 4.99.51. See a page", 421, ""},  // no subject 99
                      Raw{"550 5.7.1.1 is an address, as 4.1.1.9 is", 550, ""},
                      Raw{"connection refused", 0, ""}, Raw{"", 0, ""}));

TEST(ARawReply, IsReadInTimeHoweverLongItIs) {
  const std::string digits(1'000'000, '5');
  const std::string dots = [] {
    std::string text;
    while (text.size() < 1'000'000) text += "5.5.";
    return text;
  }();
  for (const std::string& text : {digits, dots, std::string(1'000'000, ' ')}) {
    EXPECT_EQ(refusal_in(text).code, 0);
  }
}

}  // namespace
}  // namespace tenax::bounce

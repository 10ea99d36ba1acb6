// SPDX-License-Identifier: Apache-2.0
// What holds for every text, however hostile: seeded random ones, made of what breaks mail
// programs.

#include <gtest/gtest.h>

#include <array>

#include "mail/ascii.h"
#include "mail/header.h"

#include "queue/field_text.h"

#include "engine/intake.h"
#include "tests/sendmail/normalise.h"
#include "tests/support/fake_random.h"

namespace tenax::testing {
namespace {

using namespace std::string_literals;

/// Pieces of text that headers, bodies and attacks are made of.
std::string random_text(FakeRandom& random) {
  static const std::array<std::string, 36> kPieces = {"\r",
                                                      "\n",
                                                      "\r\n",
                                                      "\0"s,
                                                      ".",
                                                      "\r\n.\r\n",
                                                      "\n.\n",
                                                      " ",
                                                      "\t",
                                                      ":",
                                                      "a",
                                                      "\xc3\xa4",
                                                      "\xff",
                                                      "To: bob@example.net",
                                                      "Bcc: eve@example.net",
                                                      "Subject: x",
                                                      "From ann 10:10",
                                                      "MIME-Version: 1.0",
                                                      "Content-Type: text/plain",
                                                      "Content-Type: multipart/mixed; boundary=b",
                                                      "=?UTF-8?B?w6Q=?=",
                                                      "Content-Transfer-Encoding: 7bit",
                                                      "Content-Transfer-Encoding: base64",
                                                      "Resent-To: c@d.example",
                                                      "\r\n\r\n",
                                                      "From: \xc3\x84 <a@b.example>, (\xc3\x84) \"",
                                                      "<",
                                                      ">",
                                                      ",",
                                                      "Reply-To: \"\\",
                                                      "Cc: root, \"a b\" ,",
                                                      "Sender: \xc3\xa4 <ann>",
                                                      "Date:",
                                                      std::string(997, 'q'),
                                                      std::string(1300, ' '),
                                                      std::string(2100, '\xc3')};
  std::string text;
  const std::uint64_t pieces = random.bits() % 40;
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const std::uint64_t roll = random.bits();
    if (roll % 5 == 0) {
      text.push_back(static_cast<char>(roll >> 32));
    } else {
      text += kPieces[(roll >> 8) % kPieces.size()];
    }
    if (roll % 3 == 0) text += "\n";
  }
  return text;
}

std::string shown(const std::string& text) {
  return ::testing::PrintToString(text.substr(0, 2000));
}

class Properties : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Properties, WhateverGoesInComesOutCanonical) {
  FakeRandom random{GetParam()};
  for (int i = 0; i < 400; ++i) {
    const std::string text = random_text(random);
    const std::string out = normalised(text);
    engine::CanonicalCheck check;

    ASSERT_TRUE(check.feed(out) && check.finish()) << check.why() << "\nin:\n"
                                                   << shown(text) << "\nout:\n"
                                                   << shown(out);
    const std::string header = out.substr(0, out.find("\r\n\r\n"));
    EXPECT_EQ(header.find("\nBcc:"), std::string::npos) << shown(text);
  }
}

TEST_P(Properties, NormalisingAgainChangesNothing) {
  FakeRandom random{GetParam() + 1'000'000};
  for (int i = 0; i < 400; ++i) {
    const std::string text = random_text(random);
    const std::string once = normalised(text);
    queue::SubmissionRules rules = usual_rules();
    rules.now += std::chrono::hours{1};
    rules.unique = "other";

    ASSERT_TRUE(normalised(once, rules) == once) << shown(text);
  }
}

TEST_P(Properties, ThePiecesItComesInDoNotMatter) {
  FakeRandom random{GetParam() + 2'000'000};
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_text(random);
    queue::SubmissionRules rules = usual_rules();
    rules.dot_ends = random.bits() % 2 == 0;
    const std::string whole = normalised(text, rules);

    for (const std::size_t piece : {1U, 2U, 5U, 100U})
      ASSERT_EQ(normalised(text, rules, piece), whole);
  }
}

TEST_P(Properties, TheSizeSaidIsTheSizeRead) {
  FakeRandom random{GetParam() + 3'000'000};
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_text(random);
    queue::Outcome<queue::PreparedSubmission> prepared = prepare(text);
    ASSERT_TRUE(prepared);

    const std::string once = all_of(prepared->contents, 13);
    prepared->contents.rewind();
    EXPECT_EQ(all_of(prepared->contents), once);
    EXPECT_EQ(prepared->envelope.size, static_cast<std::int64_t>(once.size()));
  }
}

TEST_P(Properties, AnAddressFieldIsCompletedWhereItsListSaysSo) {
  static const std::array<std::string, 18> kPieces = {
      "ann",   "@",  "example.org",       "<",   ">",   ",",   " ", "\"",        "(",
      "root)", "\\", "=?utf-8?q?a<x@y?=", "a@b", "<r>", "g:;", ".", "[1.2.3.4]", ";"};
  const mail::Domain home = mail::Domain::parse("home.example").value();
  FakeRandom random{GetParam() + 4'000'000};
  for (int i = 0; i < 2000; ++i) {
    std::string value;
    for (std::uint64_t n = 1 + random.bits() % 7; n > 0; --n) {
      value += kPieces[random.bits() % kPieces.size()];
    }
    if (mail::trimmed(value) != value || value.empty()) continue;
    std::string whole = value;
    const mail::Parsed<std::vector<std::size_t>> ends = mail::unqualified_ends(value);
    for (std::size_t n = ends ? ends->size() : 0; n > 0; --n) {
      whole.insert((*ends)[n - 1], "@home.example");
    }

    const mail::HeaderField field{"To", value, "To:" + value + "\r\n"};
    ASSERT_EQ(queue::field_text(field, home, 1'000), "To:" + whole + "\r\n");
  }
}

// What passes in runs of lines, and what breaks such a run, at each place around the octet where a
// search gives up.
TEST(Submission, TakesLinesOfAnyLengthInRunsAsInPieces) {
  for (const std::string& end : {"\r\n"s, "\n"s, "\r"s, "\0\r\n"s, "\r\r\n"s, "\r\n.\r\n"s}) {
    for (std::size_t length = 1018; length < 1030; ++length) {
      const std::string text = std::string{kWhole} + "\r\na\r\nb\r\n" + std::string(length, 'x') +
                               end + "c\r\n\xc3\xa4\r\nd";
      ASSERT_EQ(normalised(text), normalised(text, usual_rules(), 1)) << length;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Properties, ::testing::Range<std::uint64_t>(0, 8));

}  // namespace
}  // namespace tenax::testing

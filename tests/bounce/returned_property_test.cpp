// SPDX-License-Identifier: Apache-2.0
// The seeds of the fuzz program hold in every build: whole, cut off anywhere, and with lines and
// bytes put where they do not belong.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/returned_mail_properties.h"
#include "tests/support/watched.h"

namespace tenax::bounce {
namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> mails;
  const std::filesystem::path root{TENAX_SOURCE_DIR "/tests/fuzz/corpus/returned_mail_fuzz"};
  for (const auto& entry : std::filesystem::directory_iterator{root}) {
    std::ifstream file{entry.path(), std::ios::binary};
    mails.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  }
  return mails;
}

TEST(ReturnedMail, HoldsCutOffAnywhere) {
  const std::vector<std::string> mails = seeds();
  ASSERT_GE(mails.size(), 15U);
  for (const std::string& mail : mails) {
    for (std::size_t length = 0; length <= mail.size(); length += 7) {
      ASSERT_NO_THROW(fuzz::returned_mail_holds(std::string_view{mail}.substr(0, length)))
          << "the first " << length << " bytes of\n"
          << mail;
    }
  }
}

TEST(ReturnedMail, HoldsWithPiecesOfOthersInTheMidst) {
  const std::vector<std::string> mails = seeds();
  std::minstd_rand dice{20260303};
  const auto below = [&](std::size_t most) {
    return static_cast<std::size_t>(dice()) % (most + 1);
  };
  for (int round = 0; round < 2000; ++round) {
    std::string mail = mails[below(mails.size() - 1)];
    const std::string& other = mails[below(mails.size() - 1)];
    for (int piece = 0; piece < 3; ++piece) {
      const std::size_t from = below(other.size());
      mail.insert(below(mail.size()), other, from, below(300));
      if (!mail.empty()) mail[below(mail.size() - 1)] = static_cast<char>(below(255));
    }
    ASSERT_NO_THROW(fuzz::returned_mail_holds(mail)) << mail;
  }
}

std::string times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(ReturnedMail, HoldsGroupsInGroupsHoweverDeep) {
  const std::string notice = "Subject: Undelivered\n\n<bob@example.net>: the mailbox is full\n";
  for (const std::string_view name : {"To", "from", "CC ", "Reply-To"}) {
    const std::string field = std::string{name} + ": " + times(part_of(400'000U), "a:") + "\n";
    EXPECT_NO_THROW(fuzz::returned_mail_holds(field + notice)) << name;
    const std::string folded = std::string{name} + ":\n" + times(part_of(250'000U), " a:\n");
    EXPECT_NO_THROW(fuzz::returned_mail_holds("Content-Type: message/rfc822\n\n" + folded + notice))
        << name;
  }
}

/// Of a notice that names so many, and says nothing of any; read so often.
std::clock_t effort_for(int recipients, int reads) {
  std::string mail = "From: MAILER-DAEMON@example.net\nSubject: Undelivered mail\n\n";
  for (int i = 0; i < recipients; ++i) {
    mail.append("u").append(std::to_string(i)).append("@example.net\n").append("(forwarded)\n");
  }
  const std::clock_t start = std::clock();
  for (int i = 0; i < reads; ++i) static_cast<void>(read_returned(mail));
  return std::clock() - start;
}

TEST(ReturnedMail, OfManyWhomNobodyAnsweredTakesInProportion) {
  const std::clock_t few = std::min(effort_for(10, 100), effort_for(10, 100));
  const std::clock_t many = std::min(effort_for(1000, 1), effort_for(1000, 1));
  // As many are told of. It took twelve times as long when each asked for the whole notice anew.
  EXPECT_LT(many, 4 * few);
}

}  // namespace
}  // namespace tenax::bounce

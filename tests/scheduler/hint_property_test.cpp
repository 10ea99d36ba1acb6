// SPDX-License-Identifier: Apache-2.0
// What holds whatever a server says: for the seeds of the fuzz program and every beginning of them,
// for the real replies cut and joined, and for hostile ones.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/hint.h"
#include "tests/fuzz/hint_properties.h"
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;

const mail::WallTime kToday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

std::vector<std::string> all_replies() {
  std::vector<std::string> replies;
  for (const auto& families : {servers(), providers(), phrases(), languages(), silences()}) {
    for (const Family& family : families) {
      for (const Saying& saying : family.sayings) replies.emplace_back(saying.reply.substr(3));
    }
  }
  return replies;
}

TEST(HintProperties, HoldForTheSeedsAndTheirBeginnings) {
  const std::filesystem::path seeds{TENAX_SOURCE_DIR "/tests/fuzz/corpus/hint_fuzz"};
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator{seeds}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    ++read;
    for (std::size_t length = text.size() + 1; length-- > 0;) {
      EXPECT_NO_THROW(fuzz::hint_holds(std::string_view{text}.substr(0, length)))
          << entry.path() << ", its first " << length << " bytes";
    }
  }
  EXPECT_GE(read, 5);
}

TEST(HintProperties, HoldForRealRepliesCutAndJoined) {
  const std::vector<std::string> replies = all_replies();
  std::mt19937 dice{20261124};
  const auto some = [&dice](std::size_t below) { return dice() % below; };
  for (int round = 0; round < 3000; ++round) {
    std::string text{"45"};
    for (std::size_t parts = 1 + some(5); parts > 0; --parts) {
      const std::string& reply = replies[some(replies.size())];
      const std::size_t from = some(reply.size() + 1);
      text += reply.substr(from, some(reply.size() - from + 1)) + (some(2) == 0 ? " " : "");
    }

    EXPECT_NO_THROW(fuzz::hint_holds(text)) << text;
  }
}

TEST(HintProperties, HoldForNoise) {
  std::mt19937 dice{7};
  constexpr std::string_view kBytes =
      "0123456789:.-/ ()=,;+%smhdptzeax\xC3\xA9\xE5\x88\x86\xFF\r\t'";
  for (int round = 0; round < 3000; ++round) {
    std::string text{"42"};
    for (std::size_t length = dice() % 200; length > 0; --length) {
      text += kBytes[dice() % kBytes.size()];
    }

    EXPECT_NO_THROW(fuzz::hint_holds(text)) << testing::PrintToString(text);
  }
}

TEST(HintProperties, OfALongReplyOnlyTheBeginningCounts) {
  const std::string start = "Greylisted, try again in 300 seconds. ";
  std::string long_line = start;
  while (long_line.size() < 10'000'000) long_line += "wait 2 hours, max 5 messages per hour ";
  std::string padded = start + std::string(kOctetsRead, '.') + " ";
  padded += "wait 2 hours, max 5 messages per hour";

  const auto hints = hints_in({450, {long_line}}, kToday);
  const auto of_many_lines = hints_in({450, fuzz::split_at_blanks(long_line, 3)}, kToday);

  EXPECT_EQ(hints, of_many_lines);
  EXPECT_EQ(hints, hints_in({450, {long_line.substr(0, kOctetsRead + 1)}}, kToday));
  EXPECT_EQ(hints_in({450, {padded}}, kToday), hints_in({450, {start}}, kToday));
}

TEST(HintProperties, ANumberCutInTwoIsNone) {
  std::string text = "try again in 300";
  text.insert(0, kOctetsRead - text.size() + 1, ' ');

  EXPECT_TRUE(hints_in({450, {text + "0 seconds"}}, kToday).empty());
}

TEST(HintProperties, NoHourIsLargerThanADay) {
  for (const std::string hour : {"13", "25", "66666666666666666660", "999999999999"}) {
    EXPECT_TRUE(hints_in({450, {"come back at " + hour + " p.m. UTC"}}, kToday).empty()) << hour;
  }
  EXPECT_FALSE(hints_in({450, {"come back at 3 p.m. UTC"}}, kToday).empty());
}

TEST(HintProperties, ATimeOfDayIsTheNextOne) {
  for (int minutes = 0; minutes < 24 * 60; minutes += 7) {
    const mail::WallTime now = kToday + std::chrono::minutes{minutes} + 1s;

    const auto wait = stated_wait(hints_in({450, {"come back at 14:30 UTC"}}, now));

    ASSERT_TRUE(wait);
    EXPECT_GT(wait->wait, 0s);
    EXPECT_LE(wait->wait, 24h);
    EXPECT_EQ((now + wait->wait).time_since_epoch() % 24h, 14h + 30min);
  }
}

}  // namespace
}  // namespace tenax::scheduler

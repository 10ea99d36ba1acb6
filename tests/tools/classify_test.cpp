// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/scheduler/requests.h"

namespace tenax::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string classified(const std::string& texts, bool as_json) {
  std::istringstream in{texts};
  std::ostringstream out;
  EXPECT_EQ(classify(in, out, scheduler::kNoon, as_json), 0);
  return out.str();
}

json object(const std::string& text) { return json::parse(classified(text + "\n", true)); }

TEST(Classify, AnswersEachLineWithOne) {
  std::istringstream lines{classified("450 4.2.2 full\n\n\xff\xfe\n550 no such user", true)};

  std::vector<std::string> causes;
  for (std::string line; std::getline(lines, line);) {
    causes.push_back(json::parse(line)["cause"]);
  }
  EXPECT_THAT(causes, testing::ElementsAre("mailbox-full", "other", "other", "no-such-user"));
}

TEST(Classify, TellsWhatTheTextStates) {
  const json answer = object("450 4.7.1 you are greylisted, come back in 5 minutes");

  EXPECT_EQ(answer["cause"], "greylisted");
  EXPECT_EQ(answer["temporary"], true);
  EXPECT_EQ(answer["hint_seconds"], 300);
  EXPECT_EQ(answer["code"], 450);
  EXPECT_EQ(answer["status"], "4.7.1");
  EXPECT_EQ(answer["evidence"]["kind"], "wording");
  EXPECT_FALSE(answer["evidence"]["rule"].get<std::string>().empty());
}

TEST(Classify, GuessesNothing) {
  const json answer = object("the teapot is in the garden");

  EXPECT_EQ(answer["cause"], "other");
  EXPECT_EQ(answer["evidence"]["kind"], "nothing");
  for (const char* key : {"hint_seconds", "hint_rate", "code", "status"}) {
    EXPECT_FALSE(answer.contains(key)) << key;
  }
}

TEST(Classify, ARateIsWrittenShort) {
  EXPECT_EQ(object("421 at most 30 messages per hour from you")["hint_rate"], "30/h");
  EXPECT_EQ(object("550 sending limit of 200 messages per day exceeded")["hint_rate"], "200/d");
}

TEST(Classify, AWaitIsReadAlsoWhereTheCodeSaysNever) {
  const json answer = object("550 greylisted, retry in 10 minutes");

  EXPECT_EQ(answer["temporary"], true);
  EXPECT_EQ(answer["hint_seconds"], 600);
}

TEST(Classify, SaysItToPeopleInALine) {
  const std::string line = classified("450 greylisted for 5 minutes\n", false);

  EXPECT_THAT(line, HasSubstr("greylisted, temporary; come back in 5 minutes (wording: "));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Classify, ALongLineIsOneText) {
  const std::string answers = classified(std::string(1'000'000, 'x') + "\n550 5.1.1 no\n", true);

  EXPECT_EQ(std::ranges::count(answers, '\n'), 2);
  EXPECT_THAT(answers, HasSubstr("no-such-user"));
}

}  // namespace
}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
// The laboratory's line protocol: a whole delivery, and what breaks it.

#include "engine/laboratory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <sstream>

namespace tenax::engine {
namespace {

using ::testing::HasSubstr;

const char* const kConfig =
    R"({"event":"config","at":0,"protocol":1,"seed":1,"queue_lifetime":432000,"max_connections":10})"
    "\n";
const char* const kMail =
    R"({"event":"submit","at":10,"id":"m1","sender":"ann@a.example","recipients":["bob@x.example"],"size":1})"
    "\n";

std::string result(double at, int attempt, int code) {
  std::ostringstream line;
  line << R"({"event":"result","at":)" << at << R"(,"attempt":)" << attempt
       << R"(,"id":"m1","destination":"x.example","mx":[["mx.x.example",10]],)"
       << R"("hosts":[{"host":"mx.x.example","outcome":"session"}],)"
       << R"("recipients":[{"recipient":"bob@x.example","stage":"rcpt","code":)" << code
       << R"(,"enhanced":"4.7.1","text":"later"}]})"
       << "\n";
  return line.str();
}

std::string go(double at) {
  std::ostringstream line;
  line << R"({"event":"go","at":)" << at << "}\n";
  return line.str();
}

TEST(Laboratory, AGreylistedMessageComesBackAfterFiveMinutes) {
  std::istringstream in{kConfig + go(0) + kMail + go(10) + result(11, 1, 450) + go(11) + go(311) +
                        result(312, 2, 250) + go(312) + R"({"event":"end","at":312})" + "\n"};
  std::ostringstream out;

  EXPECT_EQ(run_laboratory(in, out), std::nullopt);
  EXPECT_THAT(out.str(), HasSubstr(R"({"event":"wait","until":311.0})"));
  EXPECT_THAT(out.str(), HasSubstr(R"("event":"delivered")"));
}

struct Fault {
  std::string_view rule;
  std::string lines;
  std::string_view said;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.rule; }

class LaboratoryFault : public ::testing::TestWithParam<Fault> {};

TEST_P(LaboratoryFault, EndsTheRunWithOneLine) {
  std::istringstream in{GetParam().lines};
  std::ostringstream out;

  const auto wrong = run_laboratory(in, out);

  ASSERT_TRUE(wrong);
  EXPECT_THAT(*wrong, HasSubstr(GetParam().said));
}

const Fault kFaults[] = {
    {"NoJson", "hello\n", "line 1: not a JSON object"},
    {"AnArray", "[1]\n", "not a JSON object"},
    {"NoEnd", kConfig, "ended without"},
    {"NoConfig", go(0), "is not \"config\""},
    {"TimeGoesBackwards", kConfig + go(5) + go(4), "line 3: time goes backwards"},
    {"ASecondConfig", std::string{kConfig} + kConfig, "second"},
    {"TheSameMessageTwice", std::string{kConfig} + kMail + kMail, "twice"},
    {"AResultOfNothing", kConfig + result(1, 7, 250), "no attempt under way"},
    {"AFieldIsMissing", std::string{R"({"event":"config","at":0})"} + "\n", "is missing"},
    {"ATimeThatIsNone", std::string{R"({"event":"go","at":"now"})"} + "\n", "is no number"},
    {"ANegativeTime", std::string{R"({"event":"go","at":-1})"} + "\n", "out of range"},
    {"AnAddressThatIsNone",
     std::string{kConfig} +
         R"({"event":"submit","at":1,"id":"m","sender":"","recipients":["@@"],"size":1})" + "\n",
     "not a recipient"},
    {"ALineWithoutEnd", std::string(17 << 20, '['), "too long"},
    {"DeepNesting", std::string(100'000, '[') + "\n", "not a JSON object"},
};

INSTANTIATE_TEST_SUITE_P(Protocol, LaboratoryFault, ::testing::ValuesIn(kFaults),
                         [](const auto& one) { return std::string{one.param.rule}; });

}  // namespace
}  // namespace tenax::engine

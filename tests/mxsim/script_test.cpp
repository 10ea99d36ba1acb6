// SPDX-License-Identifier: Apache-2.0
// The rules of the simulated receiver: how they are read, and what they decide.

#include "tools/mxsim/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tenax::mxsim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr mail::WallTime kStart{mail::Duration{1'800'000'000'000}};

Script script_of(std::initializer_list<std::string_view> lines) {
  std::vector<Rule> rules;
  for (const std::string_view line : lines) rules.push_back(parse_rule(line).value());
  return Script{std::move(rules)};
}

Occasion rcpt(std::string recipient, std::string sender = "ann@a.test") {
  return {.step = Step::rcpt,
          .client = "127.0.0.1",
          .sender = std::move(sender),
          .recipients = {std::move(recipient)}};
}

std::string answer(const Conduct& conduct) { return conduct.reply.value_or("good"); }

TEST(Rules, OfAFileStandOneALineBetweenComments) {
  std::istringstream good{"# moods\n\n  \t# another\n  rcpt a@* reply 550 see #4711\r\n"};
  const auto rules = parse_rules(good);
  ASSERT_TRUE(rules) << rules.error().why;
  ASSERT_EQ(rules->size(), 1U);
  EXPECT_EQ(rules->front().action.reply, "550 see #4711");
  std::istringstream bad{"# moods\nrcpt nonsense\n"};
  EXPECT_THAT(parse_rules(bad).error().why, HasSubstr("2: expected reply, greylist"));
}

TEST(Script, TheFirstRuleThatAnswersWins) {
  Script script =
      script_of({"rcpt bob@* reply 550 5.1.1 gone", "rcpt *@x.test reply 450 4.7.1 later"});

  EXPECT_EQ(answer(script.decide(rcpt("bob@x.test"), kStart)), "550 5.1.1 gone");
  EXPECT_EQ(answer(script.decide(rcpt("eve@x.test"), kStart)), "450 4.7.1 later");
  EXPECT_EQ(answer(script.decide(rcpt("eve@y.test"), kStart)), "good");
}

TEST(Script, GreylistingAsksEachTripletToComeBackAfterItsTime) {
  Script script = script_of({"rcpt * greylist 60s"});

  EXPECT_THAT(answer(script.decide(rcpt("bob@x.test"), kStart)), HasSubstr("450"));
  EXPECT_THAT(answer(script.decide(rcpt("bob@x.test"), kStart + 59s)), HasSubstr("450"));
  EXPECT_EQ(answer(script.decide(rcpt("BOB@x.test"), kStart + 60s)), "good");
  EXPECT_THAT(answer(script.decide(rcpt("bob@x.test", "eve@a.test"), kStart + 60s)),
              HasSubstr("450"));
}

TEST(Script, ARateCountsWhatItAcceptedInASlidingPeriod) {
  Script script = script_of({"rcpt * rate 2/1h 451 4.7.1 try later (2/h)"});

  EXPECT_EQ(answer(script.decide(rcpt("a@x.test"), kStart)), "good");
  EXPECT_EQ(answer(script.decide(rcpt("b@x.test"), kStart + 30min)), "good");
  EXPECT_EQ(answer(script.decide(rcpt("c@x.test"), kStart + 59min)), "451 4.7.1 try later (2/h)");
  EXPECT_EQ(answer(script.decide(rcpt("c@x.test"), kStart + 60min)), "good");
  EXPECT_EQ(answer(script.decide(rcpt("d@x.test"), kStart + 61min)), "451 4.7.1 try later (2/h)");
}

TEST(Script, ADelayGoesWithWhateverAnswersAfterIt) {
  Script script = script_of({"rcpt * delay 2s", "rcpt bob@* hangup"});

  const Conduct bob = script.decide(rcpt("bob@x.test"), kStart);
  const Conduct eve = script.decide(rcpt("eve@x.test"), kStart);

  EXPECT_EQ(bob.delay, 2s);
  EXPECT_TRUE(bob.hangup);
  EXPECT_EQ(eve.delay, 2s);
  EXPECT_FALSE(eve.hangup);
}

TEST(Script, FirstAndEveryCountTheirMatches) {
  Script script =
      script_of({"rcpt first@* first 2 reply 450 later", "rcpt every@* every 3 reply 451 later"});
  std::string first;
  std::string every;
  for (int i = 0; i < 6; ++i) {
    first += answer(script.decide(rcpt("first@x.test"), kStart)).front();
    every += answer(script.decide(rcpt("every@x.test"), kStart)).front();
  }
  EXPECT_EQ(first, "44gggg");
  EXPECT_EQ(every, "gg4gg4");
}

TEST(Script, AChanceIsRoughlyKeptAndTheSameForTheSameSeed) {
  int hung = 0;
  Script one = script_of({"rcpt * chance 0.25 hangup"});
  Script two = script_of({"rcpt * chance 0.25 hangup"});
  for (int i = 0; i < 2000; ++i) {
    const bool now = one.decide(rcpt("a@x.test"), kStart).hangup;
    EXPECT_EQ(now, two.decide(rcpt("a@x.test"), kStart).hangup);
    hung += now ? 1 : 0;
  }
  EXPECT_NEAR(hung, 500, 100);
}

TEST(Script, PatternsMatchAnythingAtTheirStarsAndIgnoreCase) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*@grey.test", "Bob@GREY.test"));
  EXPECT_TRUE(matches("b*b@*", "bob@x"));
  EXPECT_TRUE(matches("*a*a*", "banana"));
  EXPECT_FALSE(matches("*@grey.test", "bob@grey.test.org"));
  EXPECT_FALSE(matches("bob", "bobby"));
}

struct BadLine {
  std::string_view rule;
  std::string_view line;
  std::string_view says;
};

class BadLines : public testing::TestWithParam<BadLine> {};

TEST_P(BadLines, AreRefusedSayingWhatWasExpected) {
  const mail::Parsed<Rule> rule = parse_rule(GetParam().line);
  ASSERT_FALSE(rule);
  EXPECT_THAT(rule.error().why, HasSubstr(std::string{GetParam().says}));
}

constexpr BadLine kBadLines[] = {
    {"NoStep", "bob@x.test reply 550 no", "expected connect"},
    {"NoAction", "rcpt *@x.test", "expected an action"},
    {"UnknownAction", "rcpt * explode", "expected reply"},
    {"NoReply", "rcpt * reply no", "expected a reply"},
    {"AReplyThatIsNone", "rcpt * reply 999 no", "expected a reply"},
    {"NoLength", "rcpt * greylist soon", "expected a length of time"},
    {"NoRate", "rcpt * rate many", "expected a rate"},
    {"AChanceAboveOne", "rcpt * chance 2 hangup", "expected a number from 0 to 1"},
    {"WordsBehindAHangup", "rcpt * hangup at once", "expected the end of the line"},
    {"WordsBehindADelay", "rcpt * delay 2s 450 later", "expected the end of the line"},
    {"FirstZero", "rcpt * first 0 hangup", "expected a number"},
};

INSTANTIATE_TEST_SUITE_P(Rules, BadLines, testing::ValuesIn(kBadLines),
                         [](const auto& one) { return std::string{one.param.rule}; });

}  // namespace
}  // namespace tenax::mxsim

// SPDX-License-Identifier: Apache-2.0
// How rules are written and read: see the head of bounce/cause.rules.
#include "bounce/cause_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>

namespace tenax::bounce {
namespace {

using mail::Stage;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum Cause;

CauseRules rules(std::string_view text) {
  const RuleText named{"own.rules", text};
  return CauseRules::parse({&named, 1}).value();
}

std::string complaint(std::string_view text) {
  const RuleText named{"own.rules", text};
  const auto parsed = CauseRules::parse({&named, 1});
  return parsed ? "" : parsed.error().why;
}

Cause cause_by(std::string_view rule, std::string_view text) {
  return rules(rule).judge(refusal_in(text)).cause;
}

TEST(CauseRules, TheFirstThatFitsDecides) {
  const CauseRules both = rules("policy  550\nmailbox-full  550\n");

  const Judgement judgement = both.judge(refusal_in("550 no"));

  EXPECT_EQ(judgement.cause, policy);
  EXPECT_EQ(judgement.evidence, Evidence::reply_code);
  EXPECT_EQ(judgement.rule, "550");
}

TEST(CauseRules, NoneThatFitsSaysNothing) {
  const Judgement judgement = rules("policy  551").judge(refusal_in("450 no"));

  EXPECT_EQ(judgement.cause, other);
  EXPECT_EQ(judgement.evidence, Evidence::nothing);
  EXPECT_TRUE(judgement.temporary);
}

struct Match {
  std::string_view condition;
  std::string_view fits;
  std::string_view does_not;
};

void PrintTo(const Match& match, std::ostream* out) { *out << match.condition; }

class ACondition : public ::testing::TestWithParam<Match> {};

TEST_P(ACondition, FitsWhatItSays) {
  const std::string rule =
      "@room = larder, broom cupboard\nloop  " + std::string{GetParam().condition};
  EXPECT_EQ(cause_by(rule, GetParam().fits), loop) << GetParam().fits;
  EXPECT_EQ(cause_by(rule, GetParam().does_not), other) << GetParam().does_not;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ACondition,
    ::testing::Values(
        Match{"552", "552 no", "550 no"}, Match{"55x", "559 no", "560 no"},
        Match{"450|451", "451 no", "452 no"}, Match{"4.7.1", "450 4.7.1 no", "450 4.7.2 no"},
        Match{"x.7.x", "550 5.7.9 no", "550 5.6.9 no"},
        Match{"5.7.606-649", "550 5.7.649 no", "550 5.7.650 no"},
        Match{"teapot", "550 a TEAPOT!", "550 teapots"}, Match{"teapot*", "550 teapots", "550 tea"},
        Match{"teapot full", "550 the teapot is full", "550 full teapot"},
        Match{"teapot .. full", "550 teapot one two three full", "550 teapot 1 2 3 4 full"},
        Match{"teapot .. full", "550 teapot full", "550 my teapot. It is full"},
        Match{"teapot ... full", "550 teapot o o o o o o o o o full", "550 teapot; full"},
        Match{"teapot & full", "550 full! Is it a teapot?", "550 full"},
        Match{"teapot & !full", "550 teapot", "550 full teapot"},
        Match{"teapot|samovar full", "550 samovar full", "550 teapot samovar"},
        Match{"tea_pot|samovar full", "550 tea pot full", "550 pot full"},
        Match{"teapot | kettle boils", "550 kettle boils", "550 kettle"},
        Match{"@room full", "550 broom cupboard full", "550 broom full"},
        Match{"@room|attic full", "550 larder full", "550 full"},
        Match{"<address> full", "550 <a@b.example> full", "550 full"},
        Match{"<ip> full", "550 [192.0.2.1] full", "550 1.2 full"},
        Match{"<ip> full", "550 ip=2001:db8::25 full", "550 at 10:25 full"},
        Match{"<number> full", "550 1,000 full", "550 full"},
        Match{"<host> full", "550 mx1.example.net full", "550 kettle.Is full"},
        Match{"link:teapot", "550 see https://x.example/teapot?1", "550 teapot"},
        Match{"link:teapot", "550 by in.teapot.example", "550 teapot"},
        Match{"teapot", "550 a teapot", "550 see http://teapot.example/teapot"},
        Match{"茶壶满", "550 你的茶壶满了", "550 茶壶"}));

TEST(CauseRules, KnowTheStageWhereItIsKnown) {
  const CauseRules one = rules("loop  450 & at:rcpt");

  EXPECT_EQ(one.judge({Stage::rcpt, 450, std::nullopt, ""}).cause, loop);
  EXPECT_EQ(one.judge({Stage::dot, 450, std::nullopt, ""}).cause, other);
  EXPECT_EQ(one.judge({std::nullopt, 450, std::nullopt, ""}).cause, other);
}

TEST(CauseRules, TellWhetherItPasses) {
  const CauseRules some = rules(
      "always permanent: loop\n"
      "policy  teapot = temporary\n"
      "loop  kettle\n"
      "tls  5xx\n"
      "tls  4xx\n"
      "rate-limited  samovar\n");

  EXPECT_TRUE(some.judge(refusal_in("550 teapot")).temporary);
  EXPECT_FALSE(some.judge(refusal_in("450 kettle")).temporary);
  EXPECT_FALSE(some.judge(refusal_in("550 no")).temporary);
  EXPECT_TRUE(some.judge(refusal_in("450 no")).temporary);
  EXPECT_TRUE(some.judge(refusal_in("samovar")).temporary);  // no code: by what the cause is
}

TEST(CauseRules, NameWhatKindOfThingDecided) {
  const CauseRules some = rules(
      "[words]\npolicy  teapot\n"
      "[provider codes: a receiver]\npolicy  tp01\n"
      "[codes]\npolicy  5.7.1\npolicy  at:rcpt\n");

  EXPECT_EQ(some.judge(refusal_in("550 teapot")).evidence, Evidence::wording);
  EXPECT_EQ(some.judge(refusal_in("550 (TP01)")).evidence, Evidence::provider_code);
  EXPECT_EQ(some.judge(refusal_in("550 5.7.1")).evidence, Evidence::enhanced_code);
  EXPECT_EQ(some.judge({Stage::rcpt, 0, std::nullopt, ""}).evidence, Evidence::stage);
}

TEST(CauseRules, AnEarlierTextComesFirstAndUsesTheSetsOfLaterOnes) {
  const std::array texts = {RuleText{"own.rules", "loop  @vessel full\n"},
                            RuleText{"cause.rules", "@vessel = teapot\npolicy  5xx\n"}};
  const auto all = CauseRules::parse(texts);

  ASSERT_TRUE(all);
  EXPECT_EQ(all->judge(refusal_in("550 teapot full")).cause, loop);
  EXPECT_EQ(all->judge(refusal_in("550 samovar full")).cause, policy);
}

TEST(CauseRules, ALaterLineAddsToASet) {
  EXPECT_EQ(cause_by("@v = teapot\n@v += kettle\nloop  @v", "550 kettle"), loop);
}

struct Mistake {
  std::string_view text;
  std::string_view said;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.text; }

class AMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(AMistake, IsToldWithItsLine) {
  const std::string said = complaint("# first\n" + std::string{GetParam().text} + "\n");

  EXPECT_THAT(said, StartsWith("own.rules:2: "));
  EXPECT_THAT(said, HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, AMistake,
    ::testing::Values(Mistake{"full  552", "no cause called full"}, Mistake{"loop", "when"},
                      Mistake{"loop  552 &", "missing"}, Mistake{"loop  @no full", "no set"},
                      Mistake{"loop  at:table", "no stage"}, Mistake{"loop  the", "says nothing"},
                      Mistake{"loop  a|tea", "says nothing"}, Mistake{"loop  .. tea", "a gap"},
                      Mistake{"loop  pot .. the .. tea", "a gap"}, Mistake{"loop  tea ..", "a gap"},
                      Mistake{"loop  a1 .. b1 .. c1 .. d1", "gaps"},
                      Mistake{"loop  te*a", "a star"}, Mistake{"loop  552|tea", "not only codes"},
                      Mistake{"loop  552 = later", "either temporary or permanent"},
                      Mistake{"always temporary loop", "always"},
                      Mistake{"always temporary: loops", "no cause called loops"},
                      Mistake{"@s tea", "a set is written"}, Mistake{"@s += tea", "no set"},
                      Mistake{"@s = tea,, pot", "says nothing"}, Mistake{"@s = @s", "in itself"},
                      Mistake{"loop  b b b b b b b b b b b b b", "too many words"}));

TEST(CauseRules, AreNotMoreThanAPersonWrites) {
  std::string many;
  for (std::size_t i = 0; i <= kMostRules; ++i) many += "loop  552\n";
  EXPECT_THAT(complaint(many), HasSubstr("own.rules:5001: too many rules"));
  EXPECT_THAT(complaint(std::string(kLongestRuleText + 1, '#')), HasSubstr("longer than"));
}

TEST(CauseRules, TheBuiltInOnesAreThere) {
  EXPECT_GT(built_in_rules().size(), 300U);
  EXPECT_EQ(built_in_rule_text().name, "cause.rules");
}

}  // namespace
}  // namespace tenax::bounce

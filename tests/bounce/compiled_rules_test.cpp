// SPDX-License-Identifier: Apache-2.0
// The rules as the build wrote them down answer like the same rules read now.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "bounce/cause_rules.h"
#include "bounce/rule_table.h"

namespace tenax::bounce {
namespace {

class CompiledRules : public ::testing::Test {
 protected:
  /// The cause; what both say is compared.
  Cause judged(const Refusal& refusal) const {
    const Judgement compiled = compiled_.judge(refusal);
    const Judgement read = read_.judge(refusal);
    EXPECT_EQ(to_string(compiled.cause), to_string(read.cause)) << refusal.text;
    EXPECT_EQ(compiled.temporary, read.temporary) << refusal.text;
    EXPECT_EQ(compiled.evidence, read.evidence) << refusal.text;
    EXPECT_EQ(compiled.rule, read.rule) << refusal.text;
    return compiled.cause;
  }

  const RuleText text_ = built_in_rule_text();
  const CauseRules compiled_ = built_in_rules();
  const CauseRules read_ = CauseRules::parse({&text_, 1}).value();
};

TEST_F(CompiledRules, AnswerAsTheyDoWhenReadForEveryKnownRefusal) {
  std::ifstream file{TENAX_SOURCE_DIR "/tests/bounce/refusals.tsv"};
  int refusals = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    EXPECT_NE(judged(refusal_in(std::string_view{line}.substr(line.find('\t') + 1))), Cause::other);
    ++refusals;
  }
  EXPECT_GT(refusals, 300);
}

TEST_F(CompiledRules, AnswerAsTheyDoWhenReadForRandomTexts) {
  std::mt19937 dice{58};
  const auto roll = [&dice](std::size_t sides) { return dice() % sides; };
  std::set<Cause> causes;
  for (int i = 0; i < 5'000; ++i) {
    // Pieces of the rules: nothing else has so many of the words that mean something.
    std::string text;
    for (std::size_t pieces = 1 + roll(3); pieces > 0; --pieces) {
      text += text_.text.substr(roll(text_.text.size()), 5 + roll(60));
      text += roll(2) == 0 ? ". " : " https://example.net/";
    }
    std::ranges::replace_if(
        text, [](char c) { return c == '_' || c == '|'; }, ' ');
    Refusal refusal{.stage = std::nullopt, .code = 0, .status = std::nullopt, .text = text};
    if (roll(2) == 0) refusal.stage = static_cast<mail::Stage>(roll(13));
    if (roll(3) != 0) refusal.code = static_cast<int>(400 + roll(200));
    if (roll(3) == 0) {
      refusal.status = mail::EnhancedStatus{static_cast<int>(4 + roll(2)),
                                            static_cast<int>(roll(8)), static_cast<int>(roll(30))};
    }
    causes.insert(judged(refusal));
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(causes.size(), 20U);
}

TEST_F(CompiledRules, AreAllThere) {
  EXPECT_EQ(compiled_.size(), read_.size());
  EXPECT_EQ(rules::built_in().rules.size(), read_.size());
}

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
// Hundreds of refusals, in a file of their own: each is understood, and each rule that is changed
// is changed with all of them in view.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>

#include "bounce/cause.h"

namespace tenax::bounce {
namespace {

using enum Cause;

TEST(Refusals, AreUnderstood) {
  std::ifstream file{TENAX_SOURCE_DIR "/tests/bounce/refusals.tsv"};
  std::map<std::string, int> of_cause;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, line.npos) << line;
    const std::string wanted = line.substr(0, tab);
    const Judgement judgement = judge(refusal_in(std::string_view{line}.substr(tab + 1)));
    EXPECT_EQ(to_string(judgement.cause), wanted) << line << "\n  by: " << judgement.rule;
    ++of_cause[wanted];
  }
  EXPECT_EQ(of_cause.size(), 21U);  // all but "other"
  for (const auto& [cause, count] : of_cause) EXPECT_GE(count, 10) << cause;
}

struct Contradiction {
  std::string_view text;
  Cause cause;
  bool temporary;
};

void PrintTo(const Contradiction& one, std::ostream* out) { *out << one.text; }

class CodesThatContradictTheirWords : public ::testing::TestWithParam<Contradiction> {};

TEST_P(CodesThatContradictTheirWords, AreOverruled) {
  const Judgement judgement = judge(refusal_in(GetParam().text));

  EXPECT_EQ(to_string(judgement.cause), to_string(GetParam().cause)) << judgement.rule;
  EXPECT_EQ(judgement.temporary, GetParam().temporary) << judgement.rule;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, CodesThatContradictTheirWords,
    ::testing::Values(
        // One enhanced code for everything.
        Contradiction{"550 5.0.0 the mailbox is full to the brim", mailbox_full, false},
        Contradiction{"451 4.7.1 this mailbox is over its quota", mailbox_full, true},
        Contradiction{"550 5.7.1 nobody here by that name: user unknown", no_such_user, false},
        Contradiction{"550 5.1.1 this account was suspended in May", mailbox_disabled, false},
        Contradiction{"452 4.1.1 quota of the user exceeded", mailbox_full, true},
        Contradiction{"550 4.4.7 expired in our queue", expired, false},
        // 5xx that pass.
        Contradiction{"554 greylisted, come back in 5 minutes", greylisted, true},
        Contradiction{"550 daily sending quota exceeded", rate_limited, true},
        Contradiction{"550 too many messages in this session", rate_limited, true},
        Contradiction{"552 too many recipients", rate_limited, true},
        // A limit told without a code passes, unless the words say that it does not.
        Contradiction{"hourly limit exceeded, try again later", rate_limited, true},
        Contradiction{"hourly limit exceeded, giving up", rate_limited, false},
        Contradiction{"too many messages from you, returned to sender", rate_limited, false},
        // 4xx that do not.
        Contradiction{"450 4.1.1 user unknown", no_such_user, false},
        Contradiction{"454 4.7.1 relay access denied", relay_denied, false},
        Contradiction{"450 the account is disabled", mailbox_disabled, false},
        Contradiction{"421 4.7.1 [TSS09] from 192.0.2.1 deferred", blocked, false},
        // And what stays as its code says.
        Contradiction{"450 4.1.8 sender address: domain not found", sender_rejected, true},
        Contradiction{"450 mailbox unavailable", server_trouble, true},
        Contradiction{"550 mailbox unavailable", no_such_user, false},
        Contradiction{"451 4.7.1 blocked using some.list.example", blocked, true}));

struct Source {
  std::string_view text;
  Evidence evidence;
};

TEST(Judgement, NamesWhatDecided) {
  constexpr std::array kSources = {
      Source{"550 5.0.0 no such user", Evidence::wording},
      Source{"550 5.1.1 sorry", Evidence::enhanced_code},
      Source{"552 sorry", Evidence::reply_code},
      Source{"421 4.7.0 [TSS04] 192.0.2.1", Evidence::provider_code},
      Source{"550 5.7.606 sorry", Evidence::provider_code},
      Source{"what a day", Evidence::nothing},
  };
  for (const Source& source : kSources) {
    const Judgement judgement = judge(refusal_in(source.text));
    EXPECT_EQ(to_string(judgement.evidence), to_string(source.evidence)) << source.text;
  }
  EXPECT_EQ(judge({mail::Stage::mail, 0, std::nullopt, ""}).evidence, Evidence::nothing);
}

TEST(Judgement, NamesInTheTextSayNothing) {
  EXPECT_EQ(judge(refusal_in("550 5.1.1 <quota.full@greylist.example> sorry")).cause, no_such_user);
  EXPECT_EQ(judge(refusal_in("552 5.2.2 mx.virus.example says sorry")).cause, mailbox_full);
  EXPECT_EQ(judge(refusal_in("550 5.1.1 see https://x.example/relay/denied/spam.html")).cause,
            no_such_user);
}

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
// What holds whatever a server or an operator writes: for the seeds of the fuzz programs and every
// beginning of them, and for what was made to take long.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/fuzz/cause_properties.h"

namespace tenax::bounce {
namespace {

using Property = void (*)(std::string_view text);

void holds_for_seeds(std::string_view corpus, Property property) {
  const std::filesystem::path root{TENAX_SOURCE_DIR "/tests/fuzz/corpus"};
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator{root / corpus}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    ++seeds;
    for (std::size_t length = text.size() + 1; length-- > 0;) {
      EXPECT_NO_THROW(property(std::string_view{text}.substr(0, length)))
          << entry.path() << ", its first " << length << " bytes";
    }
  }
  EXPECT_GE(seeds, 5);
}

TEST(CauseProperties, HoldForEveryRefusal) { holds_for_seeds("refusal_fuzz", fuzz::refusal_holds); }

TEST(CauseProperties, HoldForEveryFileOfRules) {
  holds_for_seeds("cause_rules_fuzz", fuzz::cause_rules_hold);
  EXPECT_NO_THROW(fuzz::cause_rules_hold(built_in_rule_text().text));
}

std::string repeated(std::string_view text, std::size_t octets) {
  std::string all;
  while (all.size() < octets) all += text;
  return all;
}

TEST(CauseProperties, NoTextIsMadeToTakeLong) {
  using Clock = std::chrono::steady_clock;
  for (const char* const piece :
       {"a:", "too many ", "user mailbox recipient account ", "not ", "no such valid ", "a", "4",
        "5.5.", "http://x.y/", "mailbox over exceeded quota ", "n't", "邮", "<a@b>", "1.2.3.4 "}) {
    const std::string text = repeated(piece, 100'000);
    const auto start = Clock::now();
    EXPECT_NO_THROW(fuzz::refusal_holds(text)) << piece;
    // Some 3 ms; the bound is for a machine that does other things too.
    EXPECT_LT(Clock::now() - start, std::chrono::milliseconds{500}) << piece;
  }
}

}  // namespace
}  // namespace tenax::bounce

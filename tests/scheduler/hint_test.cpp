// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/ascii.h"
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {
namespace {

using namespace std::chrono_literals;
// A Tuesday, at noon.
const mail::WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

mail::Reply reply_of(std::string_view text) {
  mail::Reply reply;
  reply.code = std::stoi(std::string{text.substr(0, 3)});
  text.remove_prefix(std::min<std::size_t>(4, text.size()));
  while (true) {
    const std::size_t end = text.find('\n');
    reply.lines.emplace_back(text.substr(0, end));
    if (end == text.npos) return reply;
    text.remove_prefix(end + 1);
  }
}

std::string_view word(HintKind kind) {
  switch (kind) {
    case HintKind::wait: return "wait";
    case HintKind::rate: return "rate";
    case HintKind::concurrency: return "concurrency";
    case HintKind::per_connection: return "per connection";
    case HintKind::per_transaction: return "per transaction";
  }
  return "";
}

std::string_view word(HintScope scope) {
  switch (scope) {
    case HintScope::recipient: return "recipient";
    case HintScope::pair: return "pair";
    case HintScope::destination: return "destination";
    case HintScope::host: return "host";
    case HintScope::address: return "address";
  }
  return "";
}

std::string in_words(const Hint& hint) {
  constexpr double kUnsure = 0.5;
  std::string text{word(hint.kind)};
  const bool cap = hint.kind == HintKind::per_connection || hint.kind == HintKind::per_transaction;
  if (!cap) text += " " + std::string{word(hint.scope)};
  const std::string count = hint.count > 0 ? std::to_string(hint.count) : "";
  const std::string length = hint.wait > 0ms ? mail::in_short(hint.wait) : "";
  if (hint.kind == HintKind::rate && (hint.count > 0 || hint.wait > 0ms)) {
    text += " " + count + "/" + length;
  } else if (!count.empty() || !length.empty()) {
    text += " " + count + length;
  }
  if (hint.confidence < kUnsure) text += "?";
  return text;
}

std::string in_words(std::vector<Hint> hints) {
  std::stable_sort(hints.begin(), hints.end(),
                   [](const Hint& a, const Hint& b) { return a.kind < b.kind; });
  std::string text;
  for (const Hint& hint : hints) text += (text.empty() ? "" : ", ") + in_words(hint);
  return text;
}

class Replies : public testing::TestWithParam<Family> {};

TEST_P(Replies, SayThis) {
  for (const Saying& saying : GetParam().sayings) {
    const std::vector<Hint> hints = hints_in(reply_of(saying.reply), kNow);

    EXPECT_EQ(in_words(hints), saying.says) << saying.reply;
  }
}

std::string rule_of(const testing::TestParamInfo<Family>& family) {
  return std::string{family.param.rule};
}

INSTANTIATE_TEST_SUITE_P(OfServers, Replies, testing::ValuesIn(servers()), rule_of);
INSTANTIATE_TEST_SUITE_P(OfProviders, Replies, testing::ValuesIn(providers()), rule_of);
INSTANTIATE_TEST_SUITE_P(InManyWays, Replies, testing::ValuesIn(phrases()), rule_of);
INSTANTIATE_TEST_SUITE_P(InOtherLanguages, Replies, testing::ValuesIn(languages()), rule_of);
INSTANTIATE_TEST_SUITE_P(ThatSayNothing, Replies, testing::ValuesIn(silences()), rule_of);

TEST(Hints, AreSurerOfATimeWithAZone) {
  const auto with = stated_wait(hints_in(reply_of("450 come back at 14:30 UTC"), kNow));
  const auto without = stated_wait(hints_in(reply_of("450 come back at 14:30"), kNow));

  ASSERT_TRUE(with && without);
  EXPECT_EQ(with->wait, without->wait);
  EXPECT_GT(with->confidence, without->confidence);
}

TEST(Hints, TakeTheLongestOfTwoWaits) {
  const auto hints = hints_in(reply_of("450 retry in 5 minutes, retry in 10 minutes"), kNow);

  EXPECT_EQ(in_words(hints), "wait recipient 10m");
}

TEST(Hints, OfARefusalForGoodAreLessSure) {
  const auto deferred = hints_in(reply_of("450 max 100 messages per hour"), kNow);
  const auto refused = hints_in(reply_of("550 max 100 messages per hour"), kNow);

  ASSERT_EQ(deferred.size(), 1U);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_LT(refused.front().confidence, deferred.front().confidence);
}

TEST(Hints, OfWordsThatMayMeanSomethingElseAreUnsure) {
  EXPECT_LT(hints_in(reply_of("451 4.7.1 Try again later"), kNow).front().confidence, 0.5);
  EXPECT_GT(hints_in(reply_of("451 4.7.1 Greylisted"), kNow).front().confidence, 0.9);
}

TEST(StatedWait, IsTheSurestOfThoseWithALength) {
  const Hint grey{HintKind::wait, HintScope::pair, 0ms, 0, 0.95};
  const Hint rate{HintKind::rate, HintScope::address, 1h, 100, 0.9};
  const Hint wait{HintKind::wait, HintScope::address, 5min, 0, 0.8};

  EXPECT_EQ(stated_wait({grey, rate, wait}), wait);
  EXPECT_EQ(stated_wait({grey, rate}), std::nullopt);
  EXPECT_EQ(stated_wait({}), std::nullopt);
}

}  // namespace
}  // namespace tenax::scheduler

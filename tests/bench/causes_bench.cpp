// SPDX-License-Identifier: Apache-2.0
// How many replies a second are understood, in one process, and what it costs to read rules: each
// start with an operator's own pays that.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "bounce/cause_rules.h"
#include "engine/refusal_reading.h"

namespace {

using namespace tenax;
using Clock = std::chrono::steady_clock;

/// As servers write: short ones, a long one with a link, several lines, two other languages.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> some = {
      "550 5.1.1 <somebody@example.net>: Recipient address rejected: no such user in our table",
      "450 4.7.1 <somebody@example.net>: Recipient address rejected: greylisted, back in 300 "
      "seconds",
      "421 4.7.0 mx1.example.net: too many messages from 192.0.2.25, at most 100 per hour",
      "554 5.7.1 Service unavailable; client host [192.0.2.25] is on a list, see "
      "https://lists.example/query/ip/192.0.2.25 for the reason and how to get it removed",
      "550-5.7.26 The domain example.org asks that mail without a passing SPF or DKIM\n"
      "550-5.7.26 check is refused. Its owner knows more. For more information, go to\n"
      "550 5.7.26 https://help.example/authentication - 42si1234567abc.9",
      "552 5.2.2 Das Postfach des Empf\xc3\xa4ngers ist voll",
      "550 \xe7\x94\xa8\xe6\x88\xb7\xe4\xb8\x8d\xe5\xad\x98\xe5\x9c\xa8",
      "451 4.3.0 Temporary system problem. Try again later.",
      "550 Requested action not taken",
      "connect to mx1.example.net[192.0.2.9]:25: Connection timed out",
  };
  return some;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double milliseconds_to_read_the_rules() {
  constexpr int kTimes = 50;
  std::vector<double> took;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = Clock::now();
    const bounce::RuleText text = bounce::built_in_rule_text();
    const auto rules = bounce::CauseRules::parse({&text, 1});
    if (!rules) std::abort();
    took.push_back(seconds_since(start) * 1000);
  }
  std::ranges::sort(took);
  return took[kTimes / 2];
}

template <class Read>
double per_second(Read read) {
  constexpr std::size_t kRounds = 20'000;
  std::size_t known = 0;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < kRounds; ++i) {
    for (const std::string& text : texts()) known += read(text) ? 1 : 0;
  }
  const double took = seconds_since(start);
  if (known == 0) std::abort();
  return static_cast<double>(kRounds * texts().size()) / took;
}

}  // namespace

int main() {
  const mail::WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  std::printf("rules read in                        %8.2f ms\n", milliseconds_to_read_the_rules());
  std::printf("causes found                         %8.0f texts/s\n",
              per_second([](const std::string& text) {
                return judge(bounce::refusal_in(text)).cause != bounce::Cause::other;
              }));
  std::printf("causes, waits and rates found        %8.0f texts/s (at least 50,000 is wanted)\n",
              per_second([&](const std::string& text) {
                return engine::read_refusal(text, noon).judgement.cause != bounce::Cause::other;
              }));
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Mail hosts that answer and take nobody, while others of their site do.

#include <gtest/gtest.h>

#include <string>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

struct HostsTest : ::testing::Test {
  /// One attempt; only `taking` takes anybody. True: taken.
  bool attempt(mail::DeliveryRequest& request) {
    memory.goes(request, now);
    asked = request.first_host.empty() ? kHosts.front() : request.first_host;
    ++attempts;
    const bool taken = asked == taking;
    mail::DeliveryReport told = report(request, taken ? delivery() : refusal(kLater, 450), now);
    told.mail_hosts = kHosts;
    told.tries.resize(1);
    told.tries[0].host.name = asked;
    told.tries[0].stage = taken ? mail::Stage::dot : mail::Stage::rcpt;
    const auto advice = memory.learn(request, told, 0, now);
    if (taken) return true;
    mail::DueRecipient& recipient = request.recipients.front();
    ++recipient.attempts;
    recipient.knocks = advice.at(0).knocks;
    recipient.due = advice.at(0).next_attempt.value();
    return false;
  }
  /// Until it is taken; how long that took.
  mail::Duration deliver(std::int64_t id) {
    mail::DeliveryRequest request = letter(id);
    const mail::WallTime start = request.accepted = now;
    while (!attempt(request) && now < start + 100h) now = request.recipients.front().due;
    return now - start;
  }

  const std::vector<std::string> kHosts = {"mx1.example", "mx2.example", "mx3.example"};
  Memory memory{MemoryPolicy{}};
  mail::WallTime now = kNoon;
  std::string taking = "mx3.example";
  std::string asked;
  int attempts = 0;
};

TEST_F(HostsTest, WhereTheFirstHostTakesNobodyTheOthersAreAsked) {
  EXPECT_LT(deliver(1), 3h);
  EXPECT_EQ(asked, "mx3.example");
}

TEST_F(HostsTest, OnceOneIsFoundThatTakesItIsAskedFirst) {
  deliver(1);
  now += 1min;
  attempts = 0;
  EXPECT_EQ(deliver(2), mail::Duration{0});
  EXPECT_EQ(attempts, 1);
}

TEST_F(HostsTest, TheFirstHostIsLookedAtAgainAndAskedFirstOnceItTakes) {
  deliver(1);
  taking = "mx1.example";
  now += 1h;
  deliver(2);
  EXPECT_EQ(asked, "mx1.example");
  now += 1min;
  deliver(3);
  EXPECT_EQ(asked, "mx1.example");
}

TEST_F(HostsTest, WhoTakesOthersIsNoHostThatTakesNobody) {
  taking = "mx1.example";
  deliver(1);
  taking = "";
  mail::DeliveryRequest hopeless = letter(2);
  for (int i = 0; i < 12; ++i) {
    attempt(hopeless);
    EXPECT_EQ(asked, "mx1.example");
    taking = "mx1.example";
    now += 1min;
    deliver(100 + i);
    taking = "";
    now = hopeless.recipients.front().due;
  }
}

}  // namespace
}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
// What one refusal means.

#include "scheduler/reading.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

Meaning meaning_of(const std::string& line) { return read(refusal(line, 450), kNoon).meaning; }

TEST(Reading, AQuotaOfSendingIsARate) {
  for (const char* const line :
       {"4.7.1 <user@example.net>: Recipient address rejected: Policy rejection: Quota exceeded",
        "Policy Rejection- Quota Exceeded.", "4.7.1 Quota exceeded; resets in 1500 seconds"}) {
    EXPECT_EQ(meaning_of(line), Meaning::rate) << line;
  }
}

TEST(Reading, AQuotaOfAMailboxIsAFullOne) {
  for (const char* const line :
       {"4.2.0 <policy@example.net>: user is over quota", "Quota exceeded",
        "4.2.0 quota of mailbox exceeded, try later", "Das Postfach ist voll",
        "Boite du destinataire pleine", "Mailbox full, try sending again later",
        "User over quota, sending was put off"}) {
    EXPECT_EQ(meaning_of(line), Meaning::mailbox_full) << line;
  }
}

}  // namespace
}  // namespace tenax::scheduler

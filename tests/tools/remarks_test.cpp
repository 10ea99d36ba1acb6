// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/rows.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Two recipients, of whom bob is on the list: two failures, as many as it takes.
struct Remarks : ::testing::Test {
  Remarks() {
    live_in_central_europe();
    message.recipients = {waiting_row(1, "Bob@example.net"), waiting_row(2, "joe@example.net")};
    queue::Suppression bob;
    bob.address = "bob@example.net";
    bob.failures = 2;
    bob.first = kNow - 48h;
    bob.last = kNow - 24h;
    bob.cause = "no-such-user";
    bob.text = "550 5.1.1 no such user";
    message.listed = {bob};
  }
  std::vector<Remark> found() { return remarks_of(message, policy, kNow); }
  std::string said() { return lines(found(), kNow); }
  void has_failed(queue::RecipientRow& row) {
    row.state = mail::RecipientState::failed;
    row.ended = kNow - 5min;
  }

  queue::MessageDetails message;
  queue::SuppressionPolicy policy{.after = 2, .enforce = true};
};

TEST_F(Remarks, ASuppressedRecipientIsCalledOneWithTheLastFailure) {
  EXPECT_EQ(
      said(),
      "\nBob@example.net: on the suppression list (2 failures, the last on 2025-11-23 17:00:00 "
      "+0100: no-such-user, 550 5.1.1 no such user): refused at its next attempt without "
      "asking a server, and its sender is told; tenax suppression remove 'Bob@example.net' "
      "takes it off\n");
}

TEST_F(Remarks, WhatTheOperatorPutThereSaysSo) {
  message.listed[0].added = kNow - 1h;
  message.listed[0].note = "asked us to";
  EXPECT_THAT(said(), HasSubstr("(put there by the operator on 2025-11-24 16:00:00 +0100: asked"));
}

TEST_F(Remarks, NobodyIsCalledSuppressedWhoIsTried) {
  policy.after = 3;
  EXPECT_THAT(found(), IsEmpty());
  policy = {.after = 2, .enforce = false};
  EXPECT_THAT(found(), IsEmpty());
  policy.enforce = true;
  message.origin = mail::Origin::notice;
  EXPECT_THAT(found(), IsEmpty()) << "our own notices are tried";
  message.origin = mail::Origin::submitted;
  has_failed(message.recipients[0]);
  EXPECT_THAT(found(), IsEmpty()) << "it is over";
}

TEST_F(Remarks, WhatIsOwedIsToldWithItsDate) {
  has_failed(message.recipients[0]);
  has_failed(message.recipients[1]);
  message.owed = {{message.recipients[0].id, false, kNow + 30min},
                  {message.recipients[1].id, false, kNow + 30min}};
  ASSERT_THAT(found(), SizeIs(1));
  EXPECT_EQ(said(),
            "\nBob@example.net, joe@example.net: failed, and not told yet: its sender has had many "
            "notices, and is told in a digest, 2025-11-24 17:30:00 +0100, in 30m\n");
  const nlohmann::ordered_json json = remarks_as_json(found(), kNow);
  EXPECT_EQ(json.at(0).at("about"), "owed");
  EXPECT_EQ(json.at(0).at("recipients").size(), 2u);
  EXPECT_EQ(json.at(0).at("when"), mail::to_rfc3339(kNow + 30min));
}

TEST_F(Remarks, ADelayThatIsOwedIsToldIfItLasts) {
  message.owed = {{.recipient = message.recipients[1].id, .of_delay = true, .due = kNow + 30min}};
  policy.enforce = false;
  EXPECT_EQ(
      said(),
      "\njoe@example.net: late, and not told yet: its sender has had many notices, and is told "
      "in a digest, 2025-11-24 17:30:00 +0100, in 30m, if it is late then\n");
  has_failed(message.recipients[1]);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Remarks, WhatIsOwedAndCannotBeReadIsNotPassedOver) {
  has_failed(message.recipients[0]);
  message.owed = {{message.recipients[0].id, false, std::nullopt}};
  EXPECT_THAT(said(), HasSubstr("cannot be read (tenax check)"));
  EXPECT_TRUE(remarks_as_json(found(), kNow).at(0).at("when").is_null());
}

TEST_F(Remarks, NoWordsOfOthersMoveTheTerminal) {
  message.listed[0].text = kHostile;
  EXPECT_THAT(said(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace tenax::cli

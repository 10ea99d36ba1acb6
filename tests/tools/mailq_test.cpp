// SPDX-License-Identifier: Apache-2.0
// The listing scripts have read since sendmail.

#include <gtest/gtest.h>

#include "tests/tools/rows.h"
#include "tools/tenax/as_json.h"
#include "tools/tenax/present.h"

namespace tenax::cli {
namespace {

class Mailq : public ::testing::Test {
 protected:
  Mailq() { live_in_central_europe(); }
  Listing listing_{.rows = {}, .cut = false, .now = kNow};
};

TEST_F(Mailq, SaysThatTheQueueIsEmptyInTheWordsScriptsLookFor) {
  EXPECT_EQ(present_as_mailq(listing_, 0), "Mail queue is empty\n");
  EXPECT_EQ(present_as_mailq(listing_, std::nullopt), "Mail queue is empty\n");
}

TEST_F(Mailq, DoesNotCallAQueueEmptyWhoseMailLiesInTheDropFolder) {
  EXPECT_EQ(present_as_mailq(listing_, 2),
            "(2 messages wait in the drop folder for tenaxd)\n"
            "-- 0 Kbytes in 2 Requests.\n");
}

TEST_F(Mailq, GroupsRecipientsByMessageAndReason) {
  listing_.rows = {waiting_row(1, "bob@example.net"), waiting_row(1, "carl@example.net"),
                   waiting_row(2, "dora@example.com")};
  listing_.rows[2].last.reset();
  listing_.rows[2].state = mail::RecipientState::held;
  listing_.rows[2].sender.reset();
  listing_.rows[2].size = 999;
  EXPECT_EQ(present_as_mailq(listing_, 0),
            R"(-Queue ID-       --Size-- ----Arrival Time---- -Sender/Recipient-------
0000000000001        1234 Mon Nov 24 13:48:00  ann@example.org
(450 4.7.1 try again later)
                                               bob@example.net
                                               carl@example.net

0000000000002!        999 Mon Nov 24 13:48:00  MAILER-DAEMON
                                               dora@example.com

-- 3 Kbytes in 2 Requests.
)");
}

TEST_F(Mailq, CountsWhatLiesInTheDropFolder) {
  listing_.rows = {waiting_row(1, "bob@example.net")};
  EXPECT_TRUE(present_as_mailq(listing_, 2).ends_with("\n-- 2 Kbytes in 3 Requests.\n"));
}

TEST_F(Mailq, SaysWhatCannotBeRead) {
  listing_.rows = {waiting_row(1, "unreadable@damaged.invalid")};
  listing_.rows[0].damage = "recipient 1: column 3 is no address";
  EXPECT_NE(
      present_as_mailq(listing_, 0).find("\n(damaged: recipient 1: column 3 is no address)\n"),
      std::string::npos);
  EXPECT_NE(present(listing_, 0).find("  damaged: recipient 1: column 3"), std::string::npos);
  EXPECT_NE(as_json(listing_).find("\"damaged\": \"recipient 1: col"), std::string::npos);
}

TEST_F(Mailq, MarksWhatIsInDelivery) {
  listing_.rows = {waiting_row(1, "bob@example.net")};
  listing_.rows[0].state = mail::RecipientState::leased;
  const std::string text = present_as_mailq(listing_, 0);
  EXPECT_NE(text.find("0000000000001*"), std::string::npos);
  EXPECT_NE(text.find("-- 2 Kbytes in 1 Request.\n"), std::string::npos);
}

}  // namespace
}  // namespace tenax::cli

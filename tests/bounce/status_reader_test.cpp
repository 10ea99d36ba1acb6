// SPDX-License-Identifier: Apache-2.0
// Which lines of a delivery status are fields.
#include "bounce/status_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tenax::bounce {
namespace {

/// "ADDRESS ACTION STATUS DIAGNOSTIC", one recipient a line.
std::string lines_of(std::string_view text) {
  std::string lines;
  for (const RecipientFields& one : status_fields_in(text).recipients) {
    lines.append(one.final_address).append(" ").append(one.action).append(" ");
    lines.append(one.status).append(" ").append(one.diagnostic).append("\n");
  }
  return lines;
}

TEST(StatusFieldsIn, AServersFoldedWordsAreNoFields) {
  EXPECT_EQ(lines_of("Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
                     "Diagnostic-Code: smtp; 550 5.1.1 no such user; please take this\n"
                     " Action: delivered\n Final-Recipient: rfc822; eve@example.com\n"),
            "bob@example.net failed 5.1.1 550 5.1.1 no such user; please take this "
            "Action: delivered Final-Recipient: rfc822; eve@example.com\n");
}

TEST(StatusFieldsIn, NorAreThoseOfAFieldThatNobodyKnows) {
  EXPECT_EQ(lines_of("Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
                     "X-Reply: 550 no such user\n\tAction: delivered\n Status: 2.0.0\n"),
            "bob@example.net failed 5.1.1 \n");
}

TEST(StatusFieldsIn, FieldsThatAreAllIndentedAreFields) {
  EXPECT_EQ(lines_of("The report:\n\n  Final-Recipient: rfc822; bob@example.net\n"
                     "  Action: failed\n  Status: 5.1.1\n  Diagnostic-Code: smtp; 550 no\n"
                     "    such user\n"),
            "bob@example.net failed 5.1.1 550 no such user\n");
}

TEST(StatusFieldsIn, ALineThatAnnouncesThemIsNoneOfThem) {
  EXPECT_EQ(lines_of("Details:\n  Final-Recipient: rfc822; bob@example.net\n  Action: failed\n"
                     "  Status: 5.1.1\n"),
            "bob@example.net failed 5.1.1 \n");
}

TEST(StatusFieldsIn, AnOriginalAddressInXtextIsTheFinalOne) {
  const StatusFields fields = status_fields_in(
      "Original-Recipient: rfc822; bob+2Blist@example.net\n"
      "Final-Recipient: rfc822; bob+list@example.net\nAction: failed\nStatus: 5.1.1\n");
  ASSERT_EQ(fields.recipients.size(), 1U);
  EXPECT_EQ(fields.recipients[0].original_address, "bob+list@example.net");
}

TEST(StatusFieldsIn, AnAddressThatOnlyLooksLikeXtextIsLeftAsItIs) {
  const StatusFields fields = status_fields_in(
      "Original-Recipient: rfc822; bob+2Blist@example.net\n"
      "Final-Recipient: rfc822; eve@example.com\nAction: failed\nStatus: 5.1.1\n");
  ASSERT_EQ(fields.recipients.size(), 1U);
  EXPECT_EQ(fields.recipients[0].original_address, "bob+2Blist@example.net");
}

}  // namespace
}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/words.h"

#include <gtest/gtest.h>

#include "tests/tools/rows.h"
#include "tools/tenax/present.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;

TEST(Words, MomentsAreLocalWithTheirOffset) {
  live_in_central_europe();
  EXPECT_EQ(moment(kNow), "2025-11-24 17:00:00 +0100");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(moment(kNow), "2025-11-24 16:00:00 +0000");
}

TEST(Words, TimesAreToldFromNow) {
  EXPECT_EQ(relative(kNow, kNow), "now");
  EXPECT_EQ(relative(kNow + 14min, kNow), "in 14m");
  EXPECT_EQ(relative(kNow - 2h, kNow), "2h ago");
  EXPECT_EQ(age(kNow - 90min, kNow), "1h30m");
  EXPECT_EQ(age(kNow + 1h, kNow), "0s") << "a clock that stepped back makes nobody younger";
}

TEST(Words, OctetsAreRoundedForPeople) {
  EXPECT_EQ(octets(0), "0 B");
  EXPECT_EQ(octets(1023), "1023 B");
  EXPECT_EQ(octets(1536), "1.5 KiB");
  EXPECT_EQ(octets(100 * 1024 * 1024), "100 MiB");
}

TEST(Words, NounsFollowTheirNumber) {
  EXPECT_EQ(counted(0, "message"), "0 messages");
  EXPECT_EQ(counted(1, "message"), "1 message");
  EXPECT_EQ(counted(2, "delivery"), "2 deliveries");
}

TEST(Words, CuttingCountsCharactersAndNeverSplitsOne) {
  EXPECT_EQ(places("\xC3\xBC\xE2\x82\xAC"
                   "a"),
            3U);
  EXPECT_EQ(fitted("abcdef", 0), "abcdef");
  EXPECT_EQ(fitted("abcdef", 6), "abcdef");
  EXPECT_EQ(fitted("abcdef", 5), "ab...");
  EXPECT_EQ(fitted("\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 4), "\xC3\xBC...");
  EXPECT_EQ(fitted("abcdef", 2), "ab");
}

TEST(Words, TablesAlignTheirColumns) {
  Table table{{{"NAME"}, {"N", true}, {"LAST"}}};
  table.row({"\xC3\xBC", "5", "x"});
  table.row({"longer", "12345", ""});
  table.remark("and so on");
  EXPECT_EQ(table.text(0),
            "NAME        N  LAST\n"
            "\xC3\xBC           5  x\n"
            "longer  12345\n"
            "    and so on\n");
}

TEST(Contents, TheBodyBeginsBehindTheEmptyLine) {
  EXPECT_EQ(body_offset("A: b\r\n\r\nbody\r\n"), 8U);
  EXPECT_EQ(body_offset("\r\nbody\r\n"), 2U);
  EXPECT_EQ(body_offset("A: b\r\n"), 6U);
  EXPECT_EQ(body_offset(""), 0U);
}

TEST(Contents, LinesArePrintedWithoutTheirCarriageReturns) {
  EXPECT_EQ(printable_lines("A: b\r\n\tc\r\n\r\nx"), "A: b\n\tc\n\nx\n");
  EXPECT_EQ(printable_lines(""), "");
  EXPECT_TRUE(tame(printable_lines("a\rb\x1b[2J\r\n")));
}

}  // namespace
}  // namespace tenax::cli

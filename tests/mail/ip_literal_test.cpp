// SPDX-License-Identifier: Apache-2.0
#include "mail/ip_literal.h"

#include <gtest/gtest.h>

#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

constexpr TextCase kV4[] = {
    {"FourNumbersAreAnAddress", "192.0.2.1", "192.0.2.1"},
    {"TheLeastIsAnAddress", "0.0.0.0", "0.0.0.0"},
    {"TheGreatestIsAnAddress", "255.255.255.255", "255.255.255.255"},
    {"NothingIsNone", "", "!"},
    {"ThreeAreNone", "192.0.2", "!"},
    {"FiveAreNone", "192.0.2.1.1", "!"},
    {"AnEmptyPlaceIsNone", "192..2.1", "!"},
    {"AFinalDotIsNone", "192.0.2.1.", "!"},
    {"TooMuchIsNone", "192.0.2.256", "!"},
    {"FarTooMuchIsNone", "192.0.2.99999999999999999999", "!"},
    {"ALeadingZeroIsNone", "192.0.2.010", "!"},
    {"HexIsNone", "0xc0.0.2.1", "!"},
    {"ASignIsNone", "+1.0.2.1", "!"},
    {"AMinusIsNone", "-1.0.2.1", "!"},
    {"ABlankIsNone", " 192.0.2.1", "!"},
    {"OneNumberIsNone", "3221225985", "!"},
};

constexpr TextCase kV6[] = {
    {"EightGroupsAreAnAddress", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"LettersAreWrittenSmall", "2001:DB8::AbCd", "2001:db8::abcd"},
    {"LeadingZerosGo", "2001:0db8:0:0:0:0:0:0001", "2001:db8::1"},
    {"AllZerosAreTwoColons", "0:0:0:0:0:0:0:0", "::"},
    {"TwoColonsAreAllZeros", "::", "::"},
    {"TheLoopbackIsAnAddress", "::1", "::1"},
    {"AGapMayEndIt", "2001:db8::", "2001:db8::"},
    {"TheLongestRunIsShortened", "1:0:0:2:0:0:0:3", "1:0:0:2::3"},
    {"AmongEqualsTheFirstIs", "1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},
    {"ASingleZeroIsNotShortened", "1:2:3:0:5:6:7:8", "1:2:3:0:5:6:7:8"},
    {"AGapForOneGroupIsUndone", "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8"},
    {"IPv4MayEndIt", "::ffff:192.0.2.1", "::ffff:c000:201"},
    {"IPv4MayEndEight", "1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
    {"IPv4MayFollowTheGap", "::192.0.2.1", "::c000:201"},
    {"NothingIsNone", "", "!"},
    {"AColonIsNone", ":", "!"},
    {"ThreeColonsAreNone", ":::", "!"},
    {"TwoGapsAreNone", "1::2::3", "!"},
    {"SevenGroupsAreNone", "1:2:3:4:5:6:7", "!"},
    {"NineGroupsAreNone", "1:2:3:4:5:6:7:8:9", "!"},
    {"AGapForNothingIsNone", "1:2:3:4:5:6:7::8", "!"},
    {"ALeadingColonIsNone", ":1:2:3:4:5:6:7", "!"},
    {"ATrailingColonIsNone", "1:2:3:4:5:6:7:", "!"},
    {"FiveDigitsAreNone", "::00001", "!"},
    {"AnOddLetterIsNone", "::g", "!"},
    {"IPv4InFrontIsNone", "192.0.2.1::", "!"},
    {"IPv4AloneIsNone", "192.0.2.1", "!"},
    {"IPv4AfterSevenIsNone", "1:2:3:4:5:6:7:192.0.2.1", "!"},
    {"AZoneIsNone", "fe80::1%eth0", "!"},
    {"APrefixIsNone", "2001:db8::/32", "!"},
    {"ABlankIsNone", "::1 ", "!"},
};

class V4 : public testing::TestWithParam<TextCase> {};
class V6 : public testing::TestWithParam<TextCase> {};

TEST_P(V4, IsReadSo) {
  EXPECT_EQ(canonical_ipv4(GetParam().given).value_or("!"), GetParam().expected);
}

TEST_P(V6, IsReadSo) {
  const auto address = canonical_ipv6(GetParam().given);

  EXPECT_EQ(address.value_or("!"), GetParam().expected);
  if (address) {
    EXPECT_EQ(canonical_ipv6(*address), address);
  }
}

INSTANTIATE_TEST_SUITE_P(IpLiteral, V4, testing::ValuesIn(kV4), rule_of);
INSTANTIATE_TEST_SUITE_P(IpLiteral, V6, testing::ValuesIn(kV6), rule_of);

TEST(IpLiteral, AManyGroupedOneIsRefusedEarly) {
  std::string colons;
  for (int i = 0; i < 100'000; ++i) colons += "1:";

  EXPECT_FALSE(canonical_ipv6(colons + "1"));
}

}  // namespace
}  // namespace tenax::mail

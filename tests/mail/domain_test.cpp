// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.h"

#include <gtest/gtest.h>

#include <string>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::string_view_literals;

constexpr TextCase kDomains[] = {
    {"ANameIsADomain", "mail.example.org", "mail.example.org"},
    {"OneLabelIsADomain", "localhost", "localhost"},
    {"ItsSpellingIsKept", "Example.ORG", "Example.ORG"},
    {"ATrailingDotIsDropped", "example.org.", "example.org"},
    {"DigitsMayLead", "1and1.example", "1and1.example"},
    {"AHyphenMayStandInside", "a-b--c.example", "a-b--c.example"},
    {"AnUnderscoreIsTolerated", "_dmarc.my_host.example", "_dmarc.my_host.example"},
    {"AnALabelIsALabel", "xn--mller-kva.example", "xn--mller-kva.example"},
    {"AULabelIsALabel", "müller.example", "müller.example"},
    {"AnotherScriptIsALabel", "почта.рф", "почта.рф"},
    {"AnIPv4LiteralIsADomain", "[192.0.2.1]", "[192.0.2.1]"},
    {"AnIPv6LiteralIsADomain", "[IPv6:2001:DB8::1]", "[IPv6:2001:DB8::1]"},

    {"NothingIsNone", "", "!"},
    {"ADotIsNone", ".", "!"},
    {"ALeadingDotIsNone", ".example.org", "!"},
    {"TwoDotsAreNone", "a..b", "!"},
    {"TwoFinalDotsAreNone", "a.b..", "!"},
    {"AHyphenInFrontIsNone", "a.-b", "!"},
    {"AHyphenBehindIsNone", "a-.b", "!"},
    {"ABlankIsNone", "a b", "!"},
    {"AnAtIsNone", "a@b", "!"},
    {"AColonIsNone", "a:25", "!"},
    {"ASlashIsNone", "a/b", "!"},
    {"AnAsteriskIsNone", "*.example.org", "!"},
    {"ANewlineIsNone", "a\nb", "!"},
    {"ANulIsNone", "a\0b"sv, "!"},
    {"AHighByteIsNone", "m\xfcller", "!"},
    {"AnIdeographicFullStopIsNone", "a。b", "!"},
    {"AFullwidthFullStopIsNone", "a．b", "!"},
    {"ANoBreakSpaceIsNone", "a\u00a0b", "!"},
    {"AZeroWidthSpaceIsNone", "a\u200bb", "!"},
    {"AnOverrideIsNone", "a\u202eb", "!"},
    {"AnEmptyLiteralIsNone", "[]", "!"},
    {"AnOpenLiteralIsNone", "[192.0.2.1", "!"},
    {"ABracketIsNone", "[", "!"},
    {"IPv6WithoutItsTagIsNone", "[2001:db8::1]", "!"},
    {"IPv4UnderTheIPv6TagIsNone", "[IPv6:192.0.2.1]", "!"},
    {"ANameInBracketsIsNone", "[example.org]", "!"},
    {"AZoneIsNone", "[IPv6:fe80::1%eth0]", "!"},
    {"ALiteralWithSomethingBehindIsNone", "[192.0.2.1].x", "!"},
};

class DomainText : public testing::TestWithParam<TextCase> {};

TEST_P(DomainText, IsReadSo) {
  const auto domain = Domain::parse(GetParam().given);

  EXPECT_EQ(text_or_refused(domain), GetParam().expected);
  if (domain) {
    EXPECT_EQ(Domain::parse(domain->text()).value(), *domain);
  } else {
    EXPECT_EQ(printable(domain.error().why), domain.error().why);
  }
}

INSTANTIATE_TEST_SUITE_P(Domain, DomainText, testing::ValuesIn(kDomains), rule_of);

TEST(Domain, ALabelHasAtMost63Characters) {
  const std::string label(63, 'a');
  std::string umlauts;
  for (int i = 0; i < 63; ++i) umlauts += "ü";

  EXPECT_TRUE(Domain::parse(label + ".org"));
  EXPECT_FALSE(Domain::parse(label + "a.org"));
  EXPECT_TRUE(Domain::parse(umlauts + ".org"));
  EXPECT_FALSE(Domain::parse(umlauts + "ü.org"));
}

TEST(Domain, ADomainHasAtMost255Octets) {
  std::string name;
  for (int i = 0; i < 127; ++i) name += "a.";
  name += "a";
  ASSERT_EQ(name.size(), 255U);

  EXPECT_TRUE(Domain::parse(name));
  EXPECT_TRUE(Domain::parse(name + "."));
  EXPECT_FALSE(Domain::parse("a" + name));
}

TEST(Domain, ItIsComparedWithoutRegardToAsciiCase) {
  EXPECT_EQ(Domain::parse("Example.ORG").value(), Domain::parse("example.org").value());
  EXPECT_NE(Domain::parse("Ü.org").value(), Domain::parse("ü.org").value());
  EXPECT_EQ(Domain::parse("MÜller.ORG").value().lower(), "mÜller.org");
}

TEST(Domain, ALiteralGivesItsAddressInOneSpelling) {
  EXPECT_EQ(Domain::parse("[192.0.2.1]").value().literal_address(), "192.0.2.1");
  EXPECT_EQ(Domain::parse("[IPv6:2001:DB8:0:0::1]").value().literal_address(), "2001:db8::1");
  EXPECT_TRUE(Domain::parse("[192.0.2.1]").value().is_literal());
  EXPECT_FALSE(Domain::parse("192.0.2.1").value().is_literal());
  EXPECT_EQ(Domain::parse("example.org").value().literal_address(), "");
}

TEST(Domain, AsciiMeansNoULabel) {
  EXPECT_TRUE(Domain::parse("xn--mller-kva.example").value().is_ascii());
  EXPECT_FALSE(Domain::parse("müller.example").value().is_ascii());
}

}  // namespace
}  // namespace tenax::mail

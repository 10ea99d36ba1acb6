// SPDX-License-Identifier: Apache-2.0
#include "mail/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

constexpr TextCase kAddresses[] = {
    // addr-spec
    {"APlainOneIsTaken", "ann@example.org", "ann@example.org"},
    {"ItMayStandInBrackets", "<ann@example.org>", "ann@example.org"},
    {"TheLocalPartKeepsItsCase", "Ann.B@example.org", "Ann.B@example.org"},
    {"TheDomainKeepsItsSpelling", "ann@Example.ORG", "ann@Example.ORG"},
    {"AFinalDotOfTheDomainIsDropped", "ann@example.org.", "ann@example.org"},
    {"EveryAtextStandsUnquoted", "!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~@x"},
    {"AtomsAreJoinedByDots", "a.b.c@x", "a.b.c@x"},
    {"ATagIsPartOfIt", "ann+tag@x", "ann+tag@x"},
    {"AnOptionLikeOneIsStillAnAddress", "-f@x", "-f@x"},
    {"DigitsAloneWillDo", "1@2", "1@2"},
    // quoted local parts
    {"NeedlessQuotesAreDropped", R"("ann"@x)", "ann@x"},
    {"NeededQuotesComeBack", R"("ann b"@x)", R"("ann b"@x)"},
    {"TwoDotsNeedQuotes", R"("a..b"@x)", R"("a..b"@x)"},
    {"TwoDotsAreReadAsIfQuoted", "a..b@x", R"("a..b"@x)"},
    {"ATrailingDotIsReadAsIfQuoted", "<a.@x>", R"("a."@x)"},
    {"AnOuterDotNeedsQuotes", R"("a."@x)", R"("a."@x)"},
    {"AnAtMayBeQuoted", R"("a@b"@x)", R"("a@b"@x)"},
    {"AngleBracketsMayBeQuoted", R"("a>b<c"@x)", R"("a>b<c"@x)"},
    {"AQuotedPairIsOneCharacter", R"("a\"b\\c"@x)", R"("a\"b\\c"@x)"},
    {"ANeedlessQuotedPairIsUndone", R"("\a\b"@x)", "ab@x"},
    {"AnEmptyQuotedStringIsALocalPart", R"(""@x)", R"(""@x)"},
    {"QuotesMayHoldACommaAndAColon", R"("a,b:c"@x)", R"("a,b:c"@x)"},
    // address literals
    {"AnIPv4LiteralIsADomain", "a@[192.0.2.1]", "a@[192.0.2.1]"},
    {"AnIPv6LiteralIsADomain", "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
    {"ItsTagIsReadInAnyCase", "a@[ipv6:::1]", "a@[ipv6:::1]"},
    {"AnIPv6LiteralMayEndInIPv4", "a@[IPv6:::ffff:192.0.2.1]", "a@[IPv6:::ffff:192.0.2.1]"},
    // source routes (RFC 5321 appendix C)
    {"ARouteIsDropped", "<@a,@b:ann@x>", "ann@x"},
    {"ARouteOfOneIsDropped", "<@a.example:ann@x>", "ann@x"},
    {"ARouteWithoutBracketsIsDropped", "@a:ann@x", "ann@x"},
    {"ARouteMayHoldALiteral", "<@[IPv6:::1],@[192.0.2.1]:ann@x>", "ann@x"},
    {"AColonInQuotesEndsNoRoute", R"(<@a:"b:c"@x>)", R"("b:c"@x)"},
    // RFC 6531
    {"UTF8StandsUnquoted", "jörg@x", "jörg@x"},
    {"AULabelIsALabel", "ann@müller.example", "ann@müller.example"},
    {"UTF8MayBeQuoted", "\"jörg k\"@x", "\"jörg k\"@x"},
    {"ManyScriptsWillDo", "用户@例子.广告", "用户@例子.广告"},
    // what is none
    {"NothingIsNone", "", "!"},
    {"TheNullPathIsNone", "<>", "!"},
    {"WithoutADomainItIsNone", "ann", "!"},
    {"AnEmptyDomainIsNone", "ann@", "!"},
    {"AnEmptyLocalPartIsNone", "@x", "!"},
    {"TwoAtsAreNone", "a@b@c", "!"},
    {"TwoDotsWithoutADomainAreNone", "a..b", "!"},
    {"ALeadingDotIsNone", ".a@x", "!"},
    {"DotsAloneAreNone", "..@x", "!"},
    {"ABlankIsNone", "a b@x", "!"},
    {"OuterBlanksAreNone", " a@x", "!"},
    {"ATrailingBlankIsNone", "a@x ", "!"},
    {"ACommentIsNone", "a(b)@x", "!"},
    {"AListIsNone", "a@x,b@x", "!"},
    {"ADisplayNameIsNone", "Ann <a@x>", "!"},
    {"AnOpenBracketIsNone", "<a@x", "!"},
    {"AClosingBracketIsNone", "a@x>", "!"},
    {"TwiceBracketedIsNone", "<<a@x>>", "!"},
    {"ParametersAreNotPartOfIt", "<a@x> SIZE=3", "!"},
    {"AnOpenQuoteIsNone", R"("a@x)", "!"},
    {"AQuoteEndingInABackslashIsNone", R"("a\)", "!"},
    {"SomethingBetweenQuoteAndAtIsNone", R"("a"b@x)", "!"},
    {"HalfAQuotedLocalPartIsNone", R"("a".b@x)", "!"},
    {"ABareBackslashIsNone", R"(a\b@x)", "!"},
    {"ARouteWithoutAnAddressIsNone", "<@a:>", "!"},
    {"ARouteWithoutAnEndIsNone", "<@a,@b>", "!"},
    {"ARouteWithAHoleIsNone", "<@a,,@b:c@x>", "!"},
    {"ARouteThroughNoDomainIsNone", "<@-a:b@x>", "!"},
    {"ARouteToAWordIsNone", "<@a,b:c@x>", "!"},
    {"AnOpenLiteralIsNone", "a@[192.0.2.1", "!"},
    {"AnUnknownLiteralIsNone", "a@[x400:1]", "!"},
    {"ANumberPast255IsNone", "a@[192.0.2.256]", "!"},
    // hostile bytes
    {"ANewlineIsNone", "a\n@x", "!"},
    {"ACarriageReturnIsNone", "a@x\r", "!"},
    {"ANulIsNone", "a\0b@x"sv, "!"},
    {"ANulInQuotesIsNone", "\"a\0b\"@x"sv, "!"},
    {"ANewlineInQuotesIsNone", "\"a\r\nRCPT TO:<b@x>\"@x", "!"},
    {"AQuotedNewlineIsNone", "\"a\\\n\"@x", "!"},
    {"ATabInQuotesIsNone", "\"a\tb\"@x", "!"},
    {"AnEscapeIsNone", "\x1b[31ma@x", "!"},
    {"DelIsNone", "a\x7f@x", "!"},
    {"AC1ControlIsNone", "a\xc2\x9b@x", "!"},
    {"ABareHighByteIsNone", "a\xe4@x", "!"},
    {"OverlongUTF8IsNone", "a\xc0\xafz@x", "!"},
    {"ASurrogateIsNone", "a\xed\xa0\x80@x", "!"},
    {"ACutCharacterIsNone", "a\xc3@x", "!"},
    {"AnOverrideIsNone", "a\u202e@x", "!"},
    {"ALineSeparatorIsNone", "a\u2028@x", "!"},
};

class AddressText : public testing::TestWithParam<TextCase> {};

TEST_P(AddressText, IsReadSo) {
  EXPECT_EQ(text_or_refused(Address::parse(GetParam().given)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Address, AddressText, testing::ValuesIn(kAddresses), rule_of);

class AddressThatIsRead : public testing::TestWithParam<TextCase> {};

TEST_P(AddressThatIsRead, ReadsTheSameAgainAndIsSafeToPrint) {
  const auto address = Address::parse(GetParam().given);
  if (!address) {
    EXPECT_EQ(printable(address.error().why), address.error().why);
    return;
  }

  EXPECT_EQ(Address::parse(address->text()).value(), *address);
  EXPECT_EQ(Address::parse("<" + address->text() + ">").value(), *address);
  EXPECT_EQ(printable(address->text()), address->text());
}

INSTANTIATE_TEST_SUITE_P(Address, AddressThatIsRead, testing::ValuesIn(kAddresses), rule_of);

TEST(Address, TheLocalPartIsKeptWithoutItsQuotes) {
  const Address address = Address::parse(R"("a \"b\""@x)").value();

  EXPECT_EQ(address.local_part(), R"(a "b")");
  EXPECT_EQ(address.domain().text(), "x");
}

TEST(Address, EqualityMindsTheCaseOfTheLocalPartOnly) {
  const Address ann = Address::parse("ann@example.org").value();

  EXPECT_EQ(ann, Address::parse("ann@EXAMPLE.org").value());
  EXPECT_NE(ann, Address::parse("Ann@example.org").value());
}

TEST(Address, ALocalPartHasAtMost255Octets) {
  const std::string most(255, 'a');

  EXPECT_TRUE(Address::parse(most + "@x"));
  EXPECT_FALSE(Address::parse(most + "a@x"));
  EXPECT_FALSE(Address::parse("\"" + most + "a\"@x"));
}

TEST(Address, ARouteHasAnEndSomewhere) {
  std::string route;
  for (int i = 0; i < 100'000; ++i) route += "@a,";

  EXPECT_FALSE(Address::parse("<" + route + "@b:c@x>"));
}

TEST(Address, ADefaultDomainCompletesABareWord) {
  const Domain ours = Domain::parse("ours.example").value();

  EXPECT_EQ(text_or_refused(Address::parse("ann", ours)), "ann@ours.example");
  EXPECT_EQ(text_or_refused(Address::parse("<ann>", ours)), "ann@ours.example");
  EXPECT_EQ(text_or_refused(Address::parse(R"("ann b")", ours)), R"("ann b"@ours.example)");
  EXPECT_EQ(text_or_refused(Address::parse("ann@x", ours)), "ann@x");
  EXPECT_EQ(text_or_refused(Address::parse("", ours)), "!");
  EXPECT_EQ(text_or_refused(Address::parse("<>", ours)), "!");
  EXPECT_EQ(text_or_refused(Address::parse("ann@", ours)), "!");
  EXPECT_EQ(text_or_refused(Address::parse("a..b", ours)), "!");
}

TEST(Address, AsciiMeansBothParts) {
  EXPECT_TRUE(Address::parse("ann@x").value().is_ascii());
  EXPECT_FALSE(Address::parse("jörg@x").value().is_ascii());
  EXPECT_FALSE(Address::parse("ann@ü").value().is_ascii());
}

TEST(Address, ARefusalQuotesItsTextEscapedAndShort) {
  const auto refused = Address::parse("\x1b]0;owned\x07" + std::string(10'000, 'x'));

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().why, HasSubstr("\\x1B]0;owned\\x07"));
  EXPECT_LT(refused.error().why.size(), 250U);
}

TEST(Address, OfPartsHoldsThemToTheSameLaw) {
  const Domain x = Domain::parse("x").value();

  EXPECT_EQ(text_or_refused(Address::of("a b", x)), R"("a b"@x)");
  EXPECT_FALSE(Address::of("a\r\nb", x));
  EXPECT_FALSE(Address::of(std::string(256, 'a'), x));
}

TEST(ReversePath, TheNullPathIsWrittenInTwoWays) {
  EXPECT_EQ(parse_reverse_path("").value(), ReversePath{});
  EXPECT_EQ(parse_reverse_path("<>").value(), ReversePath{});
  EXPECT_EQ(to_path(ReversePath{}), "<>");
}

TEST(ReversePath, AnAddressIsReadAndWrittenInBrackets) {
  const Domain ours = Domain::parse("ours.example").value();

  EXPECT_EQ(to_path(parse_reverse_path("ann@x").value()), "<ann@x>");
  EXPECT_EQ(to_path(parse_reverse_path("ann", ours).value()), "<ann@ours.example>");
  EXPECT_FALSE(parse_reverse_path("ann"));
  EXPECT_FALSE(parse_reverse_path("< >"));
  EXPECT_FALSE(parse_reverse_path("<"));
}

}  // namespace
}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/destination.h"

#include <gtest/gtest.h>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

constexpr TextCase kDestinations[] = {
    {"ADomainGoesByItsMx", "example.net", "example.net"},
    {"ItIsWrittenInLowerCase", "Example.NET", "example.net"},
    {"AFinalDotGoes", "example.net.", "example.net"},
    {"APortMayFollow", "example.net:2525", "example.net:2525"},
    {"Port25NeedsNoSaying", "example.net:25", "example.net"},
    {"AULabelIsAName", "müller.example:26", "müller.example:26"},
    {"BracketsNameAHost", "[relay.example.com]:587", "[relay.example.com]:587"},
    {"AHostAlwaysSaysItsPort", "[Relay.Example.com]", "[relay.example.com]:25"},
    {"AHostMayBeAnIPv4Address", "[192.0.2.1]:25", "[192.0.2.1]:25"},
    {"AHostMayBeAnIPv6Address", "[2001:db8::1]:25", "[2001:db8::1]:25"},
    {"IPv6HasOneSpelling", "[2001:DB8:0::0001]", "[2001:db8::1]:25"},
    {"TheTagOfALiteralIsUnderstood", "[IPv6:2001:db8::1]:26", "[2001:db8::1]:26"},
    {"TheGreatestPortWillDo", "x:65535", "x:65535"},

    {"NothingIsNone", "", "!"},
    {"AColonIsNone", ":25", "!"},
    {"ANameNeedsAPortBehindItsColon", "x:", "!"},
    {"PortZeroIsNone", "x:0", "!"},
    {"APortPast65535IsNone", "x:65536", "!"},
    {"AHugePortIsNone", "x:99999999999999999999", "!"},
    {"APortWithALeadingZeroIsNone", "x:025", "!"},
    {"ASignedPortIsNone", "x:+25", "!"},
    {"AServiceNameIsNone", "x:smtp", "!"},
    {"TwoPortsAreNone", "x:25:26", "!"},
    {"ABareIPv6AddressIsNone", "2001:db8::1", "!"},
    {"AnOpenBracketIsNone", "[x", "!"},
    {"EmptyBracketsAreNone", "[]:25", "!"},
    {"SomethingBehindTheBracketsIsNone", "[x]y", "!"},
    {"AUrlIsNone", "smtp://x", "!"},
    {"AnAddressIsNone", "ann@x", "!"},
    {"ABlankIsNone", "a b", "!"},
    {"ANewlineIsNone", "a\n", "!"},
    {"BracketsInBracketsAreNone", "[[192.0.2.1]]", "!"},
};

class DestinationText : public testing::TestWithParam<TextCase> {};

TEST_P(DestinationText, IsReadSo) {
  const auto destination = Destination::parse(GetParam().given);

  EXPECT_EQ(text_or_refused(destination), GetParam().expected);
  if (destination) {
    const Destination again = Destination::parse(destination->text()).value();
    EXPECT_EQ(again, *destination);
    EXPECT_EQ(again.name(), destination->name());
    EXPECT_EQ(again.port(), destination->port());
    EXPECT_EQ(again.by_mx(), destination->by_mx());
  } else {
    EXPECT_EQ(printable(destination.error().why), destination.error().why);
  }
}

INSTANTIATE_TEST_SUITE_P(Destination, DestinationText, testing::ValuesIn(kDestinations), rule_of);

TEST(Destination, ItKnowsItsParts) {
  const Destination relay = Destination::parse("[Relay.example.com]:587").value();
  const Destination domain = Destination::parse("example.net:2525").value();

  EXPECT_EQ(relay.name(), "relay.example.com");
  EXPECT_EQ(relay.port(), 587);
  EXPECT_FALSE(relay.by_mx());
  EXPECT_EQ(domain.name(), "example.net");
  EXPECT_EQ(domain.port(), 2525);
  EXPECT_TRUE(domain.by_mx());
}

TEST(Destination, OfADomainIsItsMx) {
  const Destination destination = Destination::of(Domain::parse("Example.NET").value());

  EXPECT_EQ(destination, Destination::mx("example.net"));
  EXPECT_EQ(destination.text(), "example.net");
}

TEST(Destination, OfALiteralIsThatHost) {
  EXPECT_EQ(Destination::of(Domain::parse("[192.0.2.1]").value()), Destination::host("192.0.2.1"));
  EXPECT_EQ(Destination::of(Domain::parse("[IPv6:2001:DB8:0::1]").value()),
            Destination::host("2001:db8::1"));
}

TEST(Destination, WhatIsMadeOfADomainReadsBack) {
  for (const auto* name : {"example.net", "[192.0.2.1]", "[IPv6:::1]", "192.0.2.1", "ü.example"}) {
    const Destination made = Destination::of(Domain::parse(name).value());
    EXPECT_EQ(Destination::parse(made.text()).value(), made) << name;
  }
}

TEST(Destination, HostAndMxOfOneNameDiffer) {
  EXPECT_NE(Destination::mx("example.net"), Destination::host("example.net"));
  EXPECT_NE(Destination::mx("example.net"), Destination::mx("example.net", 26));
  EXPECT_LT(Destination::mx("a"), Destination::mx("b"));
}

}  // namespace
}  // namespace tenax::mail

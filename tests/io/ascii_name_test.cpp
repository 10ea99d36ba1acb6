// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io/dns_rdata.h"
#include "io/resolver.h"

namespace tenax::io {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct NameCase {
  std::string_view rule;
  std::string_view given;
  std::string_view ascii;  // "" when it is no name
};

const std::string kLabel63(63, 'a');
const std::string kLabel64(64, 'a');
const std::string kName253 = kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + kLabel63.substr(2);

// 34 labels of two octets each become 34 of seven.
const std::string kManyUmlauts = [] {
  std::string name = "ü";
  for (int label = 1; label < 34; ++label) name += ".ü";
  return name;
}();

const NameCase kNames[] = {
    {"PlainStaysPlain", "mx1.example.net", "mx1.example.net"},
    {"UpperCaseIsLowered", "MX1.Example.NET", "mx1.example.net"},
    {"TheRootsDotGoes", "example.net.", "example.net"},
    {"OneLabelIsAName", "localhost", "localhost"},
    {"Underscores", "_25._tcp.example.net", "_25._tcp.example.net"},
    {"HyphensInThirdAndFourthPlace", "r3---sn.example.net", "r3---sn.example.net"},
    {"ALabelsStay", "XN--bcher-kva.example", "xn--bcher-kva.example"},
    {"German", "bücher.example", "xn--bcher-kva.example"},
    {"GermanUpperCase", "BÜCHER.example", "xn--bcher-kva.example"},
    {"SharpSIsItself", "straße.example", "xn--strae-oqa.example"},
    {"Decomposed", "bu\u0308cher.example", "xn--bcher-kva.example"},
    {"Chinese", "例子.测试", "xn--fsqu00a.xn--0zwm56d"},
    {"IdeographicStop", "例子。测试", "xn--fsqu00a.xn--0zwm56d"},
    {"SixtyThreeOctetsFit", kLabel63, kLabel63},
    {"TwoHundredFiftyThreeFit", kName253, kName253},
    {"Empty", "", ""},
    {"OnlyADot", ".", ""},
    {"EmptyLabel", "a..b", ""},
    {"LeadingDot", ".a", ""},
    {"TwoFinalDots", "a.b..", ""},
    {"SixtyFourOctetsDoNot", kLabel64, ""},
    {"LeadingHyphen", "-a.example", ""},
    {"TrailingHyphen", "a-.example", ""},
    {"Space", "a b.example", ""},
    {"LineEnd", "a.example\r\n", ""},
    {"Nul", "a\0b.example"sv, ""},
    {"AnAddressLiteral", "[192.0.2.1]", ""},
    {"BrokenUtf8", "b\xff\xfe.example", ""},
    {"NoEmoji", "\u0378.example", ""},
    {"DirectionMixed", "a\u05d0.example", ""},
    {"HiddenSlash", "a\u2044b\uff0f.example", ""},
    {"TooLongAsALabels", kManyUmlauts, ""},
};

class AsciiName : public ::testing::TestWithParam<NameCase> {};

TEST_P(AsciiName, Form) {
  const NameCase& given = GetParam();
  const Result<std::string> name = to_ascii_name(given.given);
  if (given.ascii.empty()) {
    EXPECT_FALSE(name) << *name;
    if (!name) {
      EXPECT_TRUE(name.error().is(Errc::protocol));
    }
  } else {
    ASSERT_TRUE(name) << to_string(name.error());
    EXPECT_EQ(*name, given.ascii);
  }
}

INSTANTIATE_TEST_SUITE_P(Idna, AsciiName, ::testing::ValuesIn(kNames),
                         [](const auto& given) { return std::string{given.param.rule}; });

TEST(AsciiNameError, RepeatsNoControls) {
  const Result<std::string> name = to_ascii_name("a\x1b[2J\n.example");
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().context.find('\x1b'), std::string::npos);
  EXPECT_EQ(name.error().context.find('\n'), std::string::npos);
}

TEST(AsciiNameError, AMegabyteIsRefusedUnread) {
  const Result<std::string> name = to_ascii_name(std::string(1 << 20, 'a'));
  ASSERT_FALSE(name);
  EXPECT_LT(name.error().context.size(), 200U);
}

TEST(MxRdata, IsAPreferenceAndAName) {
  const auto record = parse_mx_rdata("\x00\x0a\x03Mx1\007example\x03NET\x00"sv);
  ASSERT_TRUE(record);
  EXPECT_EQ(*record, (MxRecord{10, "mx1.example.net"}));
  const auto high = parse_mx_rdata("\xff\xfe\x01z\x00"sv);
  ASSERT_TRUE(high);
  EXPECT_EQ(high->preference, 65534);
}

TEST(MxRdata, TheRootIsANullMx) {  // RFC 7505
  const auto record = parse_mx_rdata("\x00\x00\x00"sv);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->exchange, "");
}

TEST(MxRdata, WhatIsNoHostNameIsNoMx) {
  const std::string_view hostile[] = {
      ""sv,
      "\x00"sv,
      "\x00\x0a"sv,
      "\x00\x0a\x03mx"sv,                 // label cut short
      "\x00\x0a\x03mx1"sv,                // no end
      "\x00\x0a\x03mx1\x00more"sv,        // bytes behind the end
      "\x00\x0a\xc0\x0c"sv,               // a pointer to nowhere
      "\x00\x0a\x05m.x.1\x00"sv,          // dots inside a label
      "\x00\x0a\x04m\r\n1\x00"sv,         // line ends
      "\x00\x0a\x02m \x00"sv,             // blank
      "\x00\x0a\x03m\x00x\x00"sv,         // NUL
      "\x00\x0a\x04m\xc3\xbc\x31\x00"sv,  // UTF-8, not an A-label
      "\x00\x0a\x0b[192.0.2.1]\x00"sv,
  };
  for (const std::string_view rdata : hostile) {
    EXPECT_FALSE(parse_mx_rdata(rdata)) << ::testing::PrintToString(std::string{rdata});
  }
}

TEST(MxRdata, EveryCutOfARecordIsRefused) {
  const std::string_view whole = "\x00\x0a\x03mx1\007example\x03net\x00"sv;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_FALSE(parse_mx_rdata(whole.substr(0, cut))) << cut;
  }
}

TEST(AddressRdata, IsFourOrSixteenBytes) {
  EXPECT_EQ(parse_address_rdata("\xc0\x00\x02\x01"sv)->to_string(), "192.0.2.1");
  EXPECT_EQ(parse_address_rdata("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"sv)->to_string(),
            "2001:db8::1");
  EXPECT_FALSE(parse_address_rdata(""));
  EXPECT_FALSE(parse_address_rdata("abc"));
  EXPECT_FALSE(parse_address_rdata("abcde"));
}

}  // namespace
}  // namespace tenax::io

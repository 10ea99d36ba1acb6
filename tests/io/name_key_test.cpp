// SPDX-License-Identifier: Apache-2.0
#include "io/name_key.h"

#include <gtest/gtest.h>

namespace tenax::io {
namespace {

TEST(NameKey, IsTheSameForAllSpellingsOfADomain) {
  for (const char* name : {"müller.test", "MÜLLER.Test", "mu\xcc\x88ller.test",
                           "xn--mller-kva.test", "XN--MLLER-KVA.TEST", "müller.test."}) {
    EXPECT_EQ(name_key(name), "xn--mller-kva.test") << name;
  }
}

TEST(NameKey, OfAsciiIsItsLowerCase) {
  for (const char* name :
       {"example.net", "[ipv6:2001:db8::1]", "", ".", "*", ".a.b", "a..b", "_25._tcp", "-x-.y"}) {
    EXPECT_EQ(name_key(name), name);
  }
  EXPECT_EQ(name_key("Mail.Example.NET"), "mail.example.net");
  EXPECT_EQ(name_key("example.net."), "example.net");
}

TEST(NameKey, OfAPatternIsReadLabelByLabel) {
  EXPECT_EQ(name_key(".MÜLLER.test"), ".xn--mller-kva.test");
  EXPECT_EQ(name_key("*.müller.test"), "*.xn--mller-kva.test");
  EXPECT_EQ(name_key("MX?.bücher.müller.test"), "mx?.xn--bcher-kva.xn--mller-kva.test");
  EXPECT_EQ(name_key("mü*.test"), "mü*.test");
}

TEST(NameKey, OfWhatHasNoALabelIsWhatWasWritten) {
  EXPECT_EQ(name_key("A\xff.test"), "a\xff.test");
  EXPECT_EQ(name_key("\xff.müller.test"), "\xff.xn--mller-kva.test");
  std::string long_name = "ü";
  for (int label = 1; label < 40; ++label) long_name += ".ü";
  EXPECT_EQ(name_key(long_name), long_name);  // 318 octets of A-labels
  EXPECT_EQ(name_key(std::string(2000, '\xc3')), std::string(2000, '\xc3'));
}

TEST(ULabels, AreThoseOfTheKey) {
  EXPECT_EQ(in_u_labels("xn--mller-kva.test"), "müller.test");
  EXPECT_EQ(in_u_labels("example.net"), "example.net");
  EXPECT_EQ(in_u_labels("xn--\xff"), "xn--\xff");
  EXPECT_TRUE(has_a_label("a.xn--mller-kva.test"));
  EXPECT_FALSE(has_a_label("müller.test"));
}

}  // namespace
}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
#include "engine/network.h"

#include <gtest/gtest.h>

namespace tenax::engine {
namespace {

bool holds(const char* network, const char* address) {
  return Network::parse(network).value().holds(address);
}

TEST(Network, HoldsWhatItsPrefixSays) {
  EXPECT_TRUE(holds("192.0.2.0/24", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.0/24", "192.0.3.7"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.100"));
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:1::1"));
  EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_FALSE(holds("2001:db8::/32", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.0/24", "nonsense"));
}

TEST(Network, TheWholeInternetIsNone) {
  for (const char* text : {"0.0.0.0/0", "::/0", "0.0.0.0/7", "2000::/3", "128.0.0.0/1"}) {
    EXPECT_FALSE(Network::parse(text).has_value()) << text;
  }
}

TEST(Network, WhatIsNoneIsSaid) {
  for (const char* text : {"", "/", "x", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
                           "192.0.2.1/24", "192.0.2/24", "192.0.2.0/24x", "::1/129"}) {
    EXPECT_FALSE(Network::parse(text).has_value()) << text;
  }
}

TEST(ListenAddress, HasAPort) {
  const ListenAddress v4 = ListenAddress::parse("127.0.0.1:2525").value();
  EXPECT_EQ(v4.host, "127.0.0.1");
  EXPECT_EQ(v4.port, 2525);
  EXPECT_EQ(ListenAddress::parse("[::1]:25").value().host, "::1");
  EXPECT_EQ(ListenAddress::parse("0.0.0.0:0").value().port, 0);
  for (const char* text : {"", "127.0.0.1", "::1", "::1:25", "[127.0.0.1]:25", "127.0.0.1:65536",
                           "127.0.0.1:", "localhost:25", "[::1]", "127.0.0.1:2x"}) {
    EXPECT_FALSE(ListenAddress::parse(text).has_value()) << text;
  }
}

TEST(Client, OfIpv6IsAWholeNetwork) {
  EXPECT_EQ(client_of("2001:db8:1:2:3:4:5:6"), client_of("2001:db8:1:2::1"));
  EXPECT_EQ(client_of("2001:db8:1:2::1"), "2001:db8:1:2::/64");
  EXPECT_NE(client_of("2001:db8:1:3::1"), client_of("2001:db8:1:2::1"));
  EXPECT_EQ(client_of("fe80::1%eth0"), "fe80::/64");
}

TEST(Client, OfIpv4IsOneAddressHoweverItIsWritten) {
  EXPECT_EQ(client_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of(""), "");
}

TEST(Loopback, IsThisMachineAlone) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback(text)) << text;
  for (const char* text : {"128.0.0.1", "::2", "192.0.2.1", "", "fe80::1"})
    EXPECT_FALSE(is_loopback(text)) << text;
}

}  // namespace
}  // namespace tenax::engine

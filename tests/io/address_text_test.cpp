// SPDX-License-Identifier: Apache-2.0
#include "io/address_text.h"

#include <gtest/gtest.h>

namespace tenax::io {
namespace {

TEST(AddressText, IsAsTheLibraryWritesIt) {
  for (const char* const text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.9.100.99",
                                 "::", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%1"}) {
    const IpAddress address = asio::ip::make_address(text);
    EXPECT_EQ(to_string(address), address.to_string()) << text;
  }
}

TEST(AddressText, OfAnEndpointHasItsPort) {
  EXPECT_EQ(to_string(Endpoint{asio::ip::make_address("192.0.2.1"), 25}), "192.0.2.1:25");
  EXPECT_EQ(to_string(Endpoint{asio::ip::make_address("2001:db8::1"), 587}), "[2001:db8::1]:587");
}

}  // namespace
}  // namespace tenax::io

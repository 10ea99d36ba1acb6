// SPDX-License-Identifier: Apache-2.0
#include "engine/smtp_clients.h"

#include <gtest/gtest.h>

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;

constexpr io::Instant kNow{1h};

TEST(SmtpClients, ANetworkOfIpv6IsOneClient) {
  SmtpClients clients{1, 1};
  EXPECT_TRUE(clients.may_enter("2001:db8::1"));
  clients.enter("2001:db8::1");
  EXPECT_FALSE(clients.may_enter("2001:db8::2"));
  EXPECT_TRUE(clients.may_enter("2001:db8:0:1::1"));
  EXPECT_TRUE(clients.spends_a_message("2001:db8::1", kNow));
  EXPECT_FALSE(clients.spends_a_message("2001:db8::2", kNow));
  EXPECT_TRUE(clients.spends_a_message("2001:db8:0:1::1", kNow));

  clients.leave("2001:db8::3");
  EXPECT_TRUE(clients.may_enter("2001:db8::2"));
}

TEST(SmtpClients, AddressesOfIpv4AreClients) {
  SmtpClients clients{1, 1};
  clients.enter("::ffff:192.0.2.1");
  EXPECT_FALSE(clients.may_enter("192.0.2.1"));
  EXPECT_TRUE(clients.may_enter("192.0.2.2"));
}

TEST(SmtpClients, AMinuteBeginsWithItsFirstMessage) {
  SmtpClients clients{0, 2};
  for (const io::Span later : {0s, 59s}) {
    EXPECT_TRUE(clients.spends_a_message("192.0.2.1", kNow + later));
  }
  EXPECT_FALSE(clients.spends_a_message("192.0.2.1", kNow + 59s));
  EXPECT_TRUE(clients.spends_a_message("192.0.2.1", kNow + 60s));
}

TEST(SmtpClients, MoreThanCanBeKeptInMindAreForgotten) {
  SmtpClients clients{0, 1};
  for (std::size_t i = 0; i < SmtpClients::kMost; ++i) {
    ASSERT_TRUE(clients.spends_a_message("client " + std::to_string(i), kNow));
  }
  EXPECT_FALSE(clients.spends_a_message("client 0", kNow));
  EXPECT_TRUE(clients.spends_a_message("192.0.2.1", kNow));
  EXPECT_FALSE(clients.spends_a_message("192.0.2.1", kNow));
  EXPECT_TRUE(clients.spends_a_message("client 0", kNow));
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
// The zone of plain lines keeps the rules of the real one.

#include "tests/support/fake_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Question = FakeResolver::Question;

struct FakeResolverTest : ::testing::Test {
  io::Result<io::Answer<io::MxRecord>> mx(std::string name) {
    return run(context, clock, dns.mx(std::move(name), clock.now() + 30s));
  }
  io::Result<io::Answer<io::IpAddress>> addresses(std::string name) {
    return run(context, clock, dns.addresses(std::move(name), clock.now() + 30s));
  }

  io::asio::io_context context;
  FakeClock clock{context};
  FakeResolver dns{clock};
};

TEST_F(FakeResolverTest, SaysWhatItWasTold) {
  dns.mx("example.net", {{10, "mx1.example.net"}, {20, "mx2.example.net"}});
  dns.address("mx1.example.net", "192.0.2.1", "2001:db8::1");
  const auto records = mx("Example.net.");
  ASSERT_TRUE(records);
  EXPECT_THAT(records->records, ElementsAre(io::MxRecord{10, "mx1.example.net"},
                                            io::MxRecord{20, "mx2.example.net"}));
  EXPECT_EQ(addresses("mx1.example.net")->records.size(), 2U);
  EXPECT_THAT(dns.queries(), ElementsAre("mx Example.net.", "addresses mx1.example.net"));
  EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(FakeResolverTest, UnknownNamesDoNotExistAndBareOnesHaveNothing) {
  EXPECT_TRUE(mx("gone.example").error().is(io::Errc::name_not_found));
  dns.address("bare.example", "192.0.2.1");
  ASSERT_TRUE(mx("bare.example"));
  EXPECT_TRUE(mx("bare.example")->records.empty());
  dns.nodata("bare.example");
  EXPECT_TRUE(addresses("bare.example")->records.empty());
  dns.nxdomain("bare.example");
  EXPECT_TRUE(addresses("bare.example").error().is(io::Errc::name_not_found));
}

TEST_F(FakeResolverTest, TroublesConcernTheQuestionTheyAreFor) {
  dns.mx("example.net", {{10, "mx.example.net"}});
  dns.servfail("example.net", Question::addresses);
  EXPECT_TRUE(mx("example.net"));
  EXPECT_TRUE(addresses("example.net").error().is(io::Errc::name_unavailable));
  dns.bogus("example.net");
  EXPECT_TRUE(mx("example.net").error().is(io::Errc::name_bogus));
  dns.heal("example.net");
  EXPECT_TRUE(mx("example.net"));
}

TEST_F(FakeResolverTest, SilenceLastsUntilTheDeadline) {
  dns.silent("slow.example");
  EXPECT_TRUE(mx("slow.example").error().is(io::Errc::timed_out));
  EXPECT_EQ(clock.elapsed(), 30s);
}

TEST_F(FakeResolverTest, LatencyTakesTimeAndPastTheDeadlineTooMuch) {
  dns.mx("example.net", {{10, "mx.example.net"}});
  dns.set_latency(2s);
  EXPECT_TRUE(mx("example.net"));
  EXPECT_EQ(clock.elapsed(), 2s);
  dns.set_latency(31s);
  EXPECT_TRUE(mx("example.net").error().is(io::Errc::timed_out));
}

}  // namespace
}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#include "io/unbound_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/dns_server.h"
#include "tests/support/real_time.h"
#include "tests/support/temp_directory.h"

namespace tenax::io {
namespace {

using namespace std::chrono_literals;
using testing::DnsServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::in_time;
using testing::run_real;
using ::testing::UnorderedElementsAre;
using testing::within;

class UnboundResolverTest : public ::testing::Test {
 protected:
  UnboundResolverTest() {
    options_.servers = {dns_.address()};
    options_.hosts.clear();
  }
  UnboundResolver& resolver() {
    if (!resolver_) {
      auto opened = UnboundResolver::open(options_, context_.get_executor());
      if (!opened) throw std::runtime_error{to_string(opened.error())};
      resolver_ = std::move(*opened);
    }
    return *resolver_;
  }
  Result<Answer<MxRecord>> mx(std::string name, Instant deadline = in_time()) {
    return run_real(context_, resolver().mx(std::move(name), deadline));
  }
  Result<Answer<IpAddress>> addresses(std::string name, Instant deadline = in_time()) {
    return run_real(context_, resolver().addresses(std::move(name), deadline));
  }
  std::vector<std::string> texts(std::string name) {
    std::vector<std::string> found;
    const Result<Answer<IpAddress>> answer = addresses(std::move(name));
    if (!answer) return {to_string(answer.error())};
    for (const IpAddress& address : answer->records) found.push_back(address.to_string());
    return found;
  }

  asio::io_context context_;
  DnsServer dns_{context_.get_executor()};
  UnboundOptions options_;
  std::unique_ptr<UnboundResolver> resolver_;
};

TEST_F(UnboundResolverTest, AnMxSetComesWhole) {
  dns_.add_mx("example.net", 10, "MX1.example.net");
  dns_.add_mx("example.net", 20, "mx2.example.net");
  const auto answer = mx("Example.NET.");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_THAT(answer->records, UnorderedElementsAre(MxRecord{10, "mx1.example.net"},
                                                    MxRecord{20, "mx2.example.net"}));
  EXPECT_FALSE(answer->authentic);
  EXPECT_GT(answer->ttl, 590s);
  EXPECT_LE(answer->ttl, 600s);
}

TEST_F(UnboundResolverTest, ANullMxIsARecordWithTheRoot) {  // RFC 7505
  dns_.add_mx("example.net", 0, "");
  const auto answer = mx("example.net");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->records, ElementsAre(MxRecord{0, ""}));
}

TEST_F(UnboundResolverTest, NoMxButANameIsNoError) {
  dns_.add_a("example.net", "192.0.2.1");
  const auto answer = mx("example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_TRUE(answer->records.empty());
}

TEST_F(UnboundResolverTest, NxdomainIsFinal) {
  const auto records = mx("gone.example.net");
  ASSERT_FALSE(records);
  EXPECT_TRUE(records.error().is(Errc::name_not_found));
  EXPECT_EQ(to_string(records.error()), "look up MX of gone.example.net: the name does not exist");
  const auto found = addresses("gone.example.net");
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().is(Errc::name_not_found));
}

TEST_F(UnboundResolverTest, ServfailAndRefusedAreDoubts) {
  dns_.add_name("broken.example.net");
  dns_.set_rcode("broken.example.net", DnsServer::mx, 2);
  const auto broken = mx("broken.example.net");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().is(Errc::name_unavailable)) << to_string(broken.error());
  dns_.set_rcode("closed.example.net", DnsServer::mx, 5);
  const auto closed = mx("closed.example.net");
  ASSERT_FALSE(closed);
  EXPECT_TRUE(closed.error().is(Errc::name_unavailable)) << to_string(closed.error());
}

TEST_F(UnboundResolverTest, ASilentServerCostsNoMoreThanTheDeadline) {
  dns_.set_silent("slow.example.net", DnsServer::mx);
  const Instant before = boot_now();
  const auto answer = mx("slow.example.net", within(60ms));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::timed_out)) << to_string(answer.error());
  EXPECT_GE(boot_now() - before, 60ms);
  dns_.add_mx("quick.example.net", 10, "mx.example.net");
  EXPECT_TRUE(mx("quick.example.net"));  // and spoils nothing for others
}

TEST_F(UnboundResolverTest, ADeadlineInThePastIsTimedOut) {
  dns_.add_mx("example.net", 10, "mx.example.net");
  const auto answer = mx("example.net", within(-1s));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::timed_out));
}

TEST_F(UnboundResolverTest, BothFamiliesAreFound) {
  dns_.add_a("mx.example.net", "192.0.2.1");
  dns_.add_a("mx.example.net", "192.0.2.2");
  dns_.add_aaaa("mx.example.net", "2001:db8::1");
  EXPECT_THAT(texts("mx.example.net"),
              UnorderedElementsAre("192.0.2.1", "192.0.2.2", "2001:db8::1"));
}

TEST_F(UnboundResolverTest, OneFamilyIsEnough) {
  dns_.add_aaaa("six.example.net", "2001:db8::1");
  EXPECT_THAT(texts("six.example.net"), ElementsAre("2001:db8::1"));
  dns_.add_a("four.example.net", "192.0.2.1");
  dns_.set_rcode("four.example.net", DnsServer::aaaa, 2);
  EXPECT_THAT(texts("four.example.net"), ElementsAre("192.0.2.1"));
  dns_.add_a("denied.example.net", "192.0.2.1");
  dns_.set_rcode("denied.example.net", DnsServer::aaaa, 3);
  EXPECT_THAT(texts("denied.example.net"), ElementsAre("192.0.2.1"));
}

TEST_F(UnboundResolverTest, AFamilyThatNeverAnswersDoesNotHoldUpTheOther) {
  dns_.add_a("half.example.net", "192.0.2.1");
  dns_.set_silent("half.example.net", DnsServer::aaaa);
  const Instant before = boot_now();
  const auto answer = addresses("half.example.net", within(8s));
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->records.size(), 1U);
  EXPECT_LT(boot_now() - before, 5s);
}

TEST_F(UnboundResolverTest, ADoubtOutweighsADenial) {
  dns_.set_rcode("odd.example.net", DnsServer::a, 2);
  const auto answer = addresses("odd.example.net");  // AAAA says NXDOMAIN
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::name_unavailable)) << to_string(answer.error());
}

TEST_F(UnboundResolverTest, ANameWithoutAddressesIsNoError) {
  dns_.add_mx("example.net", 10, "mx.example.net");
  const auto answer = addresses("example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_TRUE(answer->records.empty());
}

TEST_F(UnboundResolverTest, AliasesAreFollowed) {
  dns_.add_cname("www.example.net", "host.example.net");
  dns_.add_cname("host.example.net", "real.example.org");
  dns_.add_a("real.example.org", "192.0.2.7");
  EXPECT_THAT(texts("www.example.net"), ElementsAre("192.0.2.7"));
  dns_.add_cname("alias.example.net", "target.example.org");
  dns_.add_mx("target.example.org", 5, "mx.example.org");
  const auto answer = mx("alias.example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_THAT(answer->records, ElementsAre(MxRecord{5, "mx.example.org"}));
}

TEST_F(UnboundResolverTest, AnAliasToNowhereIsNxdomain) {
  dns_.add_cname("dangling.example.net", "gone.example.org");
  const auto answer = mx("dangling.example.net");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::name_not_found)) << to_string(answer.error());
}

TEST_F(UnboundResolverTest, WhatIsTooLongForUdpComesByTcp) {
  for (int host = 0; host < 60; ++host) {
    dns_.add_mx("big.example.net", static_cast<std::uint16_t>(host),
                "a-rather-long-host-name-number-" + std::to_string(host) + ".example.net");
  }
  dns_.set_truncated("big.example.net");
  const auto answer = mx("big.example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->records.size(), 60U);
  EXPECT_GT(dns_.asked_by_tcp(), 0);
}

TEST_F(UnboundResolverTest, NamesInUtf8AreAskedForAsALabels) {
  dns_.add_mx("xn--bcher-kva.example", 10, "mx.example.net");
  const auto answer = mx("Bücher.example");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->records.size(), 1U);
  EXPECT_GT(dns_.asked("xn--bcher-kva.example"), 0);
}

TEST_F(UnboundResolverTest, WhatIsNoNameIsNotAsked) {
  const auto answer = mx("not a name");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::name_not_found));
  EXPECT_FALSE(addresses(std::string("\0\r\n", 3)));
}

TEST_F(UnboundResolverTest, AnMxThatIsNoHostIsLeftOut) {
  dns_.add_mx("example.net", 10, "mx.example.net");
  dns_.add_raw("example.net", DnsServer::mx, std::string("\0\x05\x03m\nx\0", 7));
  const auto answer = mx("example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_THAT(answer->records, ElementsAre(MxRecord{10, "mx.example.net"}));
}

TEST_F(UnboundResolverTest, OnlyMxThatAreNoHostsAreADoubtNotAnAbsence) {
  dns_.add_raw("example.net", DnsServer::mx, std::string("\0\x05\x03m\nx\0", 7));
  const auto answer = mx("example.net");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(Errc::name_unavailable));
}

TEST_F(UnboundResolverTest, WhatIsKnownIsNotAskedAgain) {
  dns_.add_mx("example.net", 10, "mx.example.net");
  ASSERT_TRUE(mx("example.net"));
  const int asked = dns_.asked("example.net");
  ASSERT_TRUE(mx("example.net"));
  EXPECT_EQ(dns_.asked("example.net"), asked);
}

TEST_F(UnboundResolverTest, TheTestDomainIsForTheServerToKnow) {
  dns_.add_a("mx.tenax.test", "127.0.0.1");
  EXPECT_THAT(texts("mx.tenax.test"), ElementsAre("127.0.0.1"));
}

TEST_F(UnboundResolverTest, SoAreTheNamesOfAHome) {  // RFC 8375
  dns_.add_a("nas.home.arpa", "127.0.0.1");
  EXPECT_THAT(texts("nas.home.arpa"), ElementsAre("127.0.0.1"));
}

TEST_F(UnboundResolverTest, NamesInTheHostsFileNeedNoServer) {
  const testing::TempDirectory directory;
  options_.hosts = directory / "hosts";
  std::ofstream{options_.hosts} << "192.0.2.9 relay relay.example.net\n2001:db8::9 relay\n";
  dns_.add_a("relay", "192.0.2.77");
  EXPECT_THAT(texts("relay"), UnorderedElementsAre("192.0.2.9", "2001:db8::9"));
  EXPECT_THAT(texts("Relay.Example.Net."), ElementsAre("192.0.2.9"));
  EXPECT_EQ(dns_.asked("relay"), 0);
}

TEST_F(UnboundResolverTest, TheHostsFileHidesNoMx) {
  const testing::TempDirectory directory;
  options_.hosts = directory / "hosts";
  std::ofstream{options_.hosts} << "127.0.1.1 example.net example\n";
  dns_.add_mx("example.net", 10, "mx.example.net");
  const auto answer = mx("example.net");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_THAT(answer->records, ElementsAre(MxRecord{10, "mx.example.net"}));
}

TEST_F(UnboundResolverTest, ANameOfTheHostsFileAloneHasNoMx) {
  const testing::TempDirectory directory;
  options_.hosts = directory / "hosts";
  std::ofstream{options_.hosts} << "192.0.2.9 relay broken.example.net\n";
  const auto answer = mx("relay");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_TRUE(answer->records.empty());
  dns_.set_rcode("broken.example.net", DnsServer::mx, 2);
  const auto broken = mx("broken.example.net");
  ASSERT_FALSE(broken) << "whether it has one is not known";
  EXPECT_TRUE(broken.error().is(Errc::name_unavailable));
}

TEST_F(UnboundResolverTest, UnsignedAnswersAreBogusWhereSignedOnesAreDue) {
  dns_.add_name("");
  dns_.add_mx("example.net", 10, "mx.example.net");
  options_.dnssec = true;
  const auto answer = mx("example.net");
  ASSERT_FALSE(answer);  // the root's keys are known, and this server has none
  EXPECT_TRUE(answer.error().is(Errc::name_bogus) || answer.error().is(Errc::name_unavailable))
      << to_string(answer.error());
}

struct ServerCase {
  std::string text;
  bool fine;
};

TEST_F(UnboundResolverTest, ServersAreAddressesWithOrWithoutPort) {
  const ServerCase kCases[] = {
      {"127.0.0.1", true},    {"127.0.0.1:5353", true}, {"::1", true},
      {"[::1]", true},        {"[::1]:5353", true},     {"", false},
      {"127.0.0.1:", false},  {"127.0.0.1:0", false},   {"127.0.0.1:65536", false},
      {"127.0.0.1:x", false}, {"dns.example", false},   {"[::1", false},
      {"[::1]5353", false},   {"127.0.0.1:53 ", false}, {"127.0.0.1@53", false},
  };
  for (const ServerCase& given : kCases) {
    UnboundOptions options;
    options.servers = {given.text};
    const auto opened = UnboundResolver::open(options, context_.get_executor());
    EXPECT_EQ(opened.has_value(), given.fine) << given.text;
    if (!opened) {
      EXPECT_TRUE(opened.error().is(Errc::protocol)) << given.text;
    }
  }
}

TEST_F(UnboundResolverTest, TheSystemsServersComeFromItsFile) {
  const testing::TempDirectory directory;
  UnboundOptions options;
  options.resolv_conf = directory / "resolv.conf";
  std::ofstream{options.resolv_conf} << "search example.net\nnameserver 127.0.0.1\n";
  EXPECT_TRUE(UnboundResolver::open(options, context_.get_executor()));
  options.resolv_conf = directory / "none";
  EXPECT_TRUE(UnboundResolver::open(options, context_.get_executor()));
  options.dnssec = true;
  options.trust_anchors = directory / "none";
  const auto opened = UnboundResolver::open(options, context_.get_executor());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(Errc::not_found));
}

struct SystemsServers : UnboundResolverTest {
  SystemsServers() {
    options_.servers.clear();
    options_.resolv_conf = directory_ / "resolv.conf";
    options_.look_again = 0ms;
    dns_.add_a("mx.example.net", "192.0.2.1");
    other_.add_a("mx.example.net", "192.0.2.2");
  }
  void name_server(const std::string& address) const {
    std::ofstream{options_.resolv_conf + ".new"} << "search example.net\nnameserver " << address
                                                 << "\nnameserver nonsense\n";
    std::filesystem::rename(options_.resolv_conf + ".new", options_.resolv_conf);
  }
  testing::TempDirectory directory_;
  DnsServer other_{context_.get_executor()};
};

TEST_F(SystemsServers, ThatComeLaterThanWeAreAsked) {
  std::ofstream{options_.resolv_conf} << "# no network yet\n";
  EXPECT_FALSE(addresses("mx.example.org", within(1s)));
  name_server(dns_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
}

TEST_F(SystemsServers, ThatAreReplacedAreAskedNoMore) {
  name_server(dns_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
  name_server(other_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.2"));
}

TEST_F(SystemsServers, ThatAreWrittenAnewKeepWhatTheySaid) {
  name_server(dns_.address());
  ASSERT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
  const int asked = dns_.asked("mx.example.net");
  name_server(dns_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
  EXPECT_EQ(dns_.asked("mx.example.net"), asked);
}

TEST_F(SystemsServers, AreNotAskedWhereOthersAreGiven) {
  name_server(other_.address());
  options_.servers = {dns_.address()};
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
  name_server(other_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.1"));
}

Async<Errc> mx_code(Resolver& resolver, std::string name) {
  const Result<Answer<MxRecord>> answer = co_await resolver.mx(std::move(name), in_time());
  co_return answer ? Errc{} : static_cast<Errc>(answer.error().code.value());
}

TEST_F(UnboundResolverTest, ACancelledQuestionSaysSoAndIsForgotten) {
  dns_.set_silent("slow.example.net", DnsServer::mx);
  asio::cancellation_signal stop;
  Errc said{};
  asio::co_spawn(context_, mx_code(resolver(), "slow.example.net"),
                 asio::bind_cancellation_slot(stop.slot(),
                                              [&](std::exception_ptr, Errc code) { said = code; }));
  context_.restart();
  context_.run_for(20ms);
  stop.emit(asio::cancellation_type::terminal);
  context_.restart();
  context_.run_for(50ms);
  EXPECT_EQ(said, Errc::cancelled);
}

TEST_F(SystemsServers, ThatAreReplacedMayStillAnswer) {
  name_server(dns_.address());
  dns_.set_silent("slow.example.net", DnsServer::mx);
  Errc said{};
  asio::co_spawn(context_, mx_code(resolver(), "slow.example.net"),
                 [&](std::exception_ptr, Errc code) { said = code; });
  context_.restart();
  context_.run_for(20ms);
  name_server(other_.address());
  EXPECT_THAT(texts("mx.example.net"), ElementsAre("192.0.2.2"));
  EXPECT_EQ(said, Errc{}) << "the question is still open";
  resolver_.reset();
}

TEST_F(UnboundResolverTest, QuestionsMayOutliveTheResolver) {
  dns_.set_silent("slow.example.net", DnsServer::mx);
  asio::co_spawn(context_, mx_code(resolver(), "slow.example.net"), asio::detached);
  context_.restart();
  context_.run_for(20ms);
  resolver_.reset();
  // The context goes with the question still open; the sanitizers watch.
}

TEST(UnboundResolver, ServesManyThreads) {
  asio::io_context server_context;
  DnsServer dns{server_context.get_executor()};
  for (int name = 0; name < 100; ++name) {
    dns.add_mx("d" + std::to_string(name) + ".example", 10, "mx.example.net");
  }
  auto working = asio::make_work_guard(server_context);
  std::thread server{[&] { server_context.run(); }};
  std::atomic<int> found{0};
  {
    asio::thread_pool pool{3};
    UnboundOptions options;
    options.servers = {dns.address()};
    auto resolver = UnboundResolver::open(options, pool.get_executor());
    ASSERT_TRUE(resolver);
    for (int name = 0; name < 100; ++name) {
      asio::co_spawn(asio::make_strand(pool),
                     mx_code(**resolver, "d" + std::to_string(name) + ".example"),
                     [&](std::exception_ptr, Errc code) { found += code == Errc{} ? 1 : 0; });
    }
    pool.join();
  }
  EXPECT_EQ(found, 100);
  working.reset();
  server_context.stop();
  server.join();
}

}  // namespace
}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
// Which hosts take a domain's mail, and what it means when none does.

#include "delivery/mx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/delivery_world.h"
#include "tests/support/run.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using delivery::ChosenBy;
using delivery::Host;
using delivery::HostList;
using mail::Destination;
using mail::Fault;
using mail::Health;
using mail::Kind;
using mail::Stage;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

struct Mx : ::testing::Test {
  DeliveryWorld world;

  HostList find(const Destination& destination, ChosenBy chosen_by = ChosenBy::domain) {
    const delivery::Names names{world.clock, world.random, world.dns, world.policy};
    const io::Instant deadline = world.clock.now() + 1min;
    return run(world.context, world.clock, find_hosts(names, destination, chosen_by, deadline));
  }
  std::vector<std::string> addresses(const Destination& destination) {
    std::vector<std::string> found;
    for (const Host& host : find(destination).hosts) found.push_back(host.address.to_string());
    return found;
  }
  mail::Verdict verdict(const Destination& destination) {
    const HostList list = find(destination);
    EXPECT_THAT(list.hosts, IsEmpty());
    return list.verdict.value();
  }
};

TEST_F(Mx, GoesByPreference) {
  world.dns.mx("example.net",
               {{30, "c.example.net"}, {10, "a.example.net"}, {20, "b.example.net"}});
  world.dns.address("a.example.net", "192.0.2.1");
  world.dns.address("b.example.net", "192.0.2.2");
  world.dns.address("c.example.net", "192.0.2.3");
  EXPECT_THAT(addresses(Destination::mx("example.net")),
              ElementsAre("192.0.2.1", "192.0.2.2", "192.0.2.3"));
}

TEST_F(Mx, ShufflesEquals) {
  world.dns.mx("example.net",
               {{10, "a.example.net"}, {10, "b.example.net"}, {20, "c.example.net"}});
  world.dns.address("a.example.net", "192.0.2.1");
  world.dns.address("b.example.net", "192.0.2.2");
  world.dns.address("c.example.net", "192.0.2.3");
  std::set<std::vector<std::string>> seen;
  for (int n = 0; n < 50; ++n) seen.insert(addresses(Destination::mx("example.net")));
  EXPECT_THAT(seen, ElementsAre(ElementsAre("192.0.2.1", "192.0.2.2", "192.0.2.3"),
                                ElementsAre("192.0.2.2", "192.0.2.1", "192.0.2.3")));
}

TEST_F(Mx, InterleavesTheFamilies) {
  world.dns.address("example.net", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2");
  const auto found = addresses(Destination::mx("example.net"));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_NE(found[0].find(':'), std::string::npos);
  EXPECT_EQ(found[1].find(':'), std::string::npos);
  EXPECT_NE(found[2].find(':'), std::string::npos);
  world.policy.prefer_ipv6 = false;
  EXPECT_EQ(addresses(Destination::mx("example.net"))[0].find(':'), std::string::npos);
}

TEST_F(Mx, WithoutMxTheNameItselfIsTheHost) {
  world.dns.address("example.net", "192.0.2.1");
  const HostList list = find(Destination::mx("example.net"));
  ASSERT_EQ(list.hosts.size(), 1U);
  EXPECT_EQ(list.hosts[0].name, "example.net");
}

TEST_F(Mx, ANullMxFails) {
  world.dns.mx("example.net", {{0, ""}});
  world.dns.address("example.net", "192.0.2.1");  // which must not be asked (RFC 7505 3)
  const mail::Verdict found = verdict(Destination::mx("example.net"));
  EXPECT_EQ(found.kind, Kind::failed);
  EXPECT_EQ(found.status.text(), "5.1.10");
}

TEST_F(Mx, ANullMxBesideOthersMeansNothing) {
  world.dns.mx("example.net", {{0, ""}, {10, "a.example.net"}});
  world.dns.address("a.example.net", "192.0.2.1");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("192.0.2.1"));
}

TEST_F(Mx, ADomainThatDoesNotExistFails) {
  const mail::Verdict found = verdict(Destination::mx("example.net"));
  EXPECT_EQ(found.kind, Kind::failed);
  EXPECT_EQ(found.status.text(), "5.1.2");
  EXPECT_EQ(found.text, "the domain does not exist (example.net)");
}

TEST_F(Mx, ADomainWithoutMailServiceFails) {
  world.dns.nodata("example.net");
  EXPECT_EQ(verdict(Destination::mx("example.net")).status.text(), "5.4.4");
}

TEST_F(Mx, ExchangersWithoutAddressesAreNoMailService) {
  world.dns.mx("example.net", {{10, "gone.example.net"}, {20, "empty.example.net"}});
  world.dns.nodata("empty.example.net");
  const mail::Verdict found = verdict(Destination::mx("example.net"));
  EXPECT_EQ(found.kind, Kind::failed);
  EXPECT_EQ(found.status.text(), "5.4.4");
}

TEST_F(Mx, TroubleWithNamesWaits) {
  world.dns.servfail("a.test");
  world.dns.silent("b.test");
  world.dns.bogus("c.test");
  for (const auto* name : {"a.test", "b.test", "c.test"}) {
    SCOPED_TRACE(name);
    const mail::Verdict found = verdict(Destination::mx(name));
    EXPECT_EQ(found.kind, Kind::deferred);
    EXPECT_EQ(found.status.text(), "4.4.3");
    EXPECT_EQ(found.fault, Fault::theirs);
    EXPECT_EQ(found.stage, Stage::resolve);
  }
}

TEST_F(Mx, OneExchangerInTroubleDoesNotHideTheOther) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {20, "b.example.net"}});
  world.dns.servfail("a.example.net");
  world.dns.address("b.example.net", "192.0.2.2");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("192.0.2.2"));
  world.dns.nodata("b.example.net");
  EXPECT_EQ(verdict(Destination::mx("example.net")).status.text(), "4.4.3");
}

TEST_F(Mx, ALiteralIsAskedNothing) {
  EXPECT_THAT(addresses(Destination::parse("[192.0.2.7]:2525").value()), ElementsAre("192.0.2.7"));
  EXPECT_THAT(addresses(Destination::of(mail::Domain::parse("[IPv6:2001:db8::7]").value())),
              ElementsAre("2001:db8::7"));
  EXPECT_THAT(world.dns.queries(), IsEmpty());
}

TEST_F(Mx, ANamedHostHasNoMxLookUp) {
  world.dns.mx("relay.example.com", {{10, "elsewhere.example.com"}});
  world.dns.address("relay.example.com", "192.0.2.9");
  EXPECT_THAT(addresses(Destination::host("relay.example.com", 587)), ElementsAre("192.0.2.9"));
  EXPECT_THAT(world.dns.queries(), ElementsAre("addresses relay.example.com"));
}

TEST_F(Mx, AnUnknownRelayWaitsForItsRepair) {
  const mail::Verdict found = verdict(Destination::host("relay.example.com", 587));
  EXPECT_EQ(found.kind, Kind::deferred);
  EXPECT_EQ(found.status.text(), "4.3.5");
}

TEST_F(Mx, ARouteThatLeadsNowhereIsNotTheAddresssFault) {
  world.dns.mx("null.test", {{0, ""}});
  world.dns.mx("gone.test", {{10, "mx.gone.test"}});
  world.dns.nodata("empty.test");
  for (const auto* to : {"typo.test:587", "typo.test", "null.test", "gone.test", "empty.test"}) {
    SCOPED_TRACE(to);
    const auto report = world.deliver(a_request().to("bob@example.net").via(to));
    EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(report).status.text(), "4.3.5");
    EXPECT_THAT(verdict_of(report).text, StartsWith("our route leads to an unknown host ("));
    EXPECT_EQ(report.health, Health::unresolved);
  }
}

TEST_F(Mx, ARouteIsToldFromADomainByWhoseItIs) {
  const auto chosen = [](const mail::DeliveryRequest& request) {
    return delivery::chosen_by(request);
  };
  EXPECT_EQ(chosen(a_request().to("bob@Example.NET")), ChosenBy::domain);
  EXPECT_EQ(chosen(a_request().to("bob@b\u00fccher.test").via("xn--bcher-kva.test")),
            ChosenBy::domain);
  EXPECT_EQ(chosen(a_request().to("bob@[192.0.2.7]")), ChosenBy::domain);
  EXPECT_EQ(chosen(a_request().via("example.net:587")), ChosenBy::route);
  EXPECT_EQ(chosen(a_request().via("[example.net]")), ChosenBy::route);
  EXPECT_EQ(chosen(a_request().to("a@x.test").to("b@y.test").via("x.test")), ChosenBy::route);
}

struct Loop : Mx {
  Loop() {
    world.dns.mx("example.net", {{10, "a.example.net"},
                                 {20, "us.example.org"},
                                 {20, "b.example.net"},
                                 {30, "c.example.net"}});
    world.dns.address("a.example.net", "192.0.2.1");
    world.dns.address("b.example.net", "192.0.2.2");
    world.dns.address("c.example.net", "192.0.2.3");
    world.dns.address("us.example.org", "198.51.100.7");
  }
};

TEST_F(Loop, OurNameTakesItsEqualsAndWorseWithIt) {
  world.policy.our_names = {"us.example.org"};
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("192.0.2.1"));
}

TEST_F(Loop, WithNobodyBetterItFails) {
  world.policy.our_names = {"a.example.net"};
  const mail::Verdict found = verdict(Destination::mx("example.net"));
  EXPECT_EQ(found.kind, Kind::failed);
  EXPECT_EQ(found.status.text(), "5.4.6");
  EXPECT_EQ(found.stage, Stage::local);
}

TEST_F(Loop, ARouteByMxThatLeadsToUsWaitsForItsRepair) {
  world.policy.our_names = {"a.example.net"};
  const auto report = world.deliver(a_request().to("bob@elsewhere.test").via("example.net"));
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).text, "our route leads back to ourselves (example.net)");
}

TEST_F(Loop, AnImplicitExchangerMayBeUs) {
  world.dns.address("own.test", "198.51.100.7");
  world.policy.our_names = {"own.test"};
  EXPECT_EQ(verdict(Destination::mx("own.test")).status.text(), "5.4.6");
}

TEST_F(Loop, AnotherPortIsAnotherServer) {
  world.policy.our_names = {"a.example.net"};
  EXPECT_THAT(addresses(Destination::mx("example.net", 2525)).front(), "192.0.2.1");
}

TEST_F(Mx, TheUnspecifiedAddressIsNobodysButOurs) {
  for (const auto* address : {"0.0.0.0", "::", "::ffff:0.0.0.0"}) {
    SCOPED_TRACE(address);
    DeliveryWorld other;
    other.dns.address("example.net", address);
    const auto report = other.deliver(a_request());
    EXPECT_EQ(verdict_of(report).kind, Kind::failed);
    EXPECT_EQ(verdict_of(report).status.text(), "5.4.6");
    EXPECT_TRUE(other.net.dialled().empty());
  }
}

TEST_F(Mx, AnExchangerAtTheUnspecifiedAddressHidesNoOther) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {20, "b.example.net"}});
  world.dns.address("a.example.net", "0.0.0.0");
  world.dns.address("b.example.net", "192.0.2.2");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("192.0.2.2"));
}

TEST_F(Mx, AnAddressThatIsNoHostsHidesNoOther) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {20, "b.example.net"}});
  for (const auto* address : {"224.0.0.1", "240.0.0.1", "255.255.255.255", "169.254.0.1", "fe80::1",
                              "ff02::1", "::ffff:224.0.0.1"}) {
    world.dns.address("a.example.net", address);
  }
  EXPECT_EQ(verdict(Destination::mx("example.net")).status.text(), "5.4.4");
  world.dns.address("b.example.net", "192.0.2.2", "2001:db8::2");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("2001:db8::2", "192.0.2.2"));
}

struct OwnDoor : Mx {
  OwnDoor() {
    for (const auto* address : {"127.0.0.1", "::1"}) {
      world.policy.our_doors.emplace_back(io::asio::ip::make_address(address), 25);
    }
    world.dns.address("localhost", "127.0.0.1", "::1");
  }
};

TEST_F(OwnDoor, IsAskedForNoMail) {
  world.dns.mx("example.net", {{10, "localhost"}});
  for (const auto* to :
       {"root@localhost", "bob@example.net", "x@[127.0.0.1]", "x@[IPv6:::1]", "x@[0.0.0.0]"}) {
    SCOPED_TRACE(to);
    const auto report = world.deliver(a_request().to(to));
    EXPECT_EQ(verdict_of(report).kind, Kind::failed);
    EXPECT_EQ(verdict_of(report).status.text(), "5.4.6");
    EXPECT_EQ(verdict_of(report).stage, Stage::local);
    EXPECT_EQ(report.health, Health::well);
  }
  EXPECT_THAT(world.net.dialled(), IsEmpty());
}

TEST_F(OwnDoor, HidesNoOtherHost) {
  world.dns.mx("example.net", {{10, "localhost"}, {20, "b.example.net"}});
  world.dns.address("b.example.net", "192.0.2.2");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("192.0.2.2"));
}

TEST_F(OwnDoor, ADoorThatListensEverywhereIsAtLoopback) {
  world.policy.our_doors = {{io::asio::ip::address_v4::any(), 25}};
  world.dns.address("own.test", "127.0.0.2");
  EXPECT_EQ(verdict(Destination::mx("own.test")).status.text(), "5.4.6");
}

TEST_F(OwnDoor, AnotherServerOnThisMachineIsAHostLikeOthers) {
  world.dns.address("own.test", "127.0.3.1");
  EXPECT_THAT(addresses(Destination::mx("own.test")), ElementsAre("127.0.3.1"));
  EXPECT_THAT(addresses(Destination::mx("localhost", 2525)), SizeIs(2));
}

TEST_F(OwnDoor, ARouteThereIsTheOwnersWish) {
  world.deliver(a_request().to("bob@example.net").via("[127.0.0.1]:25"));
  EXPECT_THAT(world.net.dialled(), ElementsAre("127.0.0.1:25"));
}

TEST_F(Mx, LoopbackIsAnAddressLikeOthers) {
  world.dns.address("example.net", "127.0.3.1");
  EXPECT_THAT(addresses(Destination::mx("example.net")), ElementsAre("127.0.3.1"));
}

TEST_F(Loop, ARouteToOurselvesIsTheOwnersWish) {
  world.policy.our_names = {"us.example.org"};
  EXPECT_THAT(addresses(Destination::host("us.example.org")), ElementsAre("198.51.100.7"));
}

TEST_F(Mx, AHostileZoneIsBounded) {
  std::vector<io::MxRecord> records;
  for (std::uint16_t n = 0; n < 500; ++n) {
    const std::string name = "mx" + std::to_string(n) + ".example.net";
    records.push_back({n, name});
    world.dns.nodata(name);
  }
  world.dns.mx("example.net", records);
  const mail::Verdict found = verdict(Destination::mx("example.net"));
  EXPECT_LE(world.dns.queries().size(), 21U);
  EXPECT_EQ(found.kind, Kind::deferred) << "nobody knows what the others are";
  EXPECT_EQ(found.status.text(), "4.4.4");
  for (int n = 0; n < 200; ++n) {
    world.dns.address("many.test", "10.0.0." + std::to_string(n));
  }
  EXPECT_LE(addresses(Destination::mx("many.test")).size(), 20U);
}

TEST_F(Mx, AFamilyThatWeMayNotHaveHidesNoWorseExchanger) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {20, "b.example.net"}});
  for (int n = 0; n < 25; ++n) {
    world.dns.address("a.example.net", "2001:db8::" + std::to_string(n));
  }
  world.dns.address("b.example.net", "192.0.2.2");
  EXPECT_EQ(addresses(Destination::mx("example.net")).back(), "192.0.2.2");
}

TEST_F(Mx, OneFamilyCrowdsTheOtherOutOfNoPreference) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {10, "b.example.net"}});
  for (int n = 0; n < 25; ++n) {
    world.dns.address("a.example.net", "2001:db8::" + std::to_string(n));
  }
  world.dns.address("b.example.net", "192.0.2.2");
  for (int n = 0; n < 10; ++n) {
    EXPECT_THAT(addresses(Destination::mx("example.net")), Contains("192.0.2.2"));
  }
}

TEST_F(Mx, LooksUpTheNextPreferenceHoweverManyAreBetter) {
  world.dns.mx("example.net", {{10, "a.example.net"}, {20, "b.example.net"}});
  for (int n = 1; n < 25; ++n) {
    world.dns.address("a.example.net", "192.0.2." + std::to_string(n));
    world.dns.address("a.example.net", "2001:db8::" + std::to_string(n));
  }
  world.dns.address("b.example.net", "198.51.100.2");
  EXPECT_EQ(addresses(Destination::mx("example.net")).back(), "198.51.100.2");
}

TEST_F(Mx, HealthTellsTroubleFromDefiniteAnswers) {
  EXPECT_EQ(world.deliver(a_request()).health, Health::well);
  world.dns.servfail("example.net");
  EXPECT_EQ(world.deliver(a_request()).health, Health::unresolved);
}

}  // namespace
}  // namespace tenax::testing

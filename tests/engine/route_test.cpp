// SPDX-License-Identifier: Apache-2.0
#include "engine/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/engine/builders.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RouteConfig route(std::vector<std::string> domains, std::string to) {
  RouteConfig given;
  given.domains = std::move(domains);
  given.to = std::move(to);
  return given;
}

std::string way(const Config& config, std::string_view to) {
  return plan_of(config).plan.routes.destination_of(domain(to)).text();
}

TEST(Routes, WithoutAnyMailGoesToTheDomainsOwnServers) {
  EXPECT_EQ(way(Config{}, "Example.NET"), "example.net");
}

TEST(Routes, TheMostExactEntryWins) {
  Config config;
  config.routes = {route({"*"}, "[all.example.com]:25"),
                   route({".example.org"}, "[below.example.com]:25"),
                   route({"mail.example.org"}, "[exact.example.com]:25")};

  EXPECT_EQ(way(config, "example.net"), "[all.example.com]:25");
  EXPECT_EQ(way(config, "a.b.example.org"), "[below.example.com]:25");
  EXPECT_EQ(way(config, "example.org"), "[below.example.com]:25");
  EXPECT_EQ(way(config, "MAIL.example.org"), "[exact.example.com]:25");
  EXPECT_EQ(way(config, "notexample.org"), "[all.example.com]:25");
}

TEST(Routes, AnEntryWithoutATargetIsAnExceptionFromTheWiderOne) {
  Config config;
  config.routes = {route({"*"}, "[all.example.com]:25"), route({"example.net"}, "")};

  EXPECT_EQ(way(config, "example.net"), "example.net");
}

TEST(Routes, ALiteralGoesToItsHostUnlessAllMailGoesElsewhere) {
  Config config;
  EXPECT_EQ(way(config, "[192.0.2.7]"), "[192.0.2.7]:25");
  config.routes = {route({"*"}, "[all.example.com]:587")};
  EXPECT_EQ(way(config, "[192.0.2.7]"), "[all.example.com]:587");
}

constexpr std::string_view kSpellings[] = {"müller.test", "MÜLLER.test", "xn--mller-kva.test",
                                           "XN--Mller-KVA.test", "müller.test."};

TEST(Routes, ADomainHasTheSameWayHoweverItIsWritten) {
  for (const std::string_view written : kSpellings) {
    Config config;
    const std::string name{written};
    config.routes = {route({name}, "[exact.example.com]:25"),
                     route({"." + name}, "[below.example.com]:25"),
                     route({"other.example"}, "Relay." + name + ":587")};
    for (const std::string_view each : kSpellings) {
      const std::string spelled{each};
      EXPECT_EQ(way(config, spelled), "[exact.example.com]:25") << name << " " << spelled;
      EXPECT_EQ(way(config, "a." + spelled), "[below.example.com]:25") << name << " " << spelled;
    }
    EXPECT_EQ(way(config, "other.example"), "relay.xn--mller-kva.test:587");
  }
}

TEST(Routes, ADomainsOwnServersAreOneDestinationHoweverItIsWritten) {
  Config config;
  for (const std::string_view written : kSpellings) {
    EXPECT_EQ(way(config, written), "xn--mller-kva.test");
  }
  config.routes = {route({"example.net"}, "")};
  EXPECT_EQ(way(config, "MÜLLER.test"), "xn--mller-kva.test");
}

TEST(Routes, APatternThatIsNoDomainIsMetByItsLowerCaseOnly) {
  Config config;
  config.routes = {route({"A\xff..b"}, "[x.example.com]:25"), route({"*"}, "[all.example.com]:25")};
  EXPECT_EQ(way(config, "b"), "[all.example.com]:25");
  EXPECT_THAT(plan_of(config).plan.routes.text(), HasSubstr("a\xff..b [x.example.com]:25\n"));
}

TEST(Plan, HowToSpeakWithADomainIsFiledUnderItsALabels) {
  Config config;
  RouteConfig own = route({"MÜLLER.test"}, "");
  own.tls = "verify";
  config.routes = {own};

  const PlannedConfig planned = plan_of(config);

  EXPECT_THAT(planned.problems, IsEmpty());
  ASSERT_EQ(planned.plan.agent.destinations.count("xn--mller-kva.test"), 1U);
}

TEST(Plan, HowToSpeakWithASmarthostIsFiledUnderIt) {
  Config config;
  RouteConfig smarthost = route({"*"}, "[relay.example.com]:465");
  smarthost.tls = "verify";
  smarthost.implicit_tls = true;
  config.routes = {smarthost};

  const Plan plan = plan_of(config).plan;

  ASSERT_EQ(plan.agent.destinations.count("[relay.example.com]:465"), 1U);
  EXPECT_EQ(plan.agent.destinations.at("[relay.example.com]:465").tls, delivery::TlsMode::verify);
  EXPECT_TRUE(plan.agent.destinations.at("[relay.example.com]:465").implicit_tls);
  EXPECT_EQ(plan.agent.fallback.tls, delivery::TlsMode::may);
}

TEST(Plan, ThePasswordIsTheFirstLineOfItsFile) {
  std::string name = ::testing::TempDir() + "tenax-password-XXXXXX";
  const int fd = ::mkstemp(name.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  std::ofstream{name} << "open sesame\nsecond line\n";
  Config config;
  RouteConfig smarthost = route({"*"}, "[relay.example.com]:587");
  smarthost.user = "ann";
  smarthost.password_file = name;
  config.routes = {smarthost};

  const PlannedConfig planned = plan_of(config);
  ::unlink(name.c_str());

  EXPECT_THAT(planned.problems, IsEmpty());
  const auto& policy = planned.plan.agent.destinations.at("[relay.example.com]:587");
  EXPECT_EQ(policy.credentials->user, "ann");
  EXPECT_EQ(policy.credentials->password, "open sesame");
}

TEST(Plan, APasswordFileThatIsNotThereIsAProblemOfItsRoute) {
  Config config;
  config.file = "tenax.toml";
  RouteConfig smarthost = route({"*"}, "[relay.example.com]:587");
  smarthost.user = "ann";
  smarthost.password_file = "/nonexistent/password";
  smarthost.lines["password_file"] = 7;
  config.routes = {route({"example.net"}, ""), smarthost};

  const PlannedConfig planned = plan_of(config);

  ASSERT_THAT(planned.problems, SizeIs(1));
  EXPECT_EQ(planned.problems[0].line, 7);
  EXPECT_EQ(planned.problems[0].key, "route.password_file");
  EXPECT_THAT(planned.problems[0].what, HasSubstr("/nonexistent/password"));
}

TEST(Plan, ALoginIsForAServerThatIsNamed) {
  std::string name = ::testing::TempDir() + "tenax-password-XXXXXX";
  const int fd = ::mkstemp(name.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  std::ofstream{name} << "open sesame\n";
  Config config;
  RouteConfig everywhere = route({"*"}, "");
  everywhere.user = "ann";
  everywhere.password_file = name;
  everywhere.lines["user"] = 5;
  config.routes = {everywhere};

  const PlannedConfig planned = plan_of(config);
  ::unlink(name.c_str());

  ASSERT_THAT(planned.problems, SizeIs(1));
  EXPECT_EQ(planned.problems[0].line, 5);
  EXPECT_EQ(planned.problems[0].key, "route.user");
}

TEST(Plan, ManyDomainsWithoutATargetCannotBeSpokenWithInAWayOfTheirOwn) {
  Config config;
  RouteConfig wide = route({".example.org"}, "");
  wide.tls = "verify";
  config.routes = {wide};

  EXPECT_THAT(plan_of(config).problems, SizeIs(1));
}

TEST(Plan, RoutesToOneDestinationMustSpeakWithItInOneWay) {
  Config config;
  config.file = "tenax.toml";
  RouteConfig clear = route({"example.net"}, "[relay.example.com]:25");
  clear.line = 1;
  RouteConfig proven = route({"example.org"}, "[RELAY.example.com]:25");
  proven.tls = "verify";
  proven.lines["to"] = 6;
  config.routes = {clear, proven};

  const PlannedConfig planned = plan_of(config);

  ASSERT_THAT(planned.problems, SizeIs(1));
  EXPECT_THAT(planned.problems[0].text(), HasSubstr("tenax.toml:6: route.to: "));
  EXPECT_THAT(planned.problems[0].what, HasSubstr("line 1"));
  config.routes = {proven, proven};
  EXPECT_THAT(plan_of(config).problems, IsEmpty());
}

TEST(Plan, ADomainsOwnServersAreSpokenWithInOneWayToo) {
  Config config;
  RouteConfig clear = route({"example.net"}, "");
  RouteConfig proven = route({"example.org"}, "example.net");
  proven.tls = "verify";
  for (const auto& routes : {std::vector{clear, proven}, std::vector{proven, clear}}) {
    config.routes = routes;
    EXPECT_THAT(plan_of(config).problems, SizeIs(1));
  }
  RouteConfig encrypted = route({"*"}, "");
  encrypted.tls = "encrypt";
  config.routes = {route({"*"}, ""), encrypted};
  EXPECT_THAT(plan_of(config).problems, SizeIs(1));
}

TEST(Plan, ARouteWithoutSettingsFollowsTheDeliverySectionWhateverTheOrder) {
  Config config;
  config.tls = "encrypt";
  RouteConfig all = route({"*"}, "");
  all.tls = "never";
  all.ca_file = "/etc/ssl/certs/ca-certificates.crt";
  const RouteConfig plain = route({"example.org"}, "[relay.example.com]:25");
  const RouteConfig exception = route({"example.net"}, "");
  for (const auto& routes :
       {std::vector{all, plain, exception}, std::vector{exception, plain, all}}) {
    config.routes = routes;
    const delivery::AgentPolicy agent = plan_of(config).plan.agent;
    EXPECT_EQ(agent.fallback.tls, delivery::TlsMode::never);
    for (const char* name : {"[relay.example.com]:25", "example.net"}) {
      EXPECT_EQ(agent.destinations.at(name).tls, delivery::TlsMode::encrypt) << name;
      EXPECT_EQ(agent.destinations.at(name).ca_file, "") << name;
    }
  }
}

TEST(Plan, ARouteBelowADomainIsNotSilentlyOverruledByTheOneForAll) {
  Config config;
  RouteConfig all = route({"*"}, "");
  all.tls = "never";
  config.routes = {route({".example.org"}, ""), all};

  EXPECT_THAT(plan_of(config).problems, SizeIs(1));
}

TEST(Plan, NumbersReachTheRooms) {
  Config config;
  config.first_delay = 7min;
  config.delay = {3h, 6h};
  config.sessions = 9;
  config.first_window = 3;
  config.hostname = "out.example.org";

  const Plan plan = plan_of(config).plan;

  EXPECT_EQ(plan.terms.retry.first_delay, 7min);
  EXPECT_EQ(plan.terms.retry.delay_notices, (std::vector<mail::Duration>{3h, 6h}));
  EXPECT_EQ(plan.scheduler.sessions, 9U);
  EXPECT_EQ(plan.scheduler.lane.first_window, 3);
  EXPECT_EQ(plan.agent.our_name, "out.example.org");
  EXPECT_EQ(plan.terms.our_domain, domain("out.example.org"));
}

TEST(Plan, TheNameThatWeSayHasNoFinalDot) {
  Config config;
  config.hostname = "Out.example.org.";
  EXPECT_EQ(plan_of(config).plan.agent.our_name, "Out.example.org");
}

TEST(Plan, HistoryKeptForMomentsIsPurgedWithinMoments) {
  Config config;
  EXPECT_EQ(plan_of(config).plan.housekeeping, 1min);  // the default is a week
  config.history = 1min;
  EXPECT_EQ(plan_of(config).plan.housekeeping, 6s);
  config.history = 0s;
  EXPECT_EQ(plan_of(config).plan.housekeeping, 1s);
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
// What the program makes of its configuration.

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bounce/cause_rules.h"
#include "engine/config.h"
#include "tests/tools/program.h"
#include "tools/tenax/config_text.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Configuration = Program;

TEST_F(Configuration, TheConfigurationPrintedIsTheOneInEffect) {
  std::ofstream{config_file()} << "hostname = \"out.example.org\"\n"
                                  "[log]\nto = \"/tmp/od\\\"d\\\\.log\"\n"
                                  "[retry]\nfirst_delay = \"90s\"\ngrowth = 3.5\n"
                                  "[[route]]\ndomains = [\".example.net\"]\n"
                                  "to = \"[relay.example.com]:587\"\n"
                                  "[[destination]]\nmx = [\"mx?.example.net\"]\nrate = "
                                  "\"1/5s\"\nburst = 2\ngrowth = 1.5\nlearn = false\nlifetime "
                                  "= \"36h\"\n[[destination.on]]\ncause = [\"452\"]\nschedule "
                                  "= [\"90s\", \"1h\"]\n";
  tenax({"config"});
  const std::string printed = out_.str();
  const engine::LoadedConfig again = engine::parse_config(printed, "printed");
  EXPECT_EQ(again.config.our_name(), "out.example.org");
  EXPECT_EQ(again.config.first_delay, 90s);
  EXPECT_EQ(again.config.growth, 3.5);
  ASSERT_EQ(again.config.routes.size(), 1U);
  EXPECT_EQ(again.config.routes[0].to, "[relay.example.com]:587");
  ASSERT_EQ(again.config.destinations.size(), 1U);
  EXPECT_EQ(again.config.destinations[0].rate, "1/5s");
  EXPECT_EQ(again.config.destinations[0].lifetime, 36h);
  EXPECT_EQ(again.config.destinations[0].on.at(0).schedule.at(0), 90s);
  EXPECT_EQ(again.config.log_to, "/tmp/od\"d\\.log");
  const std::string once_more = config_text(again.config);
  EXPECT_EQ(once_more.substr(once_more.find("state")), printed.substr(printed.find("\nstate") + 1));
}

TEST_F(Configuration, WhatFollowsAnAnswerIsPrintedAsItWasSaid) {
  const std::string on = "[[destination.on]]\ncause = [\"550\"]\n";
  for (const std::string said :
       {"then = \"retry\"\n", "lifetime = \"2d\"\nthen = \"retry\"\n",
        "schedule = [\"1m\", \"1h\"]\nthen = \"retry\"\n", "then = \"fail\"\n",
        "schedule = [\"1m\"]\nlifetime = \"2d\"\n", "lifetime = \"2d\"\n"}) {
    std::ofstream{config_file()} << "domain = \"a.test\"\n[[destination]]\ndomains = "
                                    "[\"example.net\"]\n"
                                 << on << said;
    EXPECT_EQ(tenax({"config"}), 0) << error_.str();
    EXPECT_THAT(out_.str(), HasSubstr(on + said));
    const engine::LoadedConfig again = engine::parse_config(out_.str(), "printed");
    EXPECT_THAT(again.problems, IsEmpty()) << said;
    const std::string once_more = config_text(again.config);
    EXPECT_THAT(once_more, HasSubstr(on + said));
  }
}

TEST_F(Configuration, AProblemInTheConfigurationIsShownWithItsPlace) {
  std::ofstream{config_file()} << "[retry]\nfirst_delay = \"5 bananas\"\n";
  EXPECT_EQ(tenax({"config"}), EX_CONFIG);
  EXPECT_THAT(error_.str(), HasSubstr("tenax.toml:2"));
  EXPECT_EQ(tenax({}), 0) << "what is not about the place is a warning elsewhere";
  EXPECT_THAT(error_.str(), HasSubstr("warning"));
  const json told = tenax_json({"config"}, EX_CONFIG);
  EXPECT_EQ(told["problems"].size(), 1U);
}

TEST_F(Configuration, AConfigurationThatTheDaemonWouldRefuseIsNoGoodOne) {
  std::ofstream{queue_.directory() + "/empty"} << "";
  const std::string empty = "\"" + queue_.directory() + "/empty\"\n";
  const std::string none = "\"" + queue_.directory() + "/none\"\n";
  const std::string folder = "\"" + queue_.directory() + "\"\n";
  // Nobody writes to it, or reads from it: whoever opens it waits.
  ASSERT_EQ(::mkfifo((queue_.directory() + "/pipe").c_str(), 0600), 0);
  const std::string pipe = "\"" + queue_.directory() + "/pipe\"\n";
  const std::string route = "[[route]]\ndomains = [\"*\"]\nto = \"[relay.example.com]:587\"\n";
  const std::string login = route + "user = \"ann\"\npassword_file = ";
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"operators_group = \"no such group\"\n", "toml:1: operators_group: "},
      {"[log]\nto = " + folder, "toml:2: log.to: "},
      {"[log]\nto = " + pipe, "toml:2: log.to: a pipe"},
      {"[notice]\ncause_rules = " + pipe, "toml:2: notice.cause_rules: "},
      {login + pipe, "toml:5: route.password_file: "},
      {route + "ca_file = " + pipe, "toml:4: route.ca_file: "},
      {login + none, "toml:5: route.password_file: "},
      {login + empty, "toml:5: route.password_file: "},
      {login + folder, "toml:5: route.password_file: "},
      {route + "ca_file = " + none, "toml:4: route.ca_file: "},
      {route + "ca_file = " + empty, "toml:4: route.ca_file: "},
      {route + "ca_file = " + folder, "toml:4: route.ca_file: "},
      {route + "[[route]]\ndomains = [\"a.example\"]\nto = \"[relay.example.com]:587\"\n"
               "tls = \"never\"\n",
       "toml:6: route.to: "},
      {"runtime = \"/" + std::string(120, 'x') + "\"\n", "toml:1: runtime: "}};
  for (const auto& [text, place] : wrong) {
    std::ofstream{config_file()} << text;
    EXPECT_EQ(tenax({"config"}), EX_CONFIG) << text;
    EXPECT_THAT(error_.str(), HasSubstr(place));
  }
}

TEST_F(Configuration, AnOperatorsRulesAreAskedFirst) {
  const std::string own = queue_.directory() + "/own.rules";
  std::ofstream{config_file()} << "[notice]\ncause_rules = \"" << own << "\"\n";
  std::ofstream{own} << "# ours\ntls  @mailbox .. stuffed\n";
  in_.str("550 the mailbox is quite stuffed\n550 mailbox full\n");
  EXPECT_EQ(tenax({"classify"}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("tls, permanent (wording: @mailbox .. stuffed)\n"));
  EXPECT_THAT(out_.str(), HasSubstr("mailbox-full, "));
  EXPECT_EQ(tenax({"config"}), 0) << error_.str();
  bounce::use_rules(bounce::built_in_rules());
}

TEST_F(Configuration, AMistakeInAnOperatorsRulesIsToldWithItsLine) {
  const std::string own = queue_.directory() + "/own.rules";
  std::ofstream{config_file()} << "[notice]\ncause_rules = \"" << own << "\"\n";
  EXPECT_EQ(tenax({"classify"}), EX_CONFIG) << "it is not there";
  std::ofstream{own} << "# ours\nstuffed  552\n";
  for (const char* verb : {"classify", "config", "flush"}) {
    EXPECT_EQ(tenax({verb}), EX_CONFIG) << verb;
    EXPECT_THAT(error_.str(), HasSubstr("tenax.toml:2: notice.cause_rules: ")) << verb;
    EXPECT_THAT(error_.str(), HasSubstr("own.rules:2: there is no cause called stuffed")) << verb;
  }
}

TEST_F(Configuration, ClassifyWantsOnlyWhatItUsesOfTheConfiguration) {
  std::ofstream{config_file()} << "[retry\n";
  in_.str("550 mailbox full\n");
  EXPECT_EQ(tenax({"classify"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("mailbox-full"));
  EXPECT_THAT(error_.str(), HasSubstr("warning"));
}

TEST_F(Configuration, VerbsThatChangeOrForecastStopAtAnyProblemOfTheConfiguration) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  std::ofstream{config_file()} << "[retry]\nlifetime = \"5 bananas\"\n";
  for (const char* verb : {"retry", "hold", "release", "remove", "expire", "forecast"}) {
    EXPECT_EQ(tenax({verb, id.text()}), EX_CONFIG) << verb;
    EXPECT_THAT(error_.str(), HasSubstr("tenax.toml:2: retry.lifetime")) << verb;
  }
  EXPECT_EQ(tenax({"flush"}), EX_CONFIG);
  EXPECT_EQ(tenax({"destination", "example.net", "--forget"}), EX_CONFIG);
  EXPECT_EQ(tenax({"destination", "example.net"}), 0);
  EXPECT_EQ(tenax({"list"}), 0);
  EXPECT_THAT(error_.str(), HasSubstr("warning"));
  std::ofstream{config_file()} << "";
  EXPECT_EQ(state_of(id), "waiting");
}

TEST_F(Configuration, BrokenSyntaxIsNoReasonToLookAtAnotherQueue) {
  queue_.add("ann@example.org", {"bob@example.net"});
  std::ofstream{config_file()} << "state = \"" << queue_.directory() << "\"\n[retry\n";
  ::setenv("TENAX_STATE", queue_.directory().c_str(), 1);
  for (const char* verb : {"list", "mailq", "check", "flush"}) {
    out_.str({});
    Surroundings around{.out = out_,
                        .error = error_,
                        .now = queue_.now(),
                        .width = 0,
                        .terminal = false,
                        .operator_name = "uid 7"};
    EXPECT_EQ(run({"--config", config_file(), verb}, around), EX_CONFIG) << verb;
    EXPECT_THAT(out_.str(), IsEmpty());
  }
  ::unsetenv("TENAX_STATE");
  EXPECT_EQ(tenax({"list"}), 0) << "where the queue is was said";
}

}  // namespace
}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#include "engine/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "engine/config_keys.h"
#include "tests/sendmail/scratch.h"

namespace tenax::testing {
namespace {

using engine::Config;
using engine::LoadedConfig;
using engine::parse_config;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> texts;
  for (const engine::ConfigProblem& problem : parse_config(text, "t.toml").problems) {
    texts.push_back(problem.text());
  }
  return texts;
}

/// An environment variable for the time of a test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_{name} {
    if (const char* const before = std::getenv(name)) before_ = before;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Environment() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(ConfigFile, MayBeEmpty) {
  const LoadedConfig loaded = parse_config("", "t.toml");
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.first_delay, 5min);
  EXPECT_FALSE(loaded.config.state.empty());
}

TEST(ConfigFile, WhoGivesACurveMeansItUnlessLearningIsAskedFor) {
  const auto learns = [](const std::string& lines) {
    return parse_config("[retry]\n" + lines, "t.toml").config.learn;
  };
  EXPECT_TRUE(learns(""));
  EXPECT_TRUE(learns("first_delay = \"10s\"\nlifetime = \"2d\""));
  EXPECT_FALSE(learns("longest_delay = \"1h\""));
  EXPECT_FALSE(learns("growth = 1.5"));
  EXPECT_FALSE(learns("jitter = 0.0"));
  EXPECT_TRUE(learns("growth = 1.5\nlearn = true"));
  EXPECT_FALSE(learns("learn = false"));
}

TEST(ConfigFile, SetsEveryKey) {
  const LoadedConfig loaded = parse_config(R"(
state = "/s"
runtime = "/r"
hostname = "mx.example.org"
domain = "example.org"
postmaster = "ann@example.org"
operators_group = "mail"
[submission]
max_message_size = "10MiB"
max_recipients = 7
answer_timeout = "250ms"
[smtp]
listen = ["auto", "127.0.0.1:2525", "[::1]:25", "/s/smtp.sock"]
networks = ["192.0.2.0/24", "2001:db8::/32"]
sessions = 10
sessions_per_client = 2
messages_per_minute = 3
[retry]
first_delay = "1m"
longest_delay = "1h30m"
growth = 3
jitter = 0.5
lifetime = "2d"
[notice]
delay = ["4h", "24h"]
full_limit = 1000
language = "de"
languages = ["*.example.fr fr", "ann@example.org ja"]
by_message = false
words = "/w"
html = false
cleared = true
storm_after = 50
storm_within = "1h"
[suppression]
after = 3
expires = "30d"
enforce = true
verp = "b+{local}={domain}@example.org"
[delivery]
paused = true
sessions = 1
first_window = 3
longest_window = 4
failures_to_park = 5
first_parking = "1s"
longest_parking = "2s"
recipients_per_transaction = 6
messages_per_session = 7
idle_session = "0s"
most_hosts = 8
tls = "verify"
prefer_ipv6 = false
grace = "1s"
threads = 9
patience = 0.01
[dns]
servers = ["127.0.0.1:5353", "192.0.2.53", "[::1]:53", "::1"]
dnssec = true
[queue]
inline_limit = 0
history = "1d"
[log]
level = "debug"
to = "/var/log/tenax"
[[route]]
domains = ["*", ".example.com", "example.net"]
to = "[relay.example.com]:587"
tls = "encrypt"
implicit_tls = true
user = "ann"
password_file = "/p"
ca_file = "/c"
)",
                                           "t.toml");
  EXPECT_THAT(loaded.problems, IsEmpty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.state, "/s");
  EXPECT_EQ(config.submit_socket(), "/r/submit.sock");
  EXPECT_EQ(config.drop_directory(), "/s/drop");
  EXPECT_EQ(config.our_name(), "mx.example.org");
  EXPECT_EQ(config.our_domain().text(), "example.org");
  EXPECT_EQ(config.max_message_size, 10 << 20);
  EXPECT_EQ(config.max_recipients, 7);
  EXPECT_EQ(config.answer_timeout, 250ms);
  EXPECT_THAT(config.smtp_addresses(), ElementsAre("127.0.0.1:2525", "[::1]:2525", "127.0.0.1:2525",
                                                   "[::1]:25", "/s/smtp.sock"));
  EXPECT_EQ(config.longest_delay, 90min);
  EXPECT_EQ(config.growth, 3.0);
  EXPECT_EQ(config.lifetime, 48h);
  EXPECT_THAT(config.delay, ElementsAre(4h, 24h));
  EXPECT_EQ(config.notice_language, "de");
  EXPECT_THAT(config.notice_languages, ElementsAre("*.example.fr fr", "ann@example.org ja"));
  EXPECT_FALSE(config.notice_by_message);
  EXPECT_EQ(config.notice_words, "/w");
  EXPECT_FALSE(config.notice_html);
  EXPECT_TRUE(config.notice_cleared);
  EXPECT_EQ(config.storm_after, 50);
  EXPECT_EQ(config.storm_within, 1h);
  EXPECT_EQ(config.suppression_after, 3);
  EXPECT_EQ(config.suppression_expires, 720h);
  EXPECT_TRUE(config.suppression_enforce);
  EXPECT_EQ(config.suppression_verp, "b+{local}={domain}@example.org");
  EXPECT_EQ(config.threads, 9);
  EXPECT_FALSE(config.prefer_ipv6);
  EXPECT_THAT(config.servers, SizeIs(4));
  EXPECT_EQ(config.log_to, "/var/log/tenax");
  ASSERT_THAT(config.routes, SizeIs(1));
  EXPECT_EQ(config.routes[0].to, "[relay.example.com]:587");
  EXPECT_TRUE(config.routes[0].implicit_tls);
}

TEST(ConfigFile, TheMachinesOwnQueueListensWhereMailServersDo) {
  const LoadedConfig loaded = parse_config("state = \"/var/lib/tenax\"\n", "t.toml");
  EXPECT_THAT(loaded.config.smtp_addresses(), ElementsAre("127.0.0.1:25", "[::1]:25"));
}

TEST(ConfigFile, NobodyBecomesAnOpenRelayByMistake) {
  for (const char* network : {"0.0.0.0/0", "::/0", "*", "any", "0.0.0.0"}) {
    const LoadedConfig loaded =
        parse_config("[smtp]\nnetworks = [\"" + std::string{network} + "\"]\n", "t.toml");
    EXPECT_EQ(loaded.problems.empty(), network == std::string_view{"0.0.0.0"}) << network;
  }
}

TEST(ConfigFile, AListMayBeEmpty) {
  const LoadedConfig loaded = parse_config("[notice]\ndelay = []\n", "t.toml");
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.config.delay, IsEmpty());
}

TEST(ConfigFile, ProblemsNameFileLineAndKey) {
  EXPECT_THAT(problems("\n[retry]\nfirst_delay = \"5 bananas\"\n"),
              ElementsAre("t.toml:3: retry.first_delay: not a length of time: \"5 bananas\""));
  EXPECT_THAT(problems("[retry]\nlifetime = 5\n"),
              ElementsAre(HasSubstr("t.toml:2: retry.lifetime: ")));
  EXPECT_THAT(problems("[delivery]\n\n\nsessions = 0\n"),
              ElementsAre("t.toml:4: delivery.sessions: not between 1 and 10000"));
}

TEST(ConfigFile, KeysThatDoNotFitTogetherAreNamedWhereTheFileSaysThem) {
  EXPECT_THAT(problems("[retry]\nfirst_delay = \"2h\"\nlongest_delay = \"1h\"\n"),
              ElementsAre("t.toml:2: retry.first_delay: more than retry.longest_delay, which is "
                          "\"1h\""));
  EXPECT_THAT(problems("[retry]\nlongest_delay = \"1m\"\n"),
              ElementsAre("t.toml:2: retry.longest_delay: less than retry.first_delay, which is "
                          "\"5m\""));
  EXPECT_THAT(problems("\n[delivery]\nfirst_window = 21\n"),
              ElementsAre(HasSubstr("t.toml:3: delivery.first_window: more than")));
}

TEST(ConfigFile, RoutesKnowTheirLines) {
  const LoadedConfig loaded =
      parse_config("\n[[route]]\ndomains = [\"*\"]\nto = \"[relay.example]:25\"\n", "t.toml");
  ASSERT_THAT(loaded.config.routes, SizeIs(1));
  EXPECT_EQ(loaded.config.routes[0].line_of("to"), 4);
  EXPECT_EQ(loaded.config.routes[0].line_of("tls"), 2);
}

TEST(ConfigFile, AWrongKeyLeavesItsDefaultAndTheOthersTheirs) {
  const LoadedConfig loaded =
      parse_config("[retry]\nfirst_delay = true\nlongest_delay = \"1h\"\n", "t.toml");
  EXPECT_THAT(loaded.problems, SizeIs(1));
  EXPECT_EQ(loaded.config.first_delay, 5min);
  EXPECT_EQ(loaded.config.longest_delay, 1h);
}

TEST(ConfigFile, UnknownKeysAreProblemsWithASuggestion) {
  EXPECT_THAT(problems("[retry]\nfirst_dealy = \"5m\"\n"),
              ElementsAre("t.toml:2: retry.first_dealy: there is no such key; did you mean "
                          "\"retry.first_delay\"?"));
  EXPECT_THAT(problems("first_delay = \"5m\"\n"), ElementsAre(HasSubstr("\"retry.first_delay\"?")));
  EXPECT_THAT(problems("hostnam = \"x\"\n"), ElementsAre(HasSubstr("\"hostname\"?")));
  EXPECT_THAT(problems("zzzzzzzz = 1\n"), ElementsAre("t.toml:1: zzzzzzzz: there is no such key"));
  EXPECT_THAT(problems("[zzzz]\na = 1\n"),
              ElementsAre("t.toml:1: [zzzz]: there is no such section"));
}

TEST(ConfigFile, UnknownKeysAreNamedWithTheirSection) {
  EXPECT_THAT(
      problems("[[route]]\ndomains = [\"*\"]\ntsl = \"may\"\n"),
      ElementsAre(HasSubstr("t.toml:3: route.tsl: there is no such key; did you mean \"tls\"?")));
}

TEST(ConfigFile, BrokenSyntaxIsOneProblemWithoutAKey) {
  const LoadedConfig loaded = parse_config("a = 1\n= =\n", "t.toml");
  ASSERT_THAT(loaded.problems, SizeIs(1));
  EXPECT_EQ(loaded.problems[0].key, "");
  EXPECT_EQ(loaded.problems[0].line, 2);
}

TEST(ConfigFile, SyntaxThatIsBrokenOddlyIsAProblemToo) {
  for (const std::string_view text : {"[ = \"/s\"",
                                      "\xc3\xa4 = 1",
                                      "[\xef\xb3\xbf]",
                                      "a = \xc3\xa4",
                                      "a \xef\xb3\xbf = 1",
                                      "[",
                                      "[[",
                                      "[a",
                                      "[a.]",
                                      "a",
                                      "a =",
                                      "a = [",
                                      "a = {",
                                      "\"",
                                      "a = '''",
                                      "\xff",
                                      "a = 1\na = 2",
                                      "[a]\n[a]",
                                      "a.b.c = 1\na.b = 2",
                                      "a = 0x",
                                      "a = 99999999999999999999"}) {
    const LoadedConfig loaded = parse_config(text, "t.toml");
    ASSERT_THAT(loaded.problems, SizeIs(1)) << text;
    EXPECT_EQ(loaded.problems[0].key, "") << text;
    EXPECT_EQ(loaded.config.first_delay, 5min);
  }
}

TEST(ConfigFile, WrongValuesAreProblems) {
  for (const std::string_view text : {"state = \"relative\"",
                                      "state = 1",
                                      "hostname = \"not a name\"",
                                      "postmaster = \"ann\"",
                                      "domain = \"a\\u0000b\"",
                                      "retry = 1",
                                      "[retry]\ngrowth = 0.5",
                                      "[retry]\njitter = 2.0",
                                      "[retry]\njitter = nan",
                                      "[retry]\ngrowth = \"2\"",
                                      "[retry]\ngrowth = inf",
                                      "[retry]\nlifetime = \"-5m\"",
                                      "[retry]\nlifetime = \"0s\"",
                                      "[notice]\ndelay = \"24h\"",
                                      "[notice]\ndelay = [24]",
                                      "[notice]\nlanguage = \"\"",
                                      "[notice]\nlanguage = \"../de\"",
                                      "[notice]\nlanguages = [\"de\"]",
                                      "[notice]\nlanguages = [\"*.example.de German!\"]",
                                      "[notice]\nwords = \"here\"",
                                      "[notice]\ndelay = [\"24h\", \"4h\"]",
                                      "[delivery]\nsessions = 1.5",
                                      "[delivery]\nsessions = 99999999999999",
                                      "[delivery]\ntls = \"yes\"",
                                      "[delivery]\nprefer_ipv6 = \"yes\"",
                                      "[dns]\nservers = \"192.0.2.1\"",
                                      "[dns]\nservers = [\"ns.example.org\"]",
                                      "[dns]\nservers = [\"192.0.2.1:99999\"]",
                                      "[dns]\nservers = [\"192.0.2.1:\"]",
                                      "[log]\nlevel = \"loud\"",
                                      "[log]\nto = \"elsewhere\"",
                                      "[queue]\ninline_limit = -1",
                                      "[queue]\ninline_limit = \"many\"",
                                      "[queue]\ninline_limit = 4194305",
                                      "[queue]\ninline_limit = \"5MiB\"",
                                      "[submission]\nmax_message_size = \"1TiBB\"",
                                      "[submission]\nmax_recipients = 0",
                                      "route = 1",
                                      "[route]\ndomains = [\"*\"]",
                                      "[[route]]\nto = \"x.example\"",
                                      "[[route]]\ndomains = [\"a b\"]",
                                      "[[route]]\ndomains = [\"*\"]\nto = \"a b\"",
                                      "[[route]]\ndomains = [\"*\"]\nuser = \"ann\"",
                                      "[retry]\nfirst_delay = \"2h\"\nlongest_delay = \"1h\"",
                                      "[delivery]\nfirst_window = 21"}) {
    EXPECT_THAT(problems(text), SizeIs(1)) << text;
  }
}

TEST(ConfigFile, OurNamesAreWrittenAsEveryServerUnderstandsThem) {
  for (const std::string key : {"hostname", "domain"}) {
    EXPECT_THAT(problems(key + " = \"b\u00fccher.example\""), ElementsAre(HasSubstr("xn--")));
    EXPECT_THAT(problems(key + " = \"xn--bcher-kva.example\""), IsEmpty());
  }
}

TEST(ConfigFile, ADestinationNamesTheHostOfARouteAlone) {
  const auto of = [](const std::string& name) {
    return problems("[[destination]]\ndomains = [\"" + name + "\"]\nlongest_window = 1\n");
  };
  EXPECT_THAT(of("[Relay.example.com]:587"),
              ElementsAre(HasSubstr("write its host alone, \"relay.example.com\"")));
  EXPECT_THAT(of("[192.0.2.1]:587"), ElementsAre(HasSubstr("alone, \"192.0.2.1\"")));
  EXPECT_THAT(of("[2001:db8::1]:25"), ElementsAre(HasSubstr("alone, \"[IPv6:2001:db8::1]\"")));
  for (const char* right :
       {"relay.example.com", "192.0.2.1", "[192.0.2.1]", "[IPv6:2001:db8::1]"}) {
    EXPECT_THAT(of(right), IsEmpty()) << right;
  }
}

TEST(ConfigFile, ARouteThatIsHalfWrongIsNotTaken) {
  const LoadedConfig loaded = parse_config(
      "[[route]]\ndomains = [\"*\"]\nto = \"relay.example\"\ntls = \"mabye\"\n", "t.toml");
  EXPECT_THAT(loaded.config.routes, IsEmpty());
  EXPECT_THAT(loaded.problems, SizeIs(1));
}

TEST(ConfigFile, ProblemsAreSafeToPrint) {
  for (const std::string& text : problems("\"k\\u001b[2J\" = 1\n[log]\nlevel = \"\\u001b[2J\"\n")) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
}

TEST(ConfigFile, ThatCannotBeReadIsAProblem) {
  const Scratch scratch;
  EXPECT_THAT(engine::load_config(scratch / "none.toml").problems, SizeIs(1));
  EXPECT_THAT(engine::load_config(scratch.path()).problems, SizeIs(1));
  scratch.write("large.toml", std::string(2'000'000, '#'));
  EXPECT_THAT(engine::load_config(scratch / "large.toml").problems, SizeIs(1));
  EXPECT_THAT(engine::load_config("").problems, IsEmpty());
}

TEST(ConfigFile, ThatCannotBeReadSaysWhy) {
  const Scratch scratch;
  EXPECT_THAT(engine::load_config(scratch.path()).problems.at(0).text(),
              HasSubstr("it is a directory"));
  scratch.write("large.toml", std::string(2'000'000, '#'));
  EXPECT_THAT(engine::load_config(scratch / "large.toml").problems.at(0).text(),
              HasSubstr("larger than 1048576 octets"));
}

TEST(ConfigFile, IsFoundByOptionThenEnvironment) {
  const Environment environment{"TENAX_CONFIG", "/from/environment"};
  EXPECT_EQ(engine::find_config("/from/option"), "/from/option");
  EXPECT_EQ(engine::find_config(""), "/from/environment");
}

TEST(State, IsFoundInTheEnvironment) {
  const Environment environment{"TENAX_STATE", "/from/environment"};
  EXPECT_EQ(engine::default_state_directory(), "/from/environment");
  EXPECT_EQ(engine::load_config("").config.state, "/from/environment");
  EXPECT_EQ(parse_config("state = \"/from/file\"", "t").config.state, "/from/file");
}

TEST(State, IsAlwaysSomewhere) {
  const Environment environment{"TENAX_STATE", nullptr};
  EXPECT_THAT(engine::default_state_directory(), ::testing::StartsWith("/"));
}

TEST(Names, AreNeverEmpty) {
  EXPECT_FALSE(Config{}.our_name().empty());
  EXPECT_FALSE(Config{}.our_domain().text().empty());
}

TEST(Keys, DefaultsReadBackAsTheyAreWritten) {
  const Config defaults;
  for (const engine::ConfigKey& key : engine::config_keys()) {
    const std::size_t dot = key.name.find('.');
    const bool top = dot == std::string_view::npos;
    const std::string section = top ? "" : "[" + std::string{key.name.substr(0, dot)} + "]\n";
    const std::string text = section + std::string{top ? key.name : key.name.substr(dot + 1)} +
                             " = " + engine::value_text(key, defaults);
    const LoadedConfig loaded = parse_config(text, "t.toml");
    EXPECT_THAT(loaded.problems, IsEmpty()) << text << "\n" << problems(text)[0];
    if (key.name != "state") {
      EXPECT_EQ(engine::value_text(key, loaded.config), engine::value_text(key, defaults));
    }
  }
}

TEST(Keys, TheManualPageKnowsThemAllWithTheirDefaultsAndNoOthers) {
  std::ifstream file{TENAX_SOURCE_DIR "/docs/man/tenax.toml.5.scd"};
  const std::string page{std::istreambuf_iterator<char>{file}, {}};
  ASSERT_FALSE(page.empty());
  std::size_t entries = 0;
  for (std::size_t at = page.find("\n*"); at != std::string::npos; at = page.find("\n*", at + 1)) {
    if (page.find(" = ", at + 1) < page.find('\n', at + 1)) ++entries;
  }
  for (const engine::ConfigKey& key : engine::config_keys()) {
    const std::string name{key.name.substr(key.name.find('.') + 1)};
    const std::string entry = "\n*" + name + "* = _" + engine::value_text(key, Config{}) + "_\n";
    EXPECT_THAT(page, HasSubstr(entry));
  }
  // "on" is a table of its own.
  EXPECT_EQ(entries, engine::config_keys().size() + engine::route_keys().size() +
                         engine::destination_key_names().size() - 1 +
                         engine::answer_key_names().size());
  for (const auto names : {engine::destination_key_names(), engine::answer_key_names()}) {
    for (const std::string_view name : names) {
      if (name == "on") continue;
      EXPECT_THAT(page, HasSubstr("\n*" + std::string{name} + "* = _"));
    }
  }
}

}  // namespace
}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include "tests/tools/rows.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CommandLine read(const std::vector<std::string>& words) {
  const auto result = read_command_line(words);
  if (const Ended* ended = std::get_if<Ended>(&result)) {
    ADD_FAILURE() << "ended: " << ended->error;
    return {};
  }
  return std::get<CommandLine>(result);
}

Ended end(const std::vector<std::string>& words) {
  const auto result = read_command_line(words);
  if (const Ended* ended = std::get_if<Ended>(&result)) return *ended;
  ADD_FAILURE() << "was read";
  return {};
}

queue::Selection select(const Filters& filters) {
  const auto selection = selection_of(filters, kNow);
  if (selection) return *selection;
  ADD_FAILURE() << selection.error().why;
  return {};
}

std::string objection_to(const Filters& filters) {
  const auto selection = selection_of(filters, kNow);
  return selection ? std::string{} : selection.error().why;
}

TEST(CommandLine, WithoutAVerbIsTheOverview) {
  EXPECT_EQ(read({}).command, Command::overview);
  EXPECT_TRUE(read({"--json"}).json);
}

TEST(CommandLine, ADestinationIsMeantHoweverItIsWritten) {
  Filters filters;
  filters.destination = "MÜLLER.test";
  EXPECT_EQ(select(filters).destination, "xn--mller-kva.test");
}

TEST(CommandLine, ThatCannotBeReadMayStillAskForJson) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"list", "--colour", "--json"},
        {"--json=true", "list", "--older"},
        {"nope", "--json=1"},
        {"--json", "show"},
        {"show", "x", "--raw", "--json", "--body"}}) {
    EXPECT_TRUE(end(words).json) << words.front();
  }
  for (const std::vector<std::string>& words : {std::vector<std::string>{"list", "--colour"},
                                                {"--json=false", "list", "--colour"},
                                                {"nope", "--", "--json"}}) {
    EXPECT_FALSE(end(words).json) << words.front();
  }
}

TEST(CommandLine, AnEmptyArgumentIsNeverTakenForNoArgument) {
  for (const char* flag : {"--sender", "--recipient", "--domain", "--destination", "--state",
                           "--older", "--newer", "--reply"}) {
    EXPECT_EQ(end({"remove", flag, "", "--domain", "example.org"}).code, EX_USAGE) << flag;
    EXPECT_EQ(end({"list", std::string{flag} + "="}).code, EX_USAGE) << flag;
  }
  EXPECT_EQ(end({"flush", "--destination", ""}).code, EX_USAGE);
  EXPECT_EQ(end({"--state", "", "remove", "--all"}).code, EX_USAGE);
  EXPECT_EQ(end({"--config", "", "remove", "--all"}).code, EX_USAGE);
  EXPECT_EQ(end({"remove", "", "--all"}).code, EX_USAGE);
}

TEST(CommandLine, EveryVerbIsKnown) {
  const std::vector<std::pair<std::vector<std::string>, Command>> verbs{
      {{"list"}, Command::list},
      {{"show", "A"}, Command::show},
      {{"forecast", "A"}, Command::forecast},
      {{"why", "A"}, Command::why},
      {{"what-if", "--schedule", "5m"}, Command::what_if},
      {{"retry", "A"}, Command::retry},
      {{"hold", "A"}, Command::hold},
      {{"release", "A"}, Command::release},
      {{"remove", "A"}, Command::remove},
      {{"expire", "A"}, Command::expire},
      {{"flush"}, Command::flush},
      {{"check"}, Command::check},
      {{"mailq"}, Command::mailq},
      {{"destination", "example.net"}, Command::destination},
      {{"config"}, Command::config}};
  for (const auto& [words, command] : verbs) EXPECT_EQ(read(words).command, command) << words[0];
}

TEST(CommandLine, GlobalFlagsMayStandOnEitherSideOfTheVerb) {
  const CommandLine before = read({"--json", "--state", "/q", "--config", "/c", "check"});
  EXPECT_TRUE(before.json);
  EXPECT_EQ(before.state, "/q");
  EXPECT_EQ(before.config, "/c");
  const CommandLine after = read({"check", "--json", "--state", "/q", "--config", "/c"});
  EXPECT_TRUE(after.json);
  EXPECT_EQ(after.state, "/q");
  EXPECT_EQ(after.config, "/c");
}

TEST(CommandLine, StateBehindAFilteringVerbIsAStateUnlessItIsAPath) {
  const CommandLine line = read({"--state", "/q", "list", "--state", "held"});
  EXPECT_EQ(line.state, "/q");
  EXPECT_THAT(line.filters.states, ElementsAre("held"));

  const CommandLine both = read({"list", "--state", "held,waiting", "--state", "./queue"});
  EXPECT_EQ(both.state, "./queue");
  EXPECT_THAT(both.filters.states, ElementsAre("held,waiting"));
}

TEST(CommandLine, StateTakesOneValueSoThatIdsAreNotEaten) {
  const CommandLine line = read({"hold", "--state", "waiting", "0000000000001"});
  EXPECT_THAT(line.filters.ids, ElementsAre("0000000000001"));
}

TEST(CommandLine, WhatCannotBeReadIsAUsageErrorOfOneLine) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"frobnicate"},
                                             {"list", "--limit", "0"},
                                             {"list", "--limit", "many"},
                                             {"show"},
                                             {"show", "A", "B"},
                                             {"destination"},
                                             {"check", "now"},
                                             {"--wat"},
                                             {"check", "--\x1b[2J"},
                                             {"show", "A", "--header", "--body"}}) {
    const Ended ended = end(words);
    EXPECT_EQ(ended.code, EX_USAGE);
    EXPECT_FALSE(ended.error.empty());
    EXPECT_EQ(ended.error.find('\n'), std::string::npos);
    EXPECT_TRUE(tame(ended.error));
  }
}

TEST(CommandLine, HelpAndVersionSucceed) {
  EXPECT_EQ(end({"--help"}).code, 0);
  EXPECT_THAT(end({"--help"}).out, HasSubstr("mailq"));
  EXPECT_THAT(end({"list", "--help"}).out, HasSubstr("--older"));
  EXPECT_EQ(end({"--version"}).out, "tenax " TENAX_VERSION "\n");
}

TEST(Selecting, NothingGivenSelectsEverything) {
  EXPECT_TRUE(engine::selects_everything(select({})));
}

TEST(Selecting, EachFilterSetsItsCondition) {
  Filters filters;
  filters.ids = {mail::QueueId{77}.text()};
  filters.sender = "<Ann@example.org>";
  filters.recipient = "bob@example.net";
  filters.destination = "Example.NET";
  filters.older = "2h";
  filters.newer = "1d";
  filters.reply = "try again";

  const queue::Selection selection = select(filters);

  EXPECT_THAT(selection.messages, ElementsAre(mail::QueueId{77}));
  EXPECT_EQ(selection.sender, "Ann@example.org");
  EXPECT_EQ(selection.recipient, "bob@example.net");
  EXPECT_EQ(selection.destination, "example.net");
  EXPECT_EQ(selection.accepted_before, kNow - 2h);
  EXPECT_EQ(selection.accepted_after, kNow - 24h);
  EXPECT_EQ(selection.reply, "try again");
  EXPECT_THAT(selection.states, IsEmpty());
}

TEST(Selecting, TheNullSenderIsASender) {
  Filters filters;
  filters.sender = "<>";
  EXPECT_EQ(select(filters).sender, "<>");
}

TEST(Selecting, ADomainIsARecipientsDomainWithOrWithoutItsSign) {
  Filters filters;
  filters.domain = "example.net";
  EXPECT_EQ(select(filters).recipient, "@example.net");
  filters.domain = "@example.net";
  EXPECT_EQ(select(filters).recipient, "@example.net");
  filters.domain.clear();
  filters.recipient = "@example.com";
  EXPECT_EQ(select(filters).recipient, "@example.com");
  filters.sender = "@example.org";
  EXPECT_EQ(select(filters).sender, "@example.org");
}

TEST(Selecting, StatesMayBeNamedInGroups) {
  using State = mail::RecipientState;
  Filters filters;
  filters.states = {"held,waiting", "held"};
  EXPECT_THAT(select(filters).states, ElementsAre(State::waiting, State::held));
  filters.states = {"ended"};
  EXPECT_THAT(select(filters).states, ElementsAre(State::delivered, State::failed, State::removed));
  filters.states = {"open"};
  EXPECT_THAT(select(filters).states, ElementsAre(State::waiting, State::leased, State::held));
  filters.states = {"all"};
  EXPECT_EQ(select(filters).states.size(), 6U);
}

TEST(Selecting, WhatIsNoneIsRefusedAndNamed) {
  const auto with = [](auto Filters::*member, auto value) {
    Filters filters;
    filters.*member = value;
    return objection_to(filters);
  };
  EXPECT_THAT(with(&Filters::ids, std::vector<std::string>{"!\x1b"}), HasSubstr("queue id"));
  EXPECT_THAT(with(&Filters::sender, "ann"), HasSubstr("--sender"));
  EXPECT_THAT(with(&Filters::recipient, "a b@example.net"), HasSubstr("--recipient"));
  EXPECT_THAT(with(&Filters::domain, "exa mple"), HasSubstr("--domain"));
  EXPECT_THAT(with(&Filters::destination, "[unclosed"), HasSubstr("--destination"));
  EXPECT_THAT(with(&Filters::states, std::vector<std::string>{"lost"}), HasSubstr("--state"));
  EXPECT_THAT(with(&Filters::states, std::vector<std::string>{""}), HasSubstr("--state"));
  EXPECT_THAT(with(&Filters::older, "soon"), HasSubstr("--older"));
  EXPECT_THAT(with(&Filters::newer, "-3h"), HasSubstr("--newer"));
  EXPECT_THAT(with(&Filters::reply, std::string(1000, 'x')), HasSubstr("--reply"));
  EXPECT_TRUE(tame(with(&Filters::ids, std::vector<std::string>{kHostile})));
}

TEST(Selecting, RecipientAndDomainExcludeEachOther) {
  Filters filters;
  filters.recipient = "bob@example.net";
  filters.domain = "example.net";
  EXPECT_THAT(objection_to(filters), HasSubstr("exclude"));
}

TEST(Selecting, MoreIdsThanARequestHoldsAreRefused) {
  Filters filters;
  filters.ids.assign(20'001, mail::QueueId{1}.text());
  EXPECT_THAT(objection_to(filters), HasSubstr("ids"));
}

}  // namespace
}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
// [[destination]]: what the file may say, what becomes of it, and that mail goes by it.

#include "engine/destinations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "bounce/cause.h"
#include "engine/route.h"
#include "engine/settle.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The problems of a file of these lines, in its parts and in the whole.
std::vector<std::string> problems_in(const std::string& text) {
  const LoadedConfig loaded = parse_config(text, "t.toml");
  std::vector<std::string> all;
  for (const ConfigProblem& one : loaded.problems) all.push_back(one.text());
  for (const ConfigProblem& one : plan_of(loaded.config).problems) all.push_back(one.text());
  return all;
}

TEST(Destinations, TheManualPageListsEveryCauseOfAnAnswer) {
  std::ifstream file{TENAX_SOURCE_DIR "/docs/man/tenax.toml.5.scd"};
  const std::string page{std::istreambuf_iterator<char>{file}, {}};
  const std::string list = page.substr(page.find("What the answer means ("));
  for (int cause = 0; cause <= static_cast<int>(bounce::Cause::other); ++cause) {
    const std::string name{to_string(static_cast<bounce::Cause>(cause))};
    EXPECT_THAT(list.substr(0, list.find(')')),
                ::testing::ContainsRegex("[ (\t]" + name + "(,|$)"));
  }
}

Plan plan_in(const std::string& text) {
  EXPECT_THAT(problems_in(text), IsEmpty());
  return plan_of(parse_config(text, "t.toml").config).plan;
}

scheduler::Override entry_for(const Plan& plan, std::string_view destination,
                              const std::vector<std::string>& hosts = {}) {
  const auto found =
      plan.terms.overrides.find(mail::Destination::parse(destination).value(), hosts);
  EXPECT_NE(found, nullptr) << destination;
  return *found;
}

TEST(Rates, AreReadAsPeopleWriteThem) {
  const auto is = [](std::string_view text, int count, mail::Duration period) {
    const auto rate = parse_rate(text);
    return rate && rate->count == count && rate->period == period;
  };
  EXPECT_TRUE(is("100/h", 100, 1h));
  EXPECT_TRUE(is("20/min", 20, 1min));
  EXPECT_TRUE(is("20/m", 20, 1min));
  EXPECT_TRUE(is("1/s", 1, 1s));
  EXPECT_TRUE(is("1/5s", 1, 5s));
  EXPECT_TRUE(is("3 / 10min", 3, 10min));
  EXPECT_TRUE(is("2000/d", 2000, 24h));
  for (const char* text : {"", "100", "/h", "0/h", "-1/h", "1/0s", "1/1ms", "2000/s", "1/30d",
                           "1/h/h", "1/hour", "a/h", "99999999999/d", "1/1", "1/min5"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

struct Wrong {
  std::string_view rule;
  std::string_view lines;  // behind [[destination]]
  std::string_view said;
};

class WrongEntry : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongEntry, IsSaidWithFileLineAndKey) {
  const std::vector<std::string> problems =
      problems_in("[[destination]]\n" + std::string{GetParam().lines});
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0], HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Files, WrongEntry,
    ::testing::ValuesIn(std::vector<Wrong>{
        {"ForNobody", "rate = \"1/s\"", "t.toml:1: destination.domains: for whom?"},
        {"WithoutAWord", "domains = [\"a.test\"]", "t.toml:1: [destination]: says nothing"},
        {"NoPattern", "domains = [\"a b\"]\nrate = \"1/s\"", "t.toml:2: destination.domains: "},
        {"NoList", "domains = \"a.test\"\nrate = \"1/s\"",
         "t.toml:2: destination.domains: not a list"},
        {"AnUnknownKey", "domains = [\"a.test\"]\nlongest_windw = 2",
         "t.toml:3: destination.longest_windw: there is no such key; did you mean "
         "\"longest_window\"?"},
        {"NoRate", "domains = [\"a.test\"]\nrate = \"fast\"",
         "t.toml:3: destination.rate: \"fast\" is no rate"},
        {"ABurstOfNothing", "domains = [\"a.test\"]\nburst = 3",
         "t.toml:3: destination.burst: goes with a rate"},
        {"ABurstWithoutEnd", "domains = [\"a.test\"]\nrate = \"1/s\"\nburst = 1000000",
         "t.toml:4: destination.burst: not between 1 and 100000"},
        {"OutOfTheBoundsOfTheOtherKey", "domains = [\"a.test\"]\nlongest_window = 1001",
         "t.toml:3: destination.longest_window: not between 1 and 1000"},
        {"ALifetimeWithoutEnd", "domains = [\"a.test\"]\nlifetime = \"400d\"",
         "t.toml:3: destination.lifetime: not between"},
        {"AScheduleOfMoments", "domains = [\"a.test\"]\nschedule = [\"1ms\"]",
         "t.toml:3: destination.schedule: not between 1s and 365d"},
        {"AScheduleOfNothing", "domains = [\"a.test\"]\nschedule = []",
         "t.toml:3: destination.schedule: says no delay at all"},
        {"AScheduleOfNothingAfterAnAnswer",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"452\"]\nschedule = []",
         "t.toml:5: destination.on.schedule: says no delay at all"},
        {"TwoSchedules", "domains = [\"a.test\"]\nschedule = [\"1m\"]\ngrowth = 3.0",
         "t.toml:3: destination.schedule: excludes"},
        {"LearningByASchedule", "domains = [\"a.test\"]\nlearn = true\nschedule = [\"1m\"]",
         "t.toml:3: destination.learn: what is learnt gives the dates"},
        {"LearningWhereNothingIsLearnt",
         "domains = [\"a.test\"]\nlearn = true\n[retry]\nlearn = false",
         "t.toml:3: destination.learn: retry.learn is false"},
        {"AFirstWindowBeyondTheLongest",
         "domains = [\"a.test\"]\nfirst_window = 5\nlongest_window = 2",
         "t.toml:3: destination.first_window: more than longest_window, which is 2"},
        {"AFirstDelayBeyondTheLongest",
         "domains = [\"a.test\"]\nfirst_delay = \"2h\"\nlongest_delay = \"1h\"",
         "t.toml:3: destination.first_delay: more than longest_delay"},
        {"AnAnswerToNothing", "domains = [\"a.test\"]\n[[destination.on]]\nthen = \"fail\"",
         "t.toml:3: destination.on.cause: after which answers?"},
        {"AnAnswerWithoutAWord",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"greylisted\"]",
         "t.toml:3: destination.on: says nothing"},
        {"NoSuchCause",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"gray\"]\nthen = \"fail\"",
         "t.toml:4: destination.on.cause: \"gray\" is neither a cause"},
        {"NoSuchEnd",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"4.2.2\"]\nthen = \"cry\"",
         "t.toml:5: destination.on.then: \"cry\" is none of"},
        {"AnEndWithASchedule",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"4.2.2\"]\nthen = \"fail\"\n"
         "lifetime = \"1h\"",
         "t.toml:3: destination.on.then: what fails at once"},
        {"AnUnknownKeyOfAnAnswer",
         "domains = [\"a.test\"]\n[[destination.on]]\ncause = [\"4.2.2\"]\nthn = \"fail\"\n"
         "lifetime = \"1h\"",
         "t.toml:5: destination.on.thn: there is no such key; did you mean \"then\"?"},
    }),
    [](const auto& one) { return std::string{one.param.rule}; });

TEST(Destinations, AnEntryThatIsHalfWrongIsNoEntry) {
  const LoadedConfig loaded = parse_config(
      "[[destination]]\ndomains = [\"a.test\"]\nrate = \"1/s\"\nburst = 0\n", "t.toml");
  EXPECT_THAT(loaded.problems, SizeIs(1));
  EXPECT_THAT(loaded.config.destinations, IsEmpty());
}

TEST(Destinations, ADomainHasOneEntryHoweverItIsWritten) {
  for (const std::string name :
       {"müller.test", "MÜLLER.test", "xn--mller-kva.test", "xn--mller-kva.test."}) {
    const Plan plan = plan_in("[[destination]]\ndomains = [\"" + name +
                              "\"]\nlongest_window = 3\n[[destination]]\ndomains = [\"." + name +
                              "\"]\nlongest_window = 4\n");
    for (const std::string spelled : {"müller.test", "MÜLLER.test", "xn--mller-kva.test"}) {
      const auto entry_of = [&plan](const std::string& to) {
        return entry_for(plan, plan.routes.destination_of(domain(to)).text());
      };
      EXPECT_EQ(entry_of(spelled).lane.longest_window, 3) << name << " " << spelled;
      EXPECT_EQ(entry_of("mx." + spelled).lane.longest_window, 4) << name << " " << spelled;
    }
  }
}

TEST(Destinations, WhatAnEntryDoesNotSayIsAsForEverybody) {
  const Plan plan = plan_in(
      "[retry]\nlifetime = \"3d\"\n[delivery]\nlongest_window = 7\nmessages_per_session = 9\n"
      "[[destination]]\ndomains = [\"a.test\"]\nrate = \"60/min\"\nburst = 4\n");
  const scheduler::Override& entry = entry_for(plan, "a.test");
  EXPECT_EQ(entry.line, 6);
  EXPECT_EQ(entry.pace, (scheduler::PaceLimit{60, 1min, 4}));
  EXPECT_EQ(entry.lane.longest_window, 7);
  EXPECT_EQ(entry.messages_per_session, 9);
  EXPECT_EQ(entry.recipients_per_transaction, 100);
  EXPECT_EQ(entry.retry.lifetime, 72h);
  EXPECT_TRUE(entry.learns);
}

TEST(Destinations, WhoNarrowsTheLongestWindowNarrowsTheFirst) {
  const Plan plan = plan_in("[[destination]]\ndomains = [\"a.test\"]\nlongest_window = 1\n");
  EXPECT_EQ(entry_for(plan, "a.test").lane.first_window, 1);
}

TEST(Destinations, DatesOfTheOperatorsAreNotLearnt) {
  const std::string learning = "[retry]\nlearn = true\n[[destination]]\nmx = [\"*.a.test\"]\n";
  const auto learns = [&](const std::string& lines) {
    const Plan plan = plan_in(learning + lines);
    const scheduler::Override& entry = entry_for(plan, "b.test", {"mx.a.test"});
    EXPECT_EQ(entry.retry.learns, entry.learns);
    return entry.learns;
  };
  EXPECT_TRUE(learns("lifetime = \"1d\""));
  EXPECT_TRUE(learns("longest_window = 1"));
  EXPECT_TRUE(learns("[[destination.on]]\ncause = [\"4.2.2\"]\nlifetime = \"1d\""));
  EXPECT_FALSE(learns("learn = false"));
  EXPECT_FALSE(learns("schedule = [\"5m\"]"));
  EXPECT_FALSE(learns("longest_delay = \"6h\""));
  EXPECT_FALSE(learns("[[destination.on]]\ncause = [\"4.2.2\"]\nschedule = [\"1d\"]"));
}

TEST(Destinations, AProgramForEachMessageDoesNotReadThem) {
  TempDirectory directory;
  const std::string file = directory.path() + "/tenax.toml";
  std::ofstream{file}
      << "domain = \"a.test\"\n[[destination]]\nrate = 1\n[[destination.on]]\nx = 1\n"
         "[submission]\nmax_recipients = 7\n";
  const LoadedConfig loaded = load_config_without_routes(file);
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.max_recipients, 7);
}

// -- what an answer meets ------------------------------------------------------------------------

constexpr const char* kRules =
    "[[destination]]\ndomains = [\"example.net\"]\nschedule = [\"10m\", \"1h\"]\n"
    "[[destination.on]]\ncause = [\"4.2.1\"]\nthen = \"fail\"\n"
    "[[destination.on]]\ncause = [\"mailbox-full\", \"45?\"]\nschedule = [\"4h\"]\nlifetime = "
    "\"6h\"\n"
    "[[destination.on]]\ncause = [\"4.7.*\"]\nschedule = [\"7m\"]\n";

mail::Verdict answer(int code, std::string text, mail::EnhancedStatus status) {
  mail::Verdict given = verdict(mail::Kind::deferred, code, std::move(text));
  given.stage = mail::Stage::rcpt;
  given.status = status;
  return given;
}

TEST(Rules, TheFirstThatTheAnswerMeetsHolds) {
  const Plan plan = plan_in(kRules);
  const scheduler::Override& entry = entry_for(plan, "example.net");
  const auto rule = [&](const mail::Verdict& given) {
    const scheduler::OnAnswer* const found = rule_for(entry, given);
    return found == nullptr ? -1 : static_cast<int>(found - entry.on.data());
  };
  EXPECT_EQ(rule(answer(450, "4.2.1 disabled", {4, 2, 1})), 0);
  EXPECT_EQ(rule(answer(452, "4.2.2 mailbox full", {4, 2, 2})), 1) << "by its cause";
  EXPECT_EQ(rule(answer(451, "4.7.1 greylisted", {4, 7, 1})), 1) << "by its code";
  EXPECT_EQ(rule(answer(421, "4.7.0 slow down", {4, 7, 0})), 2);
  EXPECT_EQ(rule(answer(421, "4.3.2 shutting down", {4, 3, 2})), -1);
  EXPECT_EQ(rule(our_fault()), -1) << "nobody answered";
}

Draft settled(const Plan& plan, const mail::Verdict& given, mail::WallTime now, int attempts = 0) {
  const auto request = request_to({due_recipient(1, "bob@example.net", attempts)});
  Landing landing{request, report_on(request, {given}, now)};
  landing.entry = plan.terms.overrides.find(request.destination, {});
  return settle({landing}, plan.terms, now);
}

const queue::RecipientOutcome& outcome_of(const Draft& draft) {
  return draft.settlement.attempts.at(0).outcomes.at(0);
}

TEST(Rules, AScheduleIsFollowedAndItsLastRepeats) {
  const Plan plan = plan_in(kRules);
  const mail::Verdict later = answer(421, "4.3.2 later", {4, 3, 2});
  EXPECT_EQ(*outcome_of(settled(plan, later, noon())).next_attempt, noon() + 10min);
  EXPECT_EQ(*outcome_of(settled(plan, later, noon(), 1)).next_attempt, noon() + 1h);
  EXPECT_EQ(*outcome_of(settled(plan, later, noon(), 9)).next_attempt, noon() + 1h);
}

TEST(Rules, AnAnswerHasItsOwnScheduleAndLifetime) {
  const Plan plan = plan_in(kRules);
  const mail::Verdict full = answer(452, "4.2.2 mailbox full", {4, 2, 2});
  EXPECT_EQ(*outcome_of(settled(plan, full, noon())).next_attempt, noon() + 4h);
  EXPECT_EQ(*outcome_of(settled(plan, full, noon() + 4h, 1)).next_attempt, noon() + 6h);
  const Draft ended = settled(plan, full, noon() + 6h, 2);
  EXPECT_EQ(outcome_of(ended).state, mail::RecipientState::failed);
  ASSERT_THAT(ended.orders, SizeIs(1));
  EXPECT_EQ(ended.orders[0].subjects.at(0).ended, bounce::Ended::in_time);
  EXPECT_EQ(ended.orders[0].subjects.at(0).given, 6h);
}

TEST(Rules, WhatFailsAtOnceIsToldAtOnceWithTheServersWords) {
  const Plan plan = plan_in(kRules);
  const Draft ended = settled(plan, answer(450, "4.2.1 disabled", {4, 2, 1}), noon());
  EXPECT_EQ(outcome_of(ended).state, mail::RecipientState::failed);
  EXPECT_TRUE(outcome_of(ended).counted);
  EXPECT_THAT(outcome_of(ended).verdict.text, HasSubstr("disabled"));
  ASSERT_THAT(ended.orders, SizeIs(1));
}

TEST(Rules, TheDelayNoticePromisesTheDatesThatAreKept) {
  const Plan plan = plan_in(kRules);
  queue::NoticeDue due;
  due.message = {4711};
  due.envelope.sender = address("ann@example.org");
  due.accepted = noon();
  const mail::Verdict full = answer(452, "4.2.2 mailbox full", {4, 2, 2});
  const queue::NoticeDue::Recipient one{.id = {1},
                                        .address = address("bob@example.net"),
                                        .notify = {},
                                        .original = {},
                                        .destination = mail::Destination::mx("example.net"),
                                        .attempts = 2,
                                        .next_attempt = noon() + 2h,
                                        .due = noon() + 1h,
                                        .last = full};
  due.recipients = {one};
  const Draft draft = settle_delays(due, plan.terms, noon() + 1h);
  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_EQ(draft.orders[0].subjects.at(0).retry_until, noon() + 6h);
  EXPECT_THAT(draft.orders[0].coming_attempts, ElementsAre(noon() + 2h, noon() + 6h));
}

// -- in the engine -------------------------------------------------------------------------------

class Entries : public EngineWorld, public ::testing::WithParamInterface<bool> {
 protected:
  /// The quiet plan with these entries, learning or not.
  void adopt(const std::string& entries) {
    const std::string learn = GetParam() ? "[retry]\nlearn = true\n" : "";
    Plan said = plan_in(learn + entries);
    Plan plan = quiet_plan();
    plan.terms.overrides = said.terms.overrides;
    plan.scheduler.overrides = said.scheduler.overrides;
    plan.scheduler.learning = said.scheduler.learning;
    plan.terms.retry.learns = GetParam();
    if (engine && ever_) return engine->adopt(std::move(plan));
    ever_ = true;
    make_engine(std::move(plan));
  }

 private:
  bool ever_ = false;
};
INSTANTIATE_TEST_SUITE_P(Engines, Entries, ::testing::Bool(), [](const auto& one) {
  return std::string{one.param ? "Learning" : "Plain"};
});

TEST_P(Entries, ARateIsKeptAndNoAttemptIsCountedForIt) {
  adopt("[[destination]]\ndomains = [\"example.net\"]\nrate = \"60/h\"\n");
  start();
  for (int i = 0; i < 20; ++i) send({"bob" + std::to_string(i) + "@example.net"});
  send({"ann@example.org"});
  pass(10s);
  EXPECT_THAT(far.taken(), SizeIs(1));
  EXPECT_EQ(home.copies("ann@example.org"), 1) << "nobody else waits";
  pass(5min);
  EXPECT_THAT(far.taken(), SizeIs(6));
  pass(30min);
  EXPECT_THAT(far.taken(), SizeIs(20));
  for (const Attempted& one : facts.attempted_) EXPECT_EQ(one.attempts, 1);
  stop();
}

TEST_P(Entries, ARateForMailHostsHoldsFromTheFirstAnswerOn) {
  adopt("[[destination]]\nmx = [\"*.example.net\"]\nrate = \"1/min\"\nlongest_window = 1\n");
  start();
  send({"first@example.net"});
  pass(10s);
  for (int i = 0; i < 5; ++i) send({"bob" + std::to_string(i) + "@example.net"});
  pass(10s);
  EXPECT_THAT(far.taken(), SizeIs(2));
  pass(10min);
  EXPECT_THAT(far.taken(), SizeIs(6));
  stop();
}

TEST_P(Entries, AReloadFreesWhatARateKept) {
  adopt("[[destination]]\ndomains = [\"example.net\"]\nrate = \"1/h\"\n");
  start();
  for (int i = 0; i < 5; ++i) send({"bob" + std::to_string(i) + "@example.net"});
  pass(1min);
  ASSERT_THAT(far.taken(), SizeIs(1));
  adopt("");
  pass(5h);
  EXPECT_THAT(far.taken(), SizeIs(5));
  stop();
}

TEST_P(Entries, AScheduleIsFollowedAndToldTruly) {
  adopt("[[destination]]\ndomains = [\"example.net\"]\nschedule = [\"3m\", \"20m\"]\n");
  far.manners.temporarily_failing = {"bob@example.net"};
  start();
  send({"bob@example.net"});
  pass(50min);
  ASSERT_THAT(facts.attempted_, SizeIs(4));
  EXPECT_EQ(facts.attempted_[1].when, facts.attempted_[0].next_attempt);
  EXPECT_EQ(*facts.attempted_[0].next_attempt - facts.attempted_[0].when, 3min);
  EXPECT_EQ(*facts.attempted_[2].next_attempt - facts.attempted_[2].when, 20min);
  stop();
}

TEST_P(Entries, AShortLifetimeEndsAlsoBehindADeadServer) {
  adopt("[[destination]]\ndomains = [\"example.net\"]\nlifetime = \"2h\"\n");
  net.host("192.0.2.1").refuses();
  start();
  for (int i = 0; i < 3; ++i) send({"bob" + std::to_string(i) + "@example.net"});
  pass(3h);
  int failures = 0;
  for (const Attempted& one : facts.attempted_) {
    if (one.state == mail::RecipientState::failed) ++failures;
  }
  EXPECT_EQ(failures, 3);
  stop();
}

TEST_P(Entries, FewerRecipientsGoInATransaction) {
  adopt("[[destination]]\ndomains = [\"example.net\"]\nrecipients_per_transaction = 2\n");
  start();
  send({"a@example.net", "b@example.net", "c@example.net", "d@example.net", "e@example.net"});
  pass(1min);
  EXPECT_THAT(far.taken(), SizeIs(3));
  stop();
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
// [[destination.on]] with then = "retry": what a server refuses for good is tried again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bounce/status_fields.h"
#include "engine/destinations.h"
#include "engine/route.h"
#include "engine/settle.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Plan retrying_plan(const std::string& text) {
  const LoadedConfig loaded = parse_config(text, "t.toml");
  EXPECT_THAT(loaded.problems, IsEmpty());
  return plan_of(loaded.config).plan;
}

constexpr const char* kRetried =
    "[[destination]]\ndomains = [\"example.net\"]\n"
    "[[destination.on]]\ncause = [\"5.2.*\"]\nschedule = [\"7m\"]\nlifetime = \"1d\"\n"
    "[[destination.on]]\ncause = [\"550\"]\nschedule = [\"1m\", \"5m\"]\nlifetime = \"6h\"\n"
    "then = \"retry\"\n";

mail::Verdict refused_for_good(std::string text, mail::EnhancedStatus status) {
  mail::Verdict given = verdict(mail::Kind::failed, 550, std::move(text));
  given.status = status;
  return given;
}

const queue::RecipientOutcome& only_outcome(const Draft& draft) {
  return draft.settlement.attempts.at(0).outcomes.at(0);
}

Draft settled_after(const Plan& plan, const mail::Verdict& given, mail::WallTime now,
                    int attempts = 0) {
  const auto request = request_to({due_recipient(1, "bob@example.net", attempts)});
  Landing landing{request, report_on(request, {given}, now)};
  landing.entry = plan.terms.overrides.find(request.destination, {});
  put_off_refusals(landing.entry.get(), landing.report);
  return settle({landing}, plan.terms, now);
}

TEST(RetriedRefusals, ARefusalForGoodIsTriedAgainWhereARuleSaysSo) {
  const Plan plan = retrying_plan(kRetried);
  const mail::Verdict no = refused_for_good("5.1.1 no", {5, 1, 1});
  const Draft first = settled_after(plan, no, noon());
  EXPECT_EQ(only_outcome(first).state, mail::RecipientState::waiting);
  EXPECT_TRUE(only_outcome(first).counted);
  EXPECT_EQ(*only_outcome(first).next_attempt, noon() + 1min);
  EXPECT_EQ(only_outcome(first).verdict.text, "550 5.1.1 no");
  EXPECT_EQ(only_outcome(first).verdict.status, (mail::EnhancedStatus{5, 1, 1}));
  EXPECT_FALSE(only_outcome(first).address_fault);
  EXPECT_THAT(first.orders, IsEmpty());
  EXPECT_EQ(*only_outcome(settled_after(plan, no, noon(), 4)).next_attempt, noon() + 5min);
}

TEST(RetriedRefusals, WhatIsRetriedToTheEndFailsWithTheServersLastWords) {
  const Plan plan = retrying_plan(kRetried);
  const Draft ended = settled_after(plan, refused_for_good("5.1.1 no", {5, 1, 1}), noon() + 6h, 70);
  EXPECT_EQ(only_outcome(ended).state, mail::RecipientState::failed);
  EXPECT_EQ(only_outcome(ended).verdict.text, "not delivered within 6 hours; last: 550 5.1.1 no");
  EXPECT_EQ(only_outcome(ended).verdict.status.klass, 4) << "an expiry, as the history tells them";
  EXPECT_FALSE(only_outcome(ended).address_fault);
  ASSERT_THAT(ended.orders, SizeIs(1));
  const bounce::Subject& told = ended.orders[0].subjects.at(0);
  EXPECT_EQ(told.ended, bounce::Ended::in_time);
  EXPECT_EQ(told.verdict->status, (mail::EnhancedStatus{5, 1, 1}));
  EXPECT_EQ(told.verdict->reply->code, 550);
}

TEST(RetriedRefusals, OneThatOnlyGivesTimesLeavesARefusalForGoodAFailure) {
  const Plan plan = retrying_plan(kRetried);
  const Draft ended = settled_after(plan, refused_for_good("5.2.1 disabled", {5, 2, 1}), noon());
  EXPECT_EQ(only_outcome(ended).state, mail::RecipientState::failed);
  EXPECT_THAT(ended.orders, SizeIs(1));
}

TEST(RetriedRefusals, WhatNoServerRefusedIsNotRetriedForARefusal) {
  const Plan plan = retrying_plan(
      "[[destination]]\ndomains = [\"example.net\"]\n[[destination.on]]\n"
      "cause = [\"5.*\"]\nthen = \"retry\"\n");
  mail::Verdict nowhere = refused_for_good("", {5, 1, 2});
  nowhere.reply.reset();
  nowhere.stage = mail::Stage::resolve;
  EXPECT_EQ(only_outcome(settled_after(plan, nowhere, noon())).state, mail::RecipientState::failed);
}

TEST(RetriedRefusals, ADelayAfterARefusalForGoodIsToldWithItsWords) {
  const Plan plan = retrying_plan(kRetried);
  queue::NoticeDue due;
  due.message = {4711};
  due.envelope.sender = address("ann@example.org");
  due.accepted = noon();
  mail::Verdict last = refused_for_good("5.1.1 no", {5, 1, 1});
  last.kind = mail::Kind::deferred;
  due.recipients = {{.id = {1},
                     .address = address("bob@example.net"),
                     .notify = {},
                     .original = {},
                     .destination = mail::Destination::mx("example.net"),
                     .attempts = 2,
                     .next_attempt = noon() + 65min,
                     .due = noon() + 1h,
                     .last = last}};
  const Draft draft = settle_delays(due, plan.terms, noon() + 1h);
  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_EQ(draft.orders[0].subjects.at(0).retry_until, noon() + 6h);
  const auto notice = bounce::status_fields(draft.orders[0]);
  EXPECT_THAT(notice, HasSubstr("Action: delayed\r\nStatus: 4.1.1\r\n"));
  EXPECT_THAT(notice, HasSubstr("Diagnostic-Code: smtp; 550 5.1.1 no\r\n"));
}

// -- in the engine -------------------------------------------------------------------------------

class EngineThatRetriesRefusals : public EngineWorld, public ::testing::WithParamInterface<bool> {
 protected:
  /// The quiet plan with these entries, learning or not.
  void adopt(const std::string& entries) {
    const std::string learn = GetParam() ? "[retry]\nlearn = true\n" : "";
    Plan said = retrying_plan(learn + entries);
    Plan plan = quiet_plan();
    plan.terms.overrides = said.terms.overrides;
    plan.scheduler.overrides = said.scheduler.overrides;
    plan.scheduler.learning = said.scheduler.learning;
    plan.terms.retry.learns = GetParam();
    make_engine(std::move(plan));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, EngineThatRetriesRefusals, ::testing::Bool(),
                         [](const auto& one) {
                           return std::string{one.param ? "Learning" : "Plain"};
                         });

TEST_P(EngineThatRetriesRefusals, WhatIsRefusedForGoodIsRetriedUntilItIsTaken) {
  adopt(
      "[[destination]]\ndomains = [\"example.net\"]\n[[destination.on]]\ncause = [\"550\"]\n"
      "schedule = [\"1m\", \"5m\"]\nthen = \"retry\"\n");
  far.manners.unknown = {"bob@example.net"};
  start();
  send({"bob@example.net", "ann@example.net"});
  pass(90s);
  ASSERT_THAT(facts.attempted_, SizeIs(3));
  EXPECT_EQ(facts.attempted_[0].state, mail::RecipientState::waiting);
  EXPECT_EQ(facts.attempted_[1].state, mail::RecipientState::delivered);
  EXPECT_EQ(*facts.attempted_[0].next_attempt - facts.attempted_[0].when, 1min);
  EXPECT_EQ(facts.attempted_[2].when, facts.attempted_[0].next_attempt);
  far.manners.unknown = {};
  pass(10min);
  EXPECT_EQ(far.copies("bob@example.net"), 1);
  EXPECT_THAT(facts.noticed_, IsEmpty());
  stop();
}

TEST_P(EngineThatRetriesRefusals, RefusalsForGoodThatAreRetriedKeepNobodyElseWaiting) {
  adopt(
      "[[destination]]\ndomains = [\"example.net\"]\n[[destination.on]]\ncause = "
      "[\"no-such-user\"]\nthen = \"retry\"\n");
  start();
  for (int i = 0; i < 6; ++i) {
    const std::string one = "no" + std::to_string(i) + "@example.net";
    far.manners.unknown.insert(one);
    send({one});
    pass(10s);
  }
  send({"ann@example.net"});
  pass(10s);
  EXPECT_EQ(far.copies("ann@example.net"), 1);
  pass(6h);
  std::map<std::string, std::vector<Attempted>> by_recipient;
  for (const Attempted& one : facts.attempted_) by_recipient[one.address.text()].push_back(one);
  const std::vector<Attempted>& first = by_recipient["no0@example.net"];
  ASSERT_GT(first.size(), 3U);
  for (std::size_t i = 1; i < first.size(); ++i) {
    EXPECT_EQ(first[i].when, first[i - 1].next_attempt) << i;
  }
  stop();
}

}  // namespace
}  // namespace tenax::engine

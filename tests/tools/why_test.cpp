// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/rows.h"
#include "tools/tenax/as_json.h"
#include "tools/tenax/present.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// A message to bob@example.net, what a daemon says of itself, and the question.
class Why : public ::testing::Test {
 protected:
  Why() {
    live_in_central_europe();
    rules.retry.jitter = 0.0;
    rules.sessions = 500;
    message.id = mail::QueueId{1};
    message.envelope.sender = address("ann@example.org");
    message.accepted = kNow - 3h - 12min;
    message.recipients = {waiting_row(1, "bob@example.net")};
    daemon.life = DaemonState::Life::up;
    daemon.view = engine::EngineView{
        .pid = 5, .version = "0.1.0", .started = kNow - 48h, .in_flight = 1, .lanes = {}};
    daemon.view->under_way.emplace();
  }

  queue::RecipientRow& bob() { return message.recipients[0]; }
  scheduler::LaneView& lane() {
    if (daemon.view->lanes.empty()) {
      daemon.view->lanes.push_back({.destination = mail::Destination::mx("example.net"),
                                    .window = 2,
                                    .in_flight = 0,
                                    .waiting = 0,
                                    .parked_until = {},
                                    .failures = 0});
    }
    return daemon.view->lanes[0];
  }
  void tried(mail::WallTime when, bool as_an_attempt = true) {
    message.attempts.push_back({.recipient = bob().id,
                                .started = when,
                                .finished = when,
                                .counted = as_an_attempt,
                                .verdict = *bob().last,
                                .tries = {}});
  }
  void is_due() { bob().next_attempt = kNow - 1min; }
  /// Of example.net the configuration says a rate and a lifetime.
  void limit_bob() {
    scheduler::Override entry;
    entry.line = 42;
    entry.domains = {"example.net"};
    entry.pace = scheduler::PaceLimit{100, 1h, 5};
    entry.retry = rules.retry;
    entry.retry.lifetime = 48h;
    rules.overrides = scheduler::Overrides{{std::move(entry)}};
  }
  void is_leased() { bob().state = mail::RecipientState::leased; }

  Reasons ask() {
    return reasons_of(message, daemon, rules, kNow, [this](const queue::RecipientRow&) {
      ++counted;
      return before;
    });
  }
  Hindrance of_bob() { return ask().open.at(0).hindrance; }
  std::string said() { return present(ask()); }

  void expect(Wait wait, Cause cause) {
    const Hindrance found = of_bob();
    EXPECT_EQ(in_words(found.wait), in_words(wait));
    EXPECT_EQ(to_string(found.cause), to_string(cause));
  }

  Rules rules;
  queue::MessageDetails message;
  DaemonState daemon;
  queue::Before before;
  int counted = 0;
};

TEST_F(Why, WhoWasPutOffWaitsForItsOwnBackOff) {
  tried(kNow - 6min);
  expect(Wait::message_backoff, Cause::put_off);
  EXPECT_EQ(said(),
            R"(0000000000001 from <ann@example.org>, accepted 2025-11-24 13:48:00 +0100, 3h12m ago
given up at 2025-11-29 13:48:00 +0100, if nothing succeeds before
tenaxd is running (pid 5, version 0.1.0, since 2025-11-22 17:00:00 +0100): 1 delivery under way

bob@example.net by way of example.net, 3 attempts so far: message back-off
  why     put off 6m ago by mx1.example.net: 450 4.7.1 try again later
  next    2025-11-24 17:14:00 +0100, in 14m: attempt 4
  change  tenax retry 0000000000001 makes it due now
)");
  EXPECT_EQ(counted, 0) << "who is not due stands behind nobody";
}

TEST_F(Why, WhatIsHeldInAStormSaysWhyAndHowAllOfItIsLetGo) {
  tried(kNow - 6min);
  bob().state = mail::RecipientState::held;
  bob().next_attempt.reset();
  bob().stormed = true;
  message.events = {{kNow - 6min, "held: example.net suddenly refuses most mail"}};
  expect(Wait::hold, Cause::stormed);
  EXPECT_THAT(said(),
              HasSubstr("  why     held 6m ago: its destination suddenly refuses most mail"));
  EXPECT_THAT(said(), HasSubstr("mx1.example.net: 450 4.7.1 try again later\n"
                                "  next    none until it is released\n"
                                "  change  tenax release --destination 'example.net' tries all"));
  bob().stormed = false;
  expect(Wait::hold, Cause::held);
}

TEST_F(Why, WhatElseIsKnownOfRecipientsComesLast) {
  Reasons reasons = ask();
  reasons.remarks = {{.about = Remark::About::owed,
                      .recipients = {waiting_row(2, "joe@example.net")},
                      .when = kNow + 1h}};
  EXPECT_THAT(present(reasons), HasSubstr("\njoe@example.net: failed, and not told yet"));
  reasons.open.clear();
  EXPECT_THAT(present(reasons), HasSubstr("\njoe@example.net: failed, and not told yet"));
}

TEST_F(Why, WhoeverLearnsSaysWhyTheNextAttemptComesThen) {
  tried(kNow - 6min);
  const Foretell foretell = [](const std::vector<scheduler::Role>& roles) {
    EXPECT_THAT(roles, SizeIs(1));
    return std::vector<scheduler::Rehearsal>{{{{kNow + 20min, scheduler::Reason::explores}}, true}};
  };
  const auto nobody = [](const queue::RecipientRow&) { return queue::Before{}; };

  const Reasons reasons = reasons_of(message, daemon, rules, kNow, nobody, foretell);

  EXPECT_EQ(reasons.open.at(0).hindrance.next, kNow + 20min);
  EXPECT_THAT(present(reasons), HasSubstr("in 20m: attempt 4: to find out how long this site lets "
                                          "strangers wait\n"));
}

TEST_F(Why, AParkedLaneOutlastsItsOwnBackOff) {
  tried(kNow - 6min);
  lane().parked_until = kNow + 20min;
  lane().failures = 4;
  expect(Wait::destination_backoff, Cause::parked);
  EXPECT_EQ(of_bob().next, kNow + 20min);
  EXPECT_THAT(said(), HasSubstr("parked, tried again in 20m (after 4 failures in a row); last: "));
  EXPECT_THAT(said(), HasSubstr("tenax flush --destination 'example.net' ends the parking"));
}

TEST_F(Why, AParkingDoesNotPutOffTheLastAttemptBeyondTheDeadline) {
  tried(kNow - 6min);
  rules.retry.lifetime = 3h + 20min;  // ends in 8 minutes
  bob().next_attempt = kNow + 8min;
  lane().parked_until = kNow + 20min;
  expect(Wait::message_backoff, Cause::put_off);
  bob().next_attempt = kNow + 2min;
  expect(Wait::destination_backoff, Cause::parked);
  EXPECT_EQ(of_bob().next, kNow + 8min);
  is_due();
  rules.retry.lifetime = 1h;
  EXPECT_EQ(of_bob().next, kNow);
}

TEST_F(Why, AParkingThatEndsSoonerThanItsOwnBackOffIsNotWhatHoldsIt) {
  tried(kNow - 6min);
  lane().parked_until = kNow + 5min;
  expect(Wait::message_backoff, Cause::put_off);
}

TEST_F(Why, WhatAParkedLaneSentBackWaitsForTheDestination) {
  tried(kNow - 2h);  // its own date is long past
  lane().parked_until = kNow + 13min;
  expect(Wait::destination_backoff, Cause::parked);
  lane().parked_until = kNow - 1min;
  expect(Wait::destination_backoff, Cause::sent_back);
}

TEST_F(Why, ADateBeforeAnyAttemptIsNotTheMessagesOwn) {
  bob().attempts = 0;
  bob().last.reset();
  expect(Wait::destination_backoff, Cause::sent_back);
  EXPECT_THAT(said(), HasSubstr("given back to the queue, uncounted"));
}

TEST_F(Why, OurOwnFaultIsCalledThatAndNoAttempt) {
  bob().last->fault = mail::Fault::ours;
  bob().last->text = "no name server answers";
  tried(kNow - 3min, false);
  expect(Wait::own_fault, Cause::own_fault);
  EXPECT_THAT(said(),
              HasSubstr("our own fault 3m ago, not counted as an attempt: no name server answers"));
}

TEST_F(Why, WhatIsHeldNamesWhoHeldIt) {
  bob().state = mail::RecipientState::held;
  bob().next_attempt.reset();
  message.events = {{kNow - 2h, "held by uid 0: 1 recipient"}, {kNow - 1h, "retry by uid 9"}};
  expect(Wait::hold, Cause::held);
  EXPECT_THAT(said(), HasSubstr("why     held by uid 0: 1 recipient, 2h ago\n"));
  EXPECT_THAT(said(), HasSubstr("next    none until it is released\n"));
  EXPECT_THAT(said(), HasSubstr("tenax release 0000000000001"));
  daemon = {};
  expect(Wait::hold, Cause::held);
}

TEST_F(Why, WhoIsDueWaitsBehindOthersInItsLane) {
  is_due();
  before = {.waiting = 312, .leased = 2, .more = false};
  expect(Wait::limiter, Cause::in_line);
  EXPECT_THAT(said(), HasSubstr("waits for its turn: 312 recipients are before it, 2 in delivery"));
  EXPECT_THAT(said(), HasSubstr("next    at its turn\n"));
  EXPECT_EQ(of_bob().next, std::nullopt);
}

TEST_F(Why, AFullLaneIsALimiterWait) {
  is_due();
  before.waiting = 1;
  lane().in_flight = 2;
  expect(Wait::limiter, Cause::lane_full);
  EXPECT_THAT(said(), HasSubstr("its lane is full: 2 of at most 2 sessions there in use; "
                                "1 recipient is before it"));
}

TEST_F(Why, ARateOfTheOperatorsIsALimiterWaitAndNamesItsLine) {
  is_due();
  limit_bob();
  lane().paced_until = kNow + 36s;
  expect(Wait::limiter, Cause::paced);
  EXPECT_THAT(said(),
              HasSubstr("gets no more than 100 messages in 1h, 5 at once, as line 42 of the "
                        "configuration says"));
  lane().paced_until = kNow;
  expect(Wait::limiter, Cause::in_line);
}

TEST_F(Why, AClosedDoorIsNamedWithItsDate) {
  is_due();
  before.waiting = 4;
  lane().door_until = kNow + 57s;
  expect(Wait::destination_backoff, Cause::door);
  EXPECT_EQ(of_bob().next, kNow + 57s);
  EXPECT_THAT(said(), HasSubstr(": destination back-off\n"
                                "  why     its destination takes no more for now; tried again in "
                                "57s; 4 recipients are before it; last: mx1.example.net: 450"));
  EXPECT_THAT(said(), HasSubstr(", in 57s at the earliest: attempt 4\n"));
  EXPECT_THAT(said(), HasSubstr("tenax flush --destination 'example.net' asks there now"));
  EXPECT_EQ(nlohmann::json::parse(as_json(ask()))["open"][0]["cause"], "door");
  is_leased();
  lane().waiting = 3;
  expect(Wait::destination_backoff, Cause::door);
}

TEST_F(Why, AtAClosedDoorOneMessageAsks) {
  is_due();
  lane().door_until = kNow - 1s;
  expect(Wait::destination_backoff, Cause::door);
  EXPECT_EQ(of_bob().next, std::nullopt);
  EXPECT_THAT(said(), HasSubstr("one message asks whether it does, and is about to; "));
  lane().in_flight = 1;
  EXPECT_THAT(said(), HasSubstr("and is under way; "));
}

TEST_F(Why, AClosedDoorDoesNotPutOffTheLastAttemptBeyondTheDeadline) {
  is_due();
  rules.retry.lifetime = 3h + 20min;  // ends in 8 minutes
  lane().door_until = kNow + 2h;
  EXPECT_EQ(of_bob().next, kNow + 8min);
}

TEST_F(Why, OfARateAndADoorTheLaterIsNamed) {
  is_due();
  limit_bob();
  lane().door_until = kNow + 30s;
  lane().paced_until = kNow + 36s;
  expect(Wait::limiter, Cause::paced);
  lane().door_until = kNow + 2min;
  expect(Wait::destination_backoff, Cause::door);
}

TEST_F(Why, WhoeverLearnsSaysWhenItsTurnAtTheDoorIs) {
  is_due();
  lane().door_until = kNow + 57s;
  const Foretell foretell = [](const std::vector<scheduler::Role>& roles) {
    EXPECT_THAT(roles, SizeIs(1));
    return std::vector<scheduler::Rehearsal>{{{{kNow + 58s, scheduler::Reason::door}}, true}};
  };
  const auto nobody = [](const queue::RecipientRow&) { return queue::Before{}; };
  const Reasons reasons = reasons_of(message, daemon, rules, kNow, nobody, foretell);
  EXPECT_THAT(present(reasons), HasSubstr("in 58s: attempt 4: the site takes no more before that"));
}

TEST_F(Why, WhatARateSentBackToTheQueueWaitsForIt) {
  limit_bob();
  bob().attempts = 0;
  expect(Wait::limiter, Cause::paced);
  EXPECT_EQ(of_bob().next, bob().next_attempt);
}

TEST_F(Why, ItsOwnDateIsNoMatterOfARate) {
  limit_bob();
  tried(kNow - 6min);
  expect(Wait::message_backoff, Cause::put_off);
}

TEST_F(Why, TheEndIsThatOfItsDestination) {
  limit_bob();
  EXPECT_EQ(ask().end, message.accepted + 48h);
}

TEST_F(Why, AllSessionsInUseIsALimiterWait) {
  is_due();
  daemon.view->in_flight = 500;
  expect(Wait::limiter, Cause::all_full);
}

TEST_F(Why, WhoIsDueAtAParkedDestinationWaitsForThat) {
  is_due();
  lane().parked_until = kNow + 3min;
  expect(Wait::destination_backoff, Cause::parked);
  EXPECT_EQ(of_bob().next, kNow + 3min);
}

TEST_F(Why, AfterTheParkingOneMessageGoesFirst) {
  is_due();
  lane().parked_until = kNow - 1s;
  expect(Wait::destination_backoff, Cause::probation);
  EXPECT_THAT(said(), HasSubstr("one message goes first, and it is about to"));
  lane().in_flight = 1;
  EXPECT_THAT(said(), HasSubstr("and is under way"));
}

TEST_F(Why, APausedDaemonHoldsWhatIsDueAndNothingElse) {
  daemon.view->paused = true;
  expect(Wait::message_backoff, Cause::put_off);
  is_due();
  expect(Wait::hold, Cause::paused);
  EXPECT_THAT(said(), HasSubstr("next    none until the pause ends"));
}

TEST_F(Why, WithoutADaemonWhatIsDueWaitsForIt) {
  daemon = {};
  is_due();
  expect(Wait::own_fault, Cause::daemon_down);
  EXPECT_THAT(said(), HasSubstr("tenaxd is not running; due 1m ago"));
  EXPECT_THAT(said(), HasSubstr("starting tenaxd"));
  EXPECT_EQ(counted, 0);
}

TEST_F(Why, WithoutADaemonWhatIsNotDueIsHeldByItsBackOffAndSaysThatOneHasToRun) {
  daemon = {};
  expect(Wait::message_backoff, Cause::put_off);
  EXPECT_THAT(said(), HasSubstr("tenaxd has to run by then"));
}

TEST_F(Why, WhatADeadDaemonHadIsDueWhenTheNextOneSaysSo) {
  daemon = {};
  is_leased();
  expect(Wait::own_fault, Cause::left_leased);
  EXPECT_EQ(of_bob().next, bob().next_attempt);
}

TEST_F(Why, WhoIsUnderWayWaitsForNothing) {
  is_leased();
  daemon.view->under_way = {{message.id, bob().id, kNow - 12s}};
  expect(Wait::none, Cause::trying);
  EXPECT_THAT(said(),
              HasSubstr("so far: no wait\n  why     it is being tried right now, since 12s\n"));
}

TEST_F(Why, WhoIsLeasedButNotUnderWayLiesInItsLane) {
  is_leased();
  lane().in_flight = 2;
  lane().waiting = 5;
  expect(Wait::limiter, Cause::lane_full);
  EXPECT_EQ(of_bob().before.waiting, 4) << "the fifth is itself";
  EXPECT_THAT(said(), HasSubstr("; at most 4 recipients are before it"));
  lane().waiting = 0;
  expect(Wait::none, Cause::settling);
  daemon.view->under_way.reset();
  expect(Wait::none, Cause::trying);
  EXPECT_THAT(said(), HasSubstr("or is next in its lane")) << "an older daemon cannot be asked";
}

TEST_F(Why, ADaemonThatTellsNothingIsTakenToRun) {
  is_due();
  daemon.view.reset();
  expect(Wait::limiter, Cause::in_line);
  daemon.life = DaemonState::Life::unknown;
  expect(Wait::limiter, Cause::in_line);
}

TEST_F(Why, RecipientsWhomTheSameHoldsShareAReason) {
  message.recipients.push_back(waiting_row(1, "joe@example.net"));
  message.recipients.push_back(waiting_row(1, "eve@example.com"));
  message.recipients.push_back(waiting_row(1, "dan@example.net"));
  message.recipients[3].state = mail::RecipientState::delivered;
  const Reasons reasons = ask();
  ASSERT_THAT(reasons.open, SizeIs(2));
  EXPECT_THAT(reasons.open[0].recipients, SizeIs(2));
  EXPECT_EQ(reasons.ended, 1U);
  EXPECT_THAT(said(), HasSubstr("1 other recipient has ended\n"));
}

TEST_F(Why, NoMoreReasonsAreLookedForThanAnybodyReads) {
  is_due();
  message.recipients.assign(1000, bob());
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    message.recipients[i].attempts = static_cast<int>(i);
  }
  const Reasons reasons = ask();
  EXPECT_THAT(reasons.open, SizeIs(200));
  EXPECT_EQ(reasons.more, 800U);
  EXPECT_EQ(counted, 200);
}

TEST_F(Why, NothingHoldsWhatHasEnded) {
  bob().state = mail::RecipientState::delivered;
  EXPECT_THAT(said(), HasSubstr("nothing holds it: every recipient has ended\n"));
}

TEST_F(Why, NothingAServerSaysReachesTheTerminalAsACommand) {
  bob().last->text = bob().last->host.name = kHostile;
  EXPECT_TRUE(tame(said()));
  bob().last->fault = mail::Fault::ours;
  EXPECT_TRUE(tame(said()));
  bob().state = mail::RecipientState::held;
  message.events = {{kNow, "held " + kHostile}};
  EXPECT_TRUE(tame(said()));
}

}  // namespace
}  // namespace tenax::cli

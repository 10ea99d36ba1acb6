// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/present.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/rows.h"
#include "tools/tenax/prospects.h"
#include "tools/tenax/words.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class Present : public ::testing::Test {
 protected:
  Present() { live_in_central_europe(); }
};

queue::DestinationRow destination_row(const std::string& name, std::int64_t recipients) {
  queue::DestinationRow row;
  row.destination = name;
  row.recipients = recipients;
  row.by_age = {1, 0, 0, recipients - 1, 0, 0, 0, 0};
  row.next_attempt = kNow + 4min;
  row.oldest = kNow - 3h;
  row.last_text = "450 4.7.1 try again later";
  return row;
}

Overview an_overview() {
  Overview overview;
  overview.now = kNow;
  overview.state_directory = "/var/lib/tenax";
  overview.summary.messages = 12;
  overview.summary.recipients = 34;
  overview.summary.waiting = 30;
  overview.summary.deferred = 21;
  overview.summary.leased = 2;
  overview.summary.held = 2;
  overview.summary.octets = 1'300'000;
  overview.summary.oldest = kNow - 3h;
  overview.summary.next_attempt = kNow + 4min;
  overview.summary.delivered_last_day = 120;
  overview.summary.failed_last_day = 3;
  overview.summary.destinations = {destination_row("example.net", 30),
                                   destination_row("[relay.example.com]:587", 4)};
  overview.summary.destinations[1].last_text.clear();
  overview.oldest_ends = kNow + 117h;
  overview.daemon.life = DaemonState::Life::up;
  overview.daemon.view = engine::EngineView{
      .pid = 123, .version = "0.1.0", .started = kNow - 48h, .in_flight = 2, .lanes = {}};
  overview.daemon.view->lanes.push_back(
      {.destination = mail::Destination::parse("example.net").value(),
       .window = 1,
       .in_flight = 0,
       .waiting = 0,
       .parked_until = kNow + 3min,
       .failures = 4});
  return overview;
}

TEST_F(Present, TheOverviewAnswersHowMuchHowOldWhereAndWhatNext) {
  EXPECT_EQ(present(an_overview(), 0),
            R"(12 messages, 34 recipients: 30 waiting (21 deferred), 2 in delivery, 2 held; 1.2 MiB
oldest: accepted 3h ago, given up at 2025-11-29 14:00:00 +0100
next attempt: in 4m, at 2025-11-24 17:04:00 +0100
last 24 hours: 120 recipients delivered, 3 failed
tenaxd is running (pid 123, version 0.1.0, since 2025-11-22 17:00:00 +0100): 2 deliveries under way

DESTINATION              TOTAL  HELD  BUSY  <5m  <20m  <1h  <4h  <12h  <1d  <3d  3d+  NEXT
example.net                 30     0     0    1     0    0   29     0    0    0    0  in 4m
    450 4.7.1 try again later
    parked, tried again in 3m (after 4 failures in a row)
[relay.example.com]:587      4     0     0    1     0    0    3     0    0    0    0  in 4m
)");
}

TEST_F(Present, AStormIsToldAtItsDestinationWithWhatEndsIt) {
  Overview overview = an_overview();
  EXPECT_THAT(present(overview, 0), Not(HasSubstr("suddenly")));
  overview.summary.destinations[1].stormed = 2;
  EXPECT_THAT(present(overview, 0),
              HasSubstr("\n    2 recipients held: it suddenly refuses most mail (storm_after)\n"
                        "    tenax release, expire or remove, each with --destination, goes on\n"));
}

TEST_F(Present, FailuresThatADigestIsGoingToTellAreCountedWithItsDate) {
  Overview overview = an_overview();
  EXPECT_THAT(present(overview, 0), Not(HasSubstr("digests")));
  overview.summary.owed = 12;
  overview.summary.owed_senders = 1;
  overview.summary.next_digest = kNow + 20min;
  EXPECT_THAT(present(overview, 0), HasSubstr("\ndigests: 12 failures to tell 1 sender of, from " +
                                              moment(kNow + 20min) + "\n"));
  overview.summary.next_digest = kNow;
  EXPECT_THAT(present(overview, 0), HasSubstr(" of, due now\n"));
}

TEST_F(Present, AnEmptyQueueSaysSoAndWhetherAnybodyDelivers) {
  Overview overview;
  overview.now = kNow;
  EXPECT_EQ(present(overview, 80),
            "The queue is empty.\ntenaxd is not running: nothing is being delivered\n");
}

TEST_F(Present, MailInTheDropFolderIsNotForgotten) {
  Overview overview;
  overview.now = kNow;
  overview.dropped = 1;
  EXPECT_THAT(present(overview, 0), HasSubstr("1 message waits for tenaxd to take it in\n"));
  overview.dropped = 3;
  EXPECT_THAT(present(overview, 0), HasSubstr("3 messages wait for tenaxd to take them in\n"));
}

TEST_F(Present, AnOverdueAttemptIsDueNow) {
  Overview overview = an_overview();
  overview.summary.next_attempt = kNow - 5min;
  EXPECT_THAT(present(overview, 0), HasSubstr("next attempt: due now\n"));
}

TEST_F(Present, NoLineIsWiderThanTheTerminal) {
  Overview overview = an_overview();
  overview.summary.destinations[0].last_text = std::string(500, 'x');
  const std::string text = present(overview, 80);
  const std::string table = text.substr(text.find("DESTINATION"));
  std::size_t begin = 0;
  for (std::size_t end = table.find('\n'); end != std::string::npos;
       end = table.find('\n', begin)) {
    EXPECT_LE(places(std::string_view{table}.substr(begin, end - begin)), 80U);
    begin = end + 1;
  }
}

TEST_F(Present, TheListIsOneLineForEachRecipient) {
  Listing listing{.rows = {waiting_row(1, "bob@example.net")}, .cut = false, .now = kNow};
  queue::RecipientRow held = waiting_row(2, "carl@example.com");
  held.state = mail::RecipientState::held;
  held.sender.reset();
  held.next_attempt.reset();
  held.last.reset();
  held.attempts = 0;
  listing.rows.push_back(held);
  EXPECT_EQ(
      present(listing, 0),
      R"(ID             STATE      AGE  TRIES  NEXT    SENDER             RECIPIENT         LAST REPLY
0000000000001  waiting  3h12m      3  in 14m  <ann@example.org>  bob@example.net   450 4.7.1 try again later
0000000000002  held     3h12m      0  -       <>                 carl@example.com
)");
}

TEST_F(Present, ANarrowListTellsTheRecipientAllTheSame) {
  const Listing listing{.rows = {waiting_row(1, "bob@example.net")}, .cut = false, .now = kNow};
  EXPECT_EQ(present(listing, 60),
            R"(ID             STATE      AGE  TRIES  NEXT
0000000000001  waiting  3h12m      3  in 14m
    bob@example.net from <ann@example.org>: 450 4.7.1 try...
)");
}

TEST_F(Present, ACutListSaysSo) {
  const Listing listing{.rows = {waiting_row(1, "bob@example.net")}, .cut = true, .now = kNow};
  EXPECT_THAT(present(listing, 0), HasSubstr("only the first 1 line; there are more (--limit)"));
  EXPECT_EQ(present(Listing{.rows = {}, .cut = false, .now = kNow}, 0), "nothing found\n");
}

queue::MessageDetails a_message() {
  queue::MessageDetails message;
  message.id = mail::QueueId{1};
  message.envelope.sender = address("ann@example.org");
  message.envelope.size = 1234;
  message.submitter = {1000, 4711, "socket"};
  message.accepted = kNow - 3h - 12min;
  message.message_id = "<x@example.org>";
  message.subject = "Hello";
  message.contents_kept = true;
  message.recipients = {waiting_row(1, "bob@example.net")};
  queue::AttemptRow attempt;
  attempt.recipient = message.recipients[0].id;
  attempt.started = kNow - 3h;
  attempt.finished = kNow - 3h + 2s;
  attempt.verdict = greylisted();
  mail::HostTry first;
  first.host = {"mx0.example.net", "192.0.2.9", 25, ""};
  first.stage = mail::Stage::connect;
  first.text = "connection refused";
  attempt.tries = {first};
  message.attempts = {attempt};
  message.events = {{kNow - 1h, "held by uid 0"}};
  return message;
}

TEST_F(Present, AMessageIsShownWithEveryAttempt) {
  EXPECT_EQ(present(a_message(), kNow), R"(0000000000001
  from        <ann@example.org>
  subject     Hello
  message id  <x@example.org>
  accepted    2025-11-24 13:48:00 +0100, 3h12m ago, from uid 1000, by socket
  size        1.2 KiB

recipients
  bob@example.net: waiting, 3 attempts, next in 14m at 2025-11-24 17:14:00 +0100, by way of example.net
      450 4.7.1 try again later

attempts
  2025-11-24 14:00:00 +0100  bob@example.net
      deferred 4.7.1 at stage rcpt, mx1.example.net [192.0.2.1]:25, TLSv1.3 TLS_AES_256_GCM_SHA384, took 2s
      450 4.7.1 try again later
      before that: mx0.example.net [192.0.2.9]:25 at stage connect: connection refused

events
  2025-11-24 16:00:00 +0100  held by uid 0
)");
}

TEST_F(Present, ADoubtfulOrUncountedAttemptIsCalledThat) {
  queue::MessageDetails message = a_message();
  message.attempts[0].verdict.in_doubt = true;
  message.attempts[0].counted = false;
  const std::string text = present(message, kNow);
  EXPECT_THAT(text, HasSubstr("in doubt: it may have arrived"));
  EXPECT_THAT(text, HasSubstr("not counted: our own fault"));
}

TEST_F(Present, ShowSaysWhatCannotBeRead) {
  queue::MessageDetails message = a_message();
  message.damage = "answer 3: column stage";
  message.recipients[0].damage = "recipient 1: column 3 is no address";
  const std::string text = present(message, kNow);
  EXPECT_THAT(text, HasSubstr("\n  damaged     answer 3: column stage: some of this is made up "));
  EXPECT_THAT(text, HasSubstr("\n      damaged: recipient 1: column 3 is no address\n"));
}

TEST_F(Present, TheForecastNamesEveryComingDateInOrder) {
  scheduler::RetryPolicy policy;
  policy.lifetime = 5h;
  policy.delay_notices = {4h};
  queue::MessageDetails message = a_message();
  message.recipients[0].next_notice = message.accepted + 4h;
  message.recipients.push_back(waiting_row(1, "carl@example.net"));
  message.recipients[1].next_notice = message.accepted + 4h;

  const Prospects prospects = prospects_of(message, policy, kNow);
  const std::string text = present(prospects);

  ASSERT_EQ(prospects.open.size(), 1U) << "they share their past, so they share their future";
  EXPECT_THAT(text, HasSubstr("bob@example.net, carl@example.net: waiting, 3 attempts so far"));
  EXPECT_THAT(text, HasSubstr("2025-11-24 17:14:00 +0100  in 14m     attempt 4\n"));
  EXPECT_THAT(text, HasSubstr("2025-11-24 17:48:00 +0100  in 48m"));
  EXPECT_LT(text.find("attempt 4"), text.find("the sender is told of the delay"));
  EXPECT_THAT(text, HasSubstr("2025-11-24 18:48:00 +0100  in 1h48m   given up"));
}

TEST_F(Present, WhoeverLearnsSaysWhyEachAttemptComesThen) {
  using scheduler::Reason;
  queue::MessageDetails message = a_message();
  message.recipients.push_back(waiting_row(1, "carl@example.net"));
  message.recipients[1].last->text = "451 4.7.1 another word";
  std::vector<scheduler::Role> asked;
  const Foretell foretell = [&](const std::vector<scheduler::Role>& roles) {
    asked = roles;
    return std::vector<scheduler::Rehearsal>{
        {{{kNow + 14min, Reason::stated}, {kNow + 2h, Reason::door}}, true},
        {{{kNow + 15min, Reason::known_age}}, false}};
  };

  Prospects prospects = prospects_of(message, {}, kNow, {}, foretell);
  prospects.source.kind = Source::Kind::daemon;
  const std::string text = present(prospects);

  ASSERT_EQ(asked.size(), 2U) << "who was answered otherwise has another future";
  EXPECT_EQ(asked[1].recipient, address("carl@example.net"));
  EXPECT_EQ(asked[1].due, kNow + 14min);
  EXPECT_EQ(asked[1].attempts, 3);
  EXPECT_THAT(text, HasSubstr("by what tenaxd has learnt, if every attempt is answered as the"));
  EXPECT_THAT(text, HasSubstr("in 14m     attempt 4: the server said when\n"));
  EXPECT_THAT(text, HasSubstr("attempt 5: the site takes no more before that\n"));
  EXPECT_THAT(text, HasSubstr("more attempts, and so on until"));
  EXPECT_THAT(text, HasSubstr("attempt 4: others were taken there after so long\n"));
  EXPECT_THAT(text, HasSubstr("change  another answer, and what other mail teaches of its site\n"
                              "        tenax retry "));

  prospects.source = {Source::Kind::queue, {}};
  EXPECT_THAT(present(prospects), HasSubstr("without tenaxd: by what the queue keeps"));
  prospects.source.trouble = "denied\x1b[2J";
  EXPECT_THAT(present(prospects), HasSubstr("without tenaxd (denied"));
  EXPECT_TRUE(tame(present(prospects)));
}

TEST_F(Present, OfMoreThanTwoHundredProspectsTheOthersHaveTheirNextAttempt) {
  queue::MessageDetails message = a_message();
  message.recipients.clear();
  for (int i = 0; i < 250; ++i) {
    message.recipients.push_back(waiting_row(1, "bob@example.net"));
    message.recipients.back().next_attempt = kNow + std::chrono::minutes{i};
  }
  const Foretell foretell = [](const std::vector<scheduler::Role>& roles) {
    EXPECT_EQ(roles.size(), 200U);
    const scheduler::Rehearsal two{{{kNow}, {kNow + 1h}}, false};
    return std::vector<scheduler::Rehearsal>(roles.size(), two);
  };

  const Prospects prospects = prospects_of(message, {}, kNow, {}, foretell);

  ASSERT_EQ(prospects.open.size(), 250U);
  EXPECT_EQ(prospects.open[199].forecast.attempts.size(), 2U);
  ASSERT_EQ(prospects.open[200].forecast.attempts.size(), 1U);
  EXPECT_EQ(prospects.open[200].forecast.attempts[0].when, kNow + 200min);
  EXPECT_TRUE(prospects.open[200].forecast.more);
}

TEST_F(Present, HeldMailHasNoComingAttempts) {
  queue::MessageDetails message = a_message();
  message.recipients[0].state = mail::RecipientState::held;
  message.recipients[0].next_attempt.reset();
  const Prospects prospects = prospects_of(message, {}, kNow);
  EXPECT_TRUE(prospects.open[0].forecast.attempts.empty());
  EXPECT_THAT(present(prospects), HasSubstr("held, no attempts until it is released"));
}

TEST_F(Present, WhileAllIsPausedOnlyWhatIsUnderWayGoesOn) {
  queue::MessageDetails message = a_message();
  message.recipients.push_back(waiting_row(1, "carl@example.net"));
  message.recipients[1].state = mail::RecipientState::leased;
  const Foretell nobody = [](const std::vector<scheduler::Role>&) {
    ADD_FAILURE() << "what was learnt does not tell when a pause ends";
    return std::nullopt;
  };
  const Prospects prospects = prospects_of(message, {}, kNow, {}, nobody, true);
  EXPECT_TRUE(prospects.open[0].forecast.attempts.empty());
  EXPECT_FALSE(prospects.open[0].forecast.delay_notices.empty()) << "those go on";
  EXPECT_EQ(prospects.open[1].forecast.attempts.size(), 1U);
  EXPECT_FALSE(prospects.open[1].forecast.more);
  const std::string text = present(prospects);
  EXPECT_THAT(text,
              HasSubstr("ago\ndelivery.paused is set: mail is taken, and none is delivered\n"));
  EXPECT_THAT(text, HasSubstr("the end of its lifetime; after the pause a last attempt\n"));
  EXPECT_THAT(text, HasSubstr("change  delivery.paused = false, and a reload of tenaxd\n"));
}

TEST_F(Present, EndedMailHasNoFuture) {
  queue::MessageDetails message = a_message();
  message.recipients[0].state = mail::RecipientState::delivered;
  EXPECT_THAT(present(prospects_of(message, {}, kNow)), HasSubstr("every recipient has ended"));
}

TEST_F(Present, AChangeSaysHowManyAndHowManyNot) {
  using engine::ControlVerb;
  EXPECT_EQ(present(Changed{ControlVerb::hold, {3, 0}, true}), "3 recipients held\n");
  EXPECT_EQ(present(Changed{ControlVerb::hold, {1, 2}, true}),
            "1 recipient held\n2 in delivery right now: not changed\n");
  EXPECT_THAT(present(Changed{ControlVerb::remove, {1, 2}, true}), HasSubstr("may still arrive"));
  EXPECT_THAT(present(Changed{ControlVerb::expire, {1, 0}, false}),
              HasSubstr("1 recipient given up\ntenaxd is not running: done in the queue itself\n"));
}

TEST_F(Present, ADestinationShowsItsLaneAndItsMail) {
  DestinationView view;
  view.destination = "example.net";
  view.daemon = an_overview().daemon;
  view.lane = view.daemon.view->lanes[0];
  view.row = destination_row("example.net", 30);
  view.listing = {.rows = {waiting_row(1, "bob@example.net")}, .cut = false, .now = kNow};
  const std::string text = present(view, 0);
  EXPECT_THAT(text, HasSubstr("lane: 0 of at most 1 session in use, 0 recipients next in line\n"));
  EXPECT_THAT(text, HasSubstr("parked, tried again in 3m"));
  EXPECT_THAT(text, HasSubstr("queue: 30 recipients, 0 held, 0 in delivery; oldest"));
  EXPECT_THAT(text, HasSubstr("last: 450 4.7.1"));
}

scheduler::SiteView a_greylister() {
  scheduler::SiteView site;
  site.name = "example.net";
  site.destinations = {"example.net", "example.com"};
  site.touched = kNow - 3min;
  site.greylisting = scheduler::SiteView::Greylisting{};
  site.greylisting->enough = 5min + 2s;
  site.greylisting->too_short = 150s;
  site.greylisting->passes = 12;
  site.greylisting->last_pass = kNow - 1h;
  site.greylisting->sender_after_success = 1;
  return site;
}

TEST_F(Present, WhatAGreylisterTaughtIsSaidInWords) {
  const std::string text = present(a_greylister(), kNow);
  EXPECT_THAT(text, HasSubstr("site: example.net, shared by example.net, example.com\n"));
  EXPECT_THAT(text, HasSubstr("(3m ago):\n"));
  EXPECT_THAT(text, HasSubstr("  greylists strangers: accepts 5m02s after the first knock, seen 12 "
                              "times, last at "));
  EXPECT_THAT(text, HasSubstr("(1h ago); refused at 2m30s\n"));
  EXPECT_THAT(text, HasSubstr("may write to others there at once"));
}

TEST_F(Present, LimitsTroubleAndHostsAreSaidInWords) {
  scheduler::SiteView site;
  site.name = "example.net";
  site.down = scheduler::SiteView::Down{kNow - 2h, kNow + 5min, 9};
  site.name_down = scheduler::SiteView::Down{kNow - 1h, kNow + 1min, 1};
  site.outages = {3, 2h, 5h, kNow - 24h};
  site.door.limits = {{{20, 1min}, 18}, {{1500, 1h + 30min}, 200}, {{40'000, 24h}, 3'000}};
  site.door.counts_refused = true;
  site.door.limits_everyone = true;
  site.door.states_false_times = true;
  site.door.closed_since = kNow - 1min;
  site.door.next_probe = kNow + 30s;
  site.door.gap = 12s;
  site.sessions = 3;
  site.states_times = true;
  site.trust = 0.8;
  site.hosts = {
      {"mx1.example.net", scheduler::SiteView::Down{kNow - 1h, kNow + 30min, 2}, {}, false},
      {"mx2.example.net", {}, kNow, true}};
  const std::vector<std::string> lines = in_words(site, kNow);
  using ::testing::Contains;
  EXPECT_THAT(lines, Contains(HasSubstr("name does not resolve since")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("down since"), HasSubstr("next probe in 5m"))));
  EXPECT_THAT(lines, Contains("takes about 20 messages in any minute; 18 in the last"));
  EXPECT_THAT(lines, Contains("no more than 1500 in any 1h30m, 40000 in any day"));
  EXPECT_THAT(lines, Contains("counts what it refuses, too"));
  EXPECT_THAT(lines, Contains("limits each sender and destination for itself"));
  EXPECT_THAT(lines, Contains("the times it states while it takes nothing are not true"));
  EXPECT_THAT(lines, Contains(HasSubstr("next knock in 30s")));
  EXPECT_THAT(lines, Contains("is sent one message every 12s at most"));
  EXPECT_THAT(lines, Contains("at most 3 connections at once"));
  EXPECT_THAT(lines, Contains("the times its replies state are believed (0.8)"));
  EXPECT_THAT(lines, Contains(HasSubstr("mx1.example.net has not answered since")));
  EXPECT_THAT(lines, Contains("mx2.example.net is asked first"));
  EXPECT_THAT(lines, Contains(HasSubstr("was down 3 times, last for 2h")));
  EXPECT_THAT(in_words(scheduler::SiteView{}, kNow), Contains("nothing out of the ordinary"));
}

TEST_F(Present, ViolationsAreListedAndCounted) {
  EXPECT_EQ(present(std::vector<queue::Violation>{}), "every promise holds\n");
  EXPECT_EQ(present(std::vector<queue::Violation>{{"states", "recipient 5"}}),
            "states: recipient 5\n1 violation\n");
}

TEST_F(Present, NothingAServerSaysReachesTheTerminalAsACommand) {
  Overview overview = an_overview();
  overview.summary.destinations[0].last_text = kHostile;
  overview.summary.destinations[0].destination = kHostile;
  overview.daemon.view->version = kHostile;
  EXPECT_TRUE(tame(present(overview, 0)));
  overview.daemon = {DaemonState::Life::unknown, std::nullopt, kHostile};
  EXPECT_TRUE(tame(present(overview, 0)));

  queue::MessageDetails message = a_message();
  message.subject = message.message_id = message.envelope.envid = message.submitter.door =
      message.recipients[0].subject = message.recipients[0].last->text =
          message.recipients[0].last->host.name = message.attempts[0].verdict.text =
              message.attempts[0].verdict.host.name = message.attempts[0].verdict.host.address =
                  message.attempts[0].verdict.host.tls = message.attempts[0].tries[0].text =
                      message.attempts[0].tries[0].host.name = message.events[0].what = kHostile;
  EXPECT_TRUE(tame(present(message, kNow)));

  scheduler::SiteView site = a_greylister();
  site.name = site.destinations[0] = kHostile;
  site.hosts = {{kHostile, scheduler::SiteView::Down{kNow, kNow, 1}, {}, true},
                {kHostile, {}, {}, true}};
  EXPECT_TRUE(tame(present(site, kNow)));

  const Listing listing{.rows = message.recipients, .cut = false, .now = kNow};
  EXPECT_TRUE(tame(present(listing, 0)));
  EXPECT_TRUE(tame(present(listing, 60)));
  EXPECT_TRUE(tame(present_as_mailq(listing, 0)));
  EXPECT_TRUE(tame(present(std::vector<queue::Violation>{{kHostile, kHostile}})));
  EXPECT_TRUE(tame(printable_lines("Subject: a\r\n\tb\r\n\r\n" + kHostile)));
}

}  // namespace
}  // namespace tenax::cli

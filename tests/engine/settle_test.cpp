// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/notice_order.h"
#include "scheduler/forecast.h"
#include "tests/engine/builders.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using mail::RecipientState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Draft settle_one(mail::DueRecipient recipient, mail::Verdict verdict, mail::WallTime now = noon(),
                 const Terms& given = terms()) {
  const mail::DeliveryRequest request = request_to({std::move(recipient)});
  return settle({{request, report_on(request, {std::move(verdict)}, now)}}, given, now);
}

const queue::RecipientOutcome& only(const Draft& draft) {
  return draft.settlement.attempts.at(0).outcomes.at(0);
}

TEST(Settle, ADeliveredRecipientClosesWithoutANotice) {
  const Draft draft = settle_one(due_recipient(1, "bob@example.net"), delivered());

  EXPECT_EQ(only(draft).state, RecipientState::delivered);
  EXPECT_EQ(only(draft).next_attempt, std::nullopt);
  EXPECT_TRUE(only(draft).counted);
  EXPECT_THAT(draft.orders, IsEmpty());
}

TEST(Settle, ADeferredRecipientWaitsAsTheForecastSaid) {
  const auto now = noon() + 1h;
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 2), deferred(), now);

  const double roll = scheduler::roll_for({4711}, 3);
  EXPECT_EQ(only(draft).state, RecipientState::waiting);
  EXPECT_EQ(only(draft).next_attempt,
            scheduler::next_attempt(terms().retry, {noon(), 3}, now, roll));
  EXPECT_THAT(draft.orders, IsEmpty());
}

TEST(Settle, WhoWaitsKeepsTheTimeOfItsDelayNotice) {
  EXPECT_TRUE(only(settle_one(due_recipient(1, "bob@example.net"), deferred())).keep_notice);
  EXPECT_FALSE(only(settle_one(due_recipient(1, "bob@example.net"), failed())).keep_notice);
}

TEST(Settle, AFailureIsToldToTheSender) {
  const Draft draft = settle_one(due_recipient(1, "bob@example.net"), failed());

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_EQ(draft.orders[0].kind, bounce::NoticeKind::failed);
  ASSERT_THAT(draft.orders[0].subjects, SizeIs(1));
  EXPECT_EQ(draft.orders[0].subjects[0].address, address("bob@example.net"));
  EXPECT_EQ(draft.orders[0].subjects[0].attempts, 1);
  EXPECT_EQ(draft.orders[0].from_domain, domain("example.org"));
}

TEST(Settle, AllFailuresOfOneRoundShareOneNotice) {
  const auto request =
      request_to({due_recipient(1, "bob@example.net"), due_recipient(2, "eve@example.net"),
                  due_recipient(3, "joe@example.net")});
  const Draft draft =
      settle({{request, report_on(request, {failed(), delivered(), failed()})}}, terms(), noon());

  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_THAT(draft.orders[0].subjects, SizeIs(2));
  EXPECT_THAT(draft.settlement.attempts.at(0).outcomes, SizeIs(3));
}

TEST(Settle, FailuresOfSeveralReportsShareOneNotice) {
  const auto one = request_to({due_recipient(1, "bob@example.net")});
  const auto other =
      request_to({due_recipient(2, "eve@example.com"), due_recipient(3, "joe@example.com")});
  const Draft draft =
      settle({{one, report_on(one, {failed()})}, {other, report_on(other, {deferred(), failed()})}},
             terms(), noon());

  EXPECT_THAT(draft.settlement.attempts, SizeIs(2));
  ASSERT_THAT(draft.orders, SizeIs(1));
  ASSERT_THAT(draft.orders[0].subjects, SizeIs(2));
  EXPECT_EQ(draft.orders[0].subjects[0].address, address("bob@example.net"));
  EXPECT_EQ(draft.orders[0].subjects[1].address, address("joe@example.com"));
}

TEST(TakeFailures, PartsThoseWhoseSenderMustBeToldFromTheRest) {
  auto silent = due_recipient(3, "joe@example.net");
  silent.notify.never = true;
  const auto request = request_to(
      {due_recipient(1, "bob@example.net"), due_recipient(2, "eve@example.net"), silent});
  Landing landing{request, report_on(request, {delivered(), failed(), failed()})};
  landing.report.tries.emplace_back();

  const std::optional<Landing> failures = take_failures(landing, terms(), noon());

  ASSERT_TRUE(failures.has_value());
  ASSERT_THAT(failures->request.recipients, SizeIs(1));
  EXPECT_EQ(failures->request.recipients[0].address, address("eve@example.net"));
  EXPECT_THAT(failures->report.tries, IsEmpty());
  EXPECT_THAT(landing.request.recipients, SizeIs(2));
  EXPECT_THAT(landing.report.tries, SizeIs(1));
  EXPECT_FALSE(take_failures(landing, terms(), noon()).has_value());
}

TEST(TakeFailures, AnExpiredRecipientFailsToo) {
  const auto request = request_to({due_recipient(1, "bob@example.net", 9)});
  Landing landing{request, report_on(request, {deferred()})};
  EXPECT_TRUE(take_failures(landing, terms(), noon() + 6 * 24h).has_value());
  EXPECT_THAT(landing.request.recipients, IsEmpty());
}

TEST(Settle, NobodyIsToldWhoAskedNeverToBeTold) {
  auto recipient = due_recipient(1, "bob@example.net");
  recipient.notify.never = true;
  const Draft draft = settle_one(std::move(recipient), failed());

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  EXPECT_THAT(draft.orders, IsEmpty());
  EXPECT_THAT(draft.untold, IsEmpty());  // the sender chose not to hear; that is no double bounce
}

TEST(Settle, ANoticeIsNeverAnsweredByANotice) {
  auto request = request_to({due_recipient(1, "ann@example.org")});
  request.origin = mail::Origin::notice;
  request.envelope.sender = std::nullopt;
  const Draft draft = settle({{request, report_on(request, {failed()})}}, terms(), noon());

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  EXPECT_THAT(draft.orders, IsEmpty());
  ASSERT_THAT(draft.untold, SizeIs(1));
  EXPECT_EQ(draft.untold[0].text, "550 no such user");
}

TEST(Settle, ThePostmasterIsSentANoticeThatCouldNotBeDelivered) {
  Terms given = terms();
  given.postmaster = "postmaster@example.com";
  auto request = request_to({due_recipient(1, "ann@example.org")});
  request.origin = mail::Origin::notice;
  request.envelope.sender = std::nullopt;
  const Draft draft = settle({{request, report_on(request, {failed()})}}, given, noon());

  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_TRUE(draft.orders[0].double_bounce);
  EXPECT_EQ(draft.orders[0].envelope.sender, address("postmaster@example.com"));
  EXPECT_THAT(draft.untold, SizeIs(1));  // the log has it as well
}

TEST(Settle, WhatThePostmasterCannotBeSentIsSentToNobody) {
  Terms given = terms();
  given.postmaster = "postmaster@example.com";
  auto request = request_to({due_recipient(1, "postmaster@example.com")});
  request.origin = mail::Origin::notice;
  request.envelope.sender = std::nullopt;
  const Draft draft = settle({{request, report_on(request, {failed()})}}, given, noon());

  EXPECT_THAT(draft.orders, IsEmpty());
  EXPECT_THAT(draft.untold, SizeIs(1));
}

TEST(Settle, TheNullPathHearsNothing) {
  auto request = request_to({due_recipient(1, "bob@example.net")});
  request.envelope.sender = std::nullopt;
  const Draft draft = settle({{request, report_on(request, {failed()})}}, terms(), noon());

  EXPECT_THAT(draft.orders, IsEmpty());
  EXPECT_THAT(draft.untold, SizeIs(1));
}

TEST(Settle, OurOwnFaultIsNotCountedAndTriedAgainSoonButNotAtOnce) {
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 3), our_fault());

  EXPECT_EQ(only(draft).state, RecipientState::waiting);
  EXPECT_FALSE(only(draft).counted);
  EXPECT_EQ(only(draft).next_attempt, noon() + terms().retry.first_delay);
}

TEST(Settle, OurOwnFaultIsTriedLessOftenTheOlderTheMail) {
  const Draft old = settle_one(due_recipient(1, "bob@example.net", 3), our_fault(), noon() + 1h);
  const Draft older = settle_one(due_recipient(1, "bob@example.net", 3), our_fault(), noon() + 48h);

  EXPECT_EQ(only(old).next_attempt, noon() + 1h + 7min + 30s);
  EXPECT_EQ(only(older).next_attempt, noon() + 48h + 30min);
}

TEST(Settle, WhatWasCutShortByOurStoppingIsDueAsItWas) {
  Terms stopping = terms();
  stopping.stopping = true;
  auto recipient = due_recipient(1, "bob@example.net");
  recipient.due = noon() - 3min;
  const Draft draft = settle_one(std::move(recipient), our_fault(), noon(), stopping);

  EXPECT_EQ(only(draft).next_attempt, noon() - 3min);
}

TEST(Settle, ARecipientWithoutAVerdictWaits) {
  const auto request = request_to({due_recipient(1, "bob@example.net")});
  const Draft draft = settle({{request, report_on(request, {})}}, terms(), noon());

  EXPECT_EQ(only(draft).state, RecipientState::waiting);
  EXPECT_FALSE(only(draft).counted);
}

TEST(Settle, ADeferralAtTheEndOfTheLifetimeIsAFailureWithItsReason) {
  const auto end = noon() + terms().retry.lifetime;
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 30), deferred(), end);

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  EXPECT_EQ(only(draft).verdict.kind, mail::Kind::failed);
  EXPECT_EQ(only(draft).verdict.status.text(), "4.1.1");  // the server's last word (RFC 3463)
  EXPECT_THAT(only(draft).verdict.text, HasSubstr("not delivered within 5 days"));
  EXPECT_THAT(only(draft).verdict.text, HasSubstr("450 later"));
  ASSERT_THAT(draft.orders, SizeIs(1));
  EXPECT_EQ(draft.orders[0].subjects[0].ended, bounce::Ended::in_time);
  EXPECT_EQ(draft.orders[0].subjects[0].given, 5 * 24h);
}

TEST(Settle, WhereNobodyEverAnsweredTheTimeExpired) {
  const auto end = noon() + terms().retry.lifetime;
  mail::Verdict silent = deferred();
  silent.reply.reset();
  silent.text = "connect: timed out";
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 30), silent, end);

  EXPECT_EQ(only(draft).verdict.status.text(), "4.4.7");
  EXPECT_EQ(draft.orders.at(0).subjects.at(0).verdict->status.text(), "4.4.7");
}

TEST(Settle, OurOwnFaultAtTheEndExpiresOnlyWhatWasAttempted) {
  const auto end = noon() + terms().retry.lifetime;

  const Draft attempted = settle_one(due_recipient(1, "bob@example.net", 1), our_fault(), end);
  const Draft never = settle_one(due_recipient(1, "bob@example.net", 0), our_fault(), end);

  EXPECT_EQ(only(attempted).state, RecipientState::failed);
  EXPECT_EQ(only(never).state, RecipientState::waiting);
}

TEST(Settle, WhatCouldNeverBeAttemptedIsGivenUpInTheEndWithThatReason) {
  const auto end = noon() + 2 * terms().retry.lifetime;
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 0), our_fault(), end);

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  EXPECT_EQ(draft.orders.at(0).subjects.at(0).ended, bounce::Ended::untried);
  EXPECT_EQ(draft.orders.at(0).subjects.at(0).given, 10 * 24h);
}

TEST(Settle, OurOwnFaultJustBeforeTheEndLeavesALastChanceAtTheEnd) {
  const auto end = noon() + terms().retry.lifetime;
  const Draft draft = settle_one(due_recipient(1, "bob@example.net", 1), our_fault(), end - 1min);

  EXPECT_EQ(only(draft).next_attempt, end);
}

TEST(Settle, SuccessIsToldWhereItWasAskedForUnlessTheServerTookThatOver) {
  auto recipient = due_recipient(1, "bob@example.net");
  recipient.notify.success = true;
  mail::Verdict passed_on = delivered();
  passed_on.notify_passed_on = true;

  const Draft relayed = settle_one(recipient, delivered());
  const Draft theirs = settle_one(recipient, passed_on);
  const Draft unasked = settle_one(due_recipient(1, "bob@example.net"), delivered());

  ASSERT_THAT(relayed.orders, SizeIs(1));
  EXPECT_EQ(relayed.orders[0].kind, bounce::NoticeKind::delivered);
  EXPECT_THAT(theirs.orders, IsEmpty());
  EXPECT_THAT(unasked.orders, IsEmpty());
}

TEST(Settle, WhatIsInDoubtIsADeferralThatCounts) {
  mail::Verdict doubtful = deferred();
  doubtful.in_doubt = true;
  const Draft draft = settle_one(due_recipient(1, "bob@example.net"), doubtful);

  EXPECT_EQ(only(draft).state, RecipientState::waiting);
  EXPECT_TRUE(only(draft).counted);
  EXPECT_TRUE(only(draft).verdict.in_doubt);
}

TEST(SettleExpired, TheOperatorsWordEndsItWithANotice) {
  const auto request = request_to({due_recipient(1, "bob@example.net", 2)});
  const Draft draft = settle_expired_by_operator(request, "uid 0", terms(), noon());

  EXPECT_EQ(only(draft).state, RecipientState::failed);
  EXPECT_FALSE(only(draft).counted);
  EXPECT_EQ(only(draft).verdict.text, "expired by the operator (uid 0)");
  EXPECT_EQ(draft.settlement.attempts.at(0).destination, std::nullopt);
  EXPECT_EQ(draft.orders.at(0).subjects.at(0).ended, bounce::Ended::by_operator);
}

queue::NoticeDue delay_due(std::vector<queue::NoticeDue::Recipient> recipients) {
  queue::NoticeDue due{.message = {4711},
                       .envelope = {},
                       .origin = mail::Origin::submitted,
                       .accepted = noon(),
                       .recipients = std::move(recipients)};
  due.envelope.sender = address("ann@example.org");
  return due;
}

queue::NoticeDue::Recipient waiting(int id, std::string_view to) {
  return {.id = {id},
          .address = address(to),
          .notify = {},
          .original = {},
          .destination = mail::Destination::mx("example.net"),
          .attempts = 9,
          .next_attempt = noon() + 25h,
          .due = noon() + 24h,
          .last = deferred(),
          .state = RecipientState::waiting};
}

TEST(SettleDelays, RecipientsOfOneMessageShareOneNoticeWithTheForecastsDates) {
  const auto now = noon() + 24h;
  const Draft draft = settle_delays(
      delay_due({waiting(1, "bob@example.net"), waiting(2, "eve@example.net")}), terms(), now);

  ASSERT_THAT(draft.orders, SizeIs(1));
  const bounce::Order& order = draft.orders[0];
  EXPECT_EQ(order.kind, bounce::NoticeKind::delayed);
  ASSERT_THAT(order.subjects, SizeIs(2));
  EXPECT_EQ(order.subjects[0].next_attempt, noon() + 25h);
  EXPECT_EQ(order.subjects[0].retry_until, noon() + terms().retry.lifetime);
  const scheduler::Forecast forecast =
      scheduler::forecast(terms().retry, {{4711}, noon(), 9, noon() + 25h, std::nullopt}, now, 5);
  std::vector<mail::WallTime> dates;
  for (const scheduler::Coming& one : forecast.attempts) dates.push_back(one.when);
  EXPECT_EQ(order.coming_attempts, dates);
  EXPECT_THAT(draft.settlement.attempts, IsEmpty());
}

TEST(SettleDelays, EveryDateAPersonReadsIsTheForecasts) {
  const auto now = noon() + 24h;
  const scheduler::Forecast forecast =
      scheduler::forecast(terms().retry, {{4711}, noon(), 9, noon() + 25h, std::nullopt}, now, 5);
  std::set<std::string> dates = {mail::to_rfc5322(noon()), mail::to_rfc5322(forecast.end)};
  for (const scheduler::Coming& one : forecast.attempts) dates.insert(mail::to_rfc5322(one.when));

  Draft draft = settle_delays(delay_due({waiting(1, "bob@example.net")}), terms(), now);
  draft.orders.at(0).html = false;
  const queue::NewNotice notice = complete(draft.orders[0], {7}, Original{}, "token");

  // Wrapped text breaks dates at their blanks.
  std::string text = notice.contents.substr(notice.contents.find("\r\n\r\n"));
  const std::size_t until = text.find("Will-Retry-Until: ") + 18;
  EXPECT_EQ(text.substr(until, 31), mail::to_rfc5322(forecast.end));
  for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) {
    text.replace(at, text.compare(at, 4, "\r\n  ") == 0 ? 4 : 2, " ");
  }
  std::set<std::string> read;
  for (std::size_t at = 0; (at = text.find(" +0000", at)) != std::string::npos; ++at) {
    read.insert(text.substr(at - 25, 31));
  }
  EXPECT_EQ(read, dates);
}

TEST(SettleDelays, WhoeverLearnsGivesTheDatesOfTheFirstTwentyRecipients) {
  std::vector<queue::NoticeDue::Recipient> many;
  for (int i = 1; i <= 30; ++i) many.push_back(waiting(i, "bob@example.net"));
  many[0].knocks = {noon(), noon() + 1h, 7};
  std::vector<scheduler::Role> asked;
  const Rehearse rehearse = [&](const scheduler::Role& role, std::size_t limit) {
    asked.push_back(role);
    EXPECT_EQ(limit, 5U);
    return scheduler::Rehearsal{
        {{noon() + 26h, scheduler::Reason::door}, {noon() + 40h, scheduler::Reason::growing}},
        true};
  };

  const Draft draft = settle_delays(delay_due(many), terms(), noon() + 24h, rehearse);

  const bounce::Order& order = draft.orders.at(0);
  EXPECT_THAT(order.coming_attempts, ElementsAre(noon() + 26h, noon() + 40h));
  EXPECT_EQ(order.subjects.at(0).next_attempt, noon() + 26h);
  EXPECT_EQ(order.subjects.at(0).retry_until, noon() + terms().retry.lifetime);
  EXPECT_EQ(order.subjects.at(29).next_attempt, noon() + 25h) << "as the queue has it";
  ASSERT_EQ(asked.size(), 20U);
  EXPECT_EQ(asked[0].due, noon() + 25h);
  EXPECT_EQ(asked[0].attempts, 9);
  EXPECT_EQ(asked[0].knocks, many[0].knocks);
  EXPECT_EQ(asked[0].recipient, address("bob@example.net"));
  ASSERT_TRUE(asked[0].last);
  EXPECT_EQ(asked[0].last->reply, deferred().reply);
}

TEST(SettleDelays, EverybodyGetsTheTimeOfTheNextNoticeAlsoWhoIsNotTold) {
  Terms often = terms();
  often.retry.delay_notices = {24h, 48h};
  auto silent = waiting(1, "bob@example.net");
  silent.notify.never = true;
  const Draft draft = settle_delays(delay_due({silent}), often, noon() + 24h);

  EXPECT_THAT(draft.orders, IsEmpty());
  ASSERT_THAT(draft.settlement.marks, SizeIs(1));
  EXPECT_EQ(draft.settlement.marks[0].next_notice, noon() + 48h);
}

TEST(SettleDelays, ADaemonThatWasDownOverTwoNoticesTellsTheSenderOnce) {
  Terms often = terms();
  often.retry.delay_notices = {24h, 48h};
  const Draft draft =
      settle_delays(delay_due({waiting(1, "bob@example.net")}), often, noon() + 50h);

  EXPECT_THAT(draft.orders, SizeIs(1));
  EXPECT_EQ(draft.settlement.marks.at(0).next_notice, std::nullopt);
}

TEST(SettleDelays, AutomaticMailIsNotAnsweredWithADelayNotice) {
  auto due = delay_due({waiting(1, "bob@example.net")});
  due.envelope.automatic = true;
  EXPECT_THAT(settle_delays(due, terms(), noon() + 24h).orders, IsEmpty());
}

TEST(SettleDelays, WhatTheOperatorHoldsIsNotCalledDelayed) {
  auto held = waiting(1, "bob@example.net");
  held.state = RecipientState::held;
  held.next_attempt.reset();
  EXPECT_THAT(settle_delays(delay_due({held}), terms(), noon() + 24h).orders, IsEmpty());
}

TEST(Complete, TheNoticeGoesFromNobodyToTheSender) {
  Draft draft = settle_one(due_recipient(1, "bob@example.net"), failed());
  const queue::NewNotice notice =
      complete(std::move(draft.orders.at(0)), {99}, {"Subject: hi\r\n", std::nullopt}, "token");

  EXPECT_EQ(notice.message.id, mail::QueueId{99});
  EXPECT_EQ(notice.message.envelope.sender, std::nullopt);
  EXPECT_EQ(notice.message.origin, mail::Origin::notice);
  ASSERT_THAT(notice.message.recipients, SizeIs(1));
  EXPECT_EQ(notice.message.recipients[0].address, address("ann@example.org"));
  EXPECT_EQ(notice.message.accepted, noon());
  EXPECT_THAT(notice.contents, HasSubstr("Subject: hi\r\n"));
}

}  // namespace
}  // namespace tenax::engine

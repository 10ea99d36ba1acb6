// SPDX-License-Identifier: Apache-2.0
#include "engine/log_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <sstream>

#include "tests/engine/builders.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::HasSubstr;
using ::testing::Not;

class LogLines : public ::testing::Test {
 protected:
  LogLines() : observer_{logger(), [this] { return now_; }} {}

  std::shared_ptr<spdlog::logger> logger() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(out_);
    auto log = std::make_shared<spdlog::logger>("test", sink);
    log->set_pattern("%v");
    log->set_level(spdlog::level::debug);
    return log;
  }

  std::string logged() const { return out_.str(); }

  static Attempted attempt(mail::Verdict verdict) {
    return {.message = {4711},
            .recipient = {1},
            .address = address("bob@example.net"),
            .destination = mail::Destination::mx("example.net"),
            .verdict = std::move(verdict),
            .state = mail::RecipientState::waiting,
            .counted = true,
            .attempts = 1,
            .next_attempt = noon() + 14min,
            .accepted = noon() - 20s,
            .when = noon(),
            .took = 350ms};
  }

  std::ostringstream out_;
  io::Instant now_{};
  LogObserver observer_;
};

const std::string kId = mail::QueueId{4711}.text();

TEST_F(LogLines, AnAttemptIsOneLineWithTheQueueIdFirst) {
  observer_.attempted(attempt(deferred()));

  EXPECT_EQ(logged(), kId +
                          " attempt to=bob@example.net host=mx1.example.net verdict=deferred "
                          "status=4.1.1 next=14m attempts=1 stage=rcpt took=350ms age=20s "
                          "address=192.0.2.1 reply=\"450 later\"\n");
}

TEST_F(LogLines, WhatWasNoReplyIsNotCalledOne) {
  observer_.attempted(attempt(our_fault()));

  EXPECT_THAT(logged(), HasSubstr("why=\"no resolver answers\""));
  EXPECT_THAT(logged(), Not(HasSubstr("reply=")));
}

TEST_F(LogLines, AProgramThatRunsWildAtADoorDoesNotFillTheLog) {
  const Refused wild{{.uid = 1000, .pid = 7, .door = "socket"}, 76, "5.5.2 not a frame"};
  for (int i = 0; i < 1000; ++i) observer_.refused(wild);

  const auto lines = [this] { return std::ranges::count(out_.str(), '\n'); };
  EXPECT_EQ(lines(), 8);  // 1 to 5, 10, 100, 1000
  EXPECT_THAT(logged(), HasSubstr("uid=1000 pid=7 code=76 times=1000 why="));

  Refused other = wild;
  other.submitter.uid = 1001;
  observer_.refused(other);
  EXPECT_EQ(lines(), 9);  // others are heard meanwhile

  now_ += 1min;
  observer_.refused(wild);
  EXPECT_EQ(lines(), 10);
}

TEST_F(LogLines, ATroubleThatEveryMessageMeetsIsNotSaidForEach) {
  for (int i = 0; i < 100; ++i) observer_.trouble({"accepting", "disk full", std::nullopt});

  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 7);
}

TEST_F(LogLines, DoubtAndOurOwnFaultAreSaid) {
  mail::Verdict doubtful = deferred();
  doubtful.in_doubt = true;
  observer_.attempted(attempt(doubtful));
  Attempted uncounted = attempt(our_fault());
  uncounted.counted = false;
  observer_.attempted(uncounted);

  EXPECT_THAT(logged(), HasSubstr(" in-doubt=yes "));
  EXPECT_THAT(logged(), HasSubstr(" counted=no "));
}

TEST_F(LogLines, ARemoteTextCannotEndTheLineOrItsQuotes) {
  mail::Verdict hostile = deferred();
  hostile.text = "450 x\" verdict=delivered\r\n4711 attempt \x1b[2J";
  observer_.attempted(attempt(hostile));

  const std::string line = logged();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_THAT(line, HasSubstr("reply=\"450 x\\\" verdict=delivered\\\\x0D\\\\x0A4711"));
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST_F(LogLines, ABackslashCannotTakeTheQuoteThatEndsAText) {
  EXPECT_EQ(LogLine{"x"}.quoted("reply", "450 \\\" verdict=delivered \\").text(),
            "x reply=\"450 \\\\\\\" verdict=delivered \\\\\"");
  EXPECT_EQ(LogLine{"x"}.with("host", "a\\").text(), "x host=\"a\\\\\"");
}

TEST_F(LogLines, AnAttemptThatIsDueAtOnceSaysSo) {
  Attempted cut_off = attempt(our_fault());
  cut_off.next_attempt = cut_off.when - 2s;
  observer_.attempted(cut_off);

  EXPECT_THAT(logged(), HasSubstr(" next=now "));
}

TEST_F(LogLines, AValueWithABlankIsQuoted) {
  EXPECT_EQ(LogLine{"x"}.with("to", "a b").text(), "x to=\"a b\"");
  EXPECT_EQ(LogLine{"x"}.with("to", "").text(), "x to=\"\"");
  EXPECT_EQ(LogLine{"x"}.with("to", "a@b").text(), "x to=a@b");
}

TEST_F(LogLines, AcceptanceNamesTheSubmitter) {
  Accepted fact{{4711}, {}, {1000, 77, "socket"}, "<1@example.org>", 2, false};
  fact.envelope.sender = address("ann@example.org");
  fact.envelope.size = 123;
  observer_.accepted(fact);

  EXPECT_EQ(logged(), kId +
                          " accepted from=<ann@example.org> size=123 recipients=2 door=socket "
                          "uid=1000 pid=77 message-id=<1@example.org>\n");
}

TEST_F(LogLines, ANoticeIsFiledUnderTheMessageItIsAbout) {
  observer_.noticed({{4711},
                     {4712},
                     bounce::NoticeKind::failed,
                     address("ann@example.org"),
                     {address("bob@example.net")},
                     {}});

  EXPECT_EQ(logged(), kId + " notice kind=failed to=ann@example.org about=bob@example.net id=" +
                          mail::QueueId{4712}.text() + "\n");
}

TEST_F(LogLines, WhatConcernsNoMessageBeginsWithADash) {
  observer_.clock_stepped({-90s});
  observer_.parked({mail::Destination::mx("example.net"), noon(), 3});
  observer_.trouble({"claiming", "no room", std::nullopt});

  EXPECT_EQ(logged(),
            "- clock-step direction=back by=1m30s\n"
            "- parked destination=example.net until=2026-11-24T12:00:00Z failures=3\n"
            "- trouble doing=claiming why=\"no room\"\n");
}

TEST_F(LogLines, FailuresThatNobodyCanBeToldOfAreSaidAtEachStartAndWithTheirDigest) {
  constexpr const char* kWhy =
      " why=\"failures to be told of, whose rows cannot be read: tenax check names them\"\n";
  Recovered found;
  found.recovery.owed_unread = 3;
  observer_.recovered(found);
  EXPECT_THAT(logged(), ::testing::EndsWith("\n- owed-unread recipients=3" + std::string{kWhy}));

  observer_.digested({{4712}, address("ann@example.org"), {}, 2});
  EXPECT_THAT(logged(), ::testing::EndsWith("\n- owed-unread recipients=2 to=ann@example.org" +
                                            std::string{kWhy}));
}

TEST_F(LogLines, RowsThatAStartHadToMendAreCounted) {
  Recovered found;
  observer_.recovered(found);
  EXPECT_EQ(logged().find("mended"), std::string::npos);
  found.recovery.mended = 2;
  observer_.recovered(found);
  EXPECT_THAT(logged(), ::testing::EndsWith(" missing=0 mended=2\n"));
}

TEST_F(LogLines, AStormsMailsAreNamed) {
  observer_.storm_told({"example.net", false, {4712}, address("root@example.org"), 7});
  observer_.storm_told({"example.net", true, {4712}, address("root@example.org"), 0});
  const std::string id = mail::QueueId{4712}.text();
  EXPECT_EQ(logged(), "- storm-told destination=example.net held=7 to=root@example.org id=" + id +
                          "\n- storm-over destination=example.net to=root@example.org id=" + id +
                          "\n");
}

}  // namespace
}  // namespace tenax::engine

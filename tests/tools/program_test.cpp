// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>

#include "queue/reader.h"
#include "tests/scheduler/memory_world.h"
#include "tests/tools/program.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Program, WithoutAQueueTheOverviewIsEmptyAndNothingIsMade) {
  EXPECT_EQ(tenax({}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("The queue is empty."));
  EXPECT_THAT(out_.str(), HasSubstr("tenaxd is not running"));
  EXPECT_EQ(tenax({"mailq"}), 0);
  EXPECT_EQ(out_.str(), "Mail queue is empty\n");
  EXPECT_EQ(tenax({"list"}), EX_NOINPUT);
  EXPECT_EQ(tenax({"retry"}), EX_NOINPUT);
  EXPECT_FALSE(std::filesystem::exists(queue_.directory() + "/queue.db"));
}

TEST_F(Program, MailInTheDropFolderIsCountedAndNothingElseThere) {
  const std::string drop = queue_.directory() + "/drop/";
  const std::string id(32, 'a');
  std::filesystem::create_directories(drop + "bad");
  for (const std::string& name : {id + ".msg", ".tmp-" + id, "bad/" + id + ".msg",
                                  std::string{"aa.msg"}, std::string(32, 'A') + ".msg"}) {
    std::ofstream{drop + name} << "x";
  }
  EXPECT_EQ(tenax_json({})["dropped"], 1);
  EXPECT_EQ(tenax({"mailq"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("1 message waits in the drop folder"));
}

TEST_F(Program, WhatChangesWithoutADaemonSaysThatItDoesNotTouchTheDropFolder) {
  const std::string drop = queue_.directory() + "/drop/";
  std::filesystem::create_directories(drop);
  std::ofstream{drop + std::string(32, 'a') + ".msg"} << "x";
  EXPECT_EQ(tenax({"remove", "--all"}), EX_NOINPUT);
  EXPECT_THAT(error_.str(), HasSubstr("; 1 message waits in the drop folder\n"));
  queue_.add("ann@example.org", {"bob@example.net"});
  for (const char* verb : {"retry", "hold", "release", "expire", "remove"}) {
    EXPECT_EQ(tenax({verb, "--domain", "example.net"}), 0) << verb;
    EXPECT_EQ(error_.str(), "tenax: 1 message waits in the drop folder and is not touched\n");
  }
  std::ofstream{drop + std::string(32, 'b') + ".msg"} << "x";
  EXPECT_EQ(tenax({"flush"}), 0);
  EXPECT_EQ(error_.str(), "tenax: 2 messages wait in the drop folder and are not touched\n");
  EXPECT_EQ(tenax_json({"remove", "--all"})["dropped"], 2);
  EXPECT_EQ(tenax({"destination", "example.net", "--forget"}), 0);
  EXPECT_EQ(error_.str(), "") << "it is not about mail";
}

TEST_F(Program, MailqInJsonCountsWhatLiesInTheDropFolder) {
  EXPECT_EQ(tenax_json({"mailq"})["dropped"], 0);
  std::filesystem::create_directories(queue_.directory() + "/drop");
  std::ofstream{queue_.directory() + "/drop/" + std::string(32, 'a') + ".msg"} << "x";
  const json listed = tenax_json({"mailq"});
  EXPECT_EQ(listed["recipients"], json::array());
  EXPECT_EQ(listed["dropped"], 1);
}

TEST_F(Program, TheOverviewCountsWhatIsThere) {
  queue_.add("ann@example.org", {"bob@example.net", "carl@example.com"});
  queue_.add("ann@example.org", {"dora@example.net"});
  const json overview = tenax_json({});
  EXPECT_EQ(overview["messages"], 2);
  EXPECT_EQ(overview["recipients"], 3);
  EXPECT_EQ(overview["destinations"][0]["destination"], "example.net");
  EXPECT_EQ(overview["destinations"][0]["recipients"], 2);
  EXPECT_EQ(tenax({}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("2 messages, 3 recipients: 3 waiting"));
}

TEST_F(Program, TheOldestEndsAsItsDestinationSaysAndNotWhileItIsHeld) {
  std::ofstream{config_file()}
      << "[[destination]]\ndomains = [\"example.net\"]\nlifetime = \"9h\"\n";
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net", "joe@example.net"});
  EXPECT_EQ(tenax_json({})["oldest_ends"], mail::to_rfc3339(queue_.now() + 9h));
  EXPECT_EQ(tenax_json({"why", id.text()})["end"], mail::to_rfc3339(queue_.now() + 9h));
  EXPECT_EQ(tenax({"hold", "--recipient", "bob@example.net"}), 0);
  EXPECT_EQ(tenax_json({})["oldest_ends"], mail::to_rfc3339(queue_.now() + 9h));
  EXPECT_EQ(tenax({"why", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr(", if nothing succeeds before; held mail stays\n"));
  EXPECT_EQ(tenax({"hold", id.text()}), 0);
  EXPECT_TRUE(tenax_json({})["oldest_ends"].is_null());
  EXPECT_TRUE(tenax_json({"why", id.text()})["end"].is_null());
  EXPECT_EQ(tenax({}), 0);
  EXPECT_THAT(out_.str(), HasSubstr(" ago, does not expire while it is held\n"));
  EXPECT_EQ(tenax({"why", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\ndoes not expire while it is held\n"));
}

TEST_F(Program, ListsWhatTheFiltersSelect) {
  queue_.add("ann@example.org", {"bob@example.net", "carl@example.com"});
  const mail::QueueId other = queue_.add("", {"dora@example.net"});
  EXPECT_EQ(tenax_json({"list"})["recipients"].size(), 3U);
  EXPECT_EQ(tenax_json({"list", "--domain", "example.net"})["recipients"].size(), 2U);
  EXPECT_EQ(tenax_json({"list", "--sender", "<>"})["recipients"][0]["id"], other.text());
  EXPECT_EQ(tenax_json({"list", "--state", "held"})["recipients"].size(), 0U);
  EXPECT_EQ(tenax_json({"list", "--older", "2h"})["recipients"].size(), 0U);
  EXPECT_EQ(tenax_json({"list", "--newer", "2h"})["recipients"].size(), 3U);
  const json cut = tenax_json({"list", "--limit", "2"});
  EXPECT_EQ(cut["recipients"].size(), 2U);
  EXPECT_EQ(cut["cut"], true);
}

TEST_F(Program, ShowsAMessageItsHeaderAndItsBody) {
  const mail::QueueId id =
      queue_.add("ann@example.org", {"bob@example.net"}, "Subject: x\r\n\r\nhi\x1b[2J\r\n");
  EXPECT_EQ(tenax({"show", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("bob@example.net: waiting"));
  EXPECT_EQ(tenax({"show", id.text(), "--header"}), 0);
  EXPECT_EQ(out_.str(), "Subject: x\n\n");
  EXPECT_EQ(tenax({"show", id.text(), "--body"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("hi"));
  EXPECT_TRUE(tame(out_.str()));
  EXPECT_EQ(tenax({"show", id.text(), "--raw"}), 0);
  EXPECT_EQ(out_.str(), "Subject: x\r\n\r\nhi\x1b[2J\r\n");
  terminal_ = true;
  EXPECT_EQ(tenax({"show", id.text(), "--raw"}), EX_USAGE);
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(Program, AMessageThatIsNotThereIsNoInput) {
  queue_.add("ann@example.org", {"bob@example.net"});
  const std::string id = mail::QueueId{12345}.text();
  for (const char* verb : {"show", "forecast", "why"}) {
    EXPECT_EQ(tenax({verb, id}), EX_NOINPUT);
    EXPECT_EQ(error_.str(), "tenax: no message " + id + " in the queue\n");
  }
  const json error = tenax_json({"show", id}, EX_NOINPUT);
  EXPECT_EQ(error["code"], EX_NOINPUT);
  EXPECT_THAT(error["error"], HasSubstr("no message"));
  EXPECT_EQ(tenax({"--json=true", "show", id}), EX_NOINPUT);
  EXPECT_EQ(json::parse(out_.str()), error);
}

TEST_F(Program, AnIdThatNamesNothingIsSaidSoByWhatChanges) {
  const mail::QueueId bob = queue_.add("ann@example.org", {"bob@example.net"});
  const std::string never = mail::QueueId{12345}.text();
  for (const char* verb : {"retry", "hold", "release", "expire", "remove"}) {
    EXPECT_EQ(tenax({verb, never}), EX_NOINPUT) << verb;
    EXPECT_EQ(error_.str(), "tenax: no message " + never + " in the queue\n") << verb;
  }
  EXPECT_EQ(state_of(bob), "waiting");
  EXPECT_EQ(tenax({"hold", never, bob.text()}), EX_NOINPUT);
  EXPECT_THAT(out_.str(), HasSubstr("1 recipient held\n"));
  EXPECT_EQ(state_of(bob), "held");
  const json told = tenax_json({"release", never, bob.text()}, EX_NOINPUT);
  EXPECT_EQ(told["changed"], 1);
  EXPECT_EQ(told["unknown"], json::array({never}));
  EXPECT_EQ(tenax({"remove", bob.text()}), 0);
  EXPECT_EQ(tenax({"remove", bob.text()}), 0) << "it has ended, and is known";
  EXPECT_EQ(tenax({"remove", "--domain", "nowhere.test"}), 0) << "a filter may find nothing";
  EXPECT_EQ(tenax_json({"remove", "--all"})["unknown"], json::array());
}

TEST_F(Program, ForecastsWithTheConfiguredTimes) {
  std::ofstream{config_file()} << "[retry]\nlifetime = \"2d\"\n";
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  const json forecast = tenax_json({"forecast", id.text()});
  EXPECT_EQ(forecast["open"][0]["end"], mail::to_rfc3339(queue_.now() + 48h));
  EXPECT_FALSE(forecast["open"][0]["attempts"].empty());
}

TEST_F(Program, WithoutADaemonTheConfigurationTellsOfAPause) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax_json({"forecast", id.text()})["paused"], false);
  std::ofstream{config_file()} << "[delivery]\npaused = true\n";
  const json forecast = tenax_json({"forecast", id.text()});
  EXPECT_EQ(forecast["paused"], true);
  EXPECT_EQ(forecast["open"][0]["attempts"], json::array());
}

TEST_F(Program, WithoutADaemonAForecastOfWhoLearnsIsMadeOfWhatTheQueueKeeps) {
  std::ofstream{config_file()} << "[retry]\nlearn = true\n";
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  queue_.attempt(0min, mail::Kind::deferred, 2h);
  const json forecast = tenax_json({"forecast", id.text()});
  EXPECT_EQ(forecast["source"], "queue");
  const json& open = forecast["open"][0];
  EXPECT_GT(open["attempts"].size(), 5U);
  EXPECT_EQ(open["attempts"].size(), open["reasons"].size());
  EXPECT_EQ(open["attempts"][0], mail::to_rfc3339(queue_.now() + 2h));
  EXPECT_EQ(open["attempts"].back(), open["end"]);
  EXPECT_EQ(open["reasons"].back(), "last_chance");
  EXPECT_EQ(tenax({"forecast", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("without tenaxd: by what the queue keeps of what was learnt"));
  EXPECT_EQ(tenax_json({"why", id.text()})["open"][0]["reason"], open["reasons"][0]);
}

TEST_F(Program, SaysWhatHoldsAMessageAlsoWhileTheDaemonIsDown) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net", "joe@example.net"});
  json why = tenax_json({"why", id.text()});
  EXPECT_EQ(why["daemon"]["state"], "down");
  ASSERT_EQ(why["open"].size(), 1U);
  EXPECT_EQ(why["open"][0]["wait"], "own_fault");
  EXPECT_EQ(why["open"][0]["cause"], "daemon_down");
  EXPECT_EQ(why["open"][0]["recipients"].size(), 2U);
  EXPECT_EQ(tenax({"hold", id.text()}), 0);
  why = tenax_json({"why", id.text()});
  EXPECT_EQ(why["open"][0]["wait"], "hold");
  EXPECT_THAT(std::string{why["open"][0]["why"]}, HasSubstr("held by uid 7: 2 recipients"));
  EXPECT_EQ(tenax({"remove", id.text()}), 0);
  EXPECT_EQ(tenax({"why", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("every recipient has ended"));
}

TEST_F(Program, ReplaysItsHistoryUnderAnotherSchedule) {
  std::ofstream{config_file()} << "[retry]\njitter = 0.0\n";
  EXPECT_EQ(tenax({"what-if", "--schedule", "5m"}), EX_NOINPUT);
  for (int i = 0; i < 12; ++i) queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"what-if", "--schedule", "5m"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("nothing to replay"));
  queue_.attempt(0min, mail::Kind::deferred, 5min);
  queue_.attempt(5min, mail::Kind::deferred, 10min);
  queue_.attempt(15min, mail::Kind::delivered);

  const json same = tenax_json({"what-if", "--first-delay", "5m"});
  EXPECT_EQ(same["recipients"], 12);
  EXPECT_EQ(same["put_off"], 12);
  EXPECT_EQ(same["too_few"], false);
  for (const char* way : {"recorded", "in_force", "best", "middle", "worst"}) {
    EXPECT_EQ(same[way]["attempts"], 36) << way;
    EXPECT_EQ(same[way]["mean_delay_s"], 900.0) << way;
  }
  const json other = tenax_json({"what-if", "--schedule", "20m"});
  EXPECT_EQ(other["worst"]["attempts"], 24);
  EXPECT_EQ(other["worst"]["mean_delay_s"], 1200.0);
  EXPECT_EQ(other["destinations"][0]["destination"], "example.net");
  EXPECT_EQ(tenax_json({"what-if", "--schedule", "20m", "--since", "30d"})["since_cut"], true);
  EXPECT_EQ(tenax({"what-if"}), EX_USAGE);
  EXPECT_EQ(tenax({"what-if", "--schedule", "5m", "--since", "0s"}), EX_USAGE);
}

TEST_F(Program, HoldsReleasesAndRetriesWhileTheDaemonIsDownAndSaysSo) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"hold", id.text()}), 0);
  EXPECT_EQ(out_.str(), "1 recipient held\ntenaxd is not running: done in the queue itself\n");
  EXPECT_EQ(state_of(id), "held");
  EXPECT_EQ(tenax_json({"release", "--state", "held"})["changed"], 1);
  EXPECT_EQ(state_of(id), "waiting");
  const json retried = tenax_json({"flush"});
  EXPECT_EQ(retried["verb"], "retry");
  EXPECT_EQ(retried["by_daemon"], false);
  EXPECT_EQ(tenax({"show", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("uid 7"));
}

TEST_F(Program, WhatIsRetriedWithoutADaemonIsInsistedOnByTheNext) {
  queue_.add("ann@example.org", {"bob@example.net"});
  queue_.attempt(1min, mail::Kind::deferred, 5h);
  const auto insisted = [this] {
    const auto reader = queue::Reader::open(queue_.directory()).value();
    return reader->list({}, 10).value().at(0).insisted;
  };
  EXPECT_EQ(tenax({"retry", "--domain", "nowhere.example"}), 0);
  EXPECT_FALSE(insisted());

  EXPECT_EQ(tenax({"flush"}), 0);

  EXPECT_TRUE(insisted());
}

TEST_F(Program, RemovesWhatIsSelectedAndNothingElse) {
  const mail::QueueId gone = queue_.add("ann@example.org", {"bob@example.net"});
  const mail::QueueId kept = queue_.add("ann@example.org", {"bob@example.com"});
  EXPECT_EQ(tenax({"remove"}), EX_USAGE);
  EXPECT_THAT(error_.str(), HasSubstr("--all"));
  EXPECT_EQ(tenax({"remove", "--domain", "example.net"}), 0);
  EXPECT_EQ(state_of(gone), "removed");
  EXPECT_EQ(state_of(kept), "waiting");
}

TEST_F(Program, ExpiringTellsTheSenderExactlyOnce) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net", "carl@example.com"},
                                      "Subject: important\r\n\r\nhi\r\n");
  EXPECT_EQ(tenax_json({"expire", id.text()})["changed"], 2);
  const json ended = tenax_json({"list", id.text(), "--state", "all"});
  EXPECT_EQ(ended["recipients"].size(), 2U);
  for (const json& row : ended["recipients"]) {
    EXPECT_EQ(row["state"], "failed");
    EXPECT_THAT(row["last"]["text"], HasSubstr("operator"));
  }
  const json notices = tenax_json({"list", "--sender", "<>"})["recipients"];
  ASSERT_EQ(notices.size(), 1U) << "two ways to go, but one message";
  EXPECT_EQ(notices[0]["recipient"], "ann@example.org");
  EXPECT_EQ(notices[0]["notice"], true);
  EXPECT_EQ(tenax({"show", notices[0]["id"], "--body"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("bob@example.net"));
  EXPECT_THAT(out_.str(), HasSubstr("carl@example.com"));
  EXPECT_THAT(out_.str(), HasSubstr("Subject: important"));

  EXPECT_EQ(tenax_json({"expire", id.text()})["changed"], 0) << "again ends nothing";
  EXPECT_EQ(tenax_json({"list", "--sender", "<>"})["recipients"].size(), 1U);
  EXPECT_EQ(tenax({"check"}), 0) << out_.str();
}

TEST_F(Program, ExpiringANoticeTellsNobody) {
  queue_.add("", {"bob@example.net"});
  EXPECT_EQ(tenax_json({"expire", "--all"})["changed"], 1);
  EXPECT_EQ(tenax_json({"list"})["recipients"].size(), 0U);
}

TEST_F(Program, AQueueThatAnotherProcessHasIsBusy) {
  queue_.add("ann@example.org", {"bob@example.net"});
  const QueueOnDisk::Occupied other = queue_.occupy();
  EXPECT_EQ(tenax({"hold", "--all"}), EX_TEMPFAIL);
  EXPECT_EQ(tenax({"list"}), 0) << "reading works all the same";
}

TEST_F(Program, CheckFindsNothingOnAHealthyQueue) {
  queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"check"}), 0);
  EXPECT_EQ(out_.str(), "every promise holds\n");
}

TEST_F(Program, ADestinationIsShownWithItsMailAlone) {
  queue_.add("ann@example.org", {"bob@example.net", "carl@example.com"});
  const json view = tenax_json({"destination", "EXAMPLE.net"});
  EXPECT_EQ(view["destination"], "example.net");
  EXPECT_EQ(view["recipients"].size(), 1U);
  EXPECT_EQ(view["queue"]["recipients"], 1);
  EXPECT_EQ(tenax({"destination", "[nonsense"}), EX_USAGE);
}

TEST_F(Program, ADestinationTellsWhatTheConfigurationSaysOfItAndWhere) {
  std::ofstream{config_file()} << "[[destination]]\ndomains = [\"*\"]\nlongest_window = 9\n\n"
                                  "[[destination]]\ndomains = [\"*.example.net\"]\nrate = "
                                  "\"100/h\"\nlifetime = \"2d\"\n[[destination.on]]\ncause = "
                                  "[\"4.2.2\"]\nthen = \"fail\"\n";
  queue_.add("ann@example.org", {"bob@mx.example.net", "carl@example.com"});
  EXPECT_EQ(tenax({"destination", "mx.example.net"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("rules: rate = \"100/h\", lifetime = \"2d\"; on cause = "
                                    "[\"4.2.2\"], then = \"fail\"; from " +
                                    config_file() + ":5\n"));
  const json view = tenax_json({"destination", "example.com"});
  EXPECT_EQ(view["rules"], "longest_window = 9");
  EXPECT_EQ(view["rules_from"], config_file() + ":1");
}

TEST_F(Program, TheForecastFollowsTheScheduleOfItsDestination) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net", "carl@example.com"});
  std::ofstream{config_file()} << "[retry]\njitter = 0.0\n[[destination]]\ndomains = "
                                  "[\"example.net\"]\nschedule = [\"7m\"]\nlifetime = \"80m\"\n";
  const json view = tenax_json({"forecast", id.text()});
  ASSERT_EQ(view["open"].size(), 2U);
  EXPECT_EQ(view["open"][0]["attempts"].size(), 4U) << "now, after 7 and 14 minutes, at the end";
  EXPECT_GT(view["open"][1]["attempts"].size(), 20U);
}

/// What a daemon writes that met a greylister, whose site two destinations share.
std::vector<mail::Lesson> lessons_of_a_greylister(mail::WallTime when) {
  scheduler::Memory memory{scheduler::MemoryPolicy{}};
  for (const std::int64_t id : {1, 2}) {
    mail::DeliveryRequest first = scheduler::letter(id);
    first.accepted = when;
    first.destination = mail::Destination::mx(id == 1 ? "example.net" : "example.com");
    memory.goes(first, when);
    mail::DeliveryReport report = scheduler::report(first, scheduler::refusal("later"), when);
    report.mail_hosts = {"mx.example.net"};
    first.recipients[0].knocks = memory.learn(first, report, 0, when).at(0).knocks;
    report = scheduler::report(first, scheduler::delivery(), when + 5min + 2s);
    report.mail_hosts = {"mx.example.net"};
    memory.goes(first, when + 5min + 2s);
    (void)memory.learn(first, report, 0, when + 5min + 2s);
  }
  return memory.take_lessons(when, 100, true);
}

TEST_F(Program, ADestinationShowsWhatItTaughtAlsoWhileTheDaemonIsDown) {
  queue_.keep(lessons_of_a_greylister(queue_.now()));

  const json site = tenax_json({"destination", "example.com"})["site"];
  EXPECT_EQ(site["name"], "example.net");
  EXPECT_EQ(site["destinations"], json({"example.net", "example.com"}));
  EXPECT_EQ(site["greylisting"]["enough_s"], 302.0);
  EXPECT_EQ(tenax({"destination", "example.com"}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("greylists strangers: accepts 5m02s after the first knock"));
  EXPECT_TRUE(tenax_json({"destination", "example.org"})["site"].is_null());
}

TEST_F(Program, WhatADestinationTaughtIsForgottenAlsoWhileTheDaemonIsDown) {
  queue_.keep(lessons_of_a_greylister(queue_.now()));

  EXPECT_EQ(tenax({"destination", "example.com", "--forget"}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("1 site forgotten\n"));

  EXPECT_TRUE(tenax_json({"destination", "example.net"})["site"]["greylisting"].is_null());
  EXPECT_EQ(tenax({"destination", "example.org", "--forget"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("0 sites forgotten\n"));
}

TEST_F(Program, AnOutputThatCannotBeWrittenIsNoSuccess) {
  queue_.add("ann@example.org", {"bob@example.net"});
  std::ofstream full{"/dev/full"};
  Surroundings around{.out = full,
                      .error = error_,
                      .now = queue_.now(),
                      .width = 0,
                      .terminal = false,
                      .operator_name = "uid 7"};
  const std::vector<std::string> place{"--config", config_file(), "--state", queue_.directory()};
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"list"}, {"--json", "list"}, {"--help"}, {"--version"}}) {
    error_.str({});
    full.clear();
    std::vector<std::string> all = place;
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_EQ(run(all, around), EX_IOERR) << words[0];
    EXPECT_THAT(error_.str(), HasSubstr("could not be written")) << words[0];
  }
}

}  // namespace
}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
// The keys are an interface: a key that changes breaks somebody's script.

#include "tools/tenax/as_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/tools/rows.h"
#include "tools/tenax/present.h"
#include "tools/tenax/prospects.h"
#include "tools/tenax/why.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using ::testing::ElementsAre;

/// What tenax(1) says of the JSON.
const std::string& manual() {
  static const std::string text = [] {
    std::ifstream file{TENAX_SOURCE_DIR "/docs/man/tenax.1.scd"};
    std::string all{std::istreambuf_iterator<char>{file}, {}};
    return all.substr(std::min(all.find("# JSON"), all.size()));
  }();
  return text;
}

std::vector<std::string> keys(const ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) {
    keys.push_back(key);
    EXPECT_THAT(manual(), ::testing::ContainsRegex("[ (\t\n]" + key + "[,.:) \n]"));
  }
  return keys;
}

ordered_json parsed(const std::string& text) {
  EXPECT_TRUE(text.ends_with("\n"));
  EXPECT_TRUE(tame(text));
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x7F);
  return ordered_json::parse(text);
}

TEST(AsJson, TheOverviewsKeysAreStable) {
  Overview overview;
  overview.now = kNow;
  overview.summary.destinations.resize(1);
  overview.summary.destinations[0].destination = "example.net";
  overview.summary.destinations[0].by_age = {1, 2, 3, 4, 5, 6, 7, 8};
  const ordered_json json = parsed(as_json(overview));
  EXPECT_THAT(keys(json), ElementsAre("time", "state_directory", "messages", "recipients",
                                      "waiting", "deferred", "leased", "held", "octets", "oldest",
                                      "oldest_ends", "next_attempt", "delivered_last_day",
                                      "failed_last_day", "owed", "owed_senders", "next_digest",
                                      "dropped", "daemon", "destinations", "destinations_cut"));
  EXPECT_EQ(json["time"], "2025-11-24T16:00:00Z");
  EXPECT_TRUE(json["oldest"].is_null());
  EXPECT_TRUE(json["dropped"].is_null());
  EXPECT_EQ(json["daemon"]["state"], "down");
  const ordered_json& row = json["destinations"][0];
  EXPECT_THAT(keys(row), ElementsAre("destination", "recipients", "held", "stormed", "leased",
                                     "by_age", "oldest", "next_attempt", "last_text"));
  EXPECT_THAT(keys(row["by_age"]),
              ElementsAre("5m", "20m", "1h", "4h", "12h", "1d", "3d", "older"));
  EXPECT_EQ(row["by_age"]["older"], 8);
}

TEST(AsJson, ARunningDaemonTellsOfItself) {
  Overview overview;
  overview.dropped = 2;
  overview.daemon.life = DaemonState::Life::up;
  overview.daemon.view = engine::EngineView{
      .pid = 5, .version = "0.1.0", .started = kNow, .in_flight = 1, .lanes = {}};
  overview.daemon.view->lanes.push_back({.destination = mail::Destination::mx("a.example"),
                                         .window = 2,
                                         .in_flight = 1,
                                         .waiting = 7,
                                         .parked_until = {},
                                         .failures = 0});
  const ordered_json json = parsed(as_json(overview));
  EXPECT_EQ(json["dropped"], 2);
  EXPECT_THAT(keys(json["daemon"]),
              ElementsAre("state", "pid", "version", "started", "in_flight", "paused", "lanes"));
  EXPECT_THAT(keys(json["daemon"]["lanes"][0]),
              ElementsAre("destination", "window", "in_flight", "waiting", "parked_until",
                          "failures", "paced_until", "door_until"));
}

TEST(AsJson, AListsKeysAreStable) {
  const Listing listing{.rows = {waiting_row(1, "bob@example.net")}, .cut = true, .now = kNow};
  const ordered_json json = parsed(as_json(listing));
  EXPECT_THAT(keys(json), ElementsAre("recipients", "cut"));
  EXPECT_EQ(json["cut"], true);
  const ordered_json& row = json["recipients"][0];
  EXPECT_THAT(keys(row), ElementsAre("id", "recipient_id", "sender", "recipient", "destination",
                                     "state", "attempts", "accepted", "next_attempt", "next_notice",
                                     "ended", "size", "notice", "subject", "last"));
  EXPECT_EQ(row["id"], "0000000000001");
  EXPECT_EQ(row["next_attempt"], "2025-11-24T16:14:00Z");
  EXPECT_THAT(keys(row["last"]), ElementsAre("kind", "scope", "fault", "stage", "status", "reply",
                                             "text", "host", "in_doubt"));
  EXPECT_EQ(row["last"]["reply"]["code"], 450);
  EXPECT_EQ(row["last"]["reply"]["lines"][0], "4.7.1 try again later");
  EXPECT_THAT(keys(row["last"]["host"]), ElementsAre("name", "address", "port", "tls"));
}

TEST(AsJson, AnEmptyListIsAnEmptyList) {
  const ordered_json json = parsed(as_json(Listing{.rows = {}, .cut = false, .now = kNow}));
  EXPECT_TRUE(json["recipients"].is_array());
  EXPECT_TRUE(json["recipients"].empty());
  EXPECT_TRUE(parsed(as_json(std::vector<queue::Violation>{}))["violations"].is_array());
}

TEST(AsJson, AMessagesKeysAreStable) {
  queue::MessageDetails message;
  message.id = mail::QueueId{1};
  message.recipients = {waiting_row(1, "bob@example.net")};
  message.attempts.resize(1);
  message.attempts[0].verdict = greylisted();
  message.attempts[0].tries.resize(1);
  message.attempts[0].tries[0].took = 1500ms;
  message.events = {{kNow, "held by uid 0"}};
  const ordered_json json = parsed(as_json(message));
  EXPECT_THAT(keys(json),
              ElementsAre("id", "sender", "subject", "message_id", "accepted", "submitter", "size",
                          "eight_bit", "smtputf8", "notice", "automatic", "envid", "ret",
                          "contents_kept", "recipients", "attempts", "events"));
  EXPECT_EQ(json["sender"], "") << "the null path";
  EXPECT_THAT(keys(json["submitter"]), ElementsAre("uid", "pid", "door"));
  EXPECT_THAT(keys(json["attempts"][0]),
              ElementsAre("recipient_id", "started", "finished", "counted", "verdict", "tries"));
  EXPECT_THAT(keys(json["attempts"][0]["tries"][0]),
              ElementsAre("host", "stage", "text", "started", "took_ms"));
  EXPECT_EQ(json["attempts"][0]["tries"][0]["took_ms"], 1500);
  EXPECT_THAT(keys(json["events"][0]), ElementsAre("time", "what"));
}

TEST(AsJson, AForecastsKeysAreStable) {
  queue::MessageDetails message;
  message.id = mail::QueueId{1};
  message.accepted = kNow - 3h - 12min;
  message.recipients = {waiting_row(1, "bob@example.net"), waiting_row(1, "carl@example.net")};
  message.recipients[1].state = mail::RecipientState::delivered;
  const ordered_json json = parsed(as_json(prospects_of(message, {}, kNow)));
  EXPECT_THAT(keys(json), ElementsAre("id", "sender", "accepted", "source", "paused", "open",
                                      "change", "ended", "remarks"));
  EXPECT_EQ(json["ended"], 1);
  EXPECT_EQ(json["paused"], false);
  EXPECT_EQ(json["source"], "schedule");
  EXPECT_THAT(keys(json["open"][0]),
              ElementsAre("recipients", "state", "attempts_so_far", "attempts", "reasons", "more",
                          "delay_notices", "end"));
  EXPECT_EQ(json["open"][0]["attempts"][0], "2025-11-24T16:14:00Z");
  EXPECT_EQ(json["open"][0]["reasons"][0], "schedule");
}

TEST(AsJson, EveryReasonIsInTheManualAndHasWords) {
  for (int i = 0; i <= static_cast<int>(scheduler::Reason::last_chance); ++i) {
    const auto reason = static_cast<scheduler::Reason>(i);
    EXPECT_THAT(manual(), ::testing::HasSubstr(std::string{to_string(reason)}));
    EXPECT_EQ(scheduler::parse_reason(to_string(reason)), reason);
    EXPECT_EQ(in_words(reason).empty(), reason == scheduler::Reason::schedule);
  }
}

TEST(AsJson, TheReasonsKeysAreStable) {
  queue::MessageDetails message;
  message.id = mail::QueueId{1};
  message.recipients = {waiting_row(1, "bob@example.net")};
  const auto nobody = [](const queue::RecipientRow&) { return queue::Before{}; };
  const ordered_json json = parsed(as_json(reasons_of(message, {}, {}, kNow, nobody)));
  EXPECT_THAT(keys(json), ElementsAre("id", "sender", "accepted", "end", "daemon", "open", "more",
                                      "ended", "remarks"));
  EXPECT_THAT(keys(json["daemon"]), ElementsAre("state"));
  const ordered_json& reason = json["open"][0];
  EXPECT_THAT(keys(reason), ElementsAre("recipients", "destination", "state", "attempts_so_far",
                                        "wait", "cause", "why", "change", "since", "next_attempt",
                                        "reason", "before", "lane", "last"));
  EXPECT_EQ(reason["wait"], "message_backoff");
  EXPECT_EQ(reason["next_attempt"], "2025-11-24T16:14:00Z");
}

TEST(AsJson, EveryWaitAndCauseIsInTheManual) {
  for (int i = 0; i <= static_cast<int>(Wait::own_fault); ++i) {
    EXPECT_THAT(manual(), ::testing::HasSubstr(std::string{to_string(static_cast<Wait>(i))}));
  }
  for (int i = 0; i <= static_cast<int>(Cause::own_fault); ++i) {
    EXPECT_THAT(manual(), ::testing::HasSubstr(std::string{to_string(static_cast<Cause>(i))}));
  }
}

TEST(AsJson, TheWhatIfsKeysAreStable) {
  scheduler::Schedule listed;
  listed.delays = {5min, 10min};
  WhatIfView view{.in_force = {},
                  .other = listed,
                  .since = 24h,
                  .since_cut = true,
                  .answer = {{{}, listed}, 0},
                  .destinations = {{"example.net", {}}}};
  const ordered_json json = parsed(as_json(view));
  EXPECT_THAT(keys(json), ElementsAre("since_s", "since_cut", "schedule_in_force", "schedule",
                                      "recipients", "put_off", "left_out", "too_few", "recorded",
                                      "in_force", "best", "middle", "worst", "destinations"));
  EXPECT_THAT(keys(json["schedule"]), ElementsAre("delays_s", "first_delay_s", "longest_delay_s",
                                                  "growth", "jitter", "lifetime_s"));
  EXPECT_THAT(json["schedule"]["delays_s"], ElementsAre(300.0, 600.0));
  EXPECT_TRUE(json["schedule"]["growth"].is_null());
  EXPECT_TRUE(json["schedule_in_force"]["delays_s"].is_null());
  EXPECT_THAT(keys(json["worst"]),
              ElementsAre("attempts", "delivered", "expired", "lost", "revived", "delayed",
                          "mean_delay_s", "p95_delay_s"));
  EXPECT_TRUE(json["worst"]["mean_delay_s"].is_null());
  EXPECT_THAT(keys(json["destinations"][0]),
              ElementsAre("destination", "recipients", "put_off", "recorded", "other"));
}

TEST(AsJson, OtherKeysAreStable) {
  EXPECT_THAT(keys(parsed(as_json(Changed{engine::ControlVerb::hold, {3, 1}, false}))),
              ElementsAre("verb", "changed", "leased", "by_daemon", "unknown", "dropped"));
  EXPECT_THAT(keys(parsed(as_json(DestinationView{}))),
              ElementsAre("destination", "daemon", "lane", "queue", "rules", "rules_from", "site",
                          "recipients", "cut"));
  DestinationView known;
  known.site.emplace().greylisting = scheduler::SiteView::Greylisting{};
  known.site->hosts.resize(1);
  known.site->door.limits.resize(1);
  const ordered_json site = parsed(as_json(known))["site"];
  EXPECT_THAT(keys(site), ElementsAre("name", "destinations", "last_met", "down", "name_down",
                                      "outages", "takes_strangers", "greylisting", "door",
                                      "sessions", "trust_in_stated_times", "hosts"));
  EXPECT_THAT(keys(site["greylisting"]),
              ElementsAre("enough_s", "too_short_s", "seen", "last_seen", "stated", "punishes",
                          "sender_known_after_success", "all_known_after_success"));
  EXPECT_THAT(keys(site["door"]),
              ElementsAre("closed_since", "next_knock", "limits", "counts_refused",
                          "limits_everyone", "states_false_times", "gap_s"));
  EXPECT_THAT(keys(site["door"]["limits"][0]), ElementsAre("messages", "period_s", "taken"));
  EXPECT_THAT(keys(site["hosts"][0]), ElementsAre("name", "down", "answered", "asked_first"));
  const ordered_json check =
      parsed(as_json(std::vector<queue::Violation>{{"states", "recipient 5"}}));
  EXPECT_THAT(keys(check["violations"][0]), ElementsAre("promise", "where"));
  EXPECT_THAT(keys(parsed(error_as_json(66, "no message"))), ElementsAre("error", "code"));
  EXPECT_THAT(keys(parsed(contents_as_json(mail::QueueId{1}, "a"))), ElementsAre("id", "contents"));
  const ordered_json config = parsed(config_as_json("/f", "a = 1\n", {}));
  EXPECT_THAT(keys(config), ElementsAre("file", "toml", "problems"));
  EXPECT_TRUE(config["problems"].is_array());
}

TEST(AsJson, HostileBytesAreEscapedAndTheTextStaysJson) {
  Listing listing{.rows = {waiting_row(1, "bob@example.net")}, .cut = false, .now = kNow};
  listing.rows[0].subject = listing.rows[0].last->text = kHostile;
  listing.rows[0].last->reply->lines = {kHostile};
  EXPECT_EQ(parsed(as_json(listing))["recipients"].size(), 1U);
  parsed(contents_as_json(mail::QueueId{1}, kHostile));
  parsed(error_as_json(1, kHostile));
}

}  // namespace
}  // namespace tenax::cli

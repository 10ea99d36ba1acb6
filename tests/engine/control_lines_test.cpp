// SPDX-License-Identifier: Apache-2.0
#include "engine/control_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tenax::engine {
namespace {

using ::testing::HasSubstr;

ControlRequest a_full_request() {
  ControlRequest request{.verb = ControlVerb::hold, .selection = {}, .everything = true};
  request.selection = {.messages = {mail::QueueId{1}, mail::QueueId{987654321}},
                       .sender = "<>",
                       .recipient = "@example.net",
                       .destination = "[relay.example.com]:587",
                       .states = {mail::RecipientState::held, mail::RecipientState::waiting},
                       .accepted_before = mail::from_millis(1'700'000'000'123),
                       .accepted_after = mail::from_millis(-5),
                       .reply = "450 \"grey\" \xC3\xBC"};
  return request;
}

TEST(ControlLines, EditsAreReadBackAsTheyWereWritten) {
  ControlRequest given{.verb = ControlVerb::suppress, .selection = {}};
  given.edits = {{queue::SuppressionVerb::add, "bob@example.net", {}, "", "asked \xC3\xBC"},
                 {queue::SuppressionVerb::returned, "", mail::RecipientId{17}, "complaint", ""}};

  const auto read = decode_request(encode_request(given));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->verb, ControlVerb::suppress);
  ASSERT_EQ(read->edits.size(), 2U);
  EXPECT_EQ(read->edits[0].verb, queue::SuppressionVerb::add);
  EXPECT_EQ(read->edits[0].address, "bob@example.net");
  EXPECT_EQ(read->edits[0].text, "asked \xC3\xBC");
  EXPECT_EQ(read->edits[1].verb, queue::SuppressionVerb::returned);
  EXPECT_EQ(read->edits[1].recipient.value, 17);
  EXPECT_EQ(read->edits[1].cause, "complaint");
}

TEST(ControlLines, AsManyEditsAsMayBeAskedForFitIntoARequest) {
  ControlRequest given{.verb = ControlVerb::suppress, .selection = {}};
  std::string text;
  while (text.size() < 2000) text += "\xC3\xBC";
  given.edits.assign(kMostEdits, {queue::SuppressionVerb::add,
                                  std::string(255, 'a') + "@" + std::string(255, 'b'),
                                  {},
                                  "",
                                  text});
  EXPECT_LE(encode_request(given).size(), kMaxRequestOctets);
}

TEST(ControlLines, AnEditOfAnotherKindIsNone) {
  EXPECT_FALSE(decode_request(R"({"verb":"suppress","edits":[{"edit":"bless"}]})"));
  EXPECT_FALSE(decode_request(R"({"verb":"suppress","edits":[{"edit":"add","who":"x"}]})"));
  EXPECT_FALSE(decode_request(R"({"verb":"suppress","edits":["add"]})"));
}

TEST(ControlLines, ARequestIsReadBackAsItWasWritten) {
  const ControlRequest given = a_full_request();

  const std::string line = encode_request(given);
  const mail::Parsed<ControlRequest> read = decode_request(line);

  EXPECT_EQ(line.find('\n'), std::string::npos);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->verb, given.verb);
  EXPECT_TRUE(read->everything);
  EXPECT_EQ(read->selection.messages, given.selection.messages);
  EXPECT_EQ(read->selection.sender, given.selection.sender);
  EXPECT_EQ(read->selection.recipient, given.selection.recipient);
  EXPECT_EQ(read->selection.destination, given.selection.destination);
  EXPECT_EQ(read->selection.states, given.selection.states);
  EXPECT_EQ(read->selection.accepted_before, given.selection.accepted_before);
  EXPECT_EQ(read->selection.accepted_after, given.selection.accepted_after);
  EXPECT_EQ(read->selection.reply, given.selection.reply);
}

TEST(ControlLines, EveryVerbHasItsWord) {
  for (const ControlVerb verb :
       {ControlVerb::status, ControlVerb::retry, ControlVerb::hold, ControlVerb::release,
        ControlVerb::remove, ControlVerb::expire, ControlVerb::forget, ControlVerb::forecast}) {
    EXPECT_EQ(parse_control_verb(to_string(verb)), verb);
    const auto read =
        decode_request(encode_request({.verb = verb, .selection = {}, .everything = false}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->verb, verb);
    EXPECT_TRUE(selects_everything(read->selection));
    EXPECT_FALSE(read->everything);
  }
}

struct Bad {
  const char* rule;
  std::string line;
};

class BadRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRequest, IsRefusedWithAPrintableReason) {
  const mail::Parsed<ControlRequest> read = decode_request(GetParam().line);

  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().why.empty());
  for (const char c : read.error().why) EXPECT_GE(c, ' ');
}

std::string nested(int depth) {
  std::string text = R"({"verb":"retry","selection":)";
  for (int i = 0; i < depth; ++i) text += R"({"sender":)";
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadRequest,
    ::testing::Values(
        Bad{"Empty", ""}, Bad{"NoJson", "retry all"}, Bad{"AList", R"(["retry"])"},
        Bad{"NoVerb", "{}"}, Bad{"AnUnknownVerb", R"({"verb":"format"})"},
        Bad{"AVerbThatIsANumber", R"({"verb":3})"},
        Bad{"AnUnknownKey", R"({"verb":"hold","al":true})"},
        Bad{"AnUnknownFilterWouldWiden", R"({"verb":"remove","selection":{"subject":"x"}})"},
        Bad{"AFilterOfTheWrongKind", R"({"verb":"remove","selection":{"sender":null}})"},
        Bad{"ASelectionThatIsNone", R"({"verb":"remove","selection":[]})"},
        Bad{"AnEmptyListOfIdsIsNotEverything", R"({"verb":"remove","selection":{"messages":[]}})"},
        Bad{"AnEmptyListOfStates", R"({"verb":"remove","selection":{"states":[]}})"},
        Bad{"AnIdThatIsNone", R"({"verb":"remove","selection":{"messages":["!"]}})"},
        Bad{"AnIdThatIsANumber", R"({"verb":"remove","selection":{"messages":[1]}})"},
        Bad{"AStateThatIsNone", R"({"verb":"remove","selection":{"states":["lost"]}})"},
        Bad{"ATimeWithAPoint", R"({"verb":"hold","selection":{"accepted_before":1.5}})"},
        Bad{"ATimeTooLarge",
            R"({"verb":"hold","selection":{"accepted_before":18446744073709551615}})"},
        Bad{"AllThatIsNoFlag", R"({"verb":"hold","all":"yes"})"},
        Bad{"InvalidUtf8", "{\"verb\":\"hold\",\"selection\":{\"sender\":\"\xff\"}}"},
        Bad{"ATextTooLong",
            R"({"verb":"hold","selection":{"reply":")" + std::string(2000, 'x') + "\"}}"},
        Bad{"NestedTooDeep", nested(100'000)},
        Bad{"Cut", R"({"verb":"hold","selection":{"sender":"a@b)"},
        Bad{"TwoAtOnce", R"({"verb":"retry"}{"verb":"hold"})"},
        Bad{"TooLong", std::string(kMaxRequestOctets + 1, ' ')},
        Bad{"ARoleThatIsNone", R"({"verb":"forecast","roles":[7]})"},
        Bad{"ARoleOfNobody", R"({"verb":"forecast","roles":[{"message":"0000000000001",)"
                             R"("destination":"example.net","recipient":"bob"}]})"},
        Bad{"ADateThatSumsCannotHold",
            R"({"verb":"forecast","roles":[{"message":"0000000000001",)"
            R"("destination":"example.net","recipient":"bob@example.net",)"
            R"("accepted":9223372036854775807}]})"},
        Bad{"ACodeThatIsNone", R"({"verb":"forecast","roles":[{"message":"0000000000001",)"
                               R"("destination":"example.net","recipient":"bob@example.net",)"
                               R"("last":{"scope":"host","stage":"rcpt","code":7}}]})"},
        Bad{"AControlInAKey", "{\"verb\":\"hold\",\"\\u001b[2J\":1}"}),
    [](const auto& test) { return std::string{test.param.rule}; });

scheduler::Role a_full_role() {
  mail::Verdict last;
  last.scope = mail::Scope::host;
  last.stage = mail::Stage::greeting;
  last.reply = mail::Reply{421, {"4.3.2 \xC3\xBC", "", "come back"}};
  return {.message = mail::QueueId{987654321},
          .sender = mail::Address::parse("ann@example.org").value(),
          .accepted = mail::from_millis(1'700'000'000'000),
          .destination = mail::Destination::parse("[relay.example.com]:587").value(),
          .recipient = mail::Address::parse("\"b b\"@example.net").value(),
          .attempts = 12,
          .due = mail::from_millis(1'700'000'060'001),
          .knocks = {mail::from_millis(1'700'000'000'002), mail::from_millis(1'700'000'000'003), 4},
          .last = last};
}

TEST(ControlLines, WhomAForecastIsAboutIsReadBackAsItWasWritten) {
  scheduler::Role fresh = a_full_role();
  fresh.sender.reset();
  fresh.last.reset();
  ControlRequest given;
  given.verb = ControlVerb::forecast;
  given.roles = {a_full_role(), fresh};
  given.limit = 5;

  const mail::Parsed<ControlRequest> read = decode_request(encode_request(given));

  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->limit, 5U);
  ASSERT_EQ(read->roles.size(), 2U);
  const scheduler::Role& role = read->roles[0];
  EXPECT_EQ(role.message, given.roles[0].message);
  EXPECT_EQ(role.sender, given.roles[0].sender);
  EXPECT_EQ(role.accepted, given.roles[0].accepted);
  EXPECT_EQ(role.destination, given.roles[0].destination);
  EXPECT_EQ(role.recipient, given.roles[0].recipient);
  EXPECT_EQ(role.attempts, 12);
  EXPECT_EQ(role.due, given.roles[0].due);
  EXPECT_EQ(role.knocks, given.roles[0].knocks);
  ASSERT_TRUE(role.last);
  EXPECT_EQ(role.last->reply, given.roles[0].last->reply);
  EXPECT_EQ(role.last->scope, mail::Scope::host);
  EXPECT_EQ(role.last->stage, mail::Stage::greeting);
  EXPECT_FALSE(read->roles[1].sender);
  EXPECT_FALSE(read->roles[1].last);
}

TEST(ControlLines, WhatAForecastAsksIsBounded) {
  ControlRequest request;
  request.verb = ControlVerb::forecast;
  request.limit = 1'000'000;
  request.roles.assign(kMostRoles, a_full_role());
  request.roles[0].last->reply->lines = {std::string(1'000'000, 'x')};
  const mail::Parsed<ControlRequest> read = decode_request(encode_request(request));
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->limit, scheduler::kMostRehearsed);
  EXPECT_EQ(read->roles[0].last->reply->lines[0].size(), 4096U);

  request.roles.push_back(a_full_role());
  EXPECT_FALSE(decode_request(encode_request(request)));
}

TEST(ControlLines, ForecastsAreReadBackAsTheyWereWritten) {
  ControlAnswer given;
  given.rehearsals = {{{{mail::from_millis(1'700'000'000'001), scheduler::Reason::known_age},
                        {mail::from_millis(1'700'000'000'002), scheduler::Reason::last_chance}},
                       false},
                      {{}, true}};

  const auto read = decode_answer(encode_answer(given));

  ASSERT_TRUE(read) << read.error().why;
  ASSERT_TRUE(read->rehearsals);
  ASSERT_EQ(read->rehearsals->size(), 2U);
  EXPECT_EQ(read->rehearsals->at(0).attempts, given.rehearsals->at(0).attempts);
  EXPECT_FALSE(read->rehearsals->at(0).more);
  EXPECT_TRUE(read->rehearsals->at(1).more);

  given.rehearsals.emplace();
  EXPECT_TRUE(decode_answer(encode_answer(given))->rehearsals) << "that it learns is an answer too";
}

TEST(ControlLines, MoreIdsThanAnybodyListsAreRefused) {
  ControlRequest request{.verb = ControlVerb::hold, .selection = {}, .everything = false};
  request.selection.messages.assign(kMaxSelectedIds, mail::QueueId{5});
  EXPECT_TRUE(decode_request(encode_request(request)));

  request.selection.messages.push_back(mail::QueueId{6});
  EXPECT_FALSE(decode_request(encode_request(request)));
}

TEST(ControlLines, AnAnswerIsReadBackAsItWasWritten) {
  ControlAnswer given;
  given.operated = {12, 3};

  const auto read = decode_answer(encode_answer(given));

  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->code, 0);
  EXPECT_EQ(read->operated.changed, 12);
  EXPECT_EQ(read->operated.leased, 3);
  EXPECT_FALSE(read->engine);
}

TEST(ControlLines, ARefusalIsReadBackAsItWasWritten) {
  const auto read = decode_answer(encode_answer(refused(77, "denied: not you")));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, 77);
  EXPECT_EQ(read->error, "denied: not you");
}

TEST(ControlLines, TheEngineIsReadBackAsItWasWritten) {
  ControlAnswer given;
  given.engine = EngineView{.pid = 17,
                            .version = "0.1.0",
                            .started = mail::from_millis(1'700'000'000'000),
                            .in_flight = 4,
                            .lanes = {}};
  given.engine->lanes.push_back(
      {.destination = mail::Destination::parse("[192.0.2.1]:2525").value(),
       .window = 5,
       .in_flight = 2,
       .waiting = 77,
       .parked_until = mail::from_millis(1'700'000'060'000),
       .failures = 3,
       .door_until = mail::from_millis(1'700'000'070'000)});

  const auto read = decode_answer(encode_answer(given));

  ASSERT_TRUE(read) << read.error().why;
  ASSERT_TRUE(read->engine);
  EXPECT_EQ(read->engine->pid, 17);
  EXPECT_EQ(read->engine->version, "0.1.0");
  EXPECT_EQ(read->engine->started, given.engine->started);
  EXPECT_EQ(read->engine->in_flight, 4);
  ASSERT_EQ(read->engine->lanes.size(), 1U);
  const scheduler::LaneView& lane = read->engine->lanes.front();
  EXPECT_EQ(lane.destination.text(), "[192.0.2.1]:2525");
  EXPECT_EQ(lane.window, 5);
  EXPECT_EQ(lane.in_flight, 2);
  EXPECT_EQ(lane.waiting, 77U);
  EXPECT_EQ(lane.parked_until, given.engine->lanes.front().parked_until);
  EXPECT_EQ(lane.failures, 3);
  EXPECT_EQ(lane.door_until, given.engine->lanes.front().door_until);
  EXPECT_FALSE(read->engine->under_way) << "nobody asked";
}

TEST(ControlLines, IdsThatNameNothingAreReadBackAsTheyWereWritten) {
  ControlAnswer given;
  given.operated = {.changed = 2, .leased = 1, .unknown = {mail::QueueId{7}, mail::QueueId{9}}};
  const auto read = decode_answer(encode_answer(given));
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->operated.changed, 2);
  EXPECT_EQ(read->operated.unknown, given.operated.unknown);
  EXPECT_FALSE(decode_answer(R"({"code":0,"changed":1,"leased":0,"unknown":[3]})"));
}

TEST(ControlLines, WhoIsUnderWayIsReadBackAsItWasWritten) {
  ControlAnswer given;
  given.engine.emplace();
  given.engine->under_way = {
      {mail::QueueId{987654321}, mail::RecipientId{5}, mail::from_millis(1'700'000'000'123)}};

  const auto read = decode_answer(encode_answer(given));

  ASSERT_TRUE(read) << read.error().why;
  ASSERT_TRUE(read->engine && read->engine->under_way);
  ASSERT_EQ(read->engine->under_way->size(), 1U);
  const UnderWay& one = read->engine->under_way->front();
  EXPECT_EQ(one.message, mail::QueueId{987654321});
  EXPECT_EQ(one.recipient, mail::RecipientId{5});
  EXPECT_EQ(one.since, mail::from_millis(1'700'000'000'123));

  given.engine->under_way->clear();
  const auto nobody = decode_answer(encode_answer(given));
  ASSERT_TRUE(nobody && nobody->engine->under_way) << "nobody is an answer too";
}

TEST(ControlLines, WhatAnswersButIsNoDaemonIsNotBelieved) {
  for (const char* line :
       {"", "220 mx.example.net", "[]", "{}", R"({"code":-1})", R"({"code":"0"})",
        R"({"code":0,"changed":-3})", R"({"code":0,"engine":7})",
        R"({"code":0,"engine":{"lanes":[{"destination":"a b"}]}})",
        R"({"code":0,"engine":{"under_way":7}})", R"({"code":0,"rehearsals":7})",
        R"({"code":0,"rehearsals":[{}]})",
        R"({"code":0,"rehearsals":[{"attempts":[{"when":1,"reason":"whim"}]}]})",
        R"({"code":0,"rehearsals":[{"attempts":[{"when":-1,"reason":"door"}]}]})",
        R"({"code":0,"engine":{"under_way":[{"message":"!","recipient":1}]}})",
        R"({"code":0,"engine":{"under_way":[{"message":"0000000000001","recipient":-1}]}})"}) {
    EXPECT_FALSE(decode_answer(line)) << line;
  }
}

TEST(ControlLines, AnErrorFromElsewhereCannotWriteToTheTerminal) {
  const auto read = decode_answer("{\"code\":1,\"error\":\"\\u001b]0;owned\\u0007\"}");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->error.find('\x1b'), std::string::npos);
  EXPECT_THAT(read->error, HasSubstr("owned"));
}

}  // namespace
}  // namespace tenax::engine

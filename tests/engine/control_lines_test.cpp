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
        ControlVerb::remove, ControlVerb::expire, ControlVerb::forget}) {
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
        Bad{"AControlInAKey", "{\"verb\":\"hold\",\"\\u001b[2J\":1}"}),
    [](const auto& test) { return std::string{test.param.rule}; });

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
       .failures = 3});

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
  EXPECT_FALSE(read->engine->under_way) << "nobody asked";
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
        R"({"code":0,"engine":{"under_way":7}})",
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

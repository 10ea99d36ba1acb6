// SPDX-License-Identifier: Apache-2.0
#include "engine/submission_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sendmail/normalise.h"
#include "tests/support/fake_random.h"

namespace tenax::testing {
namespace {

using engine::Frame;
using engine::FrameReader;
using engine::FrameType;
using engine::SubmissionEnvelope;
using ::testing::HasSubstr;
using namespace std::string_literals;

constexpr std::string_view kSubmission = "0123456789abcdef0123456789abcdef";

SubmissionEnvelope an_envelope() {
  SubmissionEnvelope envelope;
  envelope.id = mail::SubmissionId::parse(kSubmission).value();
  envelope.envelope.sender = address("ann@example.org");
  envelope.envelope.ret = mail::Ret::headers;
  envelope.envelope.envid = "QQ314159";
  envelope.envelope.body = mail::BodyType::eight_bit;
  envelope.envelope.smtputf8 = true;
  envelope.envelope.automatic = true;
  envelope.envelope.size = 1234;
  mail::NewRecipient recipient{address("\"b b\"@example.net"), {}, std::nullopt};
  recipient.notify.failure = true;
  recipient.original = mail::OriginalRecipient{"rfc822", "b+b@example.net"};
  envelope.recipients = {recipient, {address("c@example.net"), {}, std::nullopt}};
  envelope.message_id = "<1@example.org>";
  envelope.subject = "gr\xc3\xbc\xc3\x9f \"quoted\"";
  envelope.written = mail::from_millis(1'795'487'160'123);
  return envelope;
}

TEST(Envelope, SurvivesTheWay) {
  const SubmissionEnvelope sent = an_envelope();
  const auto read = engine::decode_envelope(engine::encode_envelope(sent));
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->id, sent.id);
  EXPECT_EQ(read->envelope, sent.envelope);
  ASSERT_EQ(read->recipients.size(), 2U);
  EXPECT_EQ(read->recipients[0].address, sent.recipients[0].address);
  EXPECT_EQ(read->recipients[0].notify, sent.recipients[0].notify);
  EXPECT_EQ(read->recipients[0].original, sent.recipients[0].original);
  EXPECT_FALSE(read->recipients[1].original);
  EXPECT_EQ(read->message_id, sent.message_id);
  EXPECT_EQ(read->subject, sent.subject);
  EXPECT_EQ(read->written, sent.written);
}

TEST(Envelope, TheNullPathSurvivesToo) {
  SubmissionEnvelope sent = an_envelope();
  sent.envelope.sender.reset();
  EXPECT_FALSE(engine::decode_envelope(engine::encode_envelope(sent)).value().envelope.sender);
}

/// The least that is an envelope, with `more` in front.
std::string json(std::string_view more) {
  return "{" + std::string{more} + R"("id":"0123456789abcdef0123456789abcdef","sender":"",)" +
         R"("recipients":[{"to":"a@x.example"}]})";
}

TEST(Envelope, TheLeastIsEnough) { EXPECT_TRUE(engine::decode_envelope(json(""))); }

TEST(Envelope, WhatIsHostileOrUnknownIsRefused) {
  const std::string rest = R"("id":"0123456789abcdef0123456789abcdef","sender":"")";
  for (const std::string& text :
       {""s,
        "{}"s,
        "[]"s,
        "null"s,
        "7"s,
        "\"\""s,
        "{"s,
        json("") + "x",
        json(R"("uid":0,)"),
        json(R"("uid":"0",)"),
        json(R"("size":-1,)"),
        json(R"("size":1.5,)"),
        json(R"("size":99999999999999999999,)"),
        json(R"("size":9223372036854775807,)"),
        json(R"("size":1,"size":2,)"),
        json(R"("sender":"a@x.example",)"),
        json(R"("smtputf8":1,)"),
        json(R"("envid":"a\u0000b",)"),
        json(R"("subject":"a\r\nb",)"),
        json(R"("ret":"none",)"),
        json(R"("body":"binary",)"),
        json(R"("envid":{"a":1},)"),
        json(R"("envid":[],)"),
        json(R"("recipients":[{"to":"z@x.example"}],)"),
        json(R"("recipients":[[]],)"),
        json(R"("message_id":")" + std::string(1001, 'x') + R"(",)"),
        json(R"("envid":")" + std::string(101, 'x') + R"(",)"),
        "{" + rest + "}",
        "{" + rest + R"(,"recipients":[]})",
        "{" + rest + R"(,"recipients":[{}]})",
        "{" + rest + R"(,"recipients":[{"to":"a"}]})",
        "{" + rest + R"(,"recipients":[{"to":"<>"}]})",
        "{" + rest + R"(,"recipients":[{"to":"a@x.example\u000d\u000aRCPT TO:<b>"}]})",
        "{" + rest + R"(,"recipients":[{"to":"a@x.example","to":"b@x.example"}]})",
        "{" + rest + R"(,"recipients":[{"to":"a@x.example","notify":"SOMETIMES"}]})",
        "{" + rest + R"(,"recipients":[{"to":"a@x.example","orcpt":"x"}]})",
        "{" + rest + R"(,"recipients":[{"to":"a@x.example","x":"y"}]})",
        R"({"id":"0123","sender":"","recipients":[{"to":"a@x.example"}]})"s,
        R"({"sender":"","recipients":[{"to":"a@x.example"}]})"s,
        R"({"id":"0123456789abcdef0123456789abcdef","recipients":[{"to":"a@x.example"}]})"s}) {
    const auto read = engine::decode_envelope(text);
    EXPECT_FALSE(read) << text;
    if (!read) {
      EXPECT_EQ(read.error().why.find_first_of("\r\n\x1b"), std::string::npos);
    }
  }
}

TEST(Envelope, DeepNestingCostsNothing) {
  EXPECT_FALSE(engine::decode_envelope(std::string(engine::kMaxEnvelopeOctets, '[')));
  std::string deep = "{\"recipients\":";
  deep.resize(1'000'000, '[');
  EXPECT_FALSE(engine::decode_envelope(deep));
}

TEST(Frames, ComeOutWhereverTheBytesWereCut) {
  const std::string bytes = engine::frame(FrameType::hello, "hi") +
                            engine::frame(FrameType::data, std::string(70, 'x')) +
                            engine::frame(FrameType::end, "");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view{bytes}.substr(at, piece));
      while (auto frame = reader.next().value()) frames.push_back(std::move(*frame));
    }
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[0].payload, "hi");
    EXPECT_EQ(frames[1].payload, std::string(70, 'x'));
    EXPECT_EQ(frames[2].type, FrameType::end);
    EXPECT_TRUE(reader.empty());
  }
}

TEST(Frames, UnknownTypesAndTooLongOnesFailForGood) {
  for (const std::string& bytes : {"Z\0\0\0\0"s, "\xff"s, "D\0\1\0\1"s, "D\xff\xff\xff\xff"s,
                                   "E\1\0\0\1"s, "H\0\0\0\x41"s, ".\0\0\0\x14"s}) {
    FrameReader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << ::testing::PrintToString(bytes);
    reader.feed(engine::frame(FrameType::hello, "hi"));
    EXPECT_FALSE(reader.next());
  }
}

TEST(Frames, RandomBytesNeverBreakTheReader) {
  FakeRandom random{7};
  for (int i = 0; i < 2000; ++i) {
    FrameReader reader;
    std::string bytes;
    for (int n = 0; n < 40; ++n) {
      bytes.push_back(n % 5 == 0 ? "HED.KX"[random.bits() % 6]
                                 : static_cast<char>(random.bits() % 3));
    }
    reader.feed(bytes);
    std::size_t taken = 0;
    for (auto frame = reader.next(); frame && *frame; frame = reader.next()) {
      taken += 5 + (*frame)->payload.size();
    }
    EXPECT_LE(taken, bytes.size());
  }
}

Frame only_frame(const std::string& bytes) {
  FrameReader reader;
  reader.feed(bytes);
  return reader.next().value().value();
}

TEST(Answers, SurviveTheWay) {
  const std::string id = mail::QueueId{123456789}.text();
  const auto kept = engine::decode_answer(only_frame(engine::encode_answer({0, id, ""})));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->exit_code, 0);
  EXPECT_EQ(kept->queue_id, id);

  const auto refused =
      engine::decode_answer(only_frame(engine::encode_answer({75, "", "4.3.1 full\r\n\x1b[2J"})));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->exit_code, 75);
  EXPECT_THAT(refused->text, HasSubstr("4.3.1 full"));
  EXPECT_EQ(refused->text.find_first_of("\r\n\x1b"), std::string::npos);
}

TEST(Answers, ThatAreNoneAreRefused) {
  for (const Frame& frame :
       {Frame{FrameType::kept, ""}, Frame{FrameType::kept, "not an id"},
        Frame{FrameType::data, "x"}, Frame{FrameType::refused, ""},
        Frame{FrameType::refused, "0 fine"}, Frame{FrameType::refused, "63 x"},
        Frame{FrameType::refused, "79 x"}, Frame{FrameType::refused, "-75 x"},
        Frame{FrameType::refused, "99999999999999 x"}, Frame{FrameType::refused, "text"}}) {
    EXPECT_FALSE(engine::decode_answer(frame)) << frame.payload;
  }
}

}  // namespace
}  // namespace tenax::testing

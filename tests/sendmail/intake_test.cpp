// SPDX-License-Identifier: Apache-2.0
#include "engine/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include "tests/sendmail/normalise.h"

namespace tenax::testing {
namespace {

using engine::CanonicalCheck;
using engine::FrameType;
using engine::SubmissionReader;
using Step = SubmissionReader::Step;
using ::testing::HasSubstr;
using namespace std::string_literals;

/// "" if canonical, however it is cut; else why not.
std::string why_not(std::string_view text) {
  std::string whys;
  for (const std::size_t piece : {text.size() + 1, std::size_t{1}, std::size_t{3}}) {
    CanonicalCheck check;
    bool fine = true;
    for (std::size_t at = 0; at < text.size() && fine; at += piece) {
      fine = check.feed(text.substr(at, piece));
    }
    fine = fine && check.finish();
    EXPECT_EQ(fine, check.why().empty());
    if (piece == text.size() + 1) whys = check.why();
    EXPECT_EQ(check.why(), whys);
  }
  return whys;
}

TEST(CanonicalCheck, PassesWhatIsCanonical) {
  const std::string limit(998, 'x');
  for (const std::string& text : {"A: b\r\n\r\n"s, "A: b\r\n"s, "A: b\r\n c\r\n\r\n.\r\n..\r\n"s,
                                  "A:\r\n\r\n" + limit + "\r\n", "A: \xff\r\n\r\n\xff\x01\x7f\r\n"s,
                                  "A: b\r\n\r\n\r\n\r\n"s}) {
    EXPECT_EQ(why_not(text), "") << ::testing::PrintToString(text);
  }
}

TEST(CanonicalCheck, StopsWhatIsNot) {
  const std::string over(999, 'x');
  for (const std::string& text :
       {""s, "\r\n"s, "\r\nA: b\r\n"s, "A: b"s, "A: b\r"s, "A: b\n"s, "A: b\r\n\r\nx"s,
        "A: b\r\n\r\nx\ry\r\n"s, "A: b\r\n\r\nx\n.\nMAIL\r\n"s, "A: b\r\n\r\nx\r\n.\rMAIL\r\n"s,
        "A: b\r\n\r\n\0\r\n"s, " A: b\r\n\r\n"s, "no field\r\n\r\n"s, "A: b\r\nno field\r\n\r\n"s,
        "A: b\r\n\r\n" + over + "\r\n", "A: " + over + "\r\n\r\n", "A: b\r\n\r\nx\r\r\n"s}) {
    EXPECT_NE(why_not(text), "") << ::testing::PrintToString(text);
  }
}

TEST(CanonicalCheck, CountsForItself) {
  CanonicalCheck check;
  const std::string text =
      "Received: a\r\nreceived: b\r\nX-Received: c\r\n\r\nReceived: d\r\n\xff\r\n";
  ASSERT_TRUE(check.feed(text) && check.finish());
  EXPECT_EQ(check.facts().size, static_cast<std::int64_t>(text.size()));
  EXPECT_EQ(check.facts().body, mail::BodyType::eight_bit);
  EXPECT_FALSE(check.facts().header_8bit);
  EXPECT_EQ(check.facts().received_fields, 2);
}

TEST(CanonicalCheck, EightBitInTheHeaderIsSeenApart) {
  CanonicalCheck check;
  ASSERT_TRUE(check.feed("A: \xff\r\n\r\nx\r\n") && check.finish());
  EXPECT_TRUE(check.facts().header_8bit);
  EXPECT_EQ(check.facts().body, mail::BodyType::eight_bit);
}

TEST(CanonicalCheck, StopsWhatTravelsInACircle) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "Received: x\r\n";
  EXPECT_EQ(why_not(text), "");
  EXPECT_THAT(why_not(text + "Received: x\r\n"), HasSubstr("circle"));
}

TEST(ReceivedField, SaysWhoAndWhen) {
  const mail::QueueId id{42};
  EXPECT_EQ(engine::received_field("mx.example.org", {1000, 7, "socket"}, "ann", id,
                                   mail::from_millis(1'795'487'160'000)),
            "Received: by mx.example.org (Tenax, from ann, uid 1000)\r\n\tid " + id.text() +
                "; Tue, 24 Nov 2026 02:26:00 +0000\r\n");
  EXPECT_THAT(engine::received_field("mx", {1000, 7, "drop"}, "", id, {}),
              HasSubstr("(Tenax, from uid 1000)"));
  EXPECT_THAT(engine::received_field("mx", {-1, -1, "notice"}, "", id, {}),
              HasSubstr("mx (Tenax)\r\n"));
}

TEST(ReceivedField, CannotBeBrokenOutOf) {
  const std::string field =
      engine::received_field("mx", {1, 1, "socket"}, "a)\r\nX: (\\\xc3\xa4", mail::QueueId{42}, {});
  CanonicalCheck check;
  EXPECT_TRUE(check.feed(field) && check.finish());
  EXPECT_EQ(field.find("\r\nX"), std::string::npos);
  EXPECT_THAT(field, HasSubstr("from a?"));
}

constexpr std::string_view kContents = "A: b\r\n\r\nbody\r\n";

std::string envelope_frame() {
  engine::SubmissionEnvelope envelope;
  envelope.id = mail::SubmissionId::parse("0123456789abcdef0123456789abcdef").value();
  envelope.recipients = {{address("bob@example.net"), {}, std::nullopt}};
  envelope.envelope.size = 1;
  return engine::frame(FrameType::envelope, engine::encode_envelope(envelope));
}

std::string hello_frame() { return engine::frame(FrameType::hello, engine::kHello); }
std::string data_frame(std::string_view text) { return engine::frame(FrameType::data, text); }
std::string end_frame(std::string_view count) { return engine::frame(FrameType::end, count); }

/// Feeds everything; the last step, and the contents seen on the way.
Step run(SubmissionReader& reader, std::string_view bytes, std::string* contents = nullptr) {
  Step step = Step::wants_more;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    reader.feed(bytes.substr(at, 3));
    do {
      step = reader.next();
      if (step == Step::contents && contents != nullptr) *contents += reader.contents();
    } while (step == Step::envelope || step == Step::contents);
    if (step == Step::refused) break;
  }
  return step;
}

TEST(SubmissionReader, ReadsASubmissionAndCountsIt) {
  SubmissionReader reader{1000};
  std::string contents;
  EXPECT_FALSE(reader.begun());
  EXPECT_EQ(run(reader,
                hello_frame() + envelope_frame() + data_frame(kContents.substr(0, 5)) +
                    data_frame(kContents.substr(5)) + end_frame("14"),
                &contents),
            Step::complete);
  EXPECT_EQ(contents, kContents);
  EXPECT_EQ(reader.envelope().envelope.size, 14);
  EXPECT_EQ(reader.envelope().recipients.size(), 1U);
}

TEST(SubmissionReader, WithoutItsEndASubmissionDoesNotExist) {
  SubmissionReader reader{1000};
  EXPECT_EQ(run(reader, hello_frame() + envelope_frame() + data_frame(kContents)),
            Step::wants_more);
  EXPECT_TRUE(reader.begun());
}

struct Broken {
  std::string_view rule;
  std::string bytes;
  int exit_code;
};

TEST(SubmissionReader, RefusesWhatIsNoSubmission) {
  const std::string envelope = envelope_frame();
  const std::string whole = hello_frame() + envelope + data_frame(kContents) + end_frame("14");
  for (const Broken& broken :
       {Broken{"another version", engine::frame(FrameType::hello, "tenax-submission 2"),
               EX_PROTOCOL},
        Broken{"no hello", envelope, EX_PROTOCOL},
        Broken{"hello twice", hello_frame() + hello_frame(), EX_PROTOCOL},
        Broken{"no envelope", hello_frame() + data_frame(kContents), EX_PROTOCOL},
        Broken{"a broken envelope", hello_frame() + engine::frame(FrameType::envelope, "{}"),
               EX_DATAERR},
        Broken{"envelope twice", hello_frame() + envelope + envelope, EX_PROTOCOL},
        Broken{"an answer", hello_frame() + envelope + engine::frame(FrameType::kept, "x"),
               EX_PROTOCOL},
        Broken{"a wrong count", hello_frame() + envelope + data_frame(kContents) + end_frame("13"),
               EX_PROTOCOL},
        Broken{"a count written otherwise",
               hello_frame() + envelope + data_frame(kContents) + end_frame("014"), EX_PROTOCOL},
        Broken{"no contents", hello_frame() + envelope + end_frame("0"), EX_DATAERR},
        Broken{"smuggled contents", hello_frame() + envelope + data_frame("A: b\r\n\r\n\n.\n"),
               EX_DATAERR},
        Broken{"an unended line", hello_frame() + envelope + data_frame("A: b") + end_frame("4"),
               EX_DATAERR},
        Broken{"something behind the end", whole + hello_frame(), EX_PROTOCOL},
        Broken{"garbage behind the end", whole + "\xff", EX_PROTOCOL},
        Broken{"too much",
               hello_frame() + envelope + data_frame("A: " + std::string(900, 'x') + "\r\n") +
                   data_frame("B: " + std::string(900, 'x') + "\r\n"),
               EX_DATAERR}}) {
    SCOPED_TRACE(broken.rule);
    SubmissionReader reader{1000};
    EXPECT_EQ(run(reader, broken.bytes), Step::refused);
    EXPECT_EQ(reader.answer().exit_code, broken.exit_code) << reader.answer().text;
    EXPECT_EQ(reader.next(), Step::refused);
  }
}

TEST(SubmissionReader, RefusesAClaimedSizeBeforeTheContentsCome) {
  SubmissionReader reader{14};
  engine::SubmissionEnvelope envelope;
  envelope.id = mail::SubmissionId::parse("0123456789abcdef0123456789abcdef").value();
  envelope.recipients = {{address("bob@example.net"), {}, std::nullopt}};
  envelope.envelope.size = 15;
  EXPECT_EQ(
      run(reader, hello_frame() + engine::frame(FrameType::envelope, encode_envelope(envelope))),
      Step::refused);
  EXPECT_THAT(reader.answer().text, HasSubstr("5.3.4"));
}

}  // namespace
}  // namespace tenax::testing

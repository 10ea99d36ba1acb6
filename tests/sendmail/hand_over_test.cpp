// SPDX-License-Identifier: Apache-2.0
#include "engine/hand_over.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/drop_folder.h"
#include "tests/sendmail/fake_daemon.h"
#include "tests/sendmail/normalise.h"
#include "tests/sendmail/scratch.h"

namespace tenax::testing {
namespace {

using engine::HandedOver;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kItsQueueId = mail::QueueId{1234567890123}.text();
constexpr std::string_view kHandedOver = "0123456789abcdef0123456789abcdef";

class HandOver : public ::testing::Test {
 protected:
  HandOver() {
    EXPECT_TRUE(queue::DropFolder{scratch_ / "drop"}.prepare());
    doors_.socket = scratch_ / "submit.sock";
    doors_.drop_directory = scratch_ / "drop";
    doors_.patience = std::chrono::seconds{20};
  }

  queue::Outcome<HandedOver> hand_over(std::string_view text = "Subject: x\n\nhello\n") {
    queue::PreparedSubmission prepared = prepare(text).value();
    contents_ = all_of(prepared.contents);
    engine::SubmissionEnvelope envelope;
    envelope.id = mail::SubmissionId::parse(kHandedOver).value();
    envelope.envelope = prepared.envelope;
    envelope.recipients = prepared.recipients;
    return engine::hand_over(envelope, prepared.contents, doors_);
  }

  /// What lies in the drop folder is whole, under the submission's own id.
  void expect_dropped(const queue::Outcome<HandedOver>& handed_over) const {
    ASSERT_TRUE(handed_over) << handed_over.error().text;
    EXPECT_EQ(handed_over->queue_id, "");
    const queue::DropFolder folder{doors_.drop_directory};
    const queue::DropScan scan = folder.scan(10).value();
    ASSERT_THAT(scan.entries, SizeIs(1));
    const std::string bytes = scratch_.read("drop/" + scan.entries.front().name);
    engine::SubmissionReader reader{0};
    std::string contents;
    auto step = engine::SubmissionReader::Step::wants_more;
    reader.feed(bytes);
    while ((step = reader.next()) != engine::SubmissionReader::Step::complete) {
      ASSERT_NE(step, engine::SubmissionReader::Step::wants_more);
      ASSERT_NE(step, engine::SubmissionReader::Step::refused) << reader.answer().text;
      if (step == engine::SubmissionReader::Step::contents) contents += reader.contents();
    }
    EXPECT_TRUE(contents == contents_);
    EXPECT_EQ(reader.envelope().id.text, kHandedOver);
  }
  void expect_nothing_dropped() const {
    EXPECT_THAT(scratch_.names("drop"), ::testing::ElementsAre("bad"));
  }

  Scratch scratch_;
  engine::HandOverDoors doors_;
  std::string contents_;
};

/// Larger than any socket's buffer.
std::string a_large_text() {
  std::string text = "Subject: x\n\n";
  while (text.size() < 5'000'000) text += "0123456789 0123456789 0123456789 0123456789\n";
  return text;
}

TEST_F(HandOver, TheDaemonsIdIsTheAnswer) {
  std::string received;
  {
    const FakeDaemon daemon{doors_.socket, [&](Conversation& with) {
                              if (with.read_whole()) with.keep(kItsQueueId);
                              received = with.contents;
                            }};
    const auto handed_over = hand_over(a_large_text());
    ASSERT_TRUE(handed_over) << handed_over.error().text;
    EXPECT_EQ(handed_over->queue_id, kItsQueueId);
  }
  // Not EXPECT_EQ: the difference of five megabytes would not fit into memory.
  EXPECT_TRUE(received == contents_);
  expect_nothing_dropped();
}

TEST_F(HandOver, ARefusalIsFinalWithItsCodeAndWords) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_whole();
                            with.refuse(EX_NOPERM, "5.7.1 not you");
                          }};
  const auto handed_over = hand_over();
  ASSERT_FALSE(handed_over);
  EXPECT_EQ(handed_over.error().exit_code, EX_NOPERM);
  EXPECT_EQ(handed_over.error().text, "5.7.1 not you");
  expect_nothing_dropped();
}

TEST_F(HandOver, AFullDiskOfTheDaemonIsFinalToo) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_whole();
                            with.refuse(EX_TEMPFAIL, "4.3.1 the disk is full");
                          }};
  EXPECT_EQ(hand_over().error().exit_code, EX_TEMPFAIL);
  expect_nothing_dropped();
}

TEST_F(HandOver, AnEarlyRefusalIsHeardWhileStillWriting) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_envelope();
                            with.refuse(EX_DATAERR, "5.3.4 too large");
                            with.stay_silent();
                          }};
  const auto handed_over = hand_over(a_large_text());
  ASSERT_FALSE(handed_over);
  EXPECT_EQ(handed_over.error().exit_code, EX_DATAERR);
  expect_nothing_dropped();
}

TEST_F(HandOver, AnEarlyRefusalIsHeardEvenIfTheDaemonHangsUpBehindIt) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_envelope();
                            with.refuse(EX_DATAERR, "5.3.4 too large");
                          }};
  const auto handed_over = hand_over(a_large_text());
  ASSERT_FALSE(handed_over);
  EXPECT_EQ(handed_over.error().exit_code, EX_DATAERR);
}

TEST_F(HandOver, WithoutADaemonItDrops) { expect_dropped(hand_over()); }

TEST_F(HandOver, ASocketNobodyListensAtIsNoDaemon) {
  {
    const FakeDaemon gone{doors_.socket, [](Conversation&) {}};
  }
  const auto handed_over = hand_over();
  expect_dropped(handed_over);
  EXPECT_THAT(handed_over->why_dropped, HasSubstr("refused"));
}

TEST_F(HandOver, ADaemonThatShutsDownIsNone) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_whole();
                            with.refuse(EX_TEMPFAIL, "4.3.2 shutting down");
                          }};
  expect_dropped(hand_over());
}

TEST_F(HandOver, ADaemonThatDiesMidwayIsNone) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) { with.read_envelope(); }};
  expect_dropped(hand_over(a_large_text()));
}

TEST_F(HandOver, ADaemonThatDiesBeforeItsAnswerIsNone) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) { with.read_whole(); }};
  expect_dropped(hand_over());
}

TEST_F(HandOver, ADaemonThatNeverAnswersIsNone) {
  doors_.patience = std::chrono::milliseconds{50};
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) { with.listen_only(); }};
  const auto handed_over = hand_over();
  expect_dropped(handed_over);
  EXPECT_THAT(handed_over->why_dropped, HasSubstr("no answer"));
}

TEST_F(HandOver, ADaemonThatNeverReadsIsNone) {
  doors_.patience = std::chrono::milliseconds{50};
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) { with.stay_silent(); }};
  expect_dropped(hand_over(a_large_text()));
}

TEST_F(HandOver, AnAnswerThatIsNoneIsNoAnswer) {
  for (const std::string& nonsense :
       {std::string{"HTTP/1.1 400\r\n"}, engine::frame(engine::FrameType::kept, "?"),
        engine::frame(engine::FrameType::hello, "hi"), std::string{"K"}}) {
    {
      const FakeDaemon daemon{doors_.socket, [&](Conversation& with) {
                                with.read_whole();
                                with.say(nonsense);
                              }};
      expect_dropped(hand_over());
    }
    std::filesystem::remove(doors_.socket);
    std::filesystem::remove(scratch_ / "drop/" + std::string{kHandedOver} + ".msg");
  }
}

TEST_F(HandOver, NobodyKeepsWhatWasNotSaidToTheEnd) {
  const FakeDaemon daemon{doors_.socket, [](Conversation& with) {
                            with.read_envelope();
                            with.keep(kItsQueueId);
                            with.stay_silent();
                          }};
  expect_dropped(hand_over(a_large_text()));
}

TEST_F(HandOver, ALongPathIsNoObstacle) {
  const std::string deep = scratch_ / std::string(120, 'd');
  std::filesystem::create_directory(deep);
  const FakeDaemon daemon{scratch_ / "short.sock", [](Conversation& with) {
                            if (with.read_whole()) with.keep(kItsQueueId);
                          }};
  std::filesystem::rename(scratch_ / "short.sock", deep + "/submit.sock");
  doors_.socket = deep + "/submit.sock";
  const auto handed_over = hand_over();
  ASSERT_TRUE(handed_over);
  EXPECT_EQ(handed_over->queue_id, kItsQueueId);
}

TEST_F(HandOver, WithoutADropFolderThereIsNoPromise) {
  doors_.drop_directory = scratch_ / "nowhere";
  const auto handed_over = hand_over();
  ASSERT_FALSE(handed_over);
  EXPECT_EQ(handed_over.error().exit_code, EX_TEMPFAIL);
  EXPECT_THAT(handed_over.error().text, HasSubstr("is tenaxd set up?"));
}

TEST_F(HandOver, AnInterruptionLeavesNothing) {
  doors_.interrupted = [] { return true; };
  EXPECT_EQ(hand_over().error().exit_code, EX_TEMPFAIL);
  expect_nothing_dropped();
}

TEST_F(HandOver, WhatTheDaemonWouldRefuseGoesNowhere) {
  engine::SubmissionEnvelope envelope;
  envelope.id = mail::SubmissionId::parse(kHandedOver).value();
  envelope.recipients = prepare("Subject: x\n\n").value().recipients;
  queue::SubmissionContents contents{"Subject: " + std::string(1200, 'x') + "\r\n\r\n",
                                     queue::Spool{}, queue::BodyForm::as_is};
  const auto expect_refused = [&] {
    const auto handed_over = engine::hand_over(envelope, contents, doors_);
    ASSERT_FALSE(handed_over);
    EXPECT_EQ(handed_over.error().exit_code, EX_SOFTWARE);
    EXPECT_THAT(handed_over.error().text, HasSubstr("longer than 998 octets"));
    expect_nothing_dropped();
  };
  expect_refused();

  bool whole = false;
  {
    const FakeDaemon daemon{doors_.socket, [&](Conversation& with) { whole = with.read_whole(); }};
    expect_refused();
  }
  EXPECT_FALSE(whole);
}

}  // namespace
}  // namespace tenax::testing

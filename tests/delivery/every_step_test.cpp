// SPDX-License-Identifier: Apache-2.0
// The wire is cut, stalls, or carries garbage, at every step and every octet.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_world.h"
#include "tests/support/dialogue.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using mail::Health;
using mail::Kind;
using mail::Stage;

struct Ended {
  mail::DeliveryReport report;
  std::string surprise;
  io::Span took;
};

/// One host, speaking exactly these lines up to the fault.
Ended play(const Dialogue& dialogue, const WireFault& fault) {
  DeliveryWorld world;
  world.dns.mx("example.net", {{10, "mx1.example.net"}});
  world.dns.address("mx1.example.net", "192.0.2.1");
  const auto played = std::make_shared<Dialogue::Played>();
  world.net.host("192.0.2.1").serves(dialogue.serve(world.clock, fault, played));
  mail::DeliveryReport report = world.deliver(a_request());
  return {std::move(report), played->surprise, world.clock.elapsed()};
}

Dialogue pipelined() {
  return Dialogue{}
      .server("220-mx1.example.net\r\n220 ready")
      .client("EHLO out.example.org")
      .server("250-mx1.example.net\r\n250 PIPELINING")
      .client("MAIL FROM:<ann@example.org>")
      .client("RCPT TO:<bob@example.net>")
      .client("DATA")
      .server("250 ok")
      .server("250 ok")
      .server("354 go")
      .client_body()
      .server("250-taken\r\n250 really");
}

TEST(EveryStep, TheDialoguesThemselvesEndWell) {
  for (const Dialogue& dialogue : {Dialogue::happy(), pipelined()}) {
    const Ended ended = play(dialogue, WireFault{});
    EXPECT_EQ(verdict_of(ended.report).kind, Kind::delivered);
    EXPECT_EQ(ended.surprise, "");
  }
}

TEST(EveryStep, NeverCallsItDeliveredWhenTheWireWasCut) {
  for (const Dialogue& dialogue : {Dialogue::happy(), pipelined()}) {
    for (const WireFault::Kind kind : {WireFault::Kind::cut, WireFault::Kind::reset}) {
      for (const WireFault& fault : dialogue.every_octet(kind)) {
        SCOPED_TRACE(fault.where);
        const Ended ended = play(dialogue, fault);
        const mail::Verdict& verdict = verdict_of(ended.report);
        ASSERT_EQ(verdict.kind, Kind::deferred);
        ASSERT_EQ(verdict.in_doubt, fault.after_dot);  // only there may the server have taken it
        ASSERT_EQ(verdict.status, (mail::EnhancedStatus{4, 4, 2}));
        const bool had_contents = ended.report.tries.at(0).stage == mail::Stage::body ||
                                  ended.report.tries.at(0).stage == mail::Stage::dot;
        ASSERT_TRUE(had_contents || !fault.after_dot);
        ASSERT_EQ(ended.report.health, had_contents ? Health::broke_off : Health::unreachable);
        ASSERT_EQ(ended.took, 0s);
        ASSERT_EQ(ended.surprise, "");
      }
    }
  }
}

TEST(EveryStep, ASilentServerIsLeftInTime) {
  for (const Dialogue& dialogue : {Dialogue::happy(), pipelined()}) {
    for (const WireFault& fault : dialogue.every_octet(WireFault::Kind::stall)) {
      SCOPED_TRACE(fault.where);
      const Ended ended = play(dialogue, fault);
      const mail::Verdict& verdict = verdict_of(ended.report);
      ASSERT_EQ(verdict.kind, Kind::deferred);
      ASSERT_EQ(verdict.in_doubt, fault.after_dot);
      ASSERT_EQ(verdict.status, (mail::EnhancedStatus{4, 4, 2}));
      if (fault.after_dot) {
        ASSERT_EQ(ended.took, 10min);  // in full: RFC 5321 4.5.3.2.6
      } else {
        ASSERT_GE(ended.took, 2min);
        ASSERT_LE(ended.took, 5min + 5s);
      }
    }
  }
}

TEST(EveryStep, GarbageIsNoAnswer) {
  const std::vector<std::string> garbage = {
      "hello\r\n",
      std::string(5000, 'x'),
      std::string(5000, '\0'),
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "250-ok\r\nhello\r\n" + std::string(5000, 'x'),
      std::string{"\x16\x03\x01\x02\x00\x01\x00\r\n", 9},
  };
  for (const Dialogue& dialogue : {Dialogue::happy(), pipelined()}) {
    for (const std::string& bytes : garbage) {
      for (const WireFault& fault : dialogue.every(WireFault::Kind::raw, bytes)) {
        SCOPED_TRACE(fault.where + ": " + mail::printable(bytes, 40));
        const Ended ended = play(dialogue, fault);
        const mail::Verdict& verdict = verdict_of(ended.report);
        ASSERT_EQ(verdict.kind, Kind::deferred);
        ASSERT_EQ(verdict.in_doubt, fault.after_dot);
        ASSERT_EQ(verdict.status, (mail::EnhancedStatus{4, 5, 0}));
        ASSERT_EQ(ended.took, 0s);
      }
    }
  }
}

TEST(EveryStep, AReplyWithoutAnEndIsNotRead) {
  std::string lines;
  for (int line = 0; line < 100'000; ++line) lines += "250-and another thing\r\n";
  for (const WireFault& fault : Dialogue::happy().every(WireFault::Kind::raw, lines)) {
    SCOPED_TRACE(fault.where);
    const Ended ended = play(Dialogue::happy(), fault);
    EXPECT_EQ(verdict_of(ended.report).kind, Kind::deferred);
    EXPECT_EQ(verdict_of(ended.report).in_doubt, fault.after_dot);
    EXPECT_EQ(ended.took, 0s);
  }
}

TEST(EveryStep, ALongOrUntidyReplyIsAReply) {
  Dialogue dialogue = Dialogue{}
                          .server("220 mx1.example.net")
                          .client("EHLO out.example.org")
                          .server("250 mx1.example.net")
                          .client("MAIL FROM:<ann@example.org>")
                          .server("250\tok")
                          .client("RCPT TO:<bob@example.net>")
                          .server("250\r")
                          .client("DATA")
                          .server("\r\n354 go")
                          .client_body();
  std::string lines;
  for (int line = 0; line < 600; ++line) lines += "250-x\r\n";
  dialogue.server(lines + "250 taken as " + std::string(3000, 'x'));
  EXPECT_EQ(verdict_of(play(dialogue, WireFault{}).report).kind, Kind::delivered);
}

/// Refusals of all kinds at each stage, told by a receiver that otherwise behaves.
class EveryStage : public ::testing::TestWithParam<std::tuple<Stage, std::string, bool>> {};

TEST_P(EveryStage, ARefusalMeansWhatItsClassSays) {
  const auto& [stage, reply, pipelining] = GetParam();
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();
  mx.manners.pipelining = pipelining;
  mx.at(stage).says(reply);

  const mail::DeliveryReport report = world.deliver(a_request());

  const mail::Verdict& verdict = verdict_of(report);
  const bool about_mail = stage >= Stage::mail;
  const bool fails = about_mail && reply.starts_with("55");
  EXPECT_EQ(verdict.kind, fails ? Kind::failed : Kind::deferred);
  EXPECT_EQ(verdict.stage, stage);
  EXPECT_FALSE(verdict.in_doubt);
  EXPECT_EQ(verdict.text, reply);
  EXPECT_EQ(mx.taken().size(), 0U);
  const bool answered = about_mail && !reply.starts_with("421");
  EXPECT_EQ(report.health, answered ? Health::well : Health::refused_by_host);
  EXPECT_EQ(world.clock.elapsed(), 0s);
}

INSTANTIATE_TEST_SUITE_P(
    Replies, EveryStage,
    ::testing::Combine(::testing::Values(Stage::greeting, Stage::ehlo, Stage::mail, Stage::rcpt,
                                         Stage::data, Stage::dot),
                       ::testing::Values("450 4.2.0 later", "451 later", "550 5.7.1 never",
                                         "554 never", "421 4.3.2 leaving"),
                       ::testing::Bool()));

}  // namespace
}  // namespace tenax::testing

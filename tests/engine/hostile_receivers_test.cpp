// SPDX-License-Identifier: Apache-2.0
// Receivers that would have our memory, our time or our senses. Whatever they do, little of it is
// read, it ends in time, one line of the log says what it was, and everybody else is served
// meanwhile.

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "delivery/stage.h"
#include "engine/log_observer.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using mail::Kind;
using mail::Stage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMiB = 1'048'576;
constexpr std::size_t kOnTheWire = 64 * 1024;  // written by the receiver, and read by nobody
constexpr std::size_t kOneReply = kMiB + kOnTheWire + 16 * 1024;

struct Hostile {
  std::string rule;  // the test's name
  std::function<void(FakeMx&)> becomes;
  Kind kind = Kind::deferred;
  Stage stage = Stage::greeting;
  std::string words;        // in the line of the log
  io::Span longest = 0s;    // of virtual time, until the verdict
  std::size_t most = 1000;  // octets the receiver gets rid of
  std::size_t body = 100;   // octets of our message
  bool in_doubt = false;
};

const std::vector<Stage> kStages = {Stage::greeting, Stage::ehlo, Stage::mail,
                                    Stage::rcpt,     Stage::data, Stage::dot};

std::string doing(Stage stage) { return " while " + std::string{delivery::info(stage).doing}; }

std::string many(std::string_view piece) {
  std::string all;
  while (all.size() < 4096) all += piece;
  return all;
}

/// At `stage`, and from there on like `what`.
Hostile at(Stage stage, std::string rule, std::function<void(MxRule&)> what, std::string words) {
  std::string name{mail::to_string(stage)};
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  Hostile hostile;
  hostile.rule = std::move(rule) + "At" + name;
  hostile.becomes = [stage, what = std::move(what)](FakeMx& mx) { what(mx.at(stage)); };
  hostile.stage = stage;
  hostile.words = std::move(words);
  hostile.in_doubt = stage == Stage::dot;
  return hostile;
}

/// What a receiver may do at each step.
void add_steps(std::vector<Hostile>& all) {
  const std::string too_much = "sent more than we read";
  const std::string no_smtp = "sent something else than SMTP replies";
  for (const Stage stage : kStages) {
    const std::string code = stage == Stage::data ? "354" : "250";
    const auto add = [&all, stage](std::string rule, std::function<void(MxRule&)> what,
                                   std::string words) -> Hostile& {
      return all.emplace_back(at(stage, std::move(rule), std::move(what), std::move(words)));
    };
    const std::string endless = many(code + "-and then\r\n");
    add(
        "EndlessLinesAreNotRead", [endless](MxRule& rule) { rule.floods(endless); },
        too_much + doing(stage))
        .most = kOneReply;
    const std::string line = code + " " + std::string(4092, 'x');
    add(
        "AnEndlessLineIsNotRead", [line](MxRule& rule) { rule.floods(line); },
        too_much + doing(stage))
        .most = kOneReply;
    add(
        "EndlessNulsAreNotRead", [](MxRule& rule) { rule.floods(std::string(4096, '\0')); },
        too_much + doing(stage))
        .most = 3 * kOnTheWire;
    add(
        "ALineOfNulsIsNoReply", [](MxRule& rule) { rule.sends(std::string(9, '\0') + "\r\n"); },
        no_smtp + doing(stage));
    add(
        "ACodeThatIsNoneIsNoReply", [](MxRule& rule) { rule.sends("000 what\r\n"); },
        no_smtp + doing(stage));
    add(
        "SilenceIsEndured", [](MxRule& rule) { rule.stalls(); },
        "kept us waiting too long" + doing(stage))
        .longest = delivery::info(stage).patience;
    const std::string wrong = stage == Stage::data ? "250 2.0.0 fine" : "354 go ahead";
    add(
        "TheCodeOfAnotherCommandIsNoConsent", [wrong](MxRule& rule) { rule.says(wrong); },
        "reply=\"" + wrong);
    add(
        "A421IsTheHostLeaving", [](MxRule& rule) { rule.says("421 4.3.2 leaving"); },
        "reply=\"421 4.3.2 leaving\"")
        .in_doubt = false;
    if (stage == Stage::dot) continue;  // it is in time there: below
    add(
        "AnOctetEvery29SecondsIsNotEndured", [](MxRule& rule) { rule.drips(29s); },
        "kept us waiting too long" + doing(stage))
        .longest = delivery::info(stage).patience;
  }
}

void add_single_ones(std::vector<Hostile>& all) {
  all.push_back({.rule = "BlankLinesWithoutEndAreNotRead",
                 .becomes = [](FakeMx& mx) { mx.at(Stage::greeting).floods(many("\r\n")); },
                 .words = "sent more than we read" + doing(Stage::greeting),
                 .most = kOneReply});
  all.push_back({.rule = "AVerdictOfAnOctetEvery29SecondsIsAwaited",
                 .becomes = [](FakeMx& mx) { mx.at(Stage::dot).drips(29s); },
                 .kind = Kind::delivered,
                 .stage = Stage::dot,
                 .words = "reply=\"250 2.0.0 taken\"",
                 .longest = 10min});
  all.push_back({.rule = "RepliesWithoutEndBehindTheVerdictAreNotRead",
                 .becomes =
                     [](FakeMx& mx) {
                       mx.at(Stage::dot).floods("250 2.0.0 taken\r\n" + many("250 and\r\n"));
                     },
                 .kind = Kind::delivered,
                 .stage = Stage::dot,
                 .words = "reply=\"250 2.0.0 taken\"",
                 .most = 3 * kOnTheWire});
  all.push_back({.rule = "ClosingBehindTheDotLeavesUsInDoubt",
                 .becomes = [](FakeMx& mx) { mx.at(Stage::dot).takes_it_and_hangs_up(); },
                 .stage = Stage::dot,
                 .words = "lost connection with mx.example.net[192.0.2.1]" + doing(Stage::dot),
                 .in_doubt = true});
  all.push_back({.rule = "AnswersWithoutEndInTheMiddleOfTheMessageAreNotRead",
                 .becomes = [](FakeMx& mx) { mx.at(Stage::body).floods(many("550-stop and\r\n")); },
                 .stage = Stage::body,
                 .words = "sent more than we read" + doing(Stage::body),
                 .most = kOneReply,
                 .body = 300'000});
  all.push_back({.rule = "WhoDoesNotReadTheMessageIsLeft",
                 .becomes = [](FakeMx& mx) { mx.at(Stage::body).stalls(); },
                 .stage = Stage::body,
                 .words = "kept us waiting too long" + doing(Stage::body),
                 .longest = 3min,
                 .body = 300'000});
  all.push_back({.rule = "LinesInjectedBehindStarttlsEndTheSession",
                 .becomes =
                     [](FakeMx& mx) {
                       mx.manners.starttls = true;
                       mx.at(Stage::starttls).sends("220 go\r\n250-forged\r\n250 AUTH PLAIN\r\n");
                     },
                 .stage = Stage::starttls,
                 .words = "bytes in clear came behind the answer to STARTTLS"});
  all.push_back({.rule = "AnEhloOfTenThousandLinesIsReadAndForgotten",
                 .becomes =
                     [](FakeMx& mx) {
                       for (int n = 0; n < 10'000; ++n) {
                         mx.manners.more_ehlo.push_back("X-" + std::to_string(n));
                       }
                     },
                 .kind = Kind::delivered,
                 .stage = Stage::dot,
                 .words = "reply=\"250 2.0.0 taken\"",
                 .most = 2 * kOnTheWire});
  all.push_back({.rule = "ARefusalOfControlsAndQuotesIsOneCleanLine",
                 .becomes =
                     [](FakeMx& mx) {
                       mx.at(Stage::rcpt)
                           .sends("550-\x1b[2J\" \\ \r 550\r\n550 " +
                                  std::string("no\0\0\x7f\xff", 6) + std::string(2000, 'n') +
                                  "\r\n");
                     },
                 .kind = Kind::failed,
                 .stage = Stage::rcpt,
                 .words = "reply=\"550 ",
                 .most = 3000});
}

std::vector<Hostile> hostiles() {
  std::vector<Hostile> all;
  add_steps(all);
  add_single_ones(all);
  return all;
}

class HostileReceiver : public EngineWorld, public ::testing::WithParamInterface<Hostile> {
 protected:
  /// As the log has it.
  static std::string line_of(const Attempted& fact) {
    std::ostringstream out;
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(out);
    auto log = std::make_shared<spdlog::logger>("test", sink);
    log->set_pattern("%v");
    LogObserver{log}.attempted(fact);
    return out.str();
  }
  [[nodiscard]] std::vector<Attempted> attempts_for(std::string_view to) const {
    std::vector<Attempted> found;
    for (const Attempted& fact : facts.attempted_) {
      if (fact.address.text() == to) found.push_back(fact);
    }
    return found;
  }
};

TEST_P(HostileReceiver, CostsLittleAndHoldsUpNobody) {
  const Hostile& hostile = GetParam();
  hostile.becomes(far);
  start();

  send({"bob@example.net"}, {}, hostile.body);
  send({"joe@example.org"});
  pass(1s);
  EXPECT_EQ(home.copies("joe@example.org"), 1) << "everybody else is served";
  EXPECT_TRUE(hostile.longest == 0s || attempts_for("bob@example.net").empty())
      << "it was served first";
  pass(hostile.longest);

  const std::vector<Attempted> attempts = attempts_for("bob@example.net");
  ASSERT_EQ(attempts.size(), 1U);
  const Attempted& attempt = attempts.front();
  EXPECT_LE(attempt.took, hostile.longest);
  EXPECT_EQ(attempt.verdict.kind, hostile.kind);
  EXPECT_EQ(attempt.verdict.stage, hostile.stage);
  EXPECT_EQ(attempt.verdict.in_doubt, hostile.in_doubt);
  const std::string line = line_of(attempt);
  EXPECT_THAT(line, HasSubstr(hostile.words));
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_LT(line.size(), 1500U);
  EXPECT_TRUE(std::ranges::none_of(line, [](unsigned char c) { return c < ' ' && c != '\n'; }));

  EXPECT_LE(far.said(), hostile.most);
  EXPECT_EQ(far.sessions(), 1);
  std::size_t kept = attempt.verdict.text.size();
  if (attempt.verdict.reply) {
    for (const std::string& text : attempt.verdict.reply->lines) kept += text.size();
  }
  EXPECT_LE(kept, 2U * 4096U);
  stop();
  EXPECT_EQ(net.host("192.0.2.1").open(), 0);
}

INSTANTIATE_TEST_SUITE_P(Rules, HostileReceiver, ::testing::ValuesIn(hostiles()),
                         [](const auto& given) { return std::string{given.param.rule}; });

}  // namespace
}  // namespace tenax::engine

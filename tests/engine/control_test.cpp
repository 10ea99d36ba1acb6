// SPDX-License-Identifier: Apache-2.0
#include "engine/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/run.h"

namespace tenax::engine {
namespace {

using ::testing::ElementsAre;
using testing::FakeClock;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Notes what it is asked and answers as told.
class NotingControls final : public Controls {
 public:
  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override {
    operations.push_back(std::move(operation));
    co_return answer;
  }
  io::Async<io::Result<queue::Operated>> expire(queue::Selection selection,
                                                std::string by) override {
    expired.push_back(std::move(selection));
    expired_by.push_back(std::move(by));
    co_return answer;
  }
  io::Async<io::Result<bool>> forget(mail::Destination destination) override {
    forgotten.push_back(destination.text());
    co_return true;
  }
  EngineView view() const override { return seen; }
  std::optional<scheduler::LaneView> lane(const mail::Destination& destination) const override {
    return destination.text() == "shared.example" ? shared : std::nullopt;
  }
  std::vector<UnderWay> under_way(const std::vector<mail::QueueId>& messages) const override {
    return {{messages.at(0), mail::RecipientId{5}, mail::from_millis(17)}};
  }

  std::optional<std::vector<scheduler::Rehearsal>> rehearse(
      const std::vector<scheduler::Role>& roles, std::size_t limit) const override {
    return std::vector<scheduler::Rehearsal>(roles.size(), {{}, limit == 7});
  }

  io::Result<queue::Operated> answer = queue::Operated{3, 1};
  EngineView seen;
  std::vector<queue::Operation> operations;
  std::vector<queue::Selection> expired;
  std::vector<std::string> expired_by;
  std::vector<std::string> forgotten;
  std::optional<scheduler::LaneView> shared;
};

scheduler::LaneView lane(const char* destination, int in_flight, std::size_t waiting) {
  return {.destination = mail::Destination::parse(destination).value(),
          .window = 2,
          .in_flight = in_flight,
          .waiting = waiting,
          .parked_until = {},
          .failures = 0};
}

class Control : public ::testing::Test {
 protected:
  ControlAnswer ask(ControlRequest request) {
    return testing::run(context_, clock_, carry_out(std::move(request), "uid 7", controls_));
  }

  static ControlRequest to(ControlVerb verb) {
    ControlRequest request{.verb = verb, .selection = {}, .everything = false};
    request.selection.recipient = "@example.net";
    return request;
  }

  io::asio::io_context context_;
  FakeClock clock_{context_};
  NotingControls controls_;
};

TEST_F(Control, ForgetTakesOneDestinationAndNothingElse) {
  ControlRequest request{.verb = ControlVerb::forget, .selection = {}, .everything = false};
  EXPECT_EQ(ask(request).code, EX_USAGE);
  request.selection.destination = "[nonsense";
  EXPECT_EQ(ask(request).code, EX_USAGE);
  request.selection.destination = "example.net";
  request.selection.sender = "ann@example.org";
  EXPECT_EQ(ask(request).code, EX_USAGE);
  EXPECT_THAT(controls_.forgotten, IsEmpty());

  request.selection.sender.clear();
  const ControlAnswer answer = ask(request);

  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(answer.operated.changed, 1);
  EXPECT_THAT(controls_.forgotten, ElementsAre("example.net"));
}

TEST_F(Control, ADestinationIsMeantHoweverItIsWritten) {
  ControlRequest request{.verb = ControlVerb::forget, .selection = {}, .everything = false};
  request.selection.destination = "MÜLLER.test:26";
  EXPECT_EQ(ask(request).code, 0);
  EXPECT_THAT(controls_.forgotten, ElementsAre("xn--mller-kva.test:26"));

  request.verb = ControlVerb::hold;
  request.selection.destination = "[Müller.test]";
  EXPECT_EQ(ask(request).code, 0);
  EXPECT_EQ(controls_.operations.at(0).selection.destination, "[xn--mller-kva.test]:25");
}

TEST_F(Control, StatusOfADestinationTellsOfTheLaneItSharesWithAnother) {
  controls_.shared = lane("provider.example", 1, 2);
  ControlRequest request;
  request.selection.destination = "shared.example";

  const ControlAnswer answer = ask(request);

  ASSERT_THAT(answer.engine->lanes, SizeIs(1));
  EXPECT_EQ(answer.engine->lanes[0].destination.text(), "provider.example");
}

TEST_F(Control, AForecastIsAskedOfWhoeverLearns) {
  ControlRequest request;
  request.verb = ControlVerb::forecast;
  request.limit = 7;
  EXPECT_TRUE(ask(request).rehearsals) << "that it learns is an answer too";
  request.roles.assign(2, {.message = mail::QueueId{9},
                           .sender = {},
                           .accepted = {},
                           .destination = mail::Destination::mx("example.net"),
                           .recipient = mail::Address::parse("bob@example.net").value(),
                           .due = {}});

  const ControlAnswer answer = ask(request);

  ASSERT_TRUE(answer.rehearsals);
  ASSERT_THAT(*answer.rehearsals, SizeIs(2));
  EXPECT_TRUE(answer.rehearsals->front().more);
  EXPECT_TRUE(controls_.operations.empty());
}

TEST_F(Control, StatusTellsWhoIsUnderWayOfTheMessagesItNames) {
  ControlRequest request;
  EXPECT_FALSE(ask(request).engine->under_way) << "none were named";

  request.selection.messages = {mail::QueueId{9}};
  const ControlAnswer answer = ask(request);

  ASSERT_TRUE(answer.engine && answer.engine->under_way);
  ASSERT_THAT(*answer.engine->under_way, SizeIs(1));
  EXPECT_EQ(answer.engine->under_way->front().message, mail::QueueId{9});
}

TEST_F(Control, EachVerbReachesTheStoreAsItself) {
  const std::vector<std::pair<ControlVerb, queue::Verb>> verbs{
      {ControlVerb::retry, queue::Verb::retry},
      {ControlVerb::hold, queue::Verb::hold},
      {ControlVerb::release, queue::Verb::release},
      {ControlVerb::remove, queue::Verb::remove}};
  for (const auto& [asked, carried_out] : verbs) {
    const ControlAnswer answer = ask(to(asked));

    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.operated.changed, 3);
    EXPECT_EQ(answer.operated.leased, 1);
    EXPECT_EQ(controls_.operations.back().verb, carried_out);
    EXPECT_EQ(controls_.operations.back().by, "uid 7");
    EXPECT_EQ(controls_.operations.back().selection.recipient, "@example.net");
  }
  EXPECT_THAT(controls_.operations, SizeIs(4));
}

TEST_F(Control, ExpireIsNoVerbOfTheStoreAndSaysWhoAsked) {
  const ControlAnswer answer = ask(to(ControlVerb::expire));

  EXPECT_EQ(answer.operated.changed, 3);
  EXPECT_THAT(controls_.expired, SizeIs(1));
  EXPECT_THAT(controls_.expired_by, ::testing::ElementsAre("uid 7"));
  EXPECT_TRUE(controls_.operations.empty());
}

TEST_F(Control, TheWholeQueueIsNotHeldRemovedOrExpiredByOversight) {
  for (const ControlVerb verb : {ControlVerb::hold, ControlVerb::remove, ControlVerb::expire}) {
    const ControlAnswer answer = ask({.verb = verb, .selection = {}, .everything = false});

    EXPECT_EQ(answer.code, EX_USAGE);
    EXPECT_THAT(answer.error, HasSubstr("--all"));
  }
  EXPECT_TRUE(controls_.operations.empty());
  EXPECT_TRUE(controls_.expired.empty());
}

TEST_F(Control, TheWholeQueueIsRemovedWhenThatIsSaid) {
  const ControlAnswer answer =
      ask({.verb = ControlVerb::remove, .selection = {}, .everything = true});

  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(controls_.operations, SizeIs(1));
}

TEST_F(Control, RetryAndReleaseOfEverythingNeedNoConfirmation) {
  EXPECT_EQ(ask({.verb = ControlVerb::retry, .selection = {}, .everything = false}).code, 0);
  EXPECT_EQ(ask({.verb = ControlVerb::release, .selection = {}, .everything = false}).code, 0);
}

TEST_F(Control, EveryFilterByItselfIsAFilter) {
  const auto selects = [](auto&& set) {
    queue::Selection selection;
    set(selection);
    return selects_everything(selection);
  };
  EXPECT_TRUE(selects([](queue::Selection&) {}));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.messages = {mail::QueueId{1}}; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.sender = "<>"; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.recipient = "@a.example"; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.destination = "a.example"; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.states = {mail::RecipientState::held}; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.accepted_before = mail::WallTime{}; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.accepted_after = mail::WallTime{}; }));
  EXPECT_FALSE(selects([](queue::Selection& s) { s.reply = "450"; }));
}

TEST_F(Control, AStoreThatFailsIsAnAnswerWithItsCode) {
  controls_.answer = io::error(io::Errc::disk_full, "commit");

  const ControlAnswer answer = ask(to(ControlVerb::hold));

  EXPECT_EQ(answer.code, EX_TEMPFAIL);
  EXPECT_THAT(answer.error, HasSubstr("commit"));
  EXPECT_EQ(ask(to(ControlVerb::expire)).code, EX_TEMPFAIL);
}

TEST_F(Control, StatusShowsTheBusiestLanesFirstAndNotWithoutBound) {
  controls_.seen.pid = 42;
  for (int i = 0; i < 1500; ++i) {
    controls_.seen.lanes.push_back(lane(("d" + std::to_string(i) + ".example").c_str(), 0, 1));
  }
  controls_.seen.lanes.push_back(lane("busy.example", 2, 0));

  const ControlAnswer answer =
      ask({.verb = ControlVerb::status, .selection = {}, .everything = false});

  ASSERT_TRUE(answer.engine);
  EXPECT_EQ(answer.engine->pid, 42);
  EXPECT_THAT(answer.engine->lanes, SizeIs(kMostLanes));
  EXPECT_EQ(answer.engine->lanes.front().destination.text(), "busy.example");
}

TEST_F(Control, StatusOfOneDestinationShowsThatLaneOnly) {
  controls_.seen.lanes = {lane("a.example", 5, 5), lane("b.example", 0, 1)};
  ControlRequest request;
  request.selection.destination = "b.example";

  const ControlAnswer answer = ask(request);

  ASSERT_TRUE(answer.engine);
  ASSERT_THAT(answer.engine->lanes, SizeIs(1));
  EXPECT_EQ(answer.engine->lanes.front().destination.text(), "b.example");
}

TEST(ControlCodes, ErrorsBecomeTheCodesOfSysexits) {
  EXPECT_EQ(exit_code(io::error(io::Errc::not_found, "")), EX_NOINPUT);
  EXPECT_EQ(exit_code(io::error(io::Errc::denied, "")), EX_NOPERM);
  EXPECT_EQ(exit_code(io::error(io::Errc::busy, "")), EX_TEMPFAIL);
  EXPECT_EQ(exit_code(io::error(io::Errc::refused, "")), EX_UNAVAILABLE);
  EXPECT_EQ(exit_code(io::error(io::Errc::corrupt, "")), EX_IOERR);
  EXPECT_EQ(exit_code(io::error(io::Errc::closed_intake, "")), EX_IOERR);
}

TEST(ControlCodes, ARefusalIsOnePrintableLine) {
  const ControlAnswer answer = refused(EX_NOPERM, "no\n\x1b[31mway");

  EXPECT_EQ(answer.error.find('\n'), std::string::npos);
  EXPECT_EQ(answer.error.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tenax::engine

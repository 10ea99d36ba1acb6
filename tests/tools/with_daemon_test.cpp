// SPDX-License-Identifier: Apache-2.0
// The program while a daemon runs: what changes goes through its socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/control_door.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run.h"
#include "tests/tools/queue_on_disk.h"
#include "tests/tools/rows.h"
#include "tools/tenax/program.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// A daemon as far as its socket shows it.
class Pretended final : public engine::Controls {
 public:
  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override {
    last = std::move(operation);
    co_return answer;
  }
  io::Async<io::Result<queue::Operated>> expire(queue::Selection selection, std::string) override {
    last.selection = std::move(selection);
    ++expired;
    co_return answer;
  }
  io::Async<io::Result<bool>> forget(mail::Destination destination) override {
    forgotten.push_back(destination.text());
    co_return true;
  }
  engine::EngineView view() const override {
    engine::EngineView view{
        .pid = 42, .version = "9.9", .started = kNow, .in_flight = 1, .lanes = {}};
    view.paused = paused;
    view.lanes.push_back({.destination = mail::Destination::mx("example.net"),
                          .window = 2,
                          .in_flight = 1,
                          .waiting = 5,
                          .parked_until = {},
                          .failures = 0,
                          .door_until = door_until});
    return view;
  }
  std::optional<scheduler::LaneView> lane(const mail::Destination& destination) const override {
    if (destination.text() != "shared.test") return std::nullopt;  // shares its site
    return view().lanes.front();
  }

  std::vector<engine::UnderWay> under_way(
      const std::vector<mail::QueueId>& messages) const override {
    asked_of = messages;
    return {};
  }

  mutable std::vector<mail::QueueId> asked_of;
  io::Result<queue::Operated> answer = queue::Operated{4, 1};
  queue::Operation last;
  int expired = 0;
  bool paused = false;
  std::optional<mail::WallTime> door_until;
  std::vector<std::string> forgotten;
};

class WithDaemon : public ::testing::Test {
 protected:
  WithDaemon() {
    live_in_central_europe();
    std::filesystem::create_directories(queue_.directory() + "/run");
    engine::ControlDoorOptions options;
    options.path = queue_.directory() + "/run/control.sock";
    options.operators = {.daemon = ::geteuid(), .group = std::nullopt};
    door_ = engine::ControlDoor::open(context_.get_executor(), clock_, daemon_, options).value();
  }
  ~WithDaemon() override {
    door_.reset();
    testing::run_ready(context_);
  }

  /// The program in a thread of its own, the daemon in this one.
  int tenax(std::vector<std::string> words) {
    out_.str({});
    error_.str({});
    words.insert(words.begin(),
                 {"--config", queue_.directory() + "/tenax.toml", "--state", queue_.directory()});
    Surroundings around{.out = out_,
                        .error = error_,
                        .now = io::SystemClock{}.wall(),
                        .width = 0,
                        .terminal = false,
                        .operator_name = "uid 7"};
    int code = -1;
    std::atomic<bool> done = false;
    std::thread program{[&] {
      code = run(words, around);
      done = true;
    }};
    context_.restart();
    while (!done) context_.run_one_for(5ms);
    program.join();
    return code;
  }

  QueueOnDisk queue_;
  io::asio::io_context context_;
  testing::FakeClock clock_{context_};
  Pretended daemon_;
  std::unique_ptr<engine::ControlDoor> door_;
  std::ostringstream out_;
  std::ostringstream error_;
};

TEST_F(WithDaemon, TheOverviewShowsThatItRuns) {
  EXPECT_EQ(tenax({}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("tenaxd is running (pid 42, version 9.9"));
  EXPECT_THAT(out_.str(), HasSubstr("1 delivery under way"));
}

TEST_F(WithDaemon, WhatIsDueAtAClosedDoorIsShownWithItsDate) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  daemon_.door_until = queue_.now() + 3h;
  const std::string opens = mail::to_rfc3339(*daemon_.door_until);
  EXPECT_EQ(tenax({"--json"}), 0) << error_.str();
  EXPECT_EQ(json::parse(out_.str())["next_attempt"], opens);
  EXPECT_EQ(json::parse(out_.str())["destinations"][0]["next_attempt"], opens);
  EXPECT_EQ(tenax({"list", "--json"}), 0);
  EXPECT_EQ(json::parse(out_.str())["recipients"][0]["next_attempt"], opens);
  EXPECT_EQ(tenax({}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("takes no more for now, tried again in "));
  EXPECT_EQ(tenax({"why", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("its destination takes no more for now; tried again in "));
}

TEST_F(WithDaemon, ADestinationThatSharesItsSiteWaitsAtTheSameDoor) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@shared.test"});
  daemon_.door_until = queue_.now() + 3h;
  EXPECT_EQ(tenax({"why", id.text()}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("its destination takes no more for now; tried again in "));
}

TEST_F(WithDaemon, ChangesGoThroughItWithTheirWholeSelection) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"hold", id.text(), "--domain", "example.net", "--reply", "grey"}), 0)
      << error_.str();
  EXPECT_EQ(out_.str(), "4 recipients held\n1 in delivery right now: not changed\n");
  EXPECT_EQ(daemon_.last.verb, queue::Verb::hold);
  EXPECT_EQ(daemon_.last.selection.messages, std::vector{id});
  EXPECT_EQ(daemon_.last.selection.recipient, "@example.net");
  EXPECT_EQ(daemon_.last.selection.reply, "grey");
  EXPECT_EQ(daemon_.last.by, "uid " + std::to_string(::getuid())) << "as the kernel says";
}

TEST_F(WithDaemon, FlushIsARetryOfOneDestinationOrAll) {
  EXPECT_EQ(tenax({"flush", "--destination", "Example.NET"}), 0);
  EXPECT_EQ(daemon_.last.verb, queue::Verb::retry);
  EXPECT_EQ(daemon_.last.selection.destination, "example.net");
  EXPECT_EQ(tenax({"flush"}), 0);
  EXPECT_EQ(daemon_.last.selection.destination, "");
}

TEST_F(WithDaemon, ExpireIsTheDaemonsToDo) {
  EXPECT_EQ(tenax({"expire", "--all", "--json"}), 0);
  EXPECT_EQ(daemon_.expired, 1);
  const json changed = json::parse(out_.str());
  EXPECT_EQ(changed["by_daemon"], true);
  EXPECT_EQ(changed["changed"], 4);
}

TEST_F(WithDaemon, ItsRefusalIsTheProgramsEnd) {
  daemon_.answer = io::error(io::Errc::disk_full, "commit");
  EXPECT_EQ(tenax({"hold", "--all"}), EX_TEMPFAIL);
  EXPECT_THAT(error_.str(), HasSubstr("tenax: commit"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(WithDaemon, ADestinationShowsItsLane) {
  queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"destination", "example.net"}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("lane: 1 of at most 2 sessions in use"));
  EXPECT_THAT(out_.str(), HasSubstr("5 recipients next in line"));
  EXPECT_EQ(tenax({"destination", "example.com"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("lane: none"));
}

TEST_F(WithDaemon, WhatADestinationTaughtIsForgottenByIt) {
  EXPECT_EQ(tenax({"destination", "Example.NET", "--forget"}), 0) << error_.str();
  EXPECT_EQ(daemon_.forgotten, std::vector<std::string>{"example.net"});
  EXPECT_EQ(out_.str(), "1 site forgotten\n");
}

TEST_F(WithDaemon, WhyLooksAtTheLanesOfTheMessage) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  queue_.add("ann@example.org", {"eve@example.net"});
  EXPECT_EQ(tenax({"why", id.text()}), 0) << error_.str();
  EXPECT_EQ(daemon_.asked_of, std::vector{id});
  EXPECT_THAT(out_.str(), HasSubstr("limiter wait"));
  EXPECT_THAT(out_.str(), HasSubstr("no other recipient is before it; 1 of at most 2 sessions"));
}

TEST_F(WithDaemon, AForecastKnowsOfAPauseAsWhyDoes) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"forecast", id.text()}), 0) << error_.str();
  EXPECT_THAT(out_.str(), Not(HasSubstr("pause")));
  daemon_.paused = true;
  EXPECT_EQ(tenax({"why", id.text()}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("none until the pause ends"));
  EXPECT_EQ(tenax({"forecast", id.text()}), 0) << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("delivery.paused is set"));
  EXPECT_THAT(out_.str(), HasSubstr("waiting, no attempts until the pause ends"));
  EXPECT_EQ(tenax({"forecast", id.text(), "--json"}), 0);
  const json forecast = json::parse(out_.str());
  EXPECT_EQ(forecast["paused"], true);
  EXPECT_EQ(forecast["open"][0]["attempts"], json::array());
}

TEST_F(WithDaemon, AStrangerIsDenied) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can call as somebody else";
  std::filesystem::permissions(queue_.directory(), std::filesystem::perms{0755});
  ASSERT_EQ(::seteuid(65534), 0);
  const int changed = tenax({"hold", "--all"});
  const std::string said = error_.str();
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(changed, EX_NOPERM);
  EXPECT_THAT(said, HasSubstr("tenax: denied"));
  EXPECT_TRUE(daemon_.last.by.empty());
}

TEST_F(WithDaemon, ADaemonThatDoesNotAnswerIsNotWorkedAround) {
  door_.reset();
  testing::run_ready(context_);
  queue_.add("ann@example.org", {"bob@example.net"});
  // Somebody listens there who hangs up: nobody knows what it did.
  const std::string path = queue_.directory() + "/run/control.sock";
  io::asio::local::stream_protocol::acceptor rude{context_,
                                                  io::asio::local::stream_protocol::endpoint{path}};
  rude.async_accept(
      [](const boost::system::error_code&, const io::asio::local::stream_protocol::socket&) {});
  EXPECT_EQ(tenax({"hold", "--all"}), EX_UNAVAILABLE);
  EXPECT_EQ(tenax({"list", "--state", "held"}), 0);
  EXPECT_EQ(out_.str(), "nothing found\n");
}

}  // namespace
}  // namespace tenax::cli

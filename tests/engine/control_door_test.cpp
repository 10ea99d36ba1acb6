// SPDX-License-Identifier: Apache-2.0
#include "engine/control_door.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "io/file.h"

#include "engine/control_lines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run.h"
#include "tests/support/temp_directory.h"

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::FakeClock;
using ::testing::HasSubstr;

/// Answers at once, or, when `slow`, after an hour.
class Answering final : public Controls {
 public:
  explicit Answering(FakeClock& clock) : clock_{clock} {}
  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override {
    by = operation.by;
    ++operated;
    if (slow) co_await clock_.sleep_until(clock_.now() + 1h);
    co_return queue::Operated{2, 0};
  }
  io::Async<io::Result<queue::Operated>> expire(queue::Selection, std::string) override {
    co_return queue::Operated{};
  }
  io::Async<io::Result<bool>> forget(mail::Destination) override { co_return false; }
  EngineView view() const override {
    return {.pid = 42, .version = "1", .started = {}, .in_flight = 0, .lanes = {}};
  }

  void turned_away(const mail::Submitter& who, const ControlAnswer& answer) override {
    away.push_back(std::to_string(who.uid) + " " + std::to_string(answer.code));
  }

  std::vector<std::string> away;
  std::string by;
  int operated = 0;
  bool slow = false;

 private:
  FakeClock& clock_;
};

/// A caller who does what he likes.
class Caller {
 public:
  explicit Caller(const std::string& path)
      : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  std::size_t send(std::string_view bytes) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  /// What is there; `ended` tells of the end.
  std::string receive() {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (count == 0 || (count < 0 && errno != EAGAIN)) ended = true;
      if (count <= 0) return text;
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

  bool connected = false;
  bool ended = false;

 private:
  io::Fd socket_;
};

class Door : public ::testing::Test {
 protected:
  Door() {
    options_.path = directory_ / "control.sock";
    options_.operators = {.daemon = ::geteuid(), .group = std::nullopt};
  }
  ~Door() override {
    door_.reset();
    settle();
  }

  void open() {
    auto opened = ControlDoor::open(context_.get_executor(), clock_, controls_, options_);
    ASSERT_TRUE(opened) << io::to_string(opened.error());
    door_ = std::move(*opened);
    settle();
  }
  void settle() { testing::run_ready(context_); }
  void pass(io::Span length) { testing::run_for(context_, clock_, length); }

  std::string ask(Caller& caller, const std::string& line) {
    caller.send(line + "\n");
    settle();
    return caller.receive();
  }

  static std::string status() { return encode_request({}); }
  static std::string retry() {
    return encode_request({.verb = ControlVerb::retry, .selection = {}, .everything = false});
  }

  testing::TempDirectory directory_;
  io::asio::io_context context_;
  FakeClock clock_{context_};
  Answering controls_{clock_};
  ControlDoorOptions options_;
  std::unique_ptr<ControlDoor> door_;
};

TEST_F(Door, AnswersALineWithALine) {
  open();
  Caller caller{options_.path};

  const std::string answer = ask(caller, retry());

  EXPECT_EQ(answer, "{\"changed\":2,\"code\":0,\"leased\":0}\n");
  EXPECT_EQ(controls_.by, "uid " + std::to_string(::getuid()));
}

TEST_F(Door, SeveralRequestsMayComeAtOnceAndInPieces) {
  open();
  Caller caller{options_.path};
  const std::string two = status() + "\n" + retry() + "\n";
  caller.send(two.substr(0, 10));
  settle();
  EXPECT_EQ(caller.receive(), "");
  caller.send(two.substr(10));
  settle();

  const std::string answers = caller.receive();

  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 2);
  EXPECT_EQ(controls_.operated, 1);
  EXPECT_FALSE(caller.ended);
}

TEST_F(Door, EverybodyMayKnock) {
  open();
  struct stat found {};
  ASSERT_EQ(::stat(options_.path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0666U);
}

TEST(MayOperate, RootTheDaemonAndTheGroupMayAndNobodyElse) {
  const Operators operators{.daemon = 900, .group = 50};
  EXPECT_TRUE(may_operate({.uid = 0, .pid = 1, .groups = {0}}, operators));
  EXPECT_TRUE(may_operate({.uid = 900, .pid = 1, .groups = {900}}, operators));
  EXPECT_TRUE(may_operate({.uid = 1000, .pid = 1, .groups = {1000, 50}}, operators));
  EXPECT_FALSE(may_operate({.uid = 1000, .pid = 1, .groups = {1000, 51}}, operators));
  EXPECT_FALSE(may_operate({.uid = 1000, .pid = 1, .groups = {}}, operators));
  EXPECT_FALSE(may_operate({.uid = 1000, .pid = 1, .groups = {0, 900}}, operators));
  EXPECT_FALSE(may_operate(Peer{}, operators));
  EXPECT_FALSE(
      may_operate({.uid = 1000, .pid = 1, .groups = {50}}, {.daemon = 900, .group = std::nullopt}));
}

TEST(MayOperate, AGroupThatIsNoneIsAnError) {
  EXPECT_FALSE(operators_of("no-such-group-of-tenax"));
  const io::Result<Operators> none = operators_of("");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->group);
  EXPECT_EQ(none->daemon, ::geteuid());
}

TEST_F(Door, AStrangerIsToldSoAtOnceAndHangsUpOn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can call as somebody else";
  open();
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  Caller stranger{options_.path};
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_TRUE(stranger.connected);
  settle();

  const std::string answer = stranger.receive();

  EXPECT_THAT(answer, HasSubstr("\"code\":77"));
  EXPECT_THAT(answer, HasSubstr("denied"));
  EXPECT_TRUE(stranger.ended);
  EXPECT_EQ(controls_.away, std::vector{"65534 77"s});
}

TEST_F(Door, GarbageIsRefusedAndTheCallerHungUpOn) {
  open();
  Caller caller{options_.path};

  const std::string answer = ask(caller, "GET / HTTP/1.1\r\n"s + '\0' + "\xff\x1b[2J");

  EXPECT_THAT(answer, HasSubstr("\"code\":76"));
  EXPECT_EQ(answer.find('\x1b'), std::string::npos);
  EXPECT_TRUE(caller.ended);
  EXPECT_EQ(controls_.operated, 0);
}

TEST_F(Door, ALineWithoutEndIsCutOff) {
  open();
  Caller caller{options_.path};
  const std::string piece(64 * 1024, 'x');
  std::size_t sent = 0;
  for (int i = 0; i < 64 && !caller.ended; ++i) {
    sent += caller.send(piece);
    settle();
    if (sent > kMaxRequestOctets) break;
  }
  caller.send(piece);
  settle();

  EXPECT_THAT(caller.receive(), HasSubstr("too long"));
  caller.receive();
  EXPECT_TRUE(caller.ended);
}

TEST_F(Door, WhoSaysNothingIsHungUpOn) {
  open();
  Caller silent{options_.path};
  Caller slow{options_.path};
  settle();
  pass(9s);
  slow.send("{");
  settle();
  EXPECT_EQ(silent.receive(), "");
  EXPECT_FALSE(silent.ended);

  pass(2s);

  silent.receive();
  slow.receive();
  EXPECT_TRUE(silent.ended);
  EXPECT_TRUE(slow.ended) << "patience is for the whole line, not for each byte";
}

TEST_F(Door, WhoHasBeenAnsweredMayTakeTimeForTheNextRequest) {
  open();
  Caller caller{options_.path};
  ask(caller, status());
  pass(9s);
  EXPECT_THAT(ask(caller, status()), HasSubstr("\"pid\":42"));
  pass(9s);
  EXPECT_THAT(ask(caller, status()), HasSubstr("\"pid\":42"));
}

TEST_F(Door, WorkMayTakeLongerThanARequest) {
  controls_.slow = true;
  open();
  Caller caller{options_.path};
  EXPECT_EQ(ask(caller, retry()), "");

  pass(5min);
  caller.receive();
  EXPECT_FALSE(caller.ended);
  pass(15min);
  caller.receive();
  EXPECT_TRUE(caller.ended) << "but not for ever";
}

TEST_F(Door, PlacesAreFewAndFreeAgainAfterwards) {
  options_.callers = 2;
  open();
  auto first = std::make_unique<Caller>(options_.path);
  Caller second{options_.path};
  settle();
  Caller third{options_.path};
  settle();
  EXPECT_THAT(third.receive(), HasSubstr("\"code\":75"));
  EXPECT_TRUE(third.ended);

  first.reset();
  settle();
  Caller fourth{options_.path};
  EXPECT_THAT(ask(fourth, status()), HasSubstr("\"pid\":42"));
}

TEST_F(Door, ACallerWhoLeavesDuringTheWorkHarmsNobody) {
  controls_.slow = true;
  open();
  {
    Caller gone{options_.path};
    ask(gone, retry());
  }
  pass(2h);
  controls_.slow = false;
  Caller next{options_.path};
  EXPECT_THAT(ask(next, retry()), HasSubstr("\"changed\":2"));
}

TEST_F(Door, TakesThePlaceOfADeadDaemonsSocket) {
  {
    const io::Fd dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, options_.path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  open();
  Caller caller{options_.path};
  EXPECT_THAT(ask(caller, status()), HasSubstr("\"pid\":42"));
}

TEST_F(Door, DoesNotTakeALivingOnesPlaceNorAFiles) {
  open();
  const auto second = ControlDoor::open(context_.get_executor(), clock_, controls_, options_);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(io::Errc::busy));

  options_.path = directory_ / "file";
  std::ofstream{options_.path} << "precious";
  const auto third = ControlDoor::open(context_.get_executor(), clock_, controls_, options_);
  ASSERT_FALSE(third);
  EXPECT_TRUE(std::filesystem::is_regular_file(options_.path));
}

TEST_F(Door, StopTakesTheNameAwayAndHangsUp) {
  open();
  Caller caller{options_.path};
  settle();
  door_->stop();
  settle();
  caller.receive();
  EXPECT_TRUE(caller.ended);
  EXPECT_FALSE(std::filesystem::exists(options_.path));
  EXPECT_FALSE(Caller{options_.path}.connected);
}

TEST_F(Door, ANameTooLongForASocketIsAnError) {
  options_.path = directory_ / std::string(120, 'x');
  EXPECT_FALSE(ControlDoor::open(context_.get_executor(), clock_, controls_, options_));
}

}  // namespace
}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "engine/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <string>
#include <thread>

#include "io/file.h"

#include "engine/control_door.h"
#include "engine/control_lines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run.h"
#include "tests/support/temp_directory.h"

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class AnsweringDoor final : public Controls {
 public:
  io::Async<io::Result<queue::Operated>> operate(queue::Operation) override {
    co_return queue::Operated{2, 0};
  }
  io::Async<io::Result<queue::Operated>> expire(queue::Selection, std::string) override {
    co_return io::error(io::Errc::disk_full, "settling");
  }
  io::Async<io::Result<bool>> forget(mail::Destination) override { co_return false; }
  EngineView view() const override {
    return {.pid = 42, .version = "1", .started = {}, .in_flight = 0, .lanes = {}};
  }
};

class ControlClient : public ::testing::Test {
 protected:
  ~ControlClient() override {
    door_.reset();
    testing::run_ready(context_);
  }

  void open() {
    ControlDoorOptions options;
    options.path = path_;
    options.operators = {.daemon = ::geteuid(), .group = std::nullopt};
    auto opened = ControlDoor::open(context_.get_executor(), clock_, controls_, options);
    ASSERT_TRUE(opened) << io::to_string(opened.error());
    door_ = std::move(*opened);
  }

  /// Asks from a thread of its own, while the door's context runs here.
  io::Result<ControlAnswer> ask(const ControlRequest& request) {
    io::Result<ControlAnswer> answer = ControlAnswer{};
    std::atomic<bool> done = false;
    std::thread client{[&] {
      answer = ask_daemon(path_, request, 20s);
      done = true;
    }};
    context_.restart();
    while (!done) context_.run_one_for(5ms);
    client.join();
    return answer;
  }

  /// A socket with this name, bound and, if wanted, listening.
  io::Fd bound(bool listening) const {
    io::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      std::abort();
    }
    if (listening && ::listen(socket.get(), 5) != 0) std::abort();
    return socket;
  }

  testing::TempDirectory directory_;
  std::string path_ = directory_ / "control.sock";
  io::asio::io_context context_;
  testing::FakeClock clock_{context_};
  AnsweringDoor controls_;
  std::unique_ptr<ControlDoor> door_;
};

TEST_F(ControlClient, AsksAndIsAnswered) {
  open();
  const io::Result<ControlAnswer> answer = ask({});

  ASSERT_TRUE(answer) << io::to_string(answer.error());
  ASSERT_TRUE(answer->engine);
  EXPECT_EQ(answer->engine->pid, 42);
}

TEST_F(ControlClient, ARefusalIsAnAnswer) {
  open();
  ControlRequest request{.verb = ControlVerb::expire, .selection = {}, .everything = true};
  const io::Result<ControlAnswer> answer = ask(request);

  ASSERT_TRUE(answer) << io::to_string(answer.error());
  EXPECT_EQ(answer->code, EX_TEMPFAIL);
  EXPECT_THAT(answer->error, HasSubstr("settling"));
}

TEST_F(ControlClient, ALargeRequestGoesThroughWhole) {
  open();
  ControlRequest request{.verb = ControlVerb::hold, .selection = {}, .everything = false};
  request.selection.messages.assign(kMaxSelectedIds, mail::QueueId{99});
  const io::Result<ControlAnswer> answer = ask(request);

  ASSERT_TRUE(answer) << io::to_string(answer.error());
  EXPECT_EQ(answer->operated.changed, 2);
}

TEST_F(ControlClient, NoSocketAndADeadOneMeanThatNobodyIsThere) {
  const auto nothing = ask_daemon(path_, {}, 1s);
  ASSERT_FALSE(nothing);
  EXPECT_TRUE(nobody_there(nothing.error()));

  { const io::Fd dead = bound(false); }
  const auto refused = ask_daemon(path_, {}, 1s);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(nobody_there(refused.error()));
}

TEST_F(ControlClient, SomebodyWhoDoesNotAnswerIsNotNobody) {
  const io::Fd silent = bound(true);
  const auto answer = ask_daemon(path_, {}, 30ms);

  ASSERT_FALSE(answer);
  EXPECT_FALSE(nobody_there(answer.error()));
  EXPECT_TRUE(answer.error().is(io::Errc::timed_out));
}

/// What a client makes of a server that says `words` and hangs up.
class Impostor : public ControlClient {
 protected:
  io::Result<ControlAnswer> ask_one_who_says(const std::string& words) {
    const io::Fd listener = bound(true);
    std::thread server{[&] {
      const io::Fd peer{::accept(listener.get(), nullptr, nullptr)};
      std::array<char, 4096> asked{};
      static_cast<void>(::recv(peer.get(), asked.data(), asked.size(), 0));
      std::string_view rest = words;
      while (!rest.empty()) {
        const ssize_t count = ::send(peer.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(count));
      }
    }};
    io::Result<ControlAnswer> answer = ask_daemon(path_, {}, 20s);
    server.join();
    return answer;
  }
};

TEST_F(Impostor, AnotherProtocolIsNotBelieved) {
  const auto answer = ask_one_who_says("220 mx.example.net ESMTP\r\n");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(io::Errc::protocol));
}

TEST_F(Impostor, AnAnswerWithoutEndIsNotTakenForOne) {
  const auto answer = ask_one_who_says("{\"code\":0}");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(io::Errc::closed));
  EXPECT_FALSE(nobody_there(answer.error())) << "it may have been done";
}

TEST_F(Impostor, AFloodIsNotKept) {
  const auto answer = ask_one_who_says(std::string(kMaxAnswerOctets + 100'000, 'x'));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(io::Errc::line_too_long));
}

}  // namespace
}  // namespace tenax::engine

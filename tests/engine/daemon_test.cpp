// SPDX-License-Identifier: Apache-2.0
// tenaxd as a process: its places, its exit codes, its signals.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log_place.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDirectory;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;  // of a machine that has other things to do

/// tenaxd with these arguments; killed if it still lives in the end.
class Process {
 public:
  Process(std::vector<std::string> arguments, std::vector<std::string> environment = {},
          const char* output = nullptr) {
    arguments.insert(arguments.begin(), TENAX_BINARY_DIR "/bin/tenaxd");
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    if (output != nullptr) ::posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY, 0);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (std::string& variable : environment) envp.push_back(variable.data());
    envp.push_back(nullptr);
    const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    errors_ = ends[0];
    if (failed != 0) pid_ = -1;
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(errors_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Reads on until stderr holds this so many times.
  bool says(const std::string& text, int times = 1) {
    const auto until = Clock::now() + kPatience;
    while (count(text) < times) {
      if (!read_some(until)) return count(text) >= times;
    }
    return true;
  }
  void signal(int number) const { ::kill(pid_, number); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& said() const { return said_; }

  /// The exit code; -1 when it had to be killed or ended by a signal.
  int ends() {
    const auto until = Clock::now() + kPatience;
    while (read_some(until)) {
    }
    int status = 0;
    // Its stderr is closed: it has ended, or the patience has.
    if (Clock::now() >= until) ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int count(const std::string& text) const {
    int found = 0;
    for (std::size_t at = said_.find(text); at != std::string::npos;
         at = said_.find(text, at + 1)) {
      ++found;
    }
    return found;
  }
  bool read_some(Clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd waiting{errors_, POLLIN, 0};
    if (left <= 0ms || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 4096> room{};
    const ssize_t octets = ::read(errors_, room.data(), room.size());
    if (octets <= 0) return false;
    said_.append(room.data(), static_cast<std::size_t>(octets));
    return true;
  }

  pid_t pid_ = -1;
  int errors_ = -1;
  std::string said_;
};

class Daemon : public ::testing::Test {
 protected:
  void write_config(const std::string& text) { std::ofstream{config} << text; }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"--config", config, "--state", state};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Waits until the file holds this.
  static bool holds(const std::string& path, const std::string& text) {
    const auto until = Clock::now() + kPatience;
    while (Clock::now() < until) {
      std::ifstream file{path};
      const std::string whole{std::istreambuf_iterator<char>{file}, {}};
      if (whole.find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  unsigned mode_of(const std::string& path) const {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
  }

  TempDirectory directory;
  std::string state = directory.path() + "/state";
  std::string config = directory.path() + "/tenax.toml";

 private:
  void SetUp() override { write_config("hostname = \"out.example.org\"\n"); }
};

TEST_F(Daemon, ItMakesItsPlacesAndLeavesThemOnATermSignal) {
  Process daemon{arguments()};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();
  EXPECT_EQ(mode_of(state), 0751U);
  EXPECT_EQ(mode_of(state + "/contents"), 0700U);
  EXPECT_EQ(mode_of(state + "/drop"), 03733U);
  EXPECT_EQ(mode_of(state + "/run"), 0755U);
  EXPECT_EQ(mode_of(state + "/run/submit.sock"), 0666U);
  EXPECT_EQ(mode_of(state + "/queue.db"), 0600U);

  daemon.signal(SIGTERM);

  EXPECT_EQ(daemon.ends(), EX_OK) << daemon.said();
  EXPECT_THAT(daemon.said(), HasSubstr("- stopped"));
  EXPECT_EQ(mode_of(state + "/run/submit.sock"), 0U);
}

TEST_F(Daemon, WordsThatCannotBeWrittenAreNoSuccess) {
  for (const char* asked : {"--help", "--version"}) {
    Process daemon{{asked}, {}, "/dev/full"};
    EXPECT_EQ(daemon.ends(), EX_IOERR) << asked;
  }
}

TEST_F(Daemon, ABadConfigIsAnExitThatNamesEveryProblem) {
  write_config(
      "hostname = \"out.example.org\"\n[retry]\nfirst_delay = \"5 bananas\"\nnonsense = 1\n");
  Process daemon{arguments()};

  EXPECT_EQ(daemon.ends(), EX_CONFIG);
  EXPECT_THAT(daemon.said(), HasSubstr(config + ":3: retry.first_delay: "));
  EXPECT_THAT(daemon.said(), HasSubstr(config + ":4: retry.nonsense: "));
}

TEST_F(Daemon, ASecondOneOnTheSameQueueIsTurnedAwayByName) {
  Process first{arguments()};
  ASSERT_TRUE(first.says("- ready")) << first.said();
  Process second{arguments()};

  EXPECT_EQ(second.ends(), EX_TEMPFAIL);
  EXPECT_THAT(second.said(), HasSubstr(std::to_string(first.pid())));
}

TEST_F(Daemon, RootWritesNothingIntoTheQueueOfAnother) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can write there";
  const std::string log = directory.path() + "/log";
  write_config("[log]\nto = \"" + log + "\"\n");
  ASSERT_EQ(::mkdir(state.c_str(), 0751), 0);
  const std::string queue = state + "/queue.db";
  std::ofstream{queue}.close();
  ASSERT_EQ(::chown(queue.c_str(), 54321, 54321), 0);
  Process daemon{arguments({"--once"})};

  EXPECT_EQ(daemon.ends(), EX_NOPERM);
  EXPECT_THAT(daemon.said(), HasSubstr(state + " is user id 54321's"));
  EXPECT_EQ(mode_of(state + "/lock"), 0U);
  EXPECT_EQ(mode_of(log), 0U);
}

TEST_F(Daemon, AnAddressThatCannotBeHadIsAnExitOfItsOwn) {
  io::asio::io_context context;
  using Tcp = io::asio::ip::tcp;
  const Tcp::acceptor other{context, {io::asio::ip::make_address("127.0.0.1"), 0}};
  const std::string taken = "127.0.0.1:" + std::to_string(other.local_endpoint().port());
  for (const std::string& address : {taken, std::string{"192.0.2.1:2525"}}) {
    write_config("[smtp]\nlisten = [\"" + address + "\"]\n");
    Process daemon{arguments()};
    EXPECT_EQ(daemon.ends(), EX_UNAVAILABLE) << daemon.said();
    EXPECT_THAT(daemon.said(), HasSubstr("opening " + address));
  }
}

TEST_F(Daemon, OnceEndsByItself) {
  Process daemon{arguments({"--once"})};
  EXPECT_EQ(daemon.ends(), EX_OK) << daemon.said();
}

TEST_F(Daemon, UnknownOptionsAreAUsageError) {
  Process daemon{{"--no-such-option"}};
  EXPECT_EQ(daemon.ends(), EX_USAGE);
}

TEST_F(Daemon, AHangupReadsTheConfigAgainAndABadOneChangesNothing) {
  Process daemon{arguments()};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();

  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.says("- ready", 2)) << daemon.said();
  write_config("retry = 3\n");
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.says("- config kept as it was")) << daemon.said();
  EXPECT_THAT(daemon.said(), HasSubstr(config + ":1: [retry]"));

  daemon.signal(SIGINT);
  EXPECT_EQ(daemon.ends(), EX_OK);
}

TEST_F(Daemon, AHangupWhileItStartsIsHeardWhenItRuns) {
  const std::string slow = config + ".slow";
  ASSERT_EQ(::mkfifo(slow.c_str(), 0600), 0);
  ASSERT_EQ(::rename(slow.c_str(), config.c_str()), 0);
  Process daemon{arguments()};
  // Opened, as soon as it reads there; what it reads again is an ordinary file.
  std::ofstream first{config};
  ASSERT_EQ(::unlink(config.c_str()), 0);
  write_config("retry = 3\n");

  daemon.signal(SIGHUP);
  first << "hostname = \"out.example.org\"\n";
  first.close();

  ASSERT_TRUE(daemon.says("- config kept as it was")) << daemon.said();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK) << daemon.said();
}

TEST_F(Daemon, AHangupNamesWhatWaitsForTheNextStart) {
  Process daemon{arguments()};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();
  write_config(
      "[smtp]\nsessions = 7\n[retry]\ngrowth = 3.0\n[delivery]\nthreads = 1\nsessions = 9\n");
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.says("- ready", 2)) << daemon.said();
  for (const char* key : {"smtp.sessions", "retry.learn", "delivery.threads"}) {
    EXPECT_THAT(daemon.said(), HasSubstr(std::string{"- config "} + key + ": changed, and takes"));
  }
  EXPECT_THAT(daemon.said(), Not(HasSubstr("delivery.sessions")));
  EXPECT_THAT(daemon.said(), Not(HasSubstr("retry.growth")));
}

TEST_F(Daemon, AHangupOpensTheLogAnewAlsoWhenTheConfigIsBad) {
  const std::string log = directory.path() + "/log";
  const std::string good = "hostname = \"out.example.org\"\n[log]\nto = \"" + log + "\"\n";
  write_config(good);
  Process daemon{arguments()};
  ASSERT_TRUE(holds(log, "- ready"));
  ASSERT_EQ(::rename(log.c_str(), (log + ".1").c_str()), 0);
  write_config(good + "nonsense = 1\n");

  daemon.signal(SIGHUP);

  EXPECT_TRUE(holds(log, "- config kept as it was"));
  EXPECT_TRUE(holds(log, ":4: log.nonsense"));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK);
}

TEST_F(Daemon, AHangupTakesAllOfTheConfigOrNothing) {
  Process daemon{arguments()};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();
  write_config("[log]\nlevel = \"debug\"\nto = \"" + config + "/log\"\n");

  daemon.signal(SIGHUP);

  ASSERT_TRUE(daemon.says("- config kept as it was")) << daemon.said();
  EXPECT_THAT(daemon.said(), HasSubstr(config + ":3: log.to: "));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK);
}

TEST_F(Daemon, RootsQueueMayLieInTheDirectoryOfAnother) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can write there";
  ASSERT_EQ(::mkdir(state.c_str(), 0751), 0);
  ASSERT_EQ(::chown(state.c_str(), 54321, 54321), 0);
  Process first{arguments({"--once"})};
  EXPECT_EQ(first.ends(), EX_OK);
  Process second{arguments({"--once"})};

  EXPECT_EQ(second.ends(), EX_OK);
}

TEST_F(Daemon, WhyItDoesNotStartIsInItsLogToo) {
  const std::string log = directory.path() + "/log";
  write_config("[log]\nto = \"" + log + "\"\n");
  state = config + "/state";  // below a file
  Process daemon{arguments()};

  EXPECT_NE(daemon.ends(), EX_OK);
  EXPECT_THAT(daemon.said(), HasSubstr("making the state directory"));
  EXPECT_TRUE(holds(log, "- not-started why=\"making the state directory"));
}

TEST_F(Daemon, ALogThatBecameAPipeIsNotWaitedFor) {
  const std::string log = directory.path() + "/log";
  write_config("[log]\nto = \"" + log + "\"\n");
  Process daemon{arguments()};
  ASSERT_TRUE(holds(log, "- ready"));
  ASSERT_EQ(::rename(log.c_str(), (log + ".1").c_str()), 0);
  ASSERT_EQ(::mkfifo(log.c_str(), 0600), 0);

  daemon.signal(SIGHUP);

  EXPECT_TRUE(holds(log + ".1", "log.to: a pipe"));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK);
}

TEST_F(Daemon, TheLogMayGoToAStreamOfOursAlsoWhereThatIsAPipe) {
  write_config("[log]\nto = \"/dev/stderr\"\n");
  Process daemon{arguments()};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK);
  EXPECT_EQ(fault_of_log("/dev/null"), "");
}

TEST_F(Daemon, APlaceTooLongForSocketsIsRefusedBeforeAQueueIsMade) {
  state = directory.path() + "/" + std::string(120, 'x');
  Process daemon{arguments()};

  EXPECT_EQ(daemon.ends(), EX_CONFIG);
  EXPECT_THAT(daemon.said(), HasSubstr("too long a name for a socket"));
  EXPECT_EQ(mode_of(state), 0U);
}

TEST_F(Daemon, TheServiceManagerIsTold) {
  const std::string name = directory.path() + "/notify";
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(manager, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(::bind(manager, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Process daemon{arguments(), {"NOTIFY_SOCKET=" + name}};
  ASSERT_TRUE(daemon.says("- ready")) << daemon.said();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.ends(), EX_OK);

  std::string told;
  std::array<char, 4096> room{};
  for (;;) {
    const ssize_t octets = ::recv(manager, room.data(), room.size(), MSG_DONTWAIT);
    if (octets <= 0) break;
    told.append(room.data(), static_cast<std::size_t>(octets)) += "\n";
  }
  ::close(manager);
  EXPECT_THAT(told, HasSubstr("READY=1"));
  EXPECT_THAT(told, HasSubstr("STOPPING=1"));
}

}  // namespace
}  // namespace tenax::engine

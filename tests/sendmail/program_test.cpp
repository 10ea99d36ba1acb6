// SPDX-License-Identifier: Apache-2.0
// The program itself, as a caller sees it: words and a pipe in, an exit code and a line out.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/drop_folder.h"
#include "tests/sendmail/fake_daemon.h"
#include "tests/sendmail/scratch.h"
#include "tools/sendmail/smtp.h"

namespace tenax::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kProgram = TENAX_BINARY_DIR "/bin/tenax-sendmail";
const std::string kQueueId = mail::QueueId{1234567890123}.text();

struct Ended {
  int exit_code = -1;  // -1: by a signal
  std::string out;
  std::string err;
};

class Program : public ::testing::Test {
 protected:
  Program() {
    EXPECT_TRUE(queue::DropFolder{scratch_ / "drop"}.prepare());
    std::filesystem::create_directory(scratch_ / "run");
    scratch_.write("tenax.toml", "domain = \"example.org\"\nhostname = \"out.example.org\"\n");
  }

  /// Runs to the end with files as its standard streams. `input` "-": a closed one.
  Ended run(std::vector<std::string> words, std::string_view input, std::string called = kProgram) {
    scratch_.write("in", input);
    words.insert(words.begin(), std::move(called));
    const pid_t child = ::fork();
    if (child == 0) become(words, input == "-");
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, scratch_.read("out"),
            scratch_.read("err")};
  }

  [[nodiscard]] std::string dropped() const {
    const auto scan = queue::DropFolder{scratch_ / "drop"}.scan(10);
    if (scan->entries.size() != 1) return "";
    return scratch_.read("drop/" + scan->entries.front().name);
  }

  Scratch scratch_;

 private:
  [[noreturn]] void become(const std::vector<std::string>& words, bool closed) const {
    const int in = ::open((scratch_ / "in").c_str(), O_RDONLY);
    const int out = ::open((scratch_ / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err = ::open((scratch_ / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    if (closed) ::close(0);
    ::close(in);
    const std::string config = "TENAX_CONFIG=" + (scratch_ / "tenax.toml");
    const std::string state = "TENAX_STATE=" + scratch_.path();
    std::vector<char*> environment{const_cast<char*>(config.c_str()),
                                   const_cast<char*>(state.c_str()),
                                   const_cast<char*>("LOGNAME=mallory"), nullptr};
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execve(kProgram.c_str(), argv.data(), environment.data());
    ::_exit(127);
  }
};

TEST_F(Program, HandsOverToTheDaemonAndSaysTheQueueId) {
  engine::SubmissionEnvelope envelope;
  std::string contents;
  Ended ended;
  {
    const FakeDaemon daemon{scratch_ / "run/submit.sock", [&](Conversation& with) {
                              if (with.read_whole()) with.keep(kQueueId);
                              envelope = with.reader.envelope();
                              contents = with.contents;
                            }};
    ended = run({"-v", "-i", "-f", "ann", "bob,Carol <c@example.net>"},
                "Subject: hi\n\nhello\n.\nmore\n");
  }
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "queued as " + kQueueId + "\n");
  EXPECT_EQ(ended.err, "");
  EXPECT_EQ(mail::to_path(envelope.envelope.sender), "<ann@example.org>");
  ASSERT_THAT(envelope.recipients, SizeIs(2));
  EXPECT_EQ(envelope.recipients[0].address.text(), "bob@example.org");
  EXPECT_EQ(envelope.recipients[1].address.text(), "c@example.net");
  EXPECT_THAT(contents,
              AllOf(StartsWith("Subject: hi\r\n"), HasSubstr("\r\n\r\nhello\r\n.\r\nmore\r\n"),
                    HasSubstr("@out.example.org>\r\n")));
  EXPECT_EQ(dropped(), "");
}

TEST_F(Program, DropsWithoutADaemonAndKeepsQuiet) {
  const Ended ended = run({"bob"}, "Subject: hi\n\nhello\n");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out + ended.err, "");
  EXPECT_THAT(dropped(), HasSubstr("hello\r\n"));
}

TEST_F(Program, TheSenderIsTheAccountNotWhatTheEnvironmentClaims) {
  ASSERT_EQ(run({"bob"}, "hello\n").exit_code, 0);
  EXPECT_EQ(dropped().find("mallory"), std::string::npos);
}

TEST_F(Program, ARefusalOfTheDaemonIsOneLineAndItsCode) {
  const FakeDaemon daemon{scratch_ / "run/submit.sock", [](Conversation& with) {
                            with.read_whole();
                            with.refuse(77, "5.7.1 not\nyou");
                          }};
  const Ended ended = run({"bob"}, "hello\n");
  EXPECT_EQ(ended.exit_code, 77);
  EXPECT_EQ(ended.err, "tenax-sendmail: 5.7.1 not\\x0Ayou\n");
}

struct Case {
  std::string_view rule;
  std::vector<std::string> words;
  std::string_view input;
  int exit_code;
};

TEST_F(Program, EndsWithTheCodeThatFits) {
  for (const Case& given :
       {Case{"no recipient", {}, "hello\n", 64},
        Case{"nobody in the header", {"-t"}, "A: b\n\n", 64},
        Case{"a value is missing", {"bob", "-f"}, "", 64},
        Case{"a name that is none", {"-F", "a\nb", "c"}, "", 0},
        Case{"no daemon of ours", {"-bd"}, "", 64},
        Case{"a bad sender", {"-f", "a@@b", "bob"}, "", 65},
        Case{"a bad recipient", {"bob", "a b"}, "", 65},
        Case{"a line end in one", {"bob\n@example.org"}, "", 65},
        Case{"an empty recipient", {""}, "", 65},
        Case{"a bad address in the header", {"-t"}, "To: <\n\n", 65},
        Case{"a closed input", {"bob"}, "-", 66}, Case{"a closed input of SMTP", {"-bs"}, "-", 66},
        Case{"SMTP that breaks off in a message",
             {"-bs"},
             "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: x\r\n\r\nhal",
             65},
        Case{"SMTP that breaks off before one", {"-bs"}, "EHLO x\r\nMAIL FROM:<a@x>\r\n", 0},
        Case{"aliases", {"-bi"}, "", 0}, Case{"the version", {"--version"}, "", 0},
        Case{"unknown options", {"-k", "-Z", "bob"}, "", 0}}) {
    SCOPED_TRACE(given.rule);
    const Ended ended = run(given.words, given.input);
    EXPECT_EQ(ended.exit_code, given.exit_code) << ended.err;
    if (given.exit_code != 0) {
      EXPECT_THAT(ended.err, StartsWith("tenax-sendmail: "));
      EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    }
  }
}

TEST_F(Program, ADirectoryIsNoInput) {
  std::filesystem::remove(scratch_ / "in");
  std::filesystem::create_directory(scratch_ / "in");
  const Ended ended = run({"bob"}, "");
  EXPECT_EQ(ended.exit_code, 66);
  EXPECT_EQ(ended.err, "tenax-sendmail: standard input is a directory\n");
}

TEST(SpeakSmtp, SaysThatItsRepliesCannotBeWritten) {
  engine::Config config;
  config.domain = "example.org";
  config.hostname = "out.example.org";
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const engine::Outcome<> spoken = sendmail::speak_smtp(config, {}, in, out);
  ::close(in);
  ::close(out);
  ASSERT_FALSE(spoken);
  EXPECT_EQ(spoken.error().exit_code, 74);
  EXPECT_THAT(spoken.error().text, HasSubstr("standard output"));
}

TEST(SpeakSmtp, CallsAClosedOutputNoFaultOfTheDisk) {
  engine::Config config;
  config.domain = "example.org";
  config.hostname = "out.example.org";
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const engine::Outcome<> spoken = sendmail::speak_smtp(config, {}, in, -1);
  ::close(in);
  ASSERT_FALSE(spoken);
  EXPECT_EQ(spoken.error().text, "write standard output: Bad file descriptor");
}

TEST_F(Program, StopsAtConfigErrorsThatConcernIt) {
  scratch_.write("tenax.toml", "[submission]\nmax_recipients = \"many\"\n");
  const Ended ended = run({"bob"}, "hello\n");
  EXPECT_EQ(ended.exit_code, 78);
  EXPECT_THAT(ended.err, HasSubstr("tenax.toml:2: submission.max_recipients: "));

  scratch_.write("tenax.toml", "[submission\n");
  EXPECT_EQ(run({"bob"}, "hello\n").exit_code, 78);
  for (const std::string_view text :
       {"submission = 1\n", "[submission]\nmax = 1\n", "hostnam = 1\n"}) {
    scratch_.write("tenax.toml", text);
    EXPECT_EQ(run({"bob"}, "hello\n").exit_code, 78) << text;
  }
  for (const std::string_view text :
       {"[retry]\nlifetime = \"bananas\"\n", "[retry]\nforever = true\n", "retry = 1\n",
        "[[route]]\ndomains = [\"*\"]\nport = 25\n", "[[route]]\ntls = \"yes\"\n", "route = 1\n",
        "[route]\nto = \"x\"\n", "[future]\na = 1\n", "[[future]]\na = 1\n", "future.a = 1\n"}) {
    scratch_.write("tenax.toml", text);
    const Ended taken = run({"bob"}, "hello\n");
    EXPECT_EQ(taken.exit_code, 0) << text << taken.err;
  }
}

TEST_F(Program, WithoutADropFolderItSaysTryAgain) {
  std::filesystem::remove_all(scratch_ / "drop");
  const Ended ended = run({"bob"}, "hello\n");
  EXPECT_EQ(ended.exit_code, 75);
  EXPECT_THAT(ended.err, HasSubstr("is tenaxd set up?"));
}

TEST_F(Program, AMessageOverTheLimitIsRefused) {
  scratch_.write("tenax.toml", "[submission]\nmax_message_size = \"1KiB\"\n");
  const Ended ended = run({"bob"}, std::string(2000, 'x'));
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_THAT(ended.err, HasSubstr("1024 octets"));
}

TEST_F(Program, CalledNewaliasesItSucceeds) {
  EXPECT_EQ(run({}, "", "/usr/bin/newaliases").exit_code, 0);
}

TEST_F(Program, MailqNeedsTenaxBesideIt) {
  const Ended ended = run({}, "", "mailq");
  // Where `tenax` is built too, it answers (there is no queue here); else we say that it is
  // missing.
  if (::access((TENAX_BINARY_DIR "/bin/tenax"), X_OK) != 0) {
    EXPECT_EQ(ended.exit_code, 69);
  } else {
    EXPECT_EQ(ended.err.find("not installed"), std::string::npos);
  }
}

TEST_F(Program, KilledWhileItReadsItLeavesNothing) {
  int pipe[2] = {};
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const std::string state = "TENAX_STATE=" + scratch_.path();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[0], 0);
    const char* const argv[] = {kProgram.c_str(), "bob", nullptr};
    const char* const environment[] = {state.c_str(), "TENAX_CONFIG=/dev/null", nullptr};
    ::execve(kProgram.c_str(), const_cast<char**>(argv), const_cast<char**>(environment));
    ::_exit(127);
  }
  ASSERT_GT(::write(pipe[1], "Subject: x\n\nhalf", 16), 0);
  ::kill(child, SIGTERM);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(scratch_.names("drop"), ElementsAre("bad"));
}

}  // namespace
}  // namespace tenax::testing

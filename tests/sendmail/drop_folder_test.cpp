// SPDX-License-Identifier: Apache-2.0
#include "queue/drop_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>

#include "tests/sendmail/scratch.h"

namespace tenax::testing {
namespace {

using io::Errc;
using queue::DropFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

mail::SubmissionId submission(char digit) {
  return mail::SubmissionId::parse(std::string(32, digit)).value();
}
std::string name_of(char digit) { return std::string(32, digit) + ".msg"; }

class Drop : public ::testing::Test {
 protected:
  Drop() : folder_{scratch_ / "drop"} { EXPECT_TRUE(folder_.prepare()); }

  void put(char digit, std::string_view text, int age_seconds = 0) {
    auto writer = folder_.create(submission(digit));
    ASSERT_TRUE(writer) << io::to_string(writer.error());
    ASSERT_TRUE(writer->append(text));
    ASSERT_TRUE(writer->commit());
    age("drop/" + name_of(digit), age_seconds);
  }
  /// Its place in the folder is younger than that of any file before, as the clock of the disk has
  /// it.
  void put_later(char digit) {
    put(digit, "x");
    const std::string path = scratch_ / "drop/" + name_of(digit);
    for (int i = 0; i < 1'000'000 && changed(path) <= last_change_; ++i)
      ::chmod(path.c_str(), 0640);
    last_change_ = changed(path);
  }
  static std::int64_t changed(const std::string& path) {  // in milliseconds
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1'000'000;
  }
  void age(const std::string& name, int seconds) const {
    std::filesystem::last_write_time(
        scratch_ / name,
        std::filesystem::file_time_type::clock::now() - std::chrono::seconds{seconds});
  }
  [[nodiscard]] std::vector<std::string> waiting(std::size_t limit = 100) const {
    std::vector<std::string> names;
    for (const queue::DropEntry& entry : folder_.scan(limit).value().entries) {
      names.push_back(entry.name.substr(0, 1));
    }
    return names;
  }

  std::int64_t last_change_ = 0;
  Scratch scratch_;
  DropFolder folder_;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(Drop, EverybodyMayPutInAndOnlyTheDaemonSees) {
  EXPECT_EQ(mode_of(scratch_ / "drop"), 03733U);
  EXPECT_EQ(mode_of(scratch_ / "drop/bad"), 0700U);
}

TEST_F(Drop, PreparingAgainMendsTheModes) {
  ::chmod((scratch_ / "drop").c_str(), 0777);
  EXPECT_TRUE(folder_.prepare());
  EXPECT_EQ(mode_of(scratch_ / "drop"), 03733U);
}

TEST_F(Drop, ALinkIsNoFolder) {
  std::filesystem::create_directory(scratch_ / "elsewhere");
  std::filesystem::create_directory_symlink(scratch_ / "elsewhere", scratch_ / "link");
  EXPECT_FALSE(DropFolder{scratch_ / "link"}.prepare());
}

TEST_F(Drop, ACommittedFileWaitsWithItsModeWhateverTheUmaskIs) {
  const mode_t before = ::umask(0777);
  put('a', "text");
  ::umask(before);
  EXPECT_EQ(mode_of(scratch_ / "drop/" + name_of('a')), 0640U);
  EXPECT_EQ(scratch_.read("drop/" + name_of('a')), "text");
  EXPECT_THAT(waiting(), ElementsAre("a"));
}

TEST_F(Drop, WhatIsNotCommittedLeavesNoTrace) {
  {
    auto writer = folder_.create(submission('a'));
    ASSERT_TRUE(writer->append("half a mess"));
    EXPECT_THAT(scratch_.names("drop"),
                UnorderedElementsAre("bad", ".tmp-" + std::string(32, 'a')));
    EXPECT_THAT(waiting(), IsEmpty());
  }
  EXPECT_THAT(scratch_.names("drop"), ElementsAre("bad"));
}

TEST_F(Drop, AMovedWriterIsStillOneWriter) {
  auto writer = folder_.create(submission('a'));
  {
    queue::DropWriter moved{std::move(*writer)};
    ASSERT_TRUE(moved.append("text"));
    ASSERT_TRUE(moved.commit());
  }
  EXPECT_THAT(waiting(), ElementsAre("a"));
}

TEST_F(Drop, ASubmitterThatDiedLeavesAFileNobodyTakesInAndTheSweepRemoves) {
  scratch_.write("drop/.tmp-" + std::string(32, 'a'), "half");
  scratch_.write("drop/.tmp-" + std::string(32, 'b'), "half");
  age("drop/.tmp-" + std::string(32, 'a'), 25 * 3600);
  put('c', "text", 48 * 3600);
  const auto now = std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());

  EXPECT_THAT(waiting(), ElementsAre("c"));
  EXPECT_EQ(folder_.sweep(now).value(), 1);
  EXPECT_THAT(scratch_.names("drop"),
              UnorderedElementsAre("bad", name_of('c'), ".tmp-" + std::string(32, 'b')));
}

TEST_F(Drop, TwoWritersOfOneIdAreOneTooMany) {
  auto first = folder_.create(submission('a'));
  ASSERT_TRUE(first);
  auto second = folder_.create(submission('a'));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(Errc::busy));
}

TEST_F(Drop, ALinkInTheWayIsNotFollowed) {
  scratch_.write("victim", "precious");
  std::filesystem::create_symlink(scratch_ / "victim",
                                  scratch_ / "drop/.tmp-" + std::string(32, 'a'));
  EXPECT_FALSE(folder_.create(submission('a')));
  EXPECT_EQ(scratch_.read("victim"), "precious");
}

TEST_F(Drop, WithoutAFolderItSaysSo) {
  const auto writer = DropFolder{scratch_ / "nowhere"}.create(submission('a'));
  ASSERT_FALSE(writer);
  EXPECT_TRUE(writer.error().is(Errc::not_found));
  EXPECT_TRUE(DropFolder{scratch_ / "nowhere"}.scan(1).error().is(Errc::not_found));
}

TEST_F(Drop, TheOldestComeFirstHoweverManyWait) {
  for (const char digit : {'b', 'c', 'd', 'a'}) put_later(digit);
  EXPECT_THAT(waiting(), ElementsAre("b", "c", "d", "a"));
  EXPECT_THAT(waiting(2), ElementsAre("b", "c"));
  EXPECT_TRUE(folder_.scan(2)->more);
  EXPECT_FALSE(folder_.scan(4)->more);
}

TEST_F(Drop, NobodyComesFirstByATimeOfHisOwnChoice) {
  for (const char digit : {'b', 'a'}) put_later(digit);
  age("drop/" + name_of('a'), 1'000'000);
  EXPECT_THAT(waiting(), ElementsAre("b", "a"));
}

TEST_F(Drop, AFileThatItsOwnerHoldsIsInNobodysWay) {
  put('a', "x");
  const io::Fd held = io::open_file(scratch_ / "drop/" + name_of('a'), O_RDWR).value();
  const auto before = ::signal(SIGIO, SIG_IGN);  // the kernel's word that somebody waits
  const bool is_held = ::fcntl(held.get(), F_SETLEASE, F_WRLCK) == 0;
  const auto opened = folder_.open(name_of('a'), 0);
  ::signal(SIGIO, before);
  if (!is_held) GTEST_SKIP() << "this file system gives no leases";
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(Errc::corrupt)) << io::to_string(opened.error());
}

TEST_F(Drop, WhatHasNoDropFilesNameIsCountedAndLeftAlone) {
  scratch_.write("drop/readme", "x");
  scratch_.write("drop/" + std::string(32, 'A') + ".msg", "x");
  scratch_.write("drop/abc.msg", "x");

  const auto scan = folder_.scan(100);
  EXPECT_THAT(scan->entries, IsEmpty());
  EXPECT_EQ(scan->strange, 3);
  EXPECT_EQ(scratch_.names("drop").size(), 4U);
}

TEST_F(Drop, WhatHasADropFilesNameAndIsNoneIsShownToBeSetAside) {
  ASSERT_EQ(::mkfifo((scratch_ / "drop/" + name_of('e')).c_str(), 0600), 0);
  std::filesystem::create_symlink("/etc/passwd", scratch_ / "drop/" + name_of('f'));

  const auto scan = folder_.scan(100);
  ASSERT_EQ(scan->entries.size(), 2U);
  for (const auto& entry : scan->entries) {
    EXPECT_EQ(entry.uid, ::getuid());
    EXPECT_TRUE(folder_.open(entry.name, 8).error().is(Errc::corrupt)) << entry.name;
    EXPECT_TRUE(folder_.set_aside(entry.name, "no mail")) << entry.name;
  }
  EXPECT_THAT(folder_.scan(100)->entries, IsEmpty());
  EXPECT_EQ(scratch_.names("drop/bad").size(), 4U);  // and why
}

TEST_F(Drop, ADirectoryIsCountedAndLeftAlone) {
  std::filesystem::create_directory(scratch_ / "drop/" + name_of('d'));
  put('a', "text");

  const auto scan = folder_.scan(100);
  EXPECT_EQ(scan->strange, 1);
  ASSERT_EQ(scan->entries.size(), 1U);
  EXPECT_EQ(scan->entries[0].name, name_of('a'));
}

TEST_F(Drop, OpeningTellsWhoSubmitted) {
  put('a', "text");
  const auto file = folder_.open(name_of('a'), 1000);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->uid, ::getuid());
  EXPECT_EQ(file->id, submission('a'));
  std::array<char, 10> buffer{};
  EXPECT_EQ(io::read_some(file->file.get(), buffer, "").value(), 4U);
}

TEST_F(Drop, SinceWhenAFileLiesThereIsNotItsOwnersToSay) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds{1};  // coarse there
  put('a', "text", 48 * 3600);
  EXPECT_GE(folder_.open(name_of('a'), 1000)->since, before);
}

TEST_F(Drop, OpeningFollowsNothingAndWaitsForNothing) {
  std::filesystem::create_symlink("/etc/passwd", scratch_ / "drop/" + name_of('1'));
  ASSERT_EQ(::mkfifo((scratch_ / "drop/" + name_of('2')).c_str(), 0600), 0);
  std::filesystem::create_directory(scratch_ / "drop/" + name_of('3'));
  put('4', "text");
  std::filesystem::create_hard_link(scratch_ / "drop/" + name_of('4'), scratch_ / "second");
  put('5', "too large");

  for (const char digit : {'1', '2', '3', '4', '5'}) {
    const auto file = folder_.open(name_of(digit), 8);
    ASSERT_FALSE(file) << digit;
    EXPECT_TRUE(file.error().is(Errc::corrupt)) << io::to_string(file.error());
  }
  EXPECT_TRUE(folder_.open(name_of('6'), 8).error().is(Errc::not_found));
}

TEST_F(Drop, NoNameLeadsOutOfTheFolder) {
  scratch_.write("victim.msg", "precious");
  for (const std::string name : {"../victim.msg", "/etc/passwd", "", ".", "bad"}) {
    EXPECT_FALSE(folder_.open(name, 100));
    EXPECT_FALSE(folder_.remove(name));
    EXPECT_FALSE(folder_.set_aside(name, "x"));
  }
  EXPECT_EQ(scratch_.read("victim.msg"), "precious");
}

TEST_F(Drop, RemovingTwiceIsFine) {
  put('a', "text");
  EXPECT_TRUE(folder_.remove(name_of('a')));
  EXPECT_TRUE(folder_.remove(name_of('a')));
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(Drop, ABrokenFileIsSetAsideWithTheReasonAndNeverWrittenOver) {
  put('a', "first");
  ASSERT_TRUE(folder_.set_aside(name_of('a'), "no \x1b[2J envelope"));
  put('a', "second");
  ASSERT_TRUE(folder_.set_aside(name_of('a'), "again"));

  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_EQ(scratch_.read("drop/bad/" + name_of('a')), "first");
  EXPECT_EQ(scratch_.read("drop/bad/" + name_of('a') + ".why"), "no \\x1B[2J envelope\n");
  EXPECT_EQ(scratch_.read("drop/bad/" + name_of('a') + ".1"), "second");
  EXPECT_EQ(scratch_.read("drop/bad/" + name_of('a') + ".1.why"), "again\n");
}

/// Runs `act` in a process of somebody else's; its answer.
template <class Act>
bool as_a_stranger(Act act) {
  constexpr uid_t kStranger = 12345;
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setgid(kStranger) == 0 && ::setuid(kStranger) == 0;
    ::_exit(changed && act() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Drop, AStrangerMayPutInDurablyAndDoNothingElse) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become a stranger";
  ::chmod(scratch_.path().c_str(), 0711);
  put('a', "of root");

  EXPECT_TRUE(as_a_stranger([this] {
    auto writer = folder_.create(submission('b'));
    return writer && writer->append("of a stranger") && writer->commit();
  }));
  EXPECT_TRUE(as_a_stranger([this] {
    const bool blind = !folder_.scan(10) && folder_.scan(10).error().is(Errc::denied);
    const bool harmless = !folder_.remove(name_of('a')) && !folder_.set_aside(name_of('a'), "x");
    return blind && harmless && !folder_.open(name_of('a'), 100);
  }));

  EXPECT_EQ(folder_.open(name_of('b'), 100)->uid, 12345);
  EXPECT_EQ(scratch_.read("drop/" + name_of('a')), "of root");
}

/// No file may grow past `octets`: the nearest thing to a full disk that a test may have.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t octets) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    ::signal(SIGXFSZ, SIG_IGN);
  }
  ~SmallDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Drop, AFullDiskIsSaidAndLeavesNothing) {
  {
    auto writer = folder_.create(submission('a'));
    ASSERT_TRUE(writer);
    const SmallDisk disk{1000};
    const auto written = writer->append(std::string(5000, 'x'));
    ASSERT_FALSE(written);
    EXPECT_TRUE(written.error().is(Errc::disk_full)) << io::to_string(written.error());
  }
  EXPECT_THAT(scratch_.names("drop"), ElementsAre("bad"));
}

}  // namespace
}  // namespace tenax::testing

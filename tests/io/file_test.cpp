// SPDX-License-Identifier: Apache-2.0
#include "io/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/temp_directory.h"

namespace tenax::io {
namespace {

class FileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(std::string_view name) const {
    return directory_ / std::string{name};
  }
  void make(std::string_view name, std::string_view bytes) const {
    std::ofstream{path(name), std::ios::binary} << bytes;
  }

  testing::TempDirectory directory_;
};

TEST_F(FileTest, WhatIsWrittenIsReadBack) {
  const std::string bytes = std::string(100'000, 'x') + '\0' + "end";
  {
    const Result<Fd> file = open_file(path("a"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    ASSERT_TRUE(file);
    ASSERT_TRUE(write_all(file->get(), bytes, "a"));
    EXPECT_TRUE(sync_file(file->get(), "a"));
  }
  EXPECT_TRUE(sync_directory(directory_.path()));
  const Result<std::string> read = read_file(path("a"), 1 << 20);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, bytes);
}

TEST_F(FileTest, APipeIsNotWaitedForWhereAFileIsMeant) {
  make("a", "bytes");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);

  EXPECT_EQ(read_regular_file(path("a"), 100).value(), "bytes");
  for (const std::string& other : {path("pipe"), directory_.path(), std::string{"/dev/null"}}) {
    const Result<std::string> read = read_regular_file(other, 100);
    ASSERT_FALSE(read) << other;
    EXPECT_TRUE(read.error().is(Errc::not_found));
    EXPECT_EQ(read.error().context, "a regular file at " + other);
  }
}

TEST_F(FileTest, AFileThatIsNotThereIsNotFound) {
  const Result<Fd> file = open_file(path("none"), O_RDONLY);
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().is(Errc::not_found));
  EXPECT_EQ(to_string(file.error()), "open " + path("none") + ": not found");
}

TEST_F(FileTest, AFileInTheWayOfADirectorySaysSo) {
  make("plain", "x");
  const Result<Fd> below = open_file(path("plain/below"), O_RDONLY);
  ASSERT_FALSE(below);
  EXPECT_NE(to_string(below.error()).find("Not a directory"), std::string::npos);
  const Result<> made = make_directories(path("plain/deep/er"), 0700);
  ASSERT_FALSE(made);
  EXPECT_NE(to_string(made.error()).find("Not a directory"), std::string::npos);
  EXPECT_FALSE(make_directories(path("plain"), 0700));
}

TEST_F(FileTest, AnExistingFileIsBusyForWhoWantsToMakeIt) {
  make("there", "x");
  const Result<Fd> file = open_file(path("there"), O_WRONLY | O_CREAT | O_EXCL, 0600);
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().is(Errc::busy));
}

TEST_F(FileTest, AFullDiskIsCalledFull) {
  const Result<Fd> full = open_file("/dev/full", O_WRONLY);
  if (!full) GTEST_SKIP() << "no /dev/full here";
  const Result<> wrote = write_all(full->get(), "x", "/dev/full");
  ASSERT_FALSE(wrote);
  EXPECT_TRUE(wrote.error().is(Errc::disk_full));
}

TEST_F(FileTest, WhatPermissionsForbidIsDenied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root is never denied";
  make("closed", "x");
  ::chmod(path("closed").c_str(), 0);
  const Result<Fd> file = open_file(path("closed"), O_RDONLY);
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().is(Errc::denied));
}

TEST_F(FileTest, WhatCannotBeSyncedHasFailed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd read_end{ends[0]};
  const Fd write_end{ends[1]};
  const Result<> synced = sync_file(write_end.get(), "pipe");
  ASSERT_FALSE(synced);
  EXPECT_TRUE(synced.error().is(Errc::disk_failed));
}

TEST_F(FileTest, DirectoriesAreMadeOnTheWay) {
  EXPECT_TRUE(make_directories(path("a/b//c/"), 0700));
  EXPECT_TRUE(std::filesystem::is_directory(path("a/b/c")));
  EXPECT_TRUE(make_directories(path("a/b/c"), 0700));  // again is fine
  struct stat made {};
  ASSERT_EQ(::stat(path("a/b").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0700U);
  EXPECT_TRUE(make_directories("/", 0700));
}

TEST_F(FileTest, ALinkToADirectoryIsADirectory) {
  ASSERT_TRUE(make_directories(path("real"), 0700));
  std::filesystem::create_directory_symlink(path("real"), path("link"));
  EXPECT_TRUE(make_directories(path("link/below"), 0700));
  EXPECT_TRUE(std::filesystem::is_directory(path("real/below")));
}

TEST_F(FileTest, ReadFileTakesTheLimitButNotOneByteMore) {
  make("ten", "0123456789");
  EXPECT_TRUE(read_file(path("ten"), 10));
  const Result<std::string> over = read_file(path("ten"), 9);
  ASSERT_FALSE(over);
  EXPECT_TRUE(over.error().is(Errc::line_too_long));
  make("empty", "");
  const Result<std::string> empty = read_file(path("empty"), 0);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

TEST_F(FileTest, ADirectoryIsNoFileToRead) { EXPECT_FALSE(read_file(directory_.path(), 1000)); }

TEST_F(FileTest, FilesAreNotInheritedByPrograms) {
  make("a", "x");
  const Result<Fd> file = open_file(path("a"), O_RDONLY);
  ASSERT_TRUE(file);
  EXPECT_NE(::fcntl(file->get(), F_GETFD) & FD_CLOEXEC, 0);
}

/// Both ends of a pipe that would not wait, as programs around an event loop hand them on.
struct HastyPipe {
  HastyPipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    out = Fd{ends[0]};
    in = Fd{ends[1]};
  }
  Fd out;
  Fd in;
};

TEST(HastyDescriptors, AreWaitedForByWhoReads) {
  HastyPipe pipe;
  std::thread writer{[&pipe] { EXPECT_EQ(::write(pipe.in.get(), "late", 4), 4); }};
  std::array<char, 10> buffer{};
  const Result<std::size_t> got = read_some(pipe.out.get(), buffer, "pipe");
  writer.join();
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(std::string_view(buffer.data(), *got), "late");
  pipe.in = Fd{};
  EXPECT_EQ(read_some(pipe.out.get(), buffer, "pipe").value(), 0U);
}

TEST(HastyDescriptors, AreWaitedForByWhoWrites) {
  const std::string much(1'000'000, 'x');
  HastyPipe pipe;
  std::size_t read = 0;
  std::thread reader{[&] {
    std::string buffer(much.size(), '\0');
    for (;;) {
      const Result<std::size_t> got = read_some(pipe.out.get(), buffer, "pipe");
      if (!got || *got == 0) return;
      read += *got;
    }
  }};
  const Result<> wrote = write_all(pipe.in.get(), much, "pipe");
  pipe.in = Fd{};
  reader.join();
  EXPECT_TRUE(wrote);
  EXPECT_EQ(read, much.size());
}

TEST(HastyDescriptors, ThatNobodyReadsAreAnErrorStill) {
  ::signal(SIGPIPE, SIG_IGN);
  HastyPipe pipe;
  pipe.out = Fd{};
  EXPECT_TRUE(write_all(pipe.in.get(), "x", "pipe").error().is(Errc::reset));
}

TEST(Fd, ClosesWhatItOwnsOnceAndOnly) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Fd read_end{ends[0]};
  Fd write_end{ends[1]};
  Fd moved{std::move(write_end)};
  EXPECT_FALSE(write_end);  // NOLINT(bugprone-use-after-move): moved-from is empty, by contract
  moved = std::move(read_end);
  EXPECT_EQ(moved.get(), ends[0]);
  EXPECT_EQ(::fcntl(ends[1], F_GETFD), -1);
  const int released = moved.release();
  EXPECT_FALSE(moved);
  EXPECT_NE(::fcntl(released, F_GETFD), -1);
  ::close(released);
}

}  // namespace
}  // namespace tenax::io

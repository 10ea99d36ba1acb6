// SPDX-License-Identifier: Apache-2.0
#include "io/account.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "io/file.h"

namespace tenax::io {

namespace {

constexpr std::size_t kMostPasswd = std::size_t{8} << 20;
constexpr std::size_t kLongestLine = 64 * 1024;

constexpr int kNoSuchKey = 2;  // getent(1)'s exit status

/// The errors of this room tell of files and wires; a process that cannot be had is none of them.
Error cannot_ask(int number) {
  return error(Errc::busy, "asking getent(1): " + std::generic_category().message(number));
}

/// How it ended, as waitpid(2) has it.
int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// What getent(1) prints, "" for nothing.
Result<std::string> ask_getent(uid_t uid) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_ask(errno);
  const Fd reading{ends[0]};
  Fd writing{ends[1]};
  std::string program = "/usr/bin/getent";
  std::string table = "passwd";
  std::string key = std::to_string(uid);
  std::array<char*, 4> words{program.data(), table.data(), key.data(), nullptr};
  std::array<char*, 1> nothing{nullptr};
  posix_spawn_file_actions_t files;
  if (const int failed = ::posix_spawn_file_actions_init(&files)) return cannot_ask(failed);
  ::posix_spawn_file_actions_adddup2(&files, writing.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, program.c_str(), &files, nullptr, words.data(), nothing.data());
  ::posix_spawn_file_actions_destroy(&files);
  if (failed == ENOENT && ::access(program.c_str(), F_OK) != 0) return std::string{};
  if (failed != 0) return cannot_ask(failed);
  writing = Fd{};

  std::string said;
  std::array<char, 4096> piece{};
  for (;;) {
    const Result<std::size_t> got = read_some(reading.get(), piece, program);
    if (!got || *got == 0) break;
    if (said.size() < kLongestLine) said.append(piece.data(), *got);
  }
  const int status = status_of(child);
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kNoSuchKey)) {
    return said;
  }
  return error(Errc::busy, "asking getent(1): it did not answer");
}

}  // namespace

std::optional<Account> account_in(std::string_view passwd, uid_t uid) {
  while (!passwd.empty()) {
    const std::size_t end = std::min(passwd.find('\n'), passwd.size());
    std::string_view line = passwd.substr(0, end);
    passwd.remove_prefix(std::min(end + 1, passwd.size()));
    std::array<std::string_view, 7> fields;  // name:password:uid:gid:gecos:home:shell
    for (std::string_view& field : fields) {
      const std::size_t colon = std::min(line.find(':'), line.size());
      field = line.substr(0, colon);
      line.remove_prefix(std::min(colon + 1, line.size()));
    }
    uid_t number = 0;
    const std::string_view digits = fields[2];
    const auto [stop, wrong] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_number = wrong == std::errc{} && stop == digits.data() + digits.size();
    if (!is_number || number != uid || fields[0].empty()) continue;
    return Account{std::string{fields[0]}, std::string{fields[4]}, std::string{fields[5]}};
  }
  return std::nullopt;
}

Result<std::optional<Account>> find_account(uid_t uid) {
  if (const Result<std::string> passwd = read_file("/etc/passwd", kMostPasswd)) {
    std::optional<Account> found = account_in(*passwd, uid);
    if (found) return found;
  }
  const Result<std::string> said = ask_getent(uid);
  if (!said) return said.error();
  return account_in(*said, uid);
}

}  // namespace tenax::io

// SPDX-License-Identifier: Apache-2.0
// How many returned mails a second are read and explained in one process, and how long one takes by
// a process of its own, its start included: the seeds of the fuzz program, which are of every make.
//
// returned_bench TENAX

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "engine/returned_mail.h"

namespace {

using namespace tenax;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 400;
constexpr std::size_t kProcesses = 500;

std::vector<std::filesystem::path> files() {
  const std::filesystem::path root{TENAX_SOURCE_DIR "/tests/fuzz/corpus/returned_mail_fuzz"};
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator{root}) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> mails() {
  std::vector<std::string> all;
  for (const std::filesystem::path& path : files()) {
    std::ifstream file{path, std::ios::binary};
    all.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  }
  return all;
}

void in_one_process() {
  const std::vector<std::string> all = mails();
  const mail::WallTime now{};
  std::size_t told = 0;
  std::size_t octets = 0;
  for (const std::string& one : all) told += engine::explain_mail(one, now).recipients.size();
  const auto start = Clock::now();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& one : all) {
      told += engine::explain_mail(one, now).recipients.size();
      octets += one.size();
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double read = static_cast<double>(all.size()) * kRounds;
  std::printf(
      "returned mails explained: %.0f a second (5,000 are wanted), %.1f MB/s, %zu results\n",
      read / seconds, static_cast<double>(octets) / seconds / 1e6, told);
}

/// From the start of `tenax explain --json` on the mail to its end; nothing if it failed.
std::optional<double> milliseconds(const char* tenax, const char* file) {
  const char* words[]{tenax, "explain", "--json", nullptr};
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, file, O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const auto start = Clock::now();
  pid_t child = 0;
  int status = ::posix_spawn(&child, tenax, &actions, nullptr, const_cast<char**>(words), environ);
  if (status == 0) ::waitpid(child, &status, 0);
  const std::chrono::duration<double, std::milli> took = Clock::now() - start;
  ::posix_spawn_file_actions_destroy(&actions);
  if (status != 0) return std::nullopt;
  return took.count();
}

bool by_processes(const char* tenax) {
  const std::vector<std::filesystem::path> all = files();
  std::vector<double> times;
  while (times.size() < kProcesses) {
    const std::filesystem::path& file = all[times.size() % all.size()];
    const std::optional<double> time = milliseconds(tenax, file.c_str());
    if (!time) {
      std::fprintf(stderr, "returned_bench: %s failed at %s\n", tenax, file.c_str());
      return false;
    }
    times.push_back(*time);
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "one mail by a process of its own: median %.2f ms (5 are wanted), p95 %.2f ms, %zu runs\n",
      times[times.size() / 2], times[times.size() * 95 / 100], times.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "returned_bench: wants the path of tenax\n");
    return 64;
  }
  in_one_process();
  return by_processes(argv[1]) ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// Starts a program many times, some at once, and says how long that took and what the program, with
// what it started and waited for, cost: a shell or Python would cost more than what is measured.
//
// starts RUNS AT_ONCE INPUT_FILE PROGRAM [ARGUMENT]...

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/bench/wire.h"

extern char** environ;

namespace {

using namespace tenax::bench;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "starts RUNS AT_ONCE INPUT_FILE PROGRAM [ARGUMENT]...\n");
    return 64;
  }
  const int runs = std::atoi(argv[1]);
  const int at_once = std::atoi(argv[2]);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, argv[3], O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);

  const double began = now();
  int started = 0;
  int running = 0;
  int good = 0;
  while (started < runs || running > 0) {
    if (started < runs && running < at_once) {
      pid_t pid = 0;
      errno = posix_spawn(&pid, argv[4], &files, nullptr, argv + 4, environ);
      if (errno != 0) die(argv[4]);
      ++started;
      ++running;
      continue;
    }
    int status = 0;
    if (wait(&status) < 0) die("wait");
    --running;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) ++good;
  }
  const double ended = now();

  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::printf("{\"good\": %d, \"failed\": %d, \"began\": %.6f, \"ended\": %.6f, \"cpu\": %.6f}\n",
              good, runs - good, began, ended, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  return good == runs ? 0 : 1;
}

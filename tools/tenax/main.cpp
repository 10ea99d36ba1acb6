// SPDX-License-Identifier: Apache-2.0
// The operator's program. What it does is in program.h; here it meets its process.

#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "io/system_clock.h"

#include "tools/tenax/program.h"
#include "tools/tenax/standard_streams.h"

namespace {

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col >= 40 ? size.ws_col : 0;  // narrower than that, cutting leaves nothing to read
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  tenax::cli::DescriptorBuffer given{STDIN_FILENO};
  tenax::cli::DescriptorBuffer taken{STDOUT_FILENO};
  std::istream in{&given};
  std::ostream out{&taken};
  in.tie(&out);  // who asks sees the question first
  tenax::cli::Surroundings surroundings{
      .out = out,
      .error = std::cerr,
      .now = tenax::io::SystemClock{}.wall(),
      .width = terminal ? terminal_width() : 0,
      .terminal = terminal,
      .operator_name = "uid " + std::to_string(::getuid()),
      .in = &in,
  };
  return tenax::cli::run(words, surroundings);
} catch (const std::exception& bug) {
  std::fprintf(stderr, "tenax: internal error: %s\n", bug.what());
  return EX_SOFTWARE;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The program `tenax` but for its main(): from a line typed to what is printed and the exit code.

#include <iosfwd>
#include <string>
#include <vector>

#include "mail/time.h"

namespace tenax::cli {

/// Where it runs. The streams outlive the call.
struct Surroundings {
  std::ostream& out;
  std::ostream& error;
  mail::WallTime now;
  std::size_t width = 0;       // of the terminal; 0: not to be cut
  bool terminal = false;       // out is one
  std::string operator_name;   // "uid 1000"
  std::istream* in = nullptr;  // what simulate listens to
};

/// Returns the exit code. `words` without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& words, Surroundings& surroundings);

}  // namespace tenax::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory of a test's own, and what lies in it.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "tests/support/temp_directory.h"

namespace tenax::testing {

class Scratch : public TempDirectory {
 public:
  void write(std::string_view name, std::string_view text) const {
    std::ofstream{*this / name, std::ios::binary} << text;
  }
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream file{*this / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] std::set<std::string> names(std::string_view folder = ".") const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{*this / folder}) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
};

}  // namespace tenax::testing

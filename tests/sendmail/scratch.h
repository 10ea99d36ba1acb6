// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory of a test's own, gone when the test is.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenax::testing {

class Scratch {
 public:
  Scratch() : path_{std::filesystem::temp_directory_path() / "tenax-test-XXXXXX"} {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }

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

 private:
  std::string path_;
};

}  // namespace tenax::testing

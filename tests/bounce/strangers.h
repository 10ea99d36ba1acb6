// SPDX-License-Identifier: Apache-2.0
#pragma once
// Programs of others that read our notices.

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bounce/notice.h"

#include "tests/support/temp_directory.h"

namespace tenax::bounce {

/// What another's program makes of them, one object each. Fewer when it could not read one.
inline std::vector<nlohmann::json> read_by(const std::string& program,
                                           const std::vector<Notice>& notices) {
  const testing::TempDirectory folder;
  std::string command = program;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    const std::string file = folder / (std::to_string(i) + ".eml");
    std::ofstream{file, std::ios::binary} << notices[i].contents;
    command += " " + file;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"),
                                                             ::pclose};
  std::string out;
  std::array<char, 65536> piece{};
  for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe.get())) > 0;) {
    out.append(piece.data(), got);
  }
  std::vector<nlohmann::json> read;
  for (std::size_t start = 0, end = 0; (end = out.find('\n', start)) != std::string::npos;
       start = end + 1) {
    read.push_back(nlohmann::json::parse(out.substr(start, end - start)));
  }
  return read;
}

}  // namespace tenax::bounce

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The checkout as the house test sees it: paths, texts, and the include lines in them. Values only,
// so that a test can feed it a checkout with a fault added.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::house {

struct SourceFile {
  std::string path;  // from the root: "queue/store.h"
  std::string text;
};

struct Include {
  std::size_t line = 0;
  std::string name;  // without its quotes; "" when the preprocessor would have to compute it
  bool quoted = false;
};

/// "a/b/c.h" -> {"a", "b", "c.h"}; a path without the delimiter is one part.
inline std::vector<std::string> split(std::string_view text, char delimiter) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == delimiter) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline bool is_source(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".cpp");
}

/// "queue/store.h" -> "queue".
inline std::string room_of(std::string_view path) { return split(path, '/').front(); }

/// The name of "#include <name>" or "#include \"name\""; false when `line` is no include line.
inline bool read_include(std::string_view line, Include& found) {
  const auto skip = [&line](std::string_view blanks) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  };
  skip(" \t");
  if (!line.starts_with('#')) return false;
  line.remove_prefix(1);
  skip(" \t");
  if (!line.starts_with("include")) return false;
  line.remove_prefix(std::string_view{"include"}.size());
  skip(" \t");
  found = {};
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return true;
  found.quoted = line.front() == '"';
  const std::size_t end = line.find(found.quoted ? '"' : '>', 1);
  if (end != std::string_view::npos) found.name = line.substr(1, end - 1);
  return true;
}

inline std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  std::size_t number = 0;
  for (const std::string& line : split(file.text, '\n')) {
    ++number;
    Include found;
    if (!read_include(line, found)) continue;
    found.line = number;
    includes.push_back(found);
  }
  return includes;
}

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The rooms' sources, and the build's list of them.
inline std::vector<SourceFile> checkout(const std::filesystem::path& root) {
  std::vector<SourceFile> files = {{"CMakeLists.txt", contents_of(root / "CMakeLists.txt")}};
  for (const std::string_view room :
       {"mail", "io", "queue", "scheduler", "delivery", "bounce", "engine", "tools"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root / room}) {
      const std::string path = std::filesystem::relative(entry.path(), root).generic_string();
      if (entry.is_regular_file() && is_source(path)) {
        files.push_back({path, contents_of(entry.path())});
      }
    }
  }
  return files;
}

}  // namespace tenax::house

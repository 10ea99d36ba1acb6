// SPDX-License-Identifier: Apache-2.0
#include "engine/toml_depth.h"

#include <algorithm>

namespace tenax::engine {

namespace {

/// Takes strings and comments away from the front of a text, as TOML has them.
class Walk {
 public:
  explicit Walk(std::string_view text) : rest_{text} {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] char front() const { return rest_.front(); }
  [[nodiscard]] int line() const { return line_; }

  void skip(std::size_t count) {
    const std::string_view gone = rest_.substr(0, count);
    line_ += static_cast<int>(std::ranges::count(gone, '\n'));
    rest_.remove_prefix(gone.size());
  }

  void skip_comment() { skip(std::min(rest_.find('\n'), rest_.size())); }

  void skip_string() {
    const char quote = front();
    const std::string_view threefold = quote == '"' ? R"(""")" : "'''";
    const bool of_many_lines = rest_.starts_with(threefold);
    const std::string_view end = of_many_lines ? threefold : threefold.substr(0, 1);
    skip(end.size());
    // A string of one line that does not end there is a mistake, and the parser stops at it.
    while (!at_end() && (of_many_lines || front() != '\n')) {
      if (rest_.starts_with(end)) {
        skip(end.size());
        // Two quotes may stand right before the three that end it.
        for (int i = 0; of_many_lines && i < 2 && !at_end() && front() == quote; ++i) skip(1);
        return;
      }
      skip(quote == '"' && front() == '\\' ? 2 : 1);
    }
  }

 private:
  std::string_view rest_;
  int line_ = 1;
};

}  // namespace

// Dots outside of strings: a number has one, a date one, all else are those of keys. So they are
// counted between two signs that stand in no key, whatever else lies there.
std::optional<int> line_of_too_deep_key(std::string_view text) {
  constexpr std::string_view kBounds = "\n=[]{},";
  Walk walk{text};
  int dots = 0;
  while (!walk.at_end()) {
    const char sign = walk.front();
    if (sign == '"' || sign == '\'') {
      walk.skip_string();
      continue;
    }
    if (sign == '#') {
      walk.skip_comment();
      continue;
    }
    if (kBounds.find(sign) != std::string_view::npos) dots = 0;
    if (sign == '.' && ++dots == kMostKeyParts) return walk.line();
    walk.skip(1);
  }
  return std::nullopt;
}

}  // namespace tenax::engine

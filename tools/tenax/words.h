// SPDX-License-Identifier: Apache-2.0
#pragma once
// How times, amounts and tables are written for people. Everything here is safe for a terminal when
// what comes in went through mail::printable.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/time.h"

#include "engine/destinations.h"

namespace tenax::cli {

/// "2026-11-24 03:26:00 +0100", in the zone of the process.
[[nodiscard]] std::string moment(mail::WallTime when);

/// "in 14m", "now", "3h12m ago".
[[nodiscard]] std::string relative(mail::WallTime when, mail::WallTime now);

/// "3h12m"; "0s" for what has just been or is still to come.
[[nodiscard]] std::string age(mail::WallTime since, mail::WallTime now);

/// "812 B", "12 KiB", "1.2 MiB".
[[nodiscard]] std::string octets(std::int64_t count);

/// "1 message", "2 messages", "2 deliveries".
[[nodiscard]] std::string counted(std::int64_t count, std::string_view noun);

/// "1 message waits in the drop folder".
[[nodiscard]] std::string in_the_drop_folder(std::int64_t count);

/// "100 messages in 1h, 5 at once".
[[nodiscard]] std::string in_words(const scheduler::PaceLimit& limit);

/// As people are shown what others wrote: printable, at most 500 octets of it.
[[nodiscard]] std::string safe(std::string_view text);

/// Places on the screen, one for each code point.
[[nodiscard]] std::size_t places(std::string_view text);

/// Cut with "..." to so many places; 0 means no limit.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);

/// Left or right aligned columns, as wide as their widest cell; the last one is left and never
/// padded. Lines are cut at `width` places (0: never).
class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;
  };
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  void row(std::vector<std::string> cells);  // as many as there are columns
  void remark(std::string line);             // beneath the last row, indented, not aligned

  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  struct Line {
    std::vector<std::string> cells;  // empty: a remark
    std::string remark;
  };
  std::vector<Column> columns_;
  std::vector<Line> lines_;
};

}  // namespace tenax::cli

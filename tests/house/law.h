// SPDX-License-Identifier: Apache-2.0
#pragma once
// What each room may include: the table of docs/architecture.md, as values.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::house {

using Names = std::vector<std::string_view>;

struct RoomLaw {
  std::string_view room;
  Names sees;   // rooms, its own included
  bool pure;    // no clock, no dice, no threads, no input or output
  bool system;  // may speak with the kernel: <unistd.h> and its like
  std::string_view reason;
};

inline const std::vector<RoomLaw>& room_laws() {
  static const std::vector<RoomLaw> laws = {
      {"mail", {"mail"}, true, false, "mail is the language; it knows no room"},
      {"io", {"io"}, false, true, "io knows no mail word"},
      {"queue", {"queue", "mail", "io"}, false, true, "rooms do not know each other"},
      {"scheduler", {"scheduler", "mail"}, true, false, "the scheduler is pure"},
      {"delivery", {"delivery", "mail", "io"}, false, false, "rooms do not know each other"},
      {"bounce", {"bounce", "mail"}, true, false, "the bounce room is pure"},
      {"engine",
       {"engine", "mail", "io", "queue", "scheduler", "delivery", "bounce"},
       false,
       true,
       "corridors know rooms, not programs"},
      {"tools", {"tools", "engine", "mail", "io"}, false, true, "programs go through the engine"},
  };
  return laws;
}

/// What of the queue room a program may name: values and questions, nothing that changes a queue.
inline const Names& queue_headers_of_tools() {
  static const Names headers = {"queue/reader.h", "queue/selection.h", "queue/refusal.h"};
  return headers;
}

struct Package {
  std::string_view prefix;
  Names rooms;
};

/// Each outside package has its rooms; one that is not in this table has none.
inline const std::vector<Package>& packages() {
  static const std::vector<Package> table = {
      {"boost/system/", {"mail", "io", "queue", "delivery", "engine", "tools"}},
      {"boost/throw_exception.hpp", {"io"}},
      {"boost/asio/", {"io", "queue", "delivery", "engine", "tools"}},
      {"boost/asio.hpp", {}},  // the whole of it costs seconds per file
      {"sqlite3.h", {"queue"}},
      {"openssl/", {"io"}},
      {"unbound.h", {"io"}},
      {"idn2.h", {"io"}},
      {"gsasl.h", {"delivery"}},
      {"gmime/", {"bounce"}},
      {"spdlog/", {"engine"}},
      {"toml++/", {"engine"}},
      {"nlohmann/", {"engine", "tools"}},
      {"systemd/", {"engine"}},
      {"CLI/", {"tools"}},
  };
  return table;
}

/// Of the standard library, what brings time, chance, threads or the outside into a pure room.
inline const Names& impure_headers() {
  static const Names headers = {
      "random", "ctime",  "fstream",      "iostream",  "filesystem",
      "thread", "mutex",  "shared_mutex", "semaphore", "condition_variable",
      "future", "atomic", "stop_token",   "latch",     "barrier"};
  return headers;
}

/// What the submission program must never reach, however far the includes go: it is started once
/// per message and links none of it.
inline const Names& heavy_packages() {
  static const Names prefixes = {"boost/asio", "openssl/", "unbound.h", "sqlite3.h",
                                 "gsasl.h",    "spdlog/",  "systemd/"};
  return prefixes;
}

inline const Names& io_headers_of_submission() {
  static const Names headers = {"io/account.h", "io/ascii_name.h", "io/file.h", "io/random.h",
                                "io/result.h"};
  return headers;
}

/// A folder named after nothing collects everything.
inline const Names& banned_folders() {
  static const Names names = {"common", "utils", "util",   "base",
                              "core",   "misc",  "shared", "helpers"};
  return names;
}

/// Words that fit anything say nothing.
inline const Names& banned_words() {
  static const Names names = {"manager", "handler", "helper",  "processor", "util", "utils",
                              "data",    "info",    "context", "item",      "job",  "task"};
  return names;
}

/// File names that hold a banned word in its own right: DATA is a command of SMTP.
inline const Names& excused_stems() {
  static const Names stems = {"data_writer"};
  return stems;
}

inline bool holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace tenax::house

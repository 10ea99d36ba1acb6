// SPDX-License-Identifier: Apache-2.0
#pragma once
// SQLite writes its log (WAL) in two small pieces for each page. Here they are gathered, and go to
// the file as one when SQLite syncs it, reads it or goes elsewhere in it: dozens of system calls
// for a commit become one or two, and nothing is there later than it would be at the sync.

#include <sqlite3.h>

#include <memory>
#include <string>

namespace tenax::queue {

/// A VFS over another, for one connection, known to SQLite while it lives; the connection goes
/// first. An error of a gathered write comes from whatever made it go to the file.
/// Concurrency: its connection's.
class LogVfs {
 public:
  /// `base`: the name of the one below; "" is SQLite's default. nullptr when there is none.
  [[nodiscard]] static std::unique_ptr<LogVfs> over(const std::string& base);
  ~LogVfs();
  LogVfs(const LogVfs&) = delete;
  LogVfs& operator=(const LogVfs&) = delete;

  [[nodiscard]] const std::string& name() const;

  struct State;

 private:
  explicit LogVfs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tenax::queue

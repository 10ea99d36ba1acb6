// SPDX-License-Identifier: Apache-2.0
#pragma once
// A disk that fails when told to, and that remembers what was done to it: a shim over SQLite's
// default VFS. Contents files go through it as well as the database.

#include <functional>
#include <memory>
#include <string>

#include "tests/support/disk_history.h"

namespace tenax::testing {

/// Syncs are noted, not passed down: tests on it are fast. Concurrency: thread-safe (locked
/// inside). Every file opened through it must be closed before it goes.
class FaultyVfs {
 public:
  enum class Act { open, read, write, sync };
  enum class Fault { no_room, no_quota, broken };  // ENOSPC; EDQUOT; EIO

  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// For SqliteStoreOptions::vfs.
  [[nodiscard]] const std::string& name() const;

  /// The `nth` act of this kind from now (1 is the next) fails; `forever`: and all after it. A
  /// write that fails for want of room has written half of its bytes.
  void fail(Act act, int nth, Fault fault, bool forever = false);
  void heal();
  /// Acts since the last fail() or heal(), and how many of them were made to fail.
  [[nodiscard]] int seen(Act act) const;
  [[nodiscard]] int failed() const;
  /// Called at each act that is made to fail, before it does; must not call back.
  void on_failure(std::function<void()> then);

  /// What was done through it, to any file.
  [[nodiscard]] DiskHistory& history() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tenax::testing

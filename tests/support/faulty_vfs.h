// SPDX-License-Identifier: Apache-2.0
#pragma once
// A disk that fails when told to, and that remembers what was synced: a shim over SQLite's default
// VFS. Contents files go through it as well as the database.

#include <cstdint>
#include <memory>
#include <string>

namespace tenax::testing {

/// Syncs are noted, not passed down: tests on it are fast. Concurrency: thread-safe (locked
/// inside). Every file opened through it must be closed before it goes.
class FaultyVfs {
 public:
  enum class Act { open, read, write, sync };
  enum class Fault { no_room, broken };  // ENOSPC; EIO

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

  /// Everything that changed the disk so far, counted: a place in its history.
  [[nodiscard]] std::size_t steps() const;
  /// Is the step with this number (from 0) a sync?
  [[nodiscard]] bool is_sync(std::size_t step) const;

  /// What a power cut leaves of what was not synced.
  enum class Loss {
    nothing,  // the process died, the machine did not
    all,      // every unsynced write, creation and removal is gone
    some,     // each survives, is lost, or is torn at a sector, by the seed
  };
  /// Builds what lay under `root` when the power was cut after the first `steps` steps, in `into`
  /// (made when missing).
  void power_cut(std::size_t steps, Loss loss, std::uint64_t seed, const std::string& root,
                 const std::string& into) const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: drop folder -> engine. Takes in what submitters left while nobody answered them, each
// file once: enqueued under its submission id, committed, and only then unlinked.

#include <memory>
#include <string>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

#include "engine/engine.h"
#include "queue/drop_folder.h"

namespace tenax::engine {

/// Watches the folder while it lives; the kernel rings when a file gets its name, and once a minute
/// it looks by itself. Concurrency: the engine's strand.
class DropDoor {
 public:
  /// Makes the folder, clears away what submitters left that died a day ago. `engine`, `store` and
  /// `clock` outlive the door and stop(). Errors: denied, not_found, disk_full.
  static io::Result<std::unique_ptr<DropDoor>> open(io::Executor home, io::Clock& clock,
                                                    Engine& engine, queue::Store& store,
                                                    std::string directory);
  ~DropDoor();
  DropDoor(const DropDoor&) = delete;
  DropDoor& operator=(const DropDoor&) = delete;

  /// Takes in all that lies there now; how many. With an error some were left for the next time:
  /// the store had no room for them, or, after a few in a row, for anything.
  io::Async<io::Result<std::size_t>> take_all();
  /// The same, but never ends before each has been tried: for somebody who looks only once.
  io::Async<io::Result<std::size_t>> take_all_of_them();

  /// Begins to watch.
  void watch();

  void stop();

 private:
  struct State;
  explicit DropDoor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tenax::engine

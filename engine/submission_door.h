// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: submitter -> engine. The socket submit.sock: everybody on the machine may hand over
// mail; the kernel says who it is.

#include <chrono>
#include <memory>
#include <string>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

#include "engine/engine.h"

namespace tenax::engine {

struct SubmissionDoorOptions {
  std::string path;                 // at most 107 bytes
  std::size_t sessions = 256;       // at once; who comes when all are taken is told to try later
  std::chrono::seconds idle{60};    // no byte for so long ends a session
  std::chrono::minutes whole{60};   // and nobody drips one message for longer than this
  std::size_t memory = 64UL << 20;  // for all that is not handed over to the end, together
};

/// Listens while it lives. Concurrency: the engine's strand.
class SubmissionDoor {
 public:
  /// Binds the socket, mode 0666, in place of one a dead daemon left. `engine`, `store` and `clock`
  /// outlive the door and stop(). Errors: denied, busy (somebody answers there), not_found.
  static io::Result<std::unique_ptr<SubmissionDoor>> open(io::Executor home, io::Clock& clock,
                                                          Engine& engine, queue::Store& store,
                                                          SubmissionDoorOptions options);
  ~SubmissionDoor();
  SubmissionDoor(const SubmissionDoor&) = delete;
  SubmissionDoor& operator=(const SubmissionDoor&) = delete;

  /// Takes the socket's name away and hangs up on whoever has not handed over everything yet; they
  /// use the drop folder. A commit that is under way is still answered.
  void stop();

  /// Sessions that still live; 0 some time after stop().
  [[nodiscard]] std::size_t sessions() const;

 private:
  struct State;
  explicit SubmissionDoor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tenax::engine

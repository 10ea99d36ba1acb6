// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: operator -> engine. The socket control.sock: one line of JSON in, one line out, for
// those who may (control_lines.h says what the lines hold).

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

#include "engine/control.h"

namespace tenax::engine {

/// The other end of a socket, as the kernel vouches for it. Concurrency: value.
struct Peer {
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = -1;
  std::vector<gid_t> groups;  // all it had when it connected
};

/// Who may ask beside root. Concurrency: value.
struct Operators {
  uid_t daemon = 0;            // our own user
  std::optional<gid_t> group;  // config.operators_group
};

/// Concurrency: pure.
[[nodiscard]] bool may_operate(const Peer& peer, const Operators& operators);

/// The operators for this process; fails when `group` is no group ("" is none).
[[nodiscard]] io::Result<Operators> operators_of(const std::string& group);

struct ControlDoorOptions {
  std::string path;  // at most 107 bytes
  Operators operators;
  std::size_t callers = 16;                // at once; people and scripts, not traffic
  std::size_t requests_per_caller = 1000;  // then a caller has to come back
  std::chrono::seconds patience{10};       // for a request to arrive, and for an answer to be read
};

/// Listens while it lives. Everybody on the machine may connect, so that whoever may not operate is
/// told so rather than left to guess; who is told no is served at once and holds no place.
/// Concurrency: the executor it is given, which must be the strand of `controls`.
class ControlDoor {
 public:
  /// Binds the socket in place of one a dead daemon left. `controls` and `clock` outlive the door
  /// and stop(). Errors: denied, busy (somebody answers there), not_found (no such directory).
  static io::Result<std::unique_ptr<ControlDoor>> open(io::Executor executor, io::Clock& clock,
                                                       Controls& controls,
                                                       ControlDoorOptions options);
  ~ControlDoor();
  ControlDoor(const ControlDoor&) = delete;
  ControlDoor& operator=(const ControlDoor&) = delete;

  /// Who may operate from now on (SIGHUP); callers who are in stay in.
  void adopt(Operators operators);

  /// Takes the socket's name away and hangs up on whoever waits; what is being carried out is
  /// carried out, its answer lost.
  void stop();

 private:
  struct State;
  explicit ControlDoor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tenax::engine

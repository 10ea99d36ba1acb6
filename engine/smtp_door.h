// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: submitter -> engine, by SMTP (RFC 6409): for programs that speak it instead of calling
// sendmail(8). Local clients only, unless the config names networks.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/clock.h"
#include "io/random.h"
#include "io/result.h"

#include "engine/engine.h"
#include "engine/network.h"

namespace tenax::engine {

struct SmtpDoorOptions {
  std::vector<Network> networks = {};  // who may come besides this machine itself
  std::size_t sessions = 1000;         // at once
  std::size_t sessions_of_client = 0;  // of one client at once; 0: no limit of its own
  std::size_t messages_of_client = 0;  // in a minute; 0: no limit
  std::chrono::seconds idle{300};      // RFC 5321 4.5.3.2.7
  std::chrono::minutes whole{60};      // a session in which nothing is taken for so long ends
  std::size_t memory = 64UL << 20;     // for all envelopes and headers under way, together
};

/// What the door has of the world besides the engine's.
struct SmtpDoorWorld {
  io::Executor home;                         // the engine's strand
  std::function<io::Executor()> new_strand;  // where a session lives
  io::Clock& clock;
  io::Random& random;  // thread-safe
};

/// Listens while it lives, at any number of addresses: its limits are for all of them together.
/// Concurrency: the engine's strand.
class SmtpDoor {
 public:
  /// All of it outlives the door and stop().
  SmtpDoor(SmtpDoorWorld world, Engine& engine, queue::Store& store, SmtpDoorOptions options);
  ~SmtpDoor();
  SmtpDoor(const SmtpDoor&) = delete;
  SmtpDoor& operator=(const SmtpDoor&) = delete;

  /// "127.0.0.1:2525", "[::1]:2525" or "/run/tenax/smtp.sock"; to the same with the port that the
  /// kernel chose for ":0". Errors: denied, busy, protocol (it is no address).
  io::Result<std::string> listen(const std::string& where);

  /// Nobody else comes in; sessions end with 421 when what they have begun is answered.
  void stop();

  [[nodiscard]] std::size_t sessions() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tenax::engine

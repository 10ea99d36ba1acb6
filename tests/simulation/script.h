// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a seed makes happen in a virtual week: which receivers there are and how they behave, who
// writes to whom and when, what the operator does, when the clock jumps and the daemon dies.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mail/message.h"

#include "tests/support/fake_random.h"

namespace tenax::simulation {

using Span = std::chrono::milliseconds;  // virtual time since the simulation began

enum class Temper {
  good,
  greylists,
  limits,        // so many messages an hour
  flaky,         // hangs up, says 421 and 4xx at any step
  doubtful,      // takes the message and hangs up before saying so
  splits,        // 452 after a few recipients
  refuses,       // 550 to everybody
  always_later,  // 450 to everybody
  tarpit,
  dead,         // during its trouble: nobody listens, or nobody answers
  vanished,     // from its trouble on the domain does not exist
  unresolved,   // during its trouble its names cannot be looked up
  unreachable,  // during its trouble our own side has no way there
  turns,        // during its trouble it refuses everybody by policy
};

/// A domain with one mail server.
struct Receiver {
  std::string domain;
  std::string address;
  Temper temper = Temper::good;
  Span trouble_from{};
  Span trouble_until{};
  bool pipelining = true;
  bool dsn = false;
};

/// A message somebody hands over. Every address is used once, so a copy tells where it is from.
struct Letter {
  Span when{};
  std::string sender;  // "" is the null path
  std::vector<std::string> to;
  mail::Notify notify;
  mail::Ret ret = mail::Ret::unspecified;
  bool automatic = false;
  std::size_t length = 0;
};

struct Event {
  enum class Kind {
    hand_over,
    hold,
    release,
    remove,
    retry,
    expire,
    flush,
    step,
    receiver,
    kill,
    stop
  };
  Span when{};
  Kind kind = Kind::hand_over;
  std::size_t which = 0;  // letter or receiver; kill: how many steps later
  Span length{};          // step: by how much
};

inline constexpr const char* kPostmaster = "postmaster@home.example";

struct Script {
  std::vector<Receiver> receivers;
  std::vector<Letter> letters;
  std::vector<Event> events;  // by time
};

/// Where failures are reliably heard of.
inline constexpr const char* kHome = "home.example";

[[nodiscard]] Script write_script(std::uint64_t seed);

/// Uniform below `end`.
[[nodiscard]] std::uint64_t below(io::Random& dice, std::uint64_t end);
[[nodiscard]] bool chance(io::Random& dice, double part);

}  // namespace tenax::simulation

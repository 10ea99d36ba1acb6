// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: dispatch -> settle. The recipients of a message go different ways at the same time; the
// sender hears of those that fail in one notice. So failures that come home first are kept, leased,
// until the message's other deliveries have come home too, or have kept them waiting long enough.

#include <optional>
#include <unordered_map>
#include <vector>

#include "io/clock.h"

#include "engine/settle.h"

namespace tenax::engine {

/// A crash while failures are kept repeats the attempt that failed: nothing is lost, and nothing
/// was delivered by it. Concurrency: the engine's strand; time comes from the caller.
class Gathering {
 public:
  /// A delivery of this message begins; landed() is its end.
  void started(mail::QueueId message) { ++under_way_[message]; }

  /// What is to be settled now, together: what comes home, and what was kept for it; or nothing, or
  /// only those that did not fail. Each landing has recipients.
  [[nodiscard]] std::vector<Landing> landed(Landing landing, const Terms& terms,
                                            mail::WallTime wall, io::Instant now);

  /// The next message whose failures have waited long enough; empty if there is none.
  [[nodiscard]] std::vector<Landing> take_overdue(io::Instant now);

  /// When take_overdue() will have something; nullopt while nothing is kept.
  [[nodiscard]] std::optional<io::Instant> next() const;

  /// Keeps nothing from now on.
  void stop() { stopped_ = true; }

  /// The queue's calendar was moved: what is kept moves along.
  void clock_stepped(mail::Duration step);

 private:
  struct Kept {
    io::Instant until;
    std::vector<Landing> landings;
  };
  std::vector<Landing> take(mail::QueueId message);

  // Only of messages that are in flight: as bounded as those.
  std::unordered_map<mail::QueueId, int> under_way_;
  std::unordered_map<mail::QueueId, Kept> kept_;
  bool stopped_ = false;
};

}  // namespace tenax::engine

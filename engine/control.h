// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator can ask of the queue: the daemon answers it on its control socket, and the
// command line answers it itself, with this same code, while the daemon is down.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/time.h"

#include "io/async.h"
#include "io/result.h"

#include "engine/under_way.h"
#include "queue/reader.h"
#include "queue/selection.h"
#include "scheduler/rehearsal.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

enum class ControlVerb { status, retry, hold, release, remove, expire, forget, forecast, suppress };
[[nodiscard]] std::string_view to_string(ControlVerb verb);
[[nodiscard]] std::optional<ControlVerb> parse_control_verb(std::string_view text);

/// Concurrency: value.
struct ControlRequest {
  ControlVerb verb = ControlVerb::status;
  queue::Selection selection;  // forget: only `destination`; status: `destination` narrows the
                               // lanes told of, and `messages` are those whose recipients under way
                               // are told of; the rest is ignored
  bool everything = false;     // that no filter is given is no oversight
  std::vector<scheduler::Role> roles = {};         // forecast: of whom, at most kMostRoles
  std::size_t limit = scheduler::kMostRehearsed;   // forecast: attempts of each, no more than that
  std::vector<queue::SuppressionEdit> edits = {};  // suppress: at most kMostEdits
};
/// Of one request: they fit into its line, and their commit delays no other.
inline constexpr std::size_t kMostEdits = 300;
/// So few that rehearsing them all delays no delivery noticeably.
inline constexpr std::size_t kMostRoles = 10;

/// What the running engine says of itself. Concurrency: value.
struct EngineView {
  std::int64_t pid = 0;
  std::string version;
  mail::WallTime started;
  std::int64_t in_flight = 0;              // deliveries under way
  bool paused = false;                     // by the configuration: nothing new is attempted
  std::vector<scheduler::LaneView> lanes;  // in an answer at most kMostLanes, busiest first
  // Of the messages that were asked for, at most kMostUnderWay; unset: none were, or the daemon is
  // older than the question.
  std::optional<std::vector<UnderWay>> under_way = std::nullopt;
};
inline constexpr std::size_t kMostLanes = 1000;
inline constexpr std::size_t kMostUnderWay = 20'000;

/// Concurrency: value.
struct ControlAnswer {
  int code = 0;       // of sysexits.h; 0: done
  std::string error;  // one printable line, when code is not 0
  queue::Operated operated;
  std::optional<EngineView> engine;  // for status
  std::optional<std::vector<scheduler::Rehearsal>>
      rehearsals;  // for forecast, in the order asked; unset: the schedule decides
};

/// What somebody who holds the store lets an operator do: the engine, or OfflineControls. All calls
/// on the strand of that store.
class Controls {
 public:
  virtual ~Controls() = default;

  /// Carries the verb out in the store (`now` is filled in), and makes known what follows: a retry
  /// ends parking and rings the doorbell, a removal leaves the lanes.
  virtual io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) = 0;

  /// Ends what is selected as failed, with its notices.
  virtual io::Async<io::Result<queue::Operated>> expire(queue::Selection selection,
                                                        std::string by) = 0;

  /// Forgets what the site of this destination taught. False: nothing was known.
  virtual io::Async<io::Result<bool>> forget(mail::Destination destination) = 0;

  /// Changes the suppression list.
  virtual io::Async<io::Result<queue::Operated>> suppress(
      std::vector<queue::SuppressionEdit> /*edits*/, std::string /*by*/) {
    co_return io::error(io::Errc::protocol, "there is no suppression list");
  }

  [[nodiscard]] virtual EngineView view() const = 0;
  /// The lane by which mail for this destination goes; it may have the name of another.
  [[nodiscard]] virtual std::optional<scheduler::LaneView> lane(
      const mail::Destination& /*destination*/) const {
    return std::nullopt;
  }

  /// The recipients of these messages that are being tried at this moment.
  [[nodiscard]] virtual std::vector<UnderWay> under_way(
      const std::vector<mail::QueueId>& /*messages*/) const {
    return {};
  }

  /// What is going to happen to these, if what was learnt decides.
  [[nodiscard]] virtual std::optional<std::vector<scheduler::Rehearsal>> rehearse(
      const std::vector<scheduler::Role>& /*roles*/, std::size_t /*limit*/) const {
    return std::nullopt;
  }

  /// Somebody was told `answer` before he could ask for anything.
  virtual void turned_away(const mail::Submitter& /*who*/, const ControlAnswer& /*answer*/) {}
};

/// No condition at all: every open recipient.
[[nodiscard]] bool selects_everything(const queue::Selection& selection);

/// Why this must not be done as it was asked, or nullopt: hold, remove and expire of everything
/// have to be said in so many words. Concurrency: pure.
[[nodiscard]] std::optional<std::string> objection(const ControlRequest& request);

/// Never fails otherwise than by an answer. `by` ("uid 0") is kept in the history.
io::Async<ControlAnswer> carry_out(ControlRequest request, std::string by, Controls& controls);

/// The sysexits code an operator's program should end with for this error, and its text.
[[nodiscard]] int exit_code(const io::Error& error);
[[nodiscard]] ControlAnswer refused(int code, std::string_view why);
[[nodiscard]] ControlAnswer refused(const io::Error& error);

}  // namespace tenax::engine

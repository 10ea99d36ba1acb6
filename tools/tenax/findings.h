// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the program found out before it says anything: the values that present.h and as_json.h
// write.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/control.h"

namespace tenax::cli {

/// Whether somebody delivers.
struct DaemonState {
  enum class Life { up, down, unknown };
  Life life = Life::down;
  std::optional<engine::EngineView> view;  // when it told us
  std::string trouble;                     // unknown: why
};

struct Overview {
  std::string state_directory;
  queue::Summary summary;
  std::size_t more_destinations = 0;  // 1: the table was cut
  DaemonState daemon;
  std::optional<std::int64_t> dropped;  // messages in the drop folder; unset: not ours to read
  std::optional<mail::WallTime> oldest_ends;  // when the oldest message would be given up
  mail::WallTime now;
};

struct Listing {
  std::vector<queue::RecipientRow> rows;
  bool cut = false;  // there are more
  mail::WallTime now;
};

/// Recipients of one message to whom the same is going to happen.
struct Prospect {
  std::vector<queue::RecipientRow> recipients;  // at least one
  scheduler::Forecast forecast;
};

struct Prospects {
  mail::QueueId message;
  mail::ReversePath sender;
  mail::WallTime accepted;
  std::vector<Prospect> open;
  std::size_t ended = 0;  // recipients that nothing will happen to any more
  mail::WallTime now;
};

struct Changed {
  engine::ControlVerb verb = engine::ControlVerb::retry;
  queue::Operated operated;
  bool by_daemon = true;  // false: the daemon is down, and this program did it
};

struct DestinationView {
  std::string destination;
  std::optional<scheduler::LaneView> lane;
  DaemonState daemon;
  std::optional<queue::DestinationRow> row;
  Listing listing;
};

}  // namespace tenax::cli

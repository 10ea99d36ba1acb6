// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the program found out before it says anything: the values that present.h and as_json.h
// write.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/control.h"
#include "engine/known_site.h"
#include "engine/what_if.h"

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
  bool oldest_held = false;                   // all of it: it does not expire
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

/// What the coming dates were made of.
struct Source {
  enum class Kind {
    schedule,  // the formula of the configuration decides
    daemon,    // what receivers taught does, and the daemon told it
    queue,     // it does, as far as the queue keeps it
  };
  Kind kind = Kind::schedule;
  std::string trouble;  // queue: why the daemon did not tell; "": none runs
};

/// Something else that is to be known of recipients.
struct Remark {
  enum class About {
    suppressed,   // the address is on the suppression list: it fails at its next attempt
    owed,         // it failed, and a digest is going to tell its sender
    owed_delay,   // it is late, and the same
    owed_unread,  // it failed, and what is noted of that cannot be read
  };
  About about = About::suppressed;
  std::vector<queue::RecipientRow> recipients;  // at least one
  std::optional<mail::WallTime> when = {};      // suppressed: the last failure; owed: the digest
  std::int64_t times = 0;                       // suppressed: failures; 0: the operator says so
  std::string said = {};  // suppressed: cause and words, or the operator's note
};

struct Prospects {
  Source source = {};
  mail::QueueId message;
  mail::ReversePath sender;
  mail::WallTime accepted;
  std::vector<Prospect> open;
  std::size_t ended = 0;  // recipients that nothing will happen to any more
  bool paused = false;    // by the configuration: nothing new is attempted
  mail::WallTime now;
  std::vector<Remark> remarks = {};
};

/// Five different waits, none of which counts as an attempt.
enum class Wait { none, message_backoff, destination_backoff, limiter, hold, own_fault };

/// What exactly it is.
enum class Cause {
  trying,       // it is being tried, or as far as we were told
  settling,     // its attempt is over, the outcome is being written down
  put_off,      // its own attempt was deferred
  sent_back,    // given back to the queue, uncounted, by a lane that had no use for it
  parked,       // its destination seems dead
  probation,    // and is being tried with one message
  lane_full,    // its destination has as many sessions as it may have
  all_full,     // and so have all together
  in_line,      // others go first
  paced,        // the operator's rate for its destination
  door,         // its site takes no more for now, by what it has taught
  held,         // by an operator, or by us with a said reason
  stormed,      // by us: its destination suddenly refuses most mail
  paused,       // by the configuration
  daemon_down,  // nobody is there to try it
  left_leased,  // a daemon that is gone had it
  own_fault,    // our network, names or disk
};

/// What holds a recipient right now.
struct Hindrance {
  Wait wait = Wait::none;
  Cause cause = Cause::trying;
  std::optional<mail::WallTime> since;  // when it began, if that is known
  std::optional<mail::WallTime> next;   // the next attempt, if time alone brings it
  queue::Before before;                 // who goes first: limiter
  bool at_most = false;                 // perhaps fewer: only the daemon knows its order
  std::optional<scheduler::LaneView> lane;
  std::optional<scheduler::Reason> reason = std::nullopt;  // why `next` is then, where known
  std::string said;       // held: by whom and why; else the server's last words, or our own
  std::string host;       // who said so, perhaps
  std::string rate = {};  // paced: "100 in 1 h"
  int line = 0;           // and the line of the configuration that says so
};

/// Recipients of one message whom the same holds.
struct Reason {
  std::vector<queue::RecipientRow> recipients;  // at least one
  Hindrance hindrance;
};

struct Reasons {
  mail::QueueId message;
  mail::ReversePath sender;
  mail::WallTime accepted;
  std::optional<mail::WallTime> end;  // when it is given up, if nothing succeeds; unset: held
  std::vector<Reason> open;
  std::size_t more = 0;   // recipients that are open too, and not looked at
  std::size_t ended = 0;  // recipients that nothing holds any more
  DaemonState daemon;
  mail::WallTime now;
  std::vector<Remark> remarks = {};
};

struct WhatIfView {
  scheduler::Schedule in_force;
  scheduler::Schedule other;
  mail::Duration since{};
  bool since_cut = false;  // longer was asked for, and history is kept no longer
  engine::WhatIfAnswer answer;
  std::vector<std::pair<std::string, scheduler::Share>> destinations;  // changed most
};

struct Changed {
  engine::ControlVerb verb = engine::ControlVerb::retry;
  queue::Operated operated;
  bool by_daemon = true;                     // false: the daemon is down, and this program did it
  std::optional<std::int64_t> dropped = {};  // messages in the drop folder, which nobody touched
};

struct DestinationView {
  std::string destination;
  std::optional<scheduler::LaneView> lane;
  DaemonState daemon;
  std::optional<queue::DestinationRow> row;
  std::optional<scheduler::SiteView> site;  // what was learnt, as last written down
  Listing listing;
  std::string rules = {};       // what the operator says of it; "": nothing
  std::string rules_from = {};  // "/etc/tenax/tenax.toml:42"
};

}  // namespace tenax::cli

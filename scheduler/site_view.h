// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is known of the site that a destination leads to, for whoever wants to know.

#include <optional>
#include <string>
#include <vector>

#include "mail/time.h"

#include "scheduler/outage.h"
#include "scheduler/quota.h"

namespace tenax::scheduler {

/// Concurrency: value.
struct SiteView {
  struct Down {
    mail::WallTime since;
    mail::WallTime next_probe;
    int failures = 0;
  };
  struct Greylisting {
    std::optional<mail::Duration> enough;  // an age at which strangers were taken
    mail::Duration too_short{};            // and one at which they were not; 0: none is known
    int passes = 0;
    std::optional<mail::WallTime> last_pass;
    bool stated = false;              // its own words proved true
    bool punishes = false;            // who knocks too early waits longer
    int sender_after_success = 0;     // > 0: then its other mail passes, < 0: it does not
    int everybody_after_success = 0;  // the same for all others
  };
  struct Limit {
    Rate rate;
    int taken_lately = 0;  // in the last period
  };
  struct Door {
    std::optional<mail::WallTime> closed_since;
    mail::WallTime next_probe;
    std::vector<Limit> limits;     // at most Limits::kMost, the narrowest first
    bool counts_refused = false;   // so do they
    bool limits_everyone = false;  // each sender and destination for itself
    bool states_false_times = false;
    mail::Duration gap{};  // between two messages, at least; 0: none
  };
  struct Host {
    std::string name;
    std::optional<Down> down;
    std::optional<mail::WallTime> answered;
    bool asked_first = false;
  };

  std::string name;                       // its first destination
  std::vector<std::string> destinations;  // that share it, as far as is known
  mail::WallTime touched;                 // when it was last met
  std::optional<Down> down;
  std::optional<Down> name_down;  // the destination's name does not resolve
  PastOutages outages;
  bool takes_strangers = false;
  std::optional<Greylisting> greylisting;  // it made somebody wait
  Door door;
  std::optional<int> sessions;  // at once; more were refused
  bool states_times = false;    // its replies do
  double trust = 0;             // in them
  std::vector<Host> hosts;      // in the order of its preference
};

}  // namespace tenax::scheduler

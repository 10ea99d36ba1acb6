// SPDX-License-Identifier: Apache-2.0
#pragma once
// Is it us? When one site after the other fails that had answered, and none answers between, the
// fault is ours.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "mail/time.h"

#include "scheduler/moment.h"
#include "scheduler/outage.h"

namespace tenax::scheduler {

/// Concurrency: value.
class OurNetwork {
 public:
  /// Who could not be reached, and whether it has answered since that last happened to it: what was
  /// never heard of, or is long dead, says nothing of us.
  struct Witness {
    std::uint64_t site;
    bool answered;
  };

  /// True: so it is us, as of now.
  bool failed(Witness witness, mail::WallTime started, mail::WallTime now);
  /// An attempt at this site failed while it is known to be us.
  void failed_again(std::uint64_t site, mail::WallTime now);
  /// Somebody answered. True: it was us until now.
  bool answered();

  [[nodiscard]] bool down() const { return outage_.under_way(); }
  [[nodiscard]] mail::WallTime next_probe() const { return outage_.next_probe(); }
  /// Sites that failed since anybody answered last: who asks one of the others learns more.
  [[nodiscard]] const std::vector<std::uint64_t>& suspects() const { return suspects_; }
  [[nodiscard]] bool suspects(std::uint64_t site) const {
    return std::ranges::find(suspects_, site) != suspects_.end();
  }
  void shift(mail::Duration step) {
    outage_.shift(step);
    move_along(first_failure_, step);
  }
  /// As answered(), of an earlier life.
  void has_answered() { heard_ = true; }

 private:
  Outage outage_;
  std::vector<std::uint64_t> suspects_;
  mail::WallTime first_failure_;
  bool heard_ = false;     // anybody has ever answered
  bool given_up_ = false;  // nobody ever did, and that is no longer put down to us
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections that nobody answers while others of ours are served: a firewall may let no more in.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "mail/time.h"

#include "scheduler/moment.h"

namespace tenax::scheduler {

/// Or they are lost by chance, or the host has just gone down and the others have not noticed yet.
/// So no more are opened than there were, then one more, and again: only if that very one gets no
/// answer twice, and those beside it do, it is the host's room for sessions. Concurrency: value.
class Unanswered {
 public:
  /// One of this message, begun at `started`, was not answered beside so many others. False: such
  /// are lost by chance, but nor was the one before it answered, so nobody may be there.
  bool failed(std::uint64_t message, mail::WallTime started, int others, mail::WallTime now) {
    if (now < by_chance_until_) return std::exchange(connected_, false);
    if (!most_ || now - since_ > kMemory) {
      *this = {};
      most_ = others;
      since_ = now;
    } else if (tested_ == message) {
      ++proofs_;
      tested_ = 0;
      tests_ = false;
    } else if (started >= in_force_) {
      // Within its room as well.
      if (++losses_ >= kLossesToDismiss) *this = Unanswered{now + kMemory};
      return true;
    }
    if (tested_ != 0) --others;
    if (others < *most_) {
      most_ = std::max(others, 0);
      proofs_ = 0;
    }
    in_force_ = now;
    return true;
  }
  /// One is opened beside so many others.
  void goes(std::uint64_t message, int others) {
    if (tests_ && tested_ == 0 && others >= *most_) tested_ = message;
  }
  /// What began at `started` came to its end, and not in silence. How many have room, if that is
  /// proven by now. `connected`: it had a connection of its own, not one that was kept.
  std::optional<int> served(std::uint64_t message, mail::WallTime started, bool connected) {
    if (!connected) {
      if (tested_ == message) tested_ = 0;  // it tested nothing
      return std::nullopt;
    }
    connected_ = true;
    if (!most_ || started <= in_force_) return std::nullopt;
    if (tested_ == message) {
      *this = {};
      return std::nullopt;
    }
    tests_ = true;
    if (proofs_ < kProofs) return std::nullopt;
    const std::optional<int> room = most_;
    *this = {};
    return room;
  }
  /// So many at once until that is known; nullopt: as many as otherwise.
  [[nodiscard]] std::optional<int> most() const {
    return most_ ? std::optional{*most_ + (tests_ ? 1 : 0)} : std::nullopt;
  }
  void shift(mail::Duration step) {
    for (mail::WallTime* const when : {&since_, &in_force_, &by_chance_until_}) {
      move_along(*when, step);
    }
  }

  Unanswered() = default;

 private:
  static constexpr int kProofs = 2;
  static constexpr int kLossesToDismiss = 2;
  static constexpr mail::Duration kMemory = std::chrono::hours{1};

  explicit Unanswered(mail::WallTime by_chance_until) : by_chance_until_{by_chance_until} {}

  std::optional<int> most_;
  mail::WallTime since_;
  mail::WallTime in_force_;   // what began later began within that
  bool tests_ = false;        // one more may be opened,
  std::uint64_t tested_ = 0;  // and this message is sent by that
  int proofs_ = 0;
  int losses_ = 0;
  mail::WallTime by_chance_until_;
  bool connected_ = false;  // one was, since another was not
};

}  // namespace tenax::scheduler

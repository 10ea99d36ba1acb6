// SPDX-License-Identifier: Apache-2.0
#pragma once
// Senders, and domains, that a site refuses while it takes others: then the reason is theirs, and
// so is the wait.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "mail/time.h"

namespace tenax::scheduler {

/// Each of them asks with one message at a time, ever more slowly; all its others wait for what
/// that one finds, and go when it was taken. So ten thousand deferred messages of one make some
/// twenty attempts a day, and delay nobody else's mail. At most 64 of a site, the one that was
/// refused first goes first. Concurrency: value.
class RefusedParts {
 public:
  void refused(std::uint64_t part, mail::WallTime when, mail::WallTime now) {
    auto found = std::ranges::find(all_, part, &One::part);
    if (found == all_.end()) {
      if (all_.size() >= kMost) all_.erase(all_.begin());
      found = all_.insert(all_.end(), {part, when, now, std::nullopt});
    }
    const mail::Duration gap = (now - found->since) / 2;
    found->asks_at = now + std::clamp<mail::Duration>(gap, kFirstGap, kLongestGap);
  }
  /// True: others of it may wait.
  bool taken(std::uint64_t part, mail::WallTime now) {
    const auto found = std::ranges::find(all_, part, &One::part);
    if (found == all_.end() || found->freed) return false;
    found->freed = now;
    return true;
  }
  /// Was one of it taken again lately, and none refused since?
  [[nodiscard]] bool freed(std::uint64_t part, mail::WallTime now) const {
    const auto found = std::ranges::find(all_, part, &One::part);
    return found != all_.end() && found->freed && now < *found->freed + kFreedLately;
  }
  /// One of it was refused, for whatever reason.
  void no_longer_freed(std::uint64_t part) {
    std::erase_if(all_, [part](const One& one) { return one.part == part && one.freed; });
  }
  void clear() { all_.clear(); }

  /// One of its messages goes: the others wait for its answer.
  void asks(std::uint64_t part, mail::WallTime now) {
    const auto found = std::ranges::find(all_, part, &One::part);
    if (found != all_.end() && !found->freed) found->asks_at = now + kLongestSession;
  }
  /// When it asks next; nullopt: it is not one of them.
  [[nodiscard]] std::optional<mail::WallTime> asks_at(std::uint64_t part) const {
    const auto found = std::ranges::find(all_, part, &One::part);
    return found != all_.end() && !found->freed ? std::optional{found->asks_at} : std::nullopt;
  }

  void shift(mail::Duration step) {
    for (One& one : all_) {
      one.since += step;
      one.asks_at += step;
      if (one.freed) *one.freed += step;
    }
  }

 private:
  static constexpr std::size_t kMost = 64;
  static constexpr mail::Duration kFirstGap = std::chrono::seconds{30};
  static constexpr mail::Duration kLongestGap = std::chrono::hours{1};
  static constexpr mail::Duration kLongestSession = std::chrono::minutes{1};
  static constexpr mail::Duration kFreedLately = std::chrono::hours{1};

  struct One {
    std::uint64_t part = 0;
    mail::WallTime since;
    mail::WallTime asks_at;
    std::optional<mail::WallTime> freed;
  };
  std::vector<One> all_;
};

}  // namespace tenax::scheduler

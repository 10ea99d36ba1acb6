// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is said again and again is said less and less: a program that runs wild at a door must not
// fill the log.

#include <map>
#include <optional>
#include <string>

#include "io/clock.h"

namespace tenax::engine {

/// Concurrency: one user at a time.
class Restraint {
 public:
  static constexpr int kPlain = 5;                 // so many are said each by itself
  static constexpr std::size_t kMost = 1000;       // different matters kept in mind
  static constexpr std::chrono::minutes kSpan{1};  // after which a matter begins anew

  /// The how manieth time this is, when it is worth saying: up to the fifth, then the 10th, 100th,
  /// and so on. nullopt: not worth it.
  [[nodiscard]] std::optional<int> worth_saying(const std::string& matter, io::Instant now) {
    if (seen_.size() >= kMost && !seen_.contains(matter)) seen_.clear();
    Seen& seen = seen_[matter];
    if (seen.times == 0 || now >= seen.began + kSpan) seen = {now, 0, 10};
    ++seen.times;
    if (seen.times < seen.next && seen.times > kPlain) return std::nullopt;
    if (seen.times == seen.next) seen.next *= 10;
    return seen.times;
  }

 private:
  struct Seen {
    io::Instant began;
    int times = 0;
    int next = 10;
  };
  std::map<std::string, Seen> seen_;
};

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The addresses at which one site answers: what tells that two names are the same machines.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "mail/time.h"

namespace tenax::scheduler {

class LessonForm;

/// Of an address and a port a hash is kept. At most 32; the one that was met longest ago goes
/// first. Concurrency: value.
class Addresses {
 public:
  /// It answered there. The one that is forgotten for it, if any.
  std::optional<std::uint64_t> met(std::uint64_t address, mail::WallTime now) {
    if (One* const known = find(address)) {
      known->met = now;
      return std::nullopt;
    }
    std::optional<std::uint64_t> gone;
    if (all_.size() >= kMost) {
      const auto oldest = std::ranges::min_element(all_, {}, &One::met);
      gone = oldest->address;
      all_.erase(oldest);
    }
    all_.push_back({address, now});
    return gone;
  }
  void forget(std::uint64_t address) {
    std::erase_if(all_, [address](const One& one) { return one.address == address; });
  }

  [[nodiscard]] bool any() const { return !all_.empty(); }
  [[nodiscard]] bool have(std::uint64_t address) const {
    return std::ranges::find(all_, address, &One::address) != all_.end();
  }
  /// Addresses are given to others in time.
  [[nodiscard]] bool have_lately(std::uint64_t address, mail::WallTime now) const {
    const auto found = std::ranges::find(all_, address, &One::address);
    return found != all_.end() && now - found->met < kLately;
  }
  [[nodiscard]] std::vector<std::uint64_t> all() const {
    std::vector<std::uint64_t> all;
    for (const One& one : all_) all.push_back(one.address);
    return all;
  }

  void shift(mail::Duration step) {
    for (One& one : all_) one.met += step;
  }
  void describe(LessonForm& form);

 private:
  static constexpr std::size_t kMost = 32;
  static constexpr mail::Duration kLately = std::chrono::hours{24 * 7};

  struct One {
    std::uint64_t address = 0;
    mail::WallTime met;
  };
  One* find(std::uint64_t address) {
    const auto found = std::ranges::find(all_, address, &One::address);
    return found != all_.end() ? &*found : nullptr;
  }

  std::vector<One> all_;
};

}  // namespace tenax::scheduler

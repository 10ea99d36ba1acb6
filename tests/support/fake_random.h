// SPDX-License-Identifier: Apache-2.0
#pragma once
// Dice that a seed replays.

#include <atomic>
#include <cstdint>

#include "io/random.h"

namespace tenax::testing {

/// SplitMix64. Concurrency: thread-safe (one atomic step for each draw).
class FakeRandom final : public io::Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_{seed} {}

  std::uint64_t bits() override {
    std::uint64_t z = state_.fetch_add(kStep) + kStep;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  std::atomic<std::uint64_t> state_;
};

}  // namespace tenax::testing

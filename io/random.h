// SPDX-License-Identifier: Apache-2.0
#pragma once
// Dice as a capability.

#include <cstdint>
#include <string>

namespace tenax::io {

/// Concurrency: thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  /// Uniform over all 64-bit values.
  virtual std::uint64_t bits() = 0;
};

/// Uniform in [0, 1).
[[nodiscard]] double roll(Random& random);

/// `digits` lower-case hex digits.
[[nodiscard]] std::string hex(Random& random, int digits);

/// From the kernel (getrandom).
class SystemRandom final : public Random {
 public:
  std::uint64_t bits() override;
};

}  // namespace tenax::io

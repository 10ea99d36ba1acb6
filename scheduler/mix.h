// SPDX-License-Identifier: Apache-2.0
#pragma once
// A number that looks random and is the same whenever it is asked for: spreads what would otherwise
// happen at one instant, without dice.

#include <cstdint>
#include <string_view>

namespace tenax::scheduler {

/// The finaliser of SplitMix64: every bit of the input moves half of the output's.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// FNV-1a: the same in every build, unlike std::hash.
[[nodiscard]] constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return mix(hash);
}

/// Uniform in [0, 1): the 53 bits a double holds exactly.
[[nodiscard]] constexpr double fraction(std::uint64_t value) {
  return static_cast<double>(mix(value) >> 11) * 0x1.0p-53;
}

}  // namespace tenax::scheduler

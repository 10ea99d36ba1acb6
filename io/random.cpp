// SPDX-License-Identifier: Apache-2.0
#include "io/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace tenax::io {

double roll(Random& random) {
  // 53 bits are what a double holds exactly, so 1.0 is never reached.
  return static_cast<double>(random.bits() >> 11) * 0x1.0p-53;
}

std::string hex(Random& random, int digits) {
  constexpr int kDigitsPerDraw = 16;
  std::string text;
  std::uint64_t bits = 0;
  for (int at = 0; at < digits; ++at) {
    if (at % kDigitsPerDraw == 0) bits = random.bits();
    text += "0123456789abcdef"[bits & 0xf];
    bits >>= 4;
  }
  return text;
}

std::uint64_t SystemRandom::bits() {
  std::uint64_t value = 0;
  for (;;) {
    const ssize_t got = ::getrandom(&value, sizeof value, 0);
    if (got == static_cast<ssize_t>(sizeof value)) return value;
    // Interrupted before the kernel's pool is ready at boot. Anything else means there are no dice
    // at all, and to go on with predictable ones would be worse than to stop.
    if (got < 0 && errno != EINTR) {
      throw std::system_error{errno, std::generic_category(), "getrandom"};
    }
  }
}

}  // namespace tenax::io

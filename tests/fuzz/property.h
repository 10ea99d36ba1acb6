// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a fuzz target says when a property does not hold: an exception that libFuzzer reports as a
// crash and a test as a failure.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenax::fuzz {

inline void hold(bool holds, std::string_view property) {
  if (!holds) throw std::logic_error{"does not hold: " + std::string{property}};
}

inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace tenax::fuzz

/// Makes this file the fuzz program of `property`, a function of one std::string_view.
#define TENAX_FUZZ_ONE(property)                                                       \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) { \
    property(::tenax::fuzz::as_text(bytes, size));                                     \
    return 0;                                                                          \
  }

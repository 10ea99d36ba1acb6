// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who was taken where before: a table of fixed size that forgets by being written over.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/mix.h"

namespace tenax::scheduler {

/// May forget, never invents (but for two hashes of 64 bits being the same). Concurrency: value.
class Acquaintances {
 public:
  explicit Acquaintances(std::size_t places) : places_(places) {}
  void add(std::uint64_t one) { places_[mix(one) % places_.size()] = one; }
  [[nodiscard]] bool knows(std::uint64_t one) const {
    return places_[mix(one) % places_.size()] == one;
  }

 private:
  std::vector<std::uint64_t> places_;
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a verb that ended midway has done is said with what did not come to be.

#include <cstdint>
#include <string>
#include <string_view>

#include "io/result.h"

namespace tenax::queue {

/// `done`: "released", of the recipients it changed. Concurrency: pure.
[[nodiscard]] inline io::Error cut_short(std::int64_t changed, std::string_view done,
                                         io::Error error) {
  if (changed == 0) return error;
  error.context = std::to_string(changed) +
                  (changed == 1 ? " recipient was " : " recipients were ") + std::string{done} +
                  ", the others are as they were: " + error.context;
  return error;
}

}  // namespace tenax::queue

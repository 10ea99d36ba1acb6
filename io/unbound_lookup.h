// SPDX-License-Identifier: Apache-2.0
#pragma once
// One name looked up for several types at once: what is awaited, and how it ends.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"
#include "io/unbound.h"

namespace tenax::io {

// RFC 1035 3.2.2, RFC 3596 2.1
constexpr int kTypeA = 1;
constexpr int kTypeMx = 15;
constexpr int kTypeAaaa = 28;

/// What one question brought; no rdata means NODATA.
struct Found {
  std::vector<std::string> rdata;
  bool authentic = false;
  std::chrono::seconds ttl{0};
};

/// The answer or the failure for each of `types`, in their order. `name` is an A-label form.
///
/// Ends when all have answered, at the deadline, or a little after one has brought records.
/// Concurrency: from any executor, to which it returns.
[[nodiscard]] Async<std::vector<Result<Found>>> look_up(std::shared_ptr<Unbound> unbound,
                                                        std::string name, std::vector<int> types,
                                                        Instant deadline);

}  // namespace tenax::io

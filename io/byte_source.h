// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sequence of bytes that is read once from front to back, wherever it lies.

#include <cstdint>
#include <memory>
#include <span>

#include "io/async.h"
#include "io/result.h"

namespace tenax::io {

/// Concurrency: one user at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// Bytes read, perhaps fewer than asked; 0 at the end only. Errors: disk_failed, corrupt,
  /// not_found.
  virtual Async<Result<std::size_t>> read_some(std::span<char> into) = 0;
};

}  // namespace tenax::io

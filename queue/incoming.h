// SPDX-License-Identifier: Apache-2.0
#pragma once
// Contents on their way into the queue.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "io/async.h"
#include "io/result.h"

#include "queue/contents.h"
#include "queue/store.h"
#include "queue/store_parts.h"

namespace tenax::queue {

/// Small ones are gathered in memory, large ones in a file of this name. Concurrency: one user at a
/// time.
class Incoming final : public IncomingContents {
 public:
  Incoming(StorePartsPtr parts, std::string name)
      : parts_{std::move(parts)}, name_{std::move(name)} {}

  io::Async<io::Result<>> append(std::string_view bytes) override;
  io::Async<io::Result<>> close() override;
  [[nodiscard]] std::int64_t size() const override { return size_; }

  /// The contents, closed.
  io::Async<io::Result<Gathered>> finish();
  /// All of them at once.
  static io::Async<io::Result<Gathered>> gather(std::unique_ptr<Incoming> contents,
                                                std::string bytes);

 private:
  io::Async<io::Result<>> write_out(bool last);

  StorePartsPtr parts_;
  std::string name_;
  std::string buffer_;
  std::int64_t size_ = 0;
  std::shared_ptr<NewFile> file_;
  bool closed_ = false;
  std::optional<io::Error> wrong_;
};

}  // namespace tenax::queue

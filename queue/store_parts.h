// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a SqliteStore is made of.

#include <cstdint>
#include <memory>
#include <string>

#include "queue/commit_group.h"
#include "queue/disk_room.h"
#include "queue/fresh_contents.h"
#include "queue/unfit.h"
#include "queue/writes.h"

namespace tenax::queue {

/// Shared with the calls under way, which may outlive the store. Concurrency: the engine's strand,
/// but for what its parts say.
struct StoreParts {
  std::shared_ptr<CommitGroup> group;
  std::shared_ptr<DiskRoom> disk;
  FreshContents fresh;
  std::string owner;  // of our leases
  std::shared_ptr<WriterState> writer;
  std::shared_ptr<Unfit> unfit = std::make_shared<Unfit>();
  std::int64_t inline_limit = 0;
};
using StorePartsPtr = std::shared_ptr<StoreParts>;

}  // namespace tenax::queue

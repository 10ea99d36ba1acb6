// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes down what this program asks of the kernel for the files below one folder: the drop
// folder's part of a disk's history, as FaultyVfs is SQLite's. Stands in the program's own calls
// (the linker's
// --wrap), so what is recorded is what the product does, and the product knows nothing of it.

#include <string>

#include "tests/support/disk_history.h"

namespace tenax::testing {

/// While it lives; one at a time. In this program no sync reaches the disk, recorded or not.
class RecordedCalls {
 public:
  /// `root` as the kernel names it: absolute, without links.
  RecordedCalls(DiskHistory& history, std::string root);
  ~RecordedCalls();
  RecordedCalls(const RecordedCalls&) = delete;
  RecordedCalls& operator=(const RecordedCalls&) = delete;
};

}  // namespace tenax::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once
// For the moment when there are no descriptors left: whoever knocks then is told so, or served with
// the one that was kept, instead of being left to wait for an answer that cannot come.

#include <fcntl.h>

#include <utility>

#include "io/file.h"

namespace tenax::engine {

/// One descriptor, kept. Concurrency: one user at a time.
class SpareDescriptor {
 public:
  SpareDescriptor() { keep(); }

  /// Calls `act` while there is one more than there was.
  template <class Act>
  void lend(Act act) {
    spare_ = io::Fd{};
    std::move(act)();
    keep();
  }

  /// Where there is none, because `act` kept it or somebody else was faster.
  void keep() {
    if (!spare_) spare_ = io::Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  }

 private:
  io::Fd spare_;
};

}  // namespace tenax::engine

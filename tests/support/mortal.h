// SPDX-License-Identifier: Apache-2.0
#pragma once
// The death of a process.

#include <boost/asio/io_context.hpp>

#include "io/async.h"

namespace tenax::testing {

/// A context that can die: whatever waits in it is destroyed where it stands. Concurrency: one
/// thread.
class Mortal : public io::asio::io_context {
 public:
  Mortal() : io::asio::io_context{1} {}
  void die() { shutdown(); }
};

}  // namespace tenax::testing

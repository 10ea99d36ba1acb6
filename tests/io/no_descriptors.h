// SPDX-License-Identifier: Apache-2.0
#pragma once
// As if this process had used up its descriptors, for the calls that io/ makes to get one.
//
// Lowering RLIMIT_NOFILE would take the sanitizers' too: UBSan looks at memory through a pipe, and
// calls an error what it cannot look at.

namespace tenax::testing {

/// While it lives, socket(), timerfd_create() and pipe2() fail with EMFILE. Concurrency: one at a
/// time; those calls may come from any thread.
class NoDescriptors {
 public:
  NoDescriptors();
  ~NoDescriptors();
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  /// How many calls were refused so far.
  [[nodiscard]] int refused() const;
};

}  // namespace tenax::testing

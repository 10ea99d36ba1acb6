// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses at which no connection could be made lately: a broken way by IPv6, one dead machine of
// several. Each would cost every new connection the patience of a connect, so they come behind
// their equals for a while.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "io/clock.h"

namespace tenax::delivery {

/// Concurrency: thread-safe (locked).
class SilentAddresses {
 public:
  /// Are its equals to be asked before this address and port? When its time is over, the first to
  /// ask hears "no" and finds out; the others go on without it meanwhile.
  [[nodiscard]] bool waits(const std::string& address, io::Instant now);

  /// A connection stood, whatever was said in it.
  void answered(const std::string& address);
  /// None could be made, and not by our own fault.
  void failed(const std::string& address, io::Instant now);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Silence {
    io::Instant until;
    io::Span length{0};
    bool probed = false;  // somebody finds out
  };
  mutable std::mutex mutex_;
  std::map<std::string, Silence> silences_;
};

}  // namespace tenax::delivery

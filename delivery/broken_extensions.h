// SPDX-License-Identifier: Apache-2.0
#pragma once
// Hosts that offer PIPELINING and break under it: a firewall that rewrites SMTP, a server that
// loses what was sent ahead. They are spoken to one command at a time.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "io/clock.h"

namespace tenax::delivery {

/// Concurrency: thread-safe (locked).
class BrokenExtensions {
 public:
  /// May commands be sent ahead to the host at this address and port?
  [[nodiscard]] bool may_pipeline(const std::string& host, io::Instant now) const;

  /// A transaction whose commands were sent ahead came to its end, whatever was said in it.
  void went_well(const std::string& host);
  /// The session broke in it before the message was asked for, without a word.
  void broke(const std::string& host, io::Instant now);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Host {
    int times = 0;  // in a row
    io::Instant last;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Host> hosts_;
};

}  // namespace tenax::delivery

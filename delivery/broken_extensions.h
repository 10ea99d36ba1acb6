// SPDX-License-Identifier: Apache-2.0
#pragma once
// Hosts that offer PIPELINING and break under it: a firewall that rewrites SMTP, a server that
// loses what was sent ahead. They are spoken to one command at a time. And hosts that hang up at
// EHLO, which may be greeted with HELO.

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

  /// Did the host hang up at EHLO on the last two connections? One that was just restarted does it
  /// on one, and without EHLO there is neither TLS nor SMTPUTF8.
  [[nodiscard]] bool hangs_up_at_ehlo(const std::string& host, io::Instant now) const;

  /// It answered EHLO, whatever it said.
  void answered_ehlo(const std::string& host);
  /// It hung up there, on a connection that began at `began`: those side by side count once.
  void hung_up_at_ehlo(const std::string& host, io::Instant began, io::Instant now);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Host {
    int times = 0;  // in a row
    io::Instant last;
  };
  using Hosts = std::map<std::string, Host>;
  static bool is_habit(const Hosts& hosts, const std::string& host, io::Instant now);
  static void note(Hosts& hosts, const std::string& host, io::Instant now);

  mutable std::mutex mutex_;
  Hosts hosts_;
  Hosts at_ehlo_;
};

}  // namespace tenax::delivery

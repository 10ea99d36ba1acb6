// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names looked up by libunbound: a cache of our own, DNSSEC on request, TCP where UDP is too small.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "io/resolver.h"

namespace tenax::io {

struct UnboundOptions {
  /// Recursive servers to ask: "192.0.2.53", "192.0.2.53:5353", "2001:db8::53",
  /// "[2001:db8::53]:5353". Empty: those of `resolv_conf`, which is read again when it has changed:
  /// networks come up later than we do, and are changed.
  std::vector<std::string> servers;
  std::string resolv_conf = "/etc/resolv.conf";
  /// Names whose addresses need no server; "" for none. It says nothing of their MX: that a name is
  /// known here, as a web host or as our own, does not tell who takes its mail.
  std::string hosts = "/etc/hosts";
  bool dnssec = false;        // validate; the servers must pass DNSSEC records on
  std::string trust_anchors;  // file of DS or DNSKEY records; "" for the root's known keys
  /// So often the system's files are looked at, when something is asked.
  std::chrono::milliseconds look_again{2000};
};

/// Look-ups run on a thread of libunbound; their answers are taken in on `executor` and handed to
/// the executor of the coroutine that asked. Destroy it before the executor's context; coroutines
/// that still ask may be destroyed later. Concurrency: thread-safe (a strand inside).
class UnboundResolver final : public Resolver {
 public:
  /// Errors: protocol (a server's address cannot be read), not_found (a file), local_network.
  [[nodiscard]] static Result<std::unique_ptr<UnboundResolver>> open(const UnboundOptions& options,
                                                                     const Executor& executor);
  ~UnboundResolver() override;

  Async<Result<Answer<MxRecord>>> mx(std::string name, Instant deadline) override;
  Async<Result<Answer<IpAddress>>> addresses(std::string name, Instant deadline) override;

 private:
  class State;
  explicit UnboundResolver(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tenax::io

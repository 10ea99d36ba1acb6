// SPDX-License-Identifier: Apache-2.0
#pragma once
// libunbound's handle on an executor: how it is configured and how its answers are noticed.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/result.h"
#include "io/unbound_resolver.h"

struct ub_ctx;

namespace tenax::io {

/// The name servers of a resolv.conf(5). Without the file, or with none in it, this machine, as the
/// C library has it. Beyond what that takes, they may have ports.
[[nodiscard]] Result<std::vector<std::string>> system_servers(const std::string& resolv_conf);

/// Lives as long as the resolver or a question of it. Concurrency: its strand, except for opening
/// and destroying it.
class Unbound : public std::enable_shared_from_this<Unbound> {
 public:
  using Strand = asio::strand<Executor>;

  /// Asks `options.servers`; what else the system says is not looked at.
  [[nodiscard]] static Result<std::shared_ptr<Unbound>> open(const UnboundOptions& options,
                                                             const Executor& executor);
  ~Unbound();
  Unbound(const Unbound&) = delete;
  Unbound& operator=(const Unbound&) = delete;

  /// Answers are taken in while at least one look-up is open: nothing outstanding keeps nobody's
  /// context alive. False when there are too many look-ups already; then it is not open.
  [[nodiscard]] bool begin_lookup();
  void end_lookup();

  [[nodiscard]] ub_ctx* handle() const { return handle_; }
  [[nodiscard]] const Strand& strand() const { return strand_; }

 private:
  Unbound(ub_ctx* handle, const Executor& executor);
  void watch();
  void reported(bool ready);

  ub_ctx* handle_;
  Strand strand_;
  asio::posix::stream_descriptor reports_;  // the library's own descriptor
  int open_lookups_ = 0;
  bool watching_ = false;
};

}  // namespace tenax::io

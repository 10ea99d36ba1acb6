// SPDX-License-Identifier: Apache-2.0
#pragma once
// A name server on loopback that answers what it was told to, over UDP and TCP on one free port.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/async.h"

namespace tenax::testing {

/// Says NXDOMAIN to what it does not know. Concurrency: the executor's one thread; the zone is
/// written before it is asked.
class DnsServer {
 public:
  enum Type : std::uint16_t { a = 1, cname = 5, mx = 15, aaaa = 28 };

  explicit DnsServer(const io::Executor& executor);
  ~DnsServer();

  /// "127.0.0.1:40123".
  [[nodiscard]] std::string address() const;

  void add_a(std::string_view name, std::string_view ip);
  void add_aaaa(std::string_view name, std::string_view ip);
  void add_mx(std::string_view name, std::uint16_t preference, std::string_view exchange);
  void add_cname(std::string_view name, std::string_view target);
  /// A record whose contents are these bytes.
  void add_raw(std::string_view name, Type type, std::string rdata);
  /// The name exists, even when it has nothing.
  void add_name(std::string_view name);
  /// The answer to this question carries this RCODE (2 is SERVFAIL, 5 REFUSED).
  void set_rcode(std::string_view name, Type type, int rcode);
  void set_silent(std::string_view name, Type type);
  /// Over UDP there is only "truncated: ask by TCP".
  void set_truncated(std::string_view name);

  /// How many questions came for this name, whatever the type.
  [[nodiscard]] int asked(std::string_view name) const;
  [[nodiscard]] int asked_by_tcp() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tenax::testing

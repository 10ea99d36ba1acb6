// SPDX-License-Identifier: Apache-2.0
#pragma once
// A receiving mail server that follows a script, for trying a sender against every mood a server
// can have. It speaks plain ESMTP (RFC 5321, PIPELINING, 8BITMIME, SMTPUTF8, SIZE, DSN,
// ENHANCEDSTATUSCODES) and keeps what it takes.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tools/mxsim/script.h"

namespace tenax::mxsim {

struct ReceiverOptions {
  std::string name = "mx.sim.test";  // greeting
  std::string log;                   // a line of JSON per event; "" none, "-" standard output
  std::string mbox;                  // what was taken, appended; "" none
  std::size_t sessions = 1000;       // more get 421
  std::size_t most_octets = 512UL * 1024 * 1024;
  std::size_t most_recipients = 1000;  // in one transaction; more get 452 4.5.3
  bool sync_log = false;               // fsync the log before the 250 after the dot
};

/// Concurrency: one thread runs the io_context.
class Receiver {
 public:
  Receiver(boost::asio::io_context& context, Script script, ReceiverOptions options);
  ~Receiver();

  /// Port 0 takes a free one. Returns the port; throws boost::system::system_error when it cannot
  /// listen.
  std::uint16_t listen(const boost::asio::ip::tcp::endpoint& where);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tenax::mxsim

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a server said it can do (RFC 5321 4.1.1.1), and nothing it said before TLS.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/reply.h"

namespace tenax::delivery {

/// Nothing, for a server that knows HELO only. Concurrency: value.
struct Capabilities {
  bool pipelining = false;        // RFC 2920
  bool eight_bit = false;         // RFC 6152
  bool smtputf8 = false;          // RFC 6531
  bool dsn = false;               // RFC 3461
  bool starttls = false;          // RFC 3207
  bool size = false;              // RFC 1870
  std::int64_t largest = 0;       // octets; 0: no limit stated
  int most_transactions = 0;      // RFC 9422 MAILMAX, in one session; 0: no limit stated
  int most_recipients = 0;        // RFC 9422 RCPTMAX, in one transaction; 0: no limit stated
  std::vector<std::string> auth;  // RFC 4954: mechanisms in upper case, at most 32

  /// Reads the reply to EHLO; what it does not know it passes over.
  static Capabilities parse(const mail::Reply& reply);

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

}  // namespace tenax::delivery

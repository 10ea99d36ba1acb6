// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names into records. Answers carry their authenticity and their time to live from the first day.

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "io/ascii_name.h"
#include "io/async.h"
#include "io/clock.h"
#include "io/result.h"

namespace tenax::io {

using IpAddress = asio::ip::address;

struct MxRecord {
  std::uint16_t preference = 0;
  std::string exchange;  // lower case, no trailing dot; "" is the root: a null MX (RFC 7505)
  friend bool operator==(const MxRecord&, const MxRecord&) = default;
};

/// No records but no error means: the name exists, the type does not (NODATA).
template <class Record>
struct Answer {
  std::vector<Record> records;
  bool authentic = false;  // validated by DNSSEC
  std::chrono::seconds ttl{0};
};

/// Names may be UTF-8; they are asked for as A-labels (IDNA 2008). A look-up fails with
/// name_not_found (NXDOMAIN), name_unavailable (SERVFAIL, REFUSED, no answer), name_bogus,
/// timed_out or cancelled. Concurrency: thread-safe.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Async<Result<Answer<MxRecord>>> mx(std::string name, Instant deadline) = 0;
  /// A and AAAA together, each in the order received, those of the family asked for first are not
  /// guaranteed. When one of the two look-ups fails and the other has records, those are the
  /// answer.
  virtual Async<Result<Answer<IpAddress>>> addresses(std::string name, Instant deadline) = 0;
};

}  // namespace tenax::io

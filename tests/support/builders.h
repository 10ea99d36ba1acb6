// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values a test needs and does not care about, in one line each.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "delivery/agent.h"

namespace tenax::testing {

[[nodiscard]] mail::Address address(std::string_view text);

/// From ann@example.org to bob@example.net by MX, until told otherwise. The contents are 100
/// octets.
class RequestBuilder {
 public:
  RequestBuilder();
  RequestBuilder& from(std::string_view sender);  // "" is the null path
  /// The first call replaces bob; ids count from 1. The first recipient's domain is the
  /// destination, unless one is given.
  RequestBuilder& to(std::string_view recipient);
  RequestBuilder& to_many(int count);  // user1@example.net, user2@...
  RequestBuilder& via(std::string_view destination);
  RequestBuilder& message(std::int64_t id);
  RequestBuilder& size(std::int64_t octets);
  RequestBuilder& eight_bit();
  RequestBuilder& in_doubt(std::string_view last_host);  // the recipient named last
  RequestBuilder& notify(std::string_view notify);       // the same
  RequestBuilder& original(std::string_view xtext);      // the same
  RequestBuilder& ret(mail::Ret ret);
  RequestBuilder& envid(std::string_view envid);

  [[nodiscard]] mail::DeliveryRequest build() const { return request_; }
  operator mail::DeliveryRequest() const { return request_; }  // NOLINT: reads as what it is

 private:
  mail::DeliveryRequest request_;
  bool default_recipient_ = true;
  bool default_destination_ = true;
};

[[nodiscard]] inline RequestBuilder a_request() { return RequestBuilder{}; }

/// Contents in memory, by message. Concurrency: one thread.
class FakeContents final : public delivery::Contents {
 public:
  /// What a message holds that was never put: a header and a line.
  static constexpr std::string_view kOrdinary = "Subject: hello\r\n\r\nHello Bob.\r\n";

  void put(std::int64_t message, std::string bytes);
  /// Reading fails with this behind so many octets; open() fails when that is negative.
  void breaks(std::int64_t message, std::int64_t after, io::Errc how);
  /// size() says more than there is.
  void truncated(std::int64_t message, std::int64_t missing);
  void short_reads(std::size_t at_most) { at_most_ = at_most; }

  [[nodiscard]] int opened() const { return opened_; }

  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open(mail::QueueId message) override;

 private:
  struct Stored {
    std::string bytes{kOrdinary};
    std::optional<std::int64_t> breaks_after;
    io::Errc how = io::Errc::disk_failed;
    std::int64_t missing = 0;
  };
  class Source;

  std::map<std::int64_t, Stored> stored_;
  std::size_t at_most_ = SIZE_MAX;
  int opened_ = 0;
};

/// The verdict on this recipient's place in the request.
[[nodiscard]] const mail::Verdict& verdict_of(const mail::DeliveryReport& report,
                                              std::int64_t recipient = 1);

}  // namespace tenax::testing

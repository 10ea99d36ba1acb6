// SPDX-License-Identifier: Apache-2.0
#include "tests/support/builders.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tenax::testing {

mail::Address address(std::string_view text) { return mail::Address::parse(text).value(); }

RequestBuilder::RequestBuilder()
    : request_{.message = {1000},
               .envelope = {},
               .accepted = mail::from_millis(1'767'225'600'000),  // 2026-01-01
               .destination = mail::Destination::mx("example.net"),
               .recipients = {}} {
  request_.envelope.sender = address("ann@example.org");
  request_.envelope.size = 100;
  to("bob@example.net");
  default_recipient_ = true;
}

RequestBuilder& RequestBuilder::from(std::string_view sender) {
  request_.envelope.sender = mail::parse_reverse_path(sender).value();
  return *this;
}

RequestBuilder& RequestBuilder::to(std::string_view recipient) {
  if (std::exchange(default_recipient_, false)) request_.recipients.clear();
  const auto id = static_cast<std::int64_t>(request_.recipients.size()) + 1;
  request_.recipients.push_back({.id = {id},
                                 .address = address(recipient),
                                 .notify = {},
                                 .original = {},
                                 .due = request_.accepted,
                                 .last_host = {}});
  if (default_destination_ && id == 1) {
    request_.destination = mail::Destination::of(request_.recipients.front().address.domain());
  }
  return *this;
}

RequestBuilder& RequestBuilder::to_many(int count) {
  for (int n = 1; n <= count; ++n) to("user" + std::to_string(n) + "@example.net");
  return *this;
}

RequestBuilder& RequestBuilder::via(std::string_view destination) {
  request_.destination = mail::Destination::parse(destination).value();
  default_destination_ = false;
  return *this;
}

RequestBuilder& RequestBuilder::message(std::int64_t id) {
  request_.message = {id};
  return *this;
}

RequestBuilder& RequestBuilder::size(std::int64_t octets) {
  request_.envelope.size = octets;
  return *this;
}

RequestBuilder& RequestBuilder::eight_bit() {
  request_.envelope.body = mail::BodyType::eight_bit;
  return *this;
}

RequestBuilder& RequestBuilder::in_doubt(std::string_view last_host) {
  request_.recipients.back().in_doubt = true;
  request_.recipients.back().last_host = last_host;
  return *this;
}

RequestBuilder& RequestBuilder::notify(std::string_view notify) {
  request_.recipients.back().notify = mail::Notify::parse(notify).value();
  return *this;
}

RequestBuilder& RequestBuilder::original(std::string_view xtext) {
  request_.recipients.back().original = mail::OriginalRecipient::parse_xtext(xtext).value();
  return *this;
}

RequestBuilder& RequestBuilder::ret(mail::Ret ret) {
  request_.envelope.ret = ret;
  return *this;
}

RequestBuilder& RequestBuilder::envid(std::string_view envid) {
  request_.envelope.envid = envid;
  return *this;
}

class FakeContents::Source final : public io::ByteSource {
 public:
  Source(Stored stored, std::size_t at_most) : stored_{std::move(stored)}, at_most_{at_most} {}

  [[nodiscard]] std::int64_t size() const override {
    return static_cast<std::int64_t>(stored_.bytes.size()) + stored_.missing;
  }

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into) override {
    std::size_t length = std::min({into.size(), at_most_, stored_.bytes.size() - at_});
    if (stored_.breaks_after) {
      const auto whole = static_cast<std::size_t>(*stored_.breaks_after);
      if (at_ >= whole) co_return io::error(stored_.how, "contents");
      length = std::min(length, whole - at_);
    }
    std::copy_n(stored_.bytes.data() + at_, length, into.data());
    at_ += length;
    co_return length;
  }

 private:
  Stored stored_;
  std::size_t at_most_;
  std::size_t at_ = 0;
};

void FakeContents::put(std::int64_t message, std::string bytes) {
  stored_[message].bytes = std::move(bytes);
}

void FakeContents::breaks(std::int64_t message, std::int64_t after, io::Errc how) {
  stored_[message].breaks_after = after;
  stored_[message].how = how;
}

void FakeContents::truncated(std::int64_t message, std::int64_t missing) {
  stored_[message].missing = missing;
}

io::Async<io::Result<std::unique_ptr<io::ByteSource>>> FakeContents::open(mail::QueueId message) {
  ++opened_;
  const auto found = stored_.find(message.value);
  Stored stored = found == stored_.end() ? Stored{} : found->second;
  if (stored.breaks_after && *stored.breaks_after < 0) {
    co_return io::error(stored.how, "contents");
  }
  std::unique_ptr<io::ByteSource> source = std::make_unique<Source>(std::move(stored), at_most_);
  co_return source;
}

const mail::Verdict& verdict_of(const mail::DeliveryReport& report, std::int64_t recipient) {
  for (const mail::RecipientVerdict& one : report.verdicts) {
    if (one.recipient.value == recipient) return one.verdict;
  }
  throw std::out_of_range{"no verdict on recipient " + std::to_string(recipient)};
}

}  // namespace tenax::testing

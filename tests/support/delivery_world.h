// SPDX-License-Identifier: Apache-2.0
#pragma once
// All an Agent needs, faked: names, network, time, dice, contents.

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/agent.h"

#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mx.h"
#include "tests/support/fake_net.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_resolver.h"

namespace tenax::testing {

/// The context is declared first, so that what still waits in it may look back at the rest.
class DeliveryWorld {
 public:
  explicit DeliveryWorld(std::uint64_t seed = 1);
  ~DeliveryWorld();

  io::asio::io_context context;
  FakeClock clock{context};
  FakeRandom random;
  FakeResolver dns{clock};
  FakeNet net{context, clock};
  FakeContents contents;
  delivery::AgentPolicy policy;  // copied when the agent is first needed; adopt() later

  /// example.net has the exchanger mx1.example.net at 192.0.2.1; a FakeMx answers there.
  FakeMx& one_mx();
  /// Another one: "mx2.example.net" at "192.0.2.2", added to the domain's MX records.
  FakeMx& add_mx(std::string_view name, std::string_view address, std::uint16_t preference,
                 std::string_view domain = "example.net");

  delivery::Agent& agent();
  mail::DeliveryReport deliver(mail::DeliveryRequest request);

  /// Cancelled when virtual time has moved on by `after`.
  mail::DeliveryReport deliver_cancelled(mail::DeliveryRequest request, io::Span after);

 private:
  std::map<std::string, std::vector<io::MxRecord>> records_;
  std::deque<std::unique_ptr<FakeMx>> receivers_;
  std::unique_ptr<delivery::Agent> agent_;
};

}  // namespace tenax::testing

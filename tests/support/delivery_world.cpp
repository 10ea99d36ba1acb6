// SPDX-License-Identifier: Apache-2.0
#include "tests/support/delivery_world.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "tests/support/run.h"

namespace tenax::testing {

DeliveryWorld::DeliveryWorld(std::uint64_t seed) : random{seed} {
  policy.our_name = "out.example.org";
}

DeliveryWorld::~DeliveryWorld() = default;

FakeMx& DeliveryWorld::one_mx() { return add_mx("mx1.example.net", "192.0.2.1", 10); }

FakeMx& DeliveryWorld::add_mx(std::string_view name, std::string_view address,
                              std::uint16_t preference, std::string_view domain) {
  auto& records = records_[std::string{domain}];
  records.push_back({preference, std::string{name}});
  dns.mx(domain, records);
  dns.address(name, address);
  receivers_.push_back(std::make_unique<FakeMx>(clock, &random));
  FakeMx& mx = *receivers_.back();
  mx.manners.name = name;
  mx.manners.certificate = {std::string{name}};
  net.host(address).serves(mx.server());
  return mx;
}

delivery::Agent& DeliveryWorld::agent() {
  if (!agent_) {
    agent_ =
        std::make_unique<delivery::Agent>(context.get_executor(), clock, random, dns, net, policy);
  }
  return *agent_;
}

mail::DeliveryReport DeliveryWorld::deliver(mail::DeliveryRequest request) {
  return run(context, clock, agent().deliver(std::move(request), contents));
}

mail::DeliveryReport DeliveryWorld::deliver_cancelled(mail::DeliveryRequest request,
                                                      io::Span after) {
  io::asio::cancellation_signal stop;
  auto kept = std::make_shared<std::optional<mail::DeliveryReport>>();
  auto delivery = agent().deliver(std::move(request), contents);
  io::asio::co_spawn(context, detail::keep<mail::DeliveryReport>(std::move(delivery), kept),
                     io::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr bug) {
                       if (bug) std::rethrow_exception(bug);
                     }));
  run_for(context, clock, after);
  stop.emit(io::asio::cancellation_type::terminal);
  run_ready(context);
  if (!*kept) throw std::runtime_error{"a cancelled delivery does not end"};
  return std::move(**kept);
}

}  // namespace tenax::testing

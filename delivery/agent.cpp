// SPDX-License-Identifier: Apache-2.0
#include "delivery/agent.h"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <mutex>
#include <utility>

#include "delivery/errand.h"
#include "delivery/session_pool.h"

namespace tenax::delivery {

/// Concurrency: the policy is guarded by `mutex`; the rest is constant after construction.
struct Agent::State {
  io::Clock& clock;
  io::Random& random;
  io::Resolver& resolver;
  io::Connector& connector;
  std::shared_ptr<SessionPool> pool;
  std::shared_ptr<BrokenExtensions> broken_extensions;
  std::shared_ptr<SilentAddresses> silent_addresses;
  std::mutex mutex;
  std::shared_ptr<const AgentPolicy> policy;
  int policy_number = 0;

  Means means() {
    const std::lock_guard lock{mutex};
    return {clock,  random,       resolver, connector, pool, broken_extensions, silent_addresses,
            policy, policy_number};
  }
};

Agent::Agent(io::Executor executor, io::Clock& clock, io::Random& random, io::Resolver& resolver,
             io::Connector& connector, AgentPolicy policy)
    : state_{new State{clock,
                       random,
                       resolver,
                       connector,
                       std::make_shared<SessionPool>(executor, clock),
                       std::make_shared<BrokenExtensions>(),
                       std::make_shared<SilentAddresses>(),
                       {},
                       std::make_shared<const AgentPolicy>(std::move(policy)),
                       0}} {}

Agent::~Agent() = default;

io::Async<mail::DeliveryReport> Agent::deliver(mail::DeliveryRequest request, Contents& contents) {
  const std::shared_ptr<State> state = state_;
  // Cancellation comes back from whatever waits as an error, and becomes a verdict like others.
  co_await io::asio::this_coro::throw_if_cancelled(false);
  Errand errand{state->means(), request, contents};
  try {
    co_await errand.run();
  } catch (const boost::system::system_error& error) {
    if (error.code() != io::asio::error::operation_aborted) throw;
    errand.stop();
  }
  co_return std::move(errand).report();
}

void Agent::adopt(AgentPolicy policy) {
  auto adopted = std::make_shared<const AgentPolicy>(std::move(policy));
  const std::lock_guard lock{state_->mutex};
  state_->policy = std::move(adopted);
  ++state_->policy_number;
}

io::Async<void> Agent::close_idle() {
  const std::shared_ptr<SessionPool> pool = state_->pool;
  co_await pool->close_all();
}

}  // namespace tenax::delivery

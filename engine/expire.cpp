// SPDX-License-Identifier: Apache-2.0
#include "engine/expire.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "queue/cut_short.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

// Messages that are given up at the same time. Their commits are one, as a rule: the disk is
// waited for once, not a hundred times; and a hundred notices are what lies in memory meanwhile.
constexpr std::size_t kAtOnce = 100;

/// The same for all messages of one call.
struct Order {
  Settler& settler;
  const Plan& plan;
  const std::string& by;
  mail::WallTime now;
  const Told& told;
};

/// What was leased in one go, and how far it has come.
struct Round {
  std::vector<mail::DeliveryRequest> requests;  // one for a message
  std::vector<bool> given_up;                   // of these
  std::size_t begun = 0;
  std::optional<io::Error> wrong;  // the first: nothing is begun after it
};

std::vector<mail::RecipientId> not_given_up(const Round& round) {
  std::vector<mail::RecipientId> ids;
  for (std::size_t i = 0; i < round.requests.size(); ++i) {
    if (round.given_up[i]) continue;
    for (const mail::DueRecipient& recipient : round.requests[i].recipients) {
      ids.push_back(recipient.id);
    }
  }
  return ids;
}

/// Message after message, beside others who do the same.
io::Async<> give_up_in_turn(const Order& order, Round& round) {
  while (!round.wrong && round.begun < round.requests.size()) {
    const std::size_t mine = round.begun++;
    const mail::QueueId message = round.requests[mine].message;
    Draft draft =
        settle_expired_by_operator(round.requests[mine], order.by, order.plan.terms, order.now);
    const std::vector<Untold> untold = draft.untold;
    const io::Result<Committed> committed = co_await order.settler.commit(
        std::move(draft), order.plan.routes, order.plan.full_limit, order.now);
    if (committed) {
      round.given_up[mine] = true;
      if (order.told) order.told(*committed, message, untold);
    } else if (!round.wrong) {
      round.wrong = committed.error();
    }
  }
}

/// Ends when nothing of it is under way any more.
io::Async<> give_up(const Order& order, Round& round) {
  using Turn = decltype(asio::co_spawn(std::declval<io::Executor>(), std::declval<io::Async<>>(),
                                       asio::deferred));
  round.given_up.assign(round.requests.size(), false);
  const io::Executor home = co_await asio::this_coro::executor;
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < std::min(kAtOnce, round.requests.size()); ++i) {
    turns.push_back(asio::co_spawn(home, give_up_in_turn(order, round), asio::deferred));
  }
  auto group = asio::experimental::make_parallel_group(std::move(turns));
  const auto [ends, bugs] =
      co_await std::move(group).async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (const std::exception_ptr& bug : bugs) {
    if (bug) std::rethrow_exception(bug);
  }
}

}  // namespace

std::vector<mail::DeliveryRequest> by_message(std::vector<mail::DeliveryRequest> requests) {
  std::vector<mail::DeliveryRequest> merged;
  std::unordered_map<mail::QueueId, std::size_t> places;
  for (mail::DeliveryRequest& request : requests) {
    const auto [place, is_new] = places.emplace(request.message, merged.size());
    if (is_new) {
      merged.push_back(std::move(request));
      continue;
    }
    std::vector<mail::DueRecipient>& recipients = merged[place->second].recipients;
    recipients.insert(recipients.end(), std::make_move_iterator(request.recipients.begin()),
                      std::make_move_iterator(request.recipients.end()));
  }
  return merged;
}

io::Async<io::Result<queue::Operated>> expire_selected(queue::Store& store, Settler& settler,
                                                       const Plan& plan, Lease lease,
                                                       queue::Selection selection, std::string by,
                                                       mail::WallTime now, Told told) {
  const Order order{settler, plan, by, now, told};
  queue::Operated operated;
  queue::Rest rest;
  // The store leases a bounded number at once.
  for (;;) {
    queue::Selection what_is_left = selection;
    io::Result<queue::Selected> leased = co_await lease(std::move(what_is_left), rest);
    if (!leased) co_return queue::cut_short(operated.changed, "given up", leased.error());
    if (rest.all == nullptr) operated.unknown = std::move(leased->unknown);
    operated.leased = leased->in_delivery;
    rest = std::move(leased->rest);
    if (leased->requests.empty()) {
      if (rest.empty()) co_return operated;
      continue;
    }

    // A sender hears once of a message, however many ways its recipients would have gone.
    Round round;
    round.requests = by_message(std::move(leased->requests));
    co_await give_up(order, round);
    for (std::size_t i = 0; i < round.requests.size(); ++i) {
      if (round.given_up[i]) operated.changed += std::ssize(round.requests[i].recipients);
    }
    if (!round.wrong) continue;
    // They would stay leased to a process that does nothing with them.
    std::vector<mail::RecipientId> left = not_given_up(round);
    co_await store.put_back(std::move(left), now);
    co_return queue::cut_short(operated.changed, "given up", *round.wrong);
  }
}

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "engine/dispatch.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/suppressing.h"

namespace tenax::engine {

namespace asio = io::asio;

struct Dispatch::Flight {
  Flight(mail::DeliveryRequest what, mail::WallTime when, io::Executor where)
      : request{std::move(what)}, since{when}, strand{std::move(where)} {}

  mail::DeliveryRequest request;
  mail::WallTime since;
  io::Executor strand;
  asio::cancellation_signal cancel;
  std::optional<mail::DeliveryReport>
      report;  // written on `strand`, read at home after the landing
};

Dispatch::Dispatch(World world, delivery::Agent& agent, Landed landed)
    : world_{std::move(world)},
      agent_{agent},
      contents_{world_.store},
      landed_{std::move(landed)} {}

io::Async<> Dispatch::fly(std::shared_ptr<Flight> flight, mail::DeliveryRequest request,
                          queue::SuppressionPolicy suppression) {
  const mail::WallTime now = world_.clock.wall();
  std::vector<mail::RecipientVerdict> refused;
  if (suppression.enforce) {
    refused = co_await take_suppressed(world_.store, request, suppression, now);
  }
  mail::DeliveryReport report{.message = request.message,
                              .destination = request.destination,
                              .verdicts = {},
                              .tries = {},
                              .health = mail::Health::ours,
                              .reused_session = false,
                              .started = now,
                              .finished = now};
  if (!request.recipients.empty()) {
    report = co_await agent_.deliver(std::move(request), contents_);
  }
  std::ranges::move(refused, std::back_inserter(report.verdicts));
  flight->report.emplace(std::move(report));
}

void Dispatch::start(mail::DeliveryRequest request) {
  const std::uint64_t number = next_number_++;
  auto flight = std::make_shared<Flight>(request, world_.clock.wall(), world_.new_strand());
  flights_.emplace(number, flight);

  auto landing = [this, number](const std::exception_ptr& bug) { land(number, bug != nullptr); };
  auto flying = fly(flight, std::move(request), suppression_);
  asio::co_spawn(flight->strand, std::move(flying),
                 asio::bind_cancellation_slot(
                     flight->cancel.slot(), asio::bind_executor(world_.home, std::move(landing))));
}

void Dispatch::land(std::uint64_t number, bool by_a_bug) {
  const auto found = flights_.find(number);
  const std::shared_ptr<Flight> flight = std::move(found->second);
  flights_.erase(found);
  if (by_a_bug || !flight->report) {
    // Nothing is known of what happened, so nobody is called delivered or failed.
    const mail::WallTime now = world_.clock.wall();
    flight->report.emplace(mail::DeliveryReport{.message = flight->request.message,
                                                .destination = flight->request.destination,
                                                .verdicts = {},
                                                .tries = {},
                                                .health = mail::Health::ours,
                                                .reused_session = false,
                                                .started = now,
                                                .finished = now});
  }
  landed_(std::move(flight->request), std::move(*flight->report));
}

void Dispatch::cancel_all() {
  for (const auto& [number, flight] : flights_) {
    // co_spawn carries the signal over to the delivery's strand, by an address inside it; the
    // flight stays until that has run.
    flight->cancel.emit(asio::cancellation_type::all);
    asio::post(flight->strand, [flight = flight] {});
  }
}

std::vector<UnderWay> Dispatch::under_way(const std::vector<mail::QueueId>& messages) const {
  std::vector<UnderWay> found;
  for (const auto& [number, flight] : flights_) {
    const mail::DeliveryRequest& request = flight->request;
    if (std::ranges::find(messages, request.message) == messages.end()) continue;
    for (const mail::DueRecipient& recipient : request.recipients) {
      found.push_back({request.message, recipient.id, flight->since});
    }
  }
  return found;
}

void Dispatch::clock_stepped(mail::Duration step) {
  for (const auto& [number, flight] : flights_) {
    flight->since += step;
    mail::shift(flight->request, step);
  }
}

}  // namespace tenax::engine

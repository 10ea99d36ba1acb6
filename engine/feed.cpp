// SPDX-License-Identifier: Apache-2.0
#include "engine/feed.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tenax::engine {

namespace {

// One commit's worth: small enough that a settlement behind it does not wait noticeably.
constexpr std::size_t kMostPerClaim = 1000;

std::vector<mail::RecipientId> ids_of(const std::vector<mail::DeliveryRequest>& requests) {
  std::vector<mail::RecipientId> ids;
  for (const mail::DeliveryRequest& request : requests) {
    for (const mail::DueRecipient& recipient : request.recipients) ids.push_back(recipient.id);
  }
  return ids;
}

void add_to(std::vector<mail::RecipientId>& all, std::vector<mail::RecipientId> more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// One date for all, since each of them has passed: they are due at once, as they were.
mail::WallTime earliest_due(const std::vector<mail::DeliveryRequest>& requests) {
  mail::WallTime earliest = mail::WallTime::max();
  for (const mail::DeliveryRequest& request : requests) {
    for (const mail::DueRecipient& recipient : request.recipients) {
      earliest = std::min(earliest, recipient.due);
    }
  }
  return earliest;
}

}  // namespace

io::Async<io::Result<std::size_t>> Feed::claim_some(mail::WallTime now, mail::Duration guard) {
  const io::Result<> returned = co_await give_back();
  if (!returned) co_return returned.error();
  const std::size_t appetite = scheduler_.appetite();
  if (appetite == 0) co_return std::size_t{0};

  queue::ClaimOrder order;
  order.now = now;
  order.max_recipients = std::min(appetite, kMostPerClaim);
  order.max_per_destination = scheduler_.lane_appetite();
  order.except = scheduler_.except(now);
  order.last_chances = last_chances(now);
  order.guard = guard;
  const std::size_t recalls = recalls_;
  io::Result<std::vector<mail::DeliveryRequest>> claimed = co_await store_.claim(std::move(order));
  if (!claimed) co_return claimed.error();
  if (claimed->empty()) co_return std::size_t{0};

  std::vector<mail::RecipientId> ids = ids_of(*claimed);
  if (recalls != recalls_) {
    // Somebody called everything back while we claimed, and may have changed what we hold.
    add_to(returning_[earliest_due(*claimed)], std::move(ids));
    const io::Result<> back = co_await give_back();
    if (!back) co_return back.error();
    co_return std::size_t{0};
  }
  for (mail::DeliveryRequest& request : *claimed) scheduler_.add(std::move(request), now);
  co_return ids.size();
}

queue::LastChances Feed::last_chances(mail::WallTime now) const {
  return {scheduler_.last_chances(now), now, scheduler_.lifetime()};
}

io::Async<io::Result<>> Feed::give_back_shed(mail::WallTime now) {
  for (const scheduler::Shed& shed : scheduler_.shed(now)) {
    add_to(returning_[shed.next_attempt], ids_of({shed.request}));
  }
  const io::Result<> back = co_await give_back();
  co_return back;
}

io::Async<io::Result<>> Feed::give_back_all() {
  ++recalls_;
  const std::vector<mail::DeliveryRequest> requests = scheduler_.drain();
  if (!requests.empty()) add_to(returning_[earliest_due(requests)], ids_of(requests));
  const io::Result<> back = co_await give_back();
  co_return back;
}

io::Async<io::Result<>> Feed::give_back() {
  while (!returning_.empty()) {
    auto [when, ids] = std::move(*returning_.begin());
    returning_.erase(returning_.begin());
    const mail::WallTime due = when;
    std::vector<mail::RecipientId> again = ids;
    const io::Result<> back = co_await store_.put_back(std::move(ids), due);
    if (!back) {
      add_to(returning_[due], std::move(again));
      co_return back.error();
    }
  }
  co_return io::Result<>{};
}

}  // namespace tenax::engine

// SPDX-License-Identifier: Apache-2.0
#include "engine/feed.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tenax::engine {

namespace {

// One commit's worth: small enough that a settlement behind it does not wait noticeably.
constexpr std::size_t kMostPerClaim = 300;
// Of those from senders that have little; see Crowds.
constexpr std::size_t kMostAhead = 50;
// For them a claim in due order leaves this part of what a lane has room for.
constexpr std::size_t kLeftFree = 10;
// One claim of so many begins with later attempts, so that fresh mail never shuts them out.
constexpr unsigned kLaterFirst = 5;
// A list's thousands wait for their turn like everybody's.
constexpr std::size_t kMostPassing = 50;

std::vector<mail::RecipientId> ids_of(const std::vector<mail::DeliveryRequest>& requests) {
  std::vector<mail::RecipientId> ids;
  for (const mail::DeliveryRequest& request : requests) {
    for (const mail::DueRecipient& recipient : request.recipients) ids.push_back(recipient.id);
  }
  return ids;
}

/// One more of them while it lives, which may be longer than the feed: a submission that is cut off
/// at the end of the daemon goes with the executor.
class Counted {
 public:
  explicit Counted(std::shared_ptr<int> count) : count_{std::move(count)} { ++*count_; }
  ~Counted() { --*count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::shared_ptr<int> count_;
};

void add_to(std::vector<mail::RecipientId>& all, std::vector<mail::RecipientId> more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// When any of them that is due at `now` fell due first.
mail::WallTime earliest_due(const std::vector<mail::DeliveryRequest>& requests,
                            mail::WallTime now) {
  mail::WallTime earliest = now;
  for (const mail::DeliveryRequest& request : requests) {
    for (const mail::DueRecipient& recipient : request.recipients) {
      earliest = std::min(earliest, recipient.due);
    }
  }
  return earliest;
}

}  // namespace

bool Feed::has_room() const {
  // What lies in memory lasts a while, and claiming a handful costs as much as claiming hundreds.
  const std::size_t appetite = scheduler_.appetite();
  const std::size_t room = appetite - std::min(appetite, scheduler_.spare());
  return (room > 0 && room >= scheduler_.held() / 10) || (ahead_waits_ && appetite > 0);
}

bool Feed::is_caught_up(mail::WallTime now) const {
  return caught_up_ && now < due_ && turnings_ == scheduler_.turnings() && !scheduler_.has_early();
}

std::optional<mail::WallTime> Feed::next_due() const {
  const bool known = caught_up_ && asked_ && turnings_ == scheduler_.turnings();
  return known ? std::optional{due_} : std::nullopt;
}

void Feed::next_due_is(std::optional<mail::WallTime> due) {
  asked_ = true;
  if (due) will_be_due(*due);
}

void Feed::will_be_due(mail::WallTime when) { due_ = std::min(due_, when); }

io::Async<io::Result<std::size_t>> Feed::claim_some(mail::WallTime now, mail::Duration guard) {
  const io::Result<> returned = co_await give_back();
  if (!returned) co_return returned.error();
  if (!has_room()) co_return std::size_t{0};
  queue::ClaimOrder order = order_of(now, guard);
  const std::vector<std::string> early = order.early;
  const std::size_t recalls = recalls_;
  const Counted fetching{fetching_};
  // What happens while the store looks counts as happening after it.
  caught_up_ = true;
  asked_ = false;
  due_ = mail::WallTime::max();
  turnings_ = scheduler_.turnings();
  io::Result<std::vector<mail::DeliveryRequest>> claimed = co_await store_.claim(std::move(order));
  if (!claimed || !claimed->empty()) look_again();
  if (!claimed) {
    scheduler_.call_again(early);
    co_return claimed.error();
  }
  if (claimed->empty() && turnings_ == scheduler_.turnings()) {
    crowds_.forget([&](const std::string& lane) { return !scheduler_.is_closed(lane, now); });
  }
  if (claimed->empty()) co_return std::size_t{0};
  count_claimed(*claimed);

  std::vector<mail::RecipientId> ids = ids_of(*claimed);
  if (recalls != recalls_) {
    // Somebody called everything back while we claimed, and may have changed what we hold.
    scheduler_.call_again(early);
    give_back_later(*claimed, now);
    const io::Result<> back = co_await give_back();
    if (!back) co_return back.error();
    co_return std::size_t{0};
  }
  for (mail::DeliveryRequest& request : *claimed) scheduler_.add(std::move(request), now);
  co_return ids.size();
}

queue::ClaimOrder Feed::order_of(mail::WallTime now, mail::Duration guard) {
  const std::size_t appetite = scheduler_.appetite();
  queue::ClaimOrder order;
  order.now = now;
  order.guard = guard;
  order.ahead = crowds_.take_ahead(std::min(appetite, kMostAhead),
                                   [&](const std::string& lane, scheduler::Sender sender) {
                                     return scheduler_.room_ahead(lane, sender, now);
                                   });
  ahead_waits_ = false;
  std::size_t kept = scheduler_.spare();
  for (const queue::Ahead& one : order.ahead) kept += one.recipients;
  order.max_recipients = std::min(appetite - std::min(appetite, kept), kMostPerClaim);
  const std::size_t most = scheduler_.lane_appetite();
  order.max_per_destination = most - most / kLeftFree;
  order.except = scheduler_.except(now);
  order.last_chances = last_chances(now);
  if (order.max_recipients > 0) order.early = scheduler_.take_early();
  order.later_first = ++claims_ % kLaterFirst == 0;
  return order;
}

LeftBehind Feed::left_of(const mail::DeliveryRequest& request) const {
  return {scheduler_.lane_name(request.destination), scheduler::sender_of(request.envelope.sender),
          request.message, request.destination.text(), request.recipients.size()};
}

void Feed::count_claimed(const std::vector<mail::DeliveryRequest>& requests) {
  if (crowds_.empty()) return;
  for (const mail::DeliveryRequest& request : requests) {
    if (request.recipients.front().attempts == 0) crowds_.claimed(left_of(request));
  }
}

void Feed::count_left(const mail::DeliveryRequest& request) {
  if (request.recipients.front().attempts == 0) crowds_.left(left_of(request));
}

void Feed::left_behind(mail::QueueId message, const mail::ReversePath& sender,
                       const std::vector<mail::Destination>& destinations, mail::WallTime now) {
  std::map<std::string, LeftBehind> each;
  for (const mail::Destination& destination : destinations) {
    LeftBehind& one = each[destination.text()];
    if (++one.recipients > 1) continue;
    one = {scheduler_.lane_name(destination), scheduler::sender_of(sender), message,
           destination.text(), 1};
  }
  for (const auto& [destination, one] : each) {
    crowds_.left(one);
    if (scheduler_.room_ahead(one.lane, one.sender, now) > 0) ahead_waits_ = true;
  }
}

std::optional<Passing> Feed::let_pass(const mail::NewMessage& message,
                                      const std::vector<mail::Destination>& destinations,
                                      mail::WallTime now) {
  const std::size_t count = message.recipients.size();
  if (message.held || count > kMostPassing || !is_caught_up(now)) return std::nullopt;
  if (!scheduler_.welcomes(destinations, count + passing_, now)) return std::nullopt;
  Passing passing;
  passing.recipients = count;
  passing.recalls = recalls_;
  for (std::size_t i = 0; i < count; ++i) {
    const mail::NewRecipient& recipient = message.recipients[i];
    const auto same = std::ranges::find_if(passing.requests, [&](const mail::DeliveryRequest& one) {
      return one.destination == destinations[i];
    });
    const bool fresh = same == passing.requests.end();
    mail::DeliveryRequest& request =
        fresh ? passing.requests.emplace_back(mail::DeliveryRequest{message.id,
                                                                    message.envelope,
                                                                    message.origin,
                                                                    message.accepted,
                                                                    destinations[i],
                                                                    {}})
              : *same;
    request.recipients.push_back({mail::RecipientId{static_cast<std::int64_t>(i)},
                                  recipient.address,
                                  recipient.notify,
                                  recipient.original,
                                  0,
                                  message.accepted,
                                  false,
                                  {}});
  }
  passing_ += count;
  return passing;
}

io::Async<io::Result<>> Feed::hand_on(Passing passing, const std::vector<mail::RecipientId>& leased,
                                      mail::WallTime now) {
  passing_ -= passing.recipients;
  const Counted fetching{fetching_};
  if (leased.empty()) co_return io::Result<>{};
  for (mail::DeliveryRequest& request : passing.requests) {
    for (mail::DueRecipient& recipient : request.recipients) {
      recipient.id = leased.at(static_cast<std::size_t>(recipient.id.value));
    }
  }
  if (passing.recalls == recalls_) {
    for (mail::DeliveryRequest& request : passing.requests) {
      scheduler_.add(std::move(request), now);
    }
    co_return io::Result<>{};
  }
  give_back_later(passing.requests, now);
  const io::Result<> back = co_await give_back();
  co_return back;
}

queue::LastChances Feed::last_chances(mail::WallTime now) const {
  queue::LastChances last{scheduler_.last_chances(now), now, scheduler_.lifetime()};
  for (const std::string& name : last.destinations) {
    const auto destination = mail::Destination::parse(name);
    if (!destination) continue;
    const mail::Duration own = scheduler_.lifetime(*destination);
    if (own != last.lifetime) last.lifetimes.emplace(name, own);
  }
  return last;
}

io::Async<io::Result<>> Feed::give_back_shed(mail::WallTime now) {
  for (const scheduler::Shed& shed : scheduler_.shed(now)) {
    add_to(returning_[shed.next_attempt], ids_of({shed.request}));
    count_left(shed.request);
  }
  const io::Result<> back = co_await give_back();
  co_return back;
}

/// One date for all whose own has passed: they are due at once, as they were. Who was claimed
/// early keeps its own.
void Feed::give_back_later(const std::vector<mail::DeliveryRequest>& requests, mail::WallTime now) {
  const mail::WallTime earliest = earliest_due(requests, now);
  for (const mail::DeliveryRequest& request : requests) {
    count_left(request);
    for (const mail::DueRecipient& recipient : request.recipients) {
      returning_[recipient.due <= now ? earliest : recipient.due].push_back(recipient.id);
    }
  }
}

io::Async<io::Result<>> Feed::give_back_all(mail::WallTime now) {
  ++recalls_;
  const std::vector<mail::DeliveryRequest> requests = scheduler_.drain();
  give_back_later(requests, now);
  for (;;) {
    const io::Result<> back = co_await give_back();
    if (!back || (*fetching_ == 0 && passing_ == 0)) co_return back;
    // Behind what they asked of the store, as often as they ask.
    const io::Result<> behind = co_await store_.put_back({}, now);
    if (!behind) co_return behind;
  }
}

io::Async<io::Result<>> Feed::give_back() {
  while (!returning_.empty()) {
    auto [when, ids] = std::move(*returning_.begin());
    returning_.erase(returning_.begin());
    const mail::WallTime due = when;
    std::vector<mail::RecipientId> again = ids;
    const io::Result<> back = co_await store_.put_back(std::move(ids), due);
    look_again();  // their delay notices count again as well
    if (!back) {
      add_to(returning_[due], std::move(again));
      co_return back.error();
    }
  }
  co_return io::Result<>{};
}

}  // namespace tenax::engine

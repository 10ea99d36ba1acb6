// SPDX-License-Identifier: Apache-2.0
#include "engine/expire.h"

#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tenax::engine {

namespace {

std::vector<mail::RecipientId> recipients_from(const std::vector<mail::DeliveryRequest>& requests,
                                               std::size_t first) {
  std::vector<mail::RecipientId> ids;
  for (std::size_t i = first; i < requests.size(); ++i) {
    for (const mail::DueRecipient& recipient : requests[i].recipients) ids.push_back(recipient.id);
  }
  return ids;
}

/// What stands is said with what did not come to be.
io::Error after(const queue::Operated& operated, io::Error error) {
  error.context = std::to_string(operated.changed) +
                  (operated.changed == 1 ? " recipient was" : " recipients were") +
                  " given up, the others are as they were: " + error.context;
  return error;
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
                                                       const Plan& plan, queue::Selection selection,
                                                       std::string by, mail::WallTime now,
                                                       Told told) {
  const mail::Duration guard = plan.terms.retry.first_delay;
  queue::Operated operated;
  std::optional<mail::RecipientId> newest;
  // The store leases a bounded number at once; what was ended is not selected again.
  for (;;) {
    queue::Selection what_is_left = selection;
    io::Result<queue::Selected> claimed =
        co_await store.claim_selected(std::move(what_is_left), newest, now, guard);
    if (!claimed) co_return after(operated, claimed.error());
    if (!newest) operated.unknown = std::move(claimed->unknown);
    if (claimed->requests.empty()) co_return operated;
    newest = claimed->newest;

    // A sender hears once of a message, however many ways its recipients would have gone.
    const std::vector<mail::DeliveryRequest> requests = by_message(std::move(claimed->requests));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      Draft draft = settle_expired_by_operator(requests[i], by, plan.terms, now);
      const std::vector<Untold> untold = draft.untold;
      const io::Result<Committed> committed =
          co_await settler.commit(std::move(draft), plan.routes, plan.full_limit, now);
      if (!committed) {
        // They would stay leased to a process that does nothing with them.
        std::vector<mail::RecipientId> rest = recipients_from(requests, i);
        co_await store.put_back(std::move(rest), now);
        co_return after(operated, committed.error());
      }
      operated.changed += static_cast<std::int64_t>(requests[i].recipients.size());
      if (told) told(*committed, requests[i].message, untold);
    }
  }
}

}  // namespace tenax::engine

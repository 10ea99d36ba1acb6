// SPDX-License-Identifier: Apache-2.0
#include "engine/laboratory_queue.h"

#include <algorithm>
#include <utility>

namespace tenax::engine::laboratory {

std::int64_t Queue::add(QueuedMessage message) {
  names_.insert(message.id);
  messages_.emplace(++serials_, std::move(message));
  return serials_;
}

void Queue::add(QueuedRecipient recipient) {
  const std::int64_t id = ++serials_;
  ++open_[recipient.message];
  recipients_.emplace(id, std::move(recipient));
  wait(id);
}

void Queue::wait(std::int64_t id) {
  const QueuedRecipient& recipient = recipients_.at(id);
  const std::string& destination = recipient.destination.text();
  Waiting& waiting = waiting_[destination];
  const auto before = waiting.empty() ? std::nullopt : std::optional{waiting.begin()->first};
  waiting.emplace(recipient.due, id);
  file(destination, before);
}

/// The index by each destination's earliest date follows.
void Queue::file(const std::string& destination, std::optional<mail::WallTime> before) {
  const auto found = waiting_.find(destination);
  if (before) first_due_.erase({*before, destination});
  if (found->second.empty()) {
    waiting_.erase(found);
  } else {
    first_due_.emplace(found->second.begin()->first, destination);
  }
}

void Queue::take(const std::string& destination, std::size_t most, mail::WallTime until,
                 std::vector<mail::DeliveryRequest>& requests) {
  const auto found = waiting_.find(destination);
  if (found == waiting_.end()) return;
  Waiting& waiting = found->second;
  const mail::WallTime before = waiting.begin()->first;
  std::map<std::int64_t, mail::DeliveryRequest> by_message;
  for (; most > 0 && !waiting.empty() && waiting.begin()->first <= until; --most) {
    const std::int64_t id = waiting.begin()->second;
    waiting.erase(waiting.begin());
    const QueuedRecipient& recipient = recipients_.at(id);
    const QueuedMessage& message = messages_.at(recipient.message);
    const auto [request, fresh] = by_message.try_emplace(
        recipient.message, mail::DeliveryRequest{.message = {recipient.message},
                                                 .envelope = message.envelope,
                                                 .origin = mail::Origin::submitted,
                                                 .accepted = message.accepted,
                                                 .destination = recipient.destination,
                                                 .recipients = {}});
    request->second.recipients.push_back({.id = {id},
                                          .address = recipient.address,
                                          .notify = {},
                                          .original = {},
                                          .attempts = recipient.attempts,
                                          .due = recipient.due,
                                          .in_doubt = false,
                                          .last_host = {},
                                          .knocks = recipient.knocks});
  }
  file(destination, before);
  for (auto& [message, request] : by_message) requests.push_back(std::move(request));
}

std::vector<mail::DeliveryRequest> Queue::claim(mail::WallTime now, std::size_t most,
                                                std::size_t per_destination,
                                                const std::vector<std::string>& except) {
  const std::unordered_set<std::string> closed{except.begin(), except.end()};
  std::vector<std::string> due;
  for (const auto& [when, destination] : first_due_) {
    if (when > now || due.size() >= most) break;
    if (!closed.contains(destination)) due.push_back(destination);
  }
  std::vector<mail::DeliveryRequest> requests;
  for (const std::string& destination : due) {
    const std::size_t before = requests.size();
    take(destination, std::min(most, per_destination), now, requests);
    for (std::size_t i = before; i < requests.size(); ++i) {
      most -= std::min(most, requests[i].recipients.size());
    }
    if (most == 0) break;
  }
  return requests;
}

std::vector<mail::DeliveryRequest> Queue::claim_early(const std::string& destination,
                                                      std::size_t most) {
  std::vector<mail::DeliveryRequest> requests;
  take(destination, most, mail::WallTime::max(), requests);
  return requests;
}

void Queue::put_back(mail::RecipientId id, mail::WallTime due) {
  recipients_.at(id.value).due = due;
  wait(id.value);
}

void Queue::defer(mail::RecipientId id, mail::WallTime due, bool counted, mail::Knocks knocks) {
  QueuedRecipient& recipient = recipients_.at(id.value);
  recipient.attempts += counted ? 1 : 0;
  recipient.knocks = knocks;
  put_back(id, due);
}

void Queue::close(mail::RecipientId id) {
  const auto found = recipients_.find(id.value);
  const std::int64_t message = found->second.message;
  recipients_.erase(found);
  if (--open_[message] > 0) return;
  open_.erase(message);
  messages_.erase(message);
}

std::optional<mail::WallTime> Queue::next_due(const std::vector<std::string>& except) const {
  const std::unordered_set<std::string> closed{except.begin(), except.end()};
  for (const auto& [when, destination] : first_due_) {
    if (!closed.contains(destination)) return when;
  }
  return std::nullopt;
}

}  // namespace tenax::engine::laboratory

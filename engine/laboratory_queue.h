// SPDX-License-Identifier: Apache-2.0
#pragma once
// The retry laboratory's queue: what the store is to the daemon, in memory.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/time.h"

namespace tenax::engine::laboratory {

struct QueuedMessage {
  std::string id;
  mail::Envelope envelope;
  mail::WallTime accepted;
};

struct QueuedRecipient {
  std::int64_t message = 0;
  std::string as_written;
  mail::Address address;
  mail::Destination destination;
  mail::WallTime due;
  int attempts = 0;
  mail::Knocks knocks = {};
};

/// Concurrency: value.
class Queue {
 public:
  std::int64_t add(QueuedMessage message);
  void add(QueuedRecipient recipient);

  /// What is due, the earliest first, but for the destinations in `except`; no more than
  /// `per_destination` for one.
  std::vector<mail::DeliveryRequest> claim(mail::WallTime now, std::size_t most,
                                           std::size_t per_destination,
                                           const std::vector<std::string>& except);
  /// What waits for one destination, due or not.
  std::vector<mail::DeliveryRequest> claim_early(const std::string& destination, std::size_t most);
  void put_back(mail::RecipientId id, mail::WallTime due);
  /// After a deferral.
  void defer(mail::RecipientId id, mail::WallTime due, bool counted, mail::Knocks knocks);
  void close(mail::RecipientId id);

  [[nodiscard]] const QueuedRecipient& recipient(mail::RecipientId id) const {
    return recipients_.at(id.value);
  }
  [[nodiscard]] const QueuedMessage& message(mail::QueueId id) const {
    return messages_.at(id.value);
  }
  [[nodiscard]] bool knows(std::string_view id) const { return names_.contains(std::string{id}); }
  /// The earliest date outside `except`.
  [[nodiscard]] std::optional<mail::WallTime> next_due(
      const std::vector<std::string>& except) const;

 private:
  using Waiting = std::set<std::pair<mail::WallTime, std::int64_t>>;
  void wait(std::int64_t id);
  void take(const std::string& destination, std::size_t most, mail::WallTime until,
            std::vector<mail::DeliveryRequest>& requests);
  void file(const std::string& destination, std::optional<mail::WallTime> before);

  std::map<std::int64_t, QueuedMessage> messages_;
  std::map<std::int64_t, std::size_t> open_;  // recipients of each message
  std::unordered_set<std::string> names_;
  std::map<std::int64_t, QueuedRecipient> recipients_;
  std::map<std::string, Waiting> waiting_;                      // by destination
  std::set<std::pair<mail::WallTime, std::string>> first_due_;  // of each destination
  std::int64_t serials_ = 0;
};

}  // namespace tenax::engine::laboratory

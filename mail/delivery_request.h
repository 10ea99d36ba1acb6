// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the queue asks of the delivery room: one message's recipients for one Destination.

#include <optional>
#include <string>
#include <vector>

#include "mail/destination.h"
#include "mail/message.h"

namespace tenax::mail {

/// Refusals that may have started a receiver's clock for this recipient (greylisting). Kept beside
/// the recipient by whoever keeps it, read and written by the scheduler only. Concurrency: value.
struct Knocks {
  WallTime first;
  WallTime last;
  int count = 0;  // 0: none, and the dates mean nothing
  friend bool operator==(const Knocks&, const Knocks&) = default;
};

/// A recipient that is leased to us. Concurrency: value.
struct DueRecipient {
  RecipientId id;
  Address address;
  Notify notify;
  std::optional<OriginalRecipient> original;
  int attempts = 0;       // counted attempts finished before this one
  WallTime due;           // the next_attempt it was claimed for
  bool in_doubt = false;  // the last attempt ended in doubt
  std::string
      last_host;  // address the last answer came from ("" if none); in doubt: go there first
  Knocks knocks = {};
  bool told_of_delay = false;  // the sender has heard that it takes time
  bool insisted = false;       // the operator wants it tried, whatever was learnt of when
};

/// Concurrency: value.
struct DeliveryRequest {
  QueueId message;
  Envelope envelope;
  Origin origin = Origin::submitted;
  WallTime accepted;  // when we took responsibility; the lifetime counts from here
  Destination destination;
  std::vector<DueRecipient> recipients;  // at least one
  std::string first_host = {};  // the mail host to ask before the others; "": by preference
  // As the operator wants it for this destination; 0: as for everybody.
  int recipients_per_transaction = 0;
  int messages_per_session = 0;
};

/// The calendar was corrected by `step`: what was said in dates stays as true.
inline void shift(Knocks& knocks, Duration step) {
  if (knocks.count == 0) return;
  knocks.first += step;
  knocks.last += step;
}
inline void shift(DeliveryRequest& request, Duration step) {
  request.accepted += step;
  for (DueRecipient& recipient : request.recipients) {
    recipient.due += step;
    shift(recipient.knocks, step);
  }
}

}  // namespace tenax::mail

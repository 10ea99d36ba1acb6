// SPDX-License-Identifier: Apache-2.0
#pragma once
// All that the reports on one message change in the queue, applied in one commit. Together or not
// at all.

#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/message.h"

#include "queue/suppression.h"

namespace tenax::queue {

/// What becomes of one leased recipient. Concurrency: value.
struct RecipientOutcome {
  mail::RecipientId recipient;
  // waiting, delivered or failed; or held, in a storm of refusals
  mail::RecipientState state = mail::RecipientState::waiting;
  std::optional<mail::WallTime> next_attempt;  // set exactly when waiting
  std::optional<mail::WallTime> next_notice;   // when its delay notice is due; unset: none any more
  mail::Verdict verdict;
  bool counted = true;       // false: our own fault; attempts stays (promise 9)
  mail::Knocks knocks = {};  // kept while it waits
  bool keep_notice =
      false;  // the row's next_notice stays as it is; the field above is not looked at
  // It failed for a reason that lies with the address: counted in the suppression list.
  std::optional<AddressFault> address_fault = {};
};

/// A delay notice went out (or was decided against): when the next one is due, if ever.
struct NoticeMark {
  mail::RecipientId recipient;
  std::optional<mail::WallTime> next_notice;
  bool told = false;  // the sender heard of the delay
};

/// A notice and its contents; it enters the queue in the same commit.
struct NewNotice {
  mail::NewMessage message;
  std::string contents;                              // whole, CRLF
  std::vector<mail::Destination> destinations = {};  // one per recipient; empty: by their domains
};

/// One request and what came of it, as the history keeps it.
struct Attempt {
  std::optional<mail::Destination> destination;  // unset when nobody was asked
  std::vector<RecipientOutcome> outcomes;
  std::vector<mail::HostTry> tries;
  mail::WallTime started;
  mail::WallTime finished;
};

struct Settlement {
  mail::QueueId message;
  std::vector<Attempt> attempts;
  std::vector<NoticeMark> marks;
  std::vector<NewNotice> notices;
  std::vector<std::string> events = {};  // for the history: what we did, and why
};

}  // namespace tenax::queue

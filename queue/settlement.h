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

/// A failure, or a delay, that its sender is to be told of.
struct OwedFailure {
  mail::RecipientId recipient;
  std::string ended;       // why it is over, in the words of whoever tells it
  mail::Duration given{};  // the time it had
};

/// How many notices of failures and delays a sender gets within an hour; what is beyond those is
/// owed, and told in a digest when the hour is over.
struct NoticeCap {
  int per_hour = 1;
  bool of_delay = false;
  mail::WallTime now;
  std::string sender;
  std::vector<OwedFailure> failures;  // which the notice tells of
};

/// A notice and its contents; it enters the queue in the same commit.
struct NewNotice {
  mail::NewMessage message;
  std::string contents;                              // whole, CRLF
  std::vector<mail::Destination> destinations = {};  // one per recipient; empty: by their domains
  std::optional<NoticeCap> cap = {};                 // it enters only within these bounds
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

struct Settled {
  // Of each notice: when a digest tells what it would have; unset: it entered, or nobody is told.
  std::vector<std::optional<mail::WallTime>> gathered;
};

/// A digest, and all that is owed no more once it has entered the queue.
struct ToldOwed {
  struct About {
    mail::QueueId message;
    mail::RecipientId recipient;
    bool of_delay = false;  // true only while it has not ended
  };
  std::vector<About> about;
  std::vector<mail::RecipientId> unread = {};  // whose rows cannot be read: set aside
  NewNotice digest;
};

/// What the operator hears of a storm. Concurrency: value.
struct ToldStorm {
  std::string destination;
  bool over = false;
  std::int64_t mails = 0;         // as it was found
  mail::WallTime next;            // of the next mail, if it goes on
  std::optional<NewNotice> mail;  // unset: there is nobody to tell
};

}  // namespace tenax::queue

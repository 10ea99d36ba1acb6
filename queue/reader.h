// SPDX-License-Identifier: Apache-2.0
#pragma once
// The queue as people look at it, on a connection of its own, also while the daemon is down.
// Reading changes nothing that it shows; what is kept in short is written out before.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/lesson.h"
#include "mail/message.h"

#include "io/result.h"

#include "queue/selection.h"
#include "queue/suppression.h"

namespace tenax::queue {

struct RecipientRow {
  mail::QueueId message;
  mail::RecipientId id;
  mail::ReversePath sender;
  mail::Address address;
  mail::Destination destination;
  mail::RecipientState state = mail::RecipientState::waiting;
  int attempts = 0;
  mail::WallTime accepted;
  std::int64_t size = 0;
  mail::Origin origin = mail::Origin::submitted;
  std::optional<mail::WallTime> next_attempt;
  std::optional<mail::WallTime> next_notice;
  std::optional<mail::WallTime> ended;
  std::optional<mail::Verdict> last;
  std::string subject;
  mail::Knocks knocks = {};
  bool stormed = false;     // held, because its destination suddenly refuses most mail
  bool insisted = false;    // the operator wants it tried, whatever was learnt of when
  std::string damage = {};  // its row cannot be read as it should be; what could not is made up
};

/// One finished attempt, as it was settled. Per recipient.
struct AttemptRow {
  mail::RecipientId recipient;
  mail::WallTime started;
  mail::WallTime finished;
  bool counted = true;
  mail::Verdict verdict;
  std::vector<mail::HostTry> tries;  // shared by the recipients of one transaction
};

/// All attempts on one recipient that are remembered, oldest first.
struct RecipientHistory {
  struct Try {
    mail::WallTime started;
    mail::WallTime finished;
    bool counted = true;
    mail::Kind kind = mail::Kind::deferred;
    bool transient = true;  // by its status; an expiry is a failure with the status of a deferral
  };
  mail::QueueId message;
  mail::RecipientId id;
  std::string destination;  // as its mail is routed now
  mail::RecipientState state = mail::RecipientState::waiting;
  mail::WallTime accepted;
  std::optional<mail::WallTime> ended;
  int attempts = 0;        // counted ones; more than tries has: the oldest are no longer remembered
  std::vector<Try> tries;  // at least one
};

/// Who goes before a waiting recipient at its destination.
struct Before {
  std::int64_t waiting = 0;  // due, and due sooner or still without an attempt
  std::int64_t leased = 0;   // the daemon has them already
  bool more = false;         // counted no further
};

struct EventRow {  // what an operator or start-up did
  mail::WallTime when;
  std::string what;  // "held by uid 0"
};

/// A failure or a delay that its sender is still to be told of, in a digest.
struct OwedRow {
  mail::RecipientId recipient;
  bool of_delay = false;
  std::optional<mail::WallTime> due;  // unset: its row cannot be read, nobody is going to be told
};

struct MessageDetails {
  mail::QueueId id;
  mail::Envelope envelope;
  mail::Origin origin = mail::Origin::submitted;
  mail::Submitter submitter;
  mail::WallTime accepted;
  std::string message_id;
  std::string subject;
  bool contents_kept = false;
  std::vector<RecipientRow> recipients;
  std::vector<AttemptRow> attempts;  // oldest first, at most 10,000
  std::vector<EventRow> events;
  std::vector<OwedRow> owed = {};
  std::vector<Suppression> listed = {};  // open recipients' addresses that are on the list
  std::string damage = {};  // the first thing of it that cannot be read, and is made up or left out
};

/// As much of a message as was asked for, if it is all there.
struct ContentsRead {
  std::string bytes;
  std::string damage = {};  // why it is not: what is there is given all the same
};

/// Open recipients of one destination by age: the table of `tenax` without an argument.
struct DestinationRow {
  std::string destination;
  std::int64_t recipients = 0;
  std::int64_t held = 0;
  std::int64_t leased = 0;
  std::int64_t stormed = 0;  // of the held ones: because it suddenly refuses most mail
  std::array<std::int64_t, 8>
      by_age{};  // accepted less than 5m, 20m, 1h, 4h, 12h, 1d, 3d ago; older
  std::optional<mail::WallTime> oldest;
  std::optional<mail::WallTime> next_attempt;
  std::string last_text;  // of the newest deferral: why its mail waits
};

struct Summary {
  std::int64_t messages = 0;  // open
  std::int64_t recipients = 0;
  std::int64_t waiting = 0, leased = 0, held = 0;
  std::int64_t deferred = 0;  // waiting with at least one attempt
  std::int64_t octets = 0;
  std::optional<mail::WallTime> oldest;  // when the oldest open message was accepted
  std::optional<mail::QueueId> oldest_message;
  std::optional<mail::WallTime> next_attempt;
  std::int64_t delivered_last_day = 0, failed_last_day = 0;
  std::int64_t owed = 0, owed_senders = 0;  // failures that digests are going to tell of
  std::optional<mail::WallTime> next_digest;
  std::vector<DestinationRow> destinations;  // most recipients first
};

/// A promise that does not hold on this queue, and where.
struct Violation {
  std::string promise;
  std::string where;
};

/// Concurrency: one user at a time; blocking. Errors: not_found (no queue there yet), denied,
/// unfit (of another version), corrupt, busy.
class Reader {
 public:
  static io::Result<std::unique_ptr<Reader>> open(const std::string& state_directory);
  virtual ~Reader() = default;

  virtual io::Result<Summary> summary(mail::WallTime now, std::size_t max_destinations) = 0;
  virtual io::Result<std::vector<RecipientRow>> list(const Selection& selection,
                                                     std::size_t limit) = 0;
  virtual io::Result<MessageDetails> show(mail::QueueId message) = 0;
  /// Every recipient that was attempted, of messages accepted since then, one at a time: a history
  /// of any length takes no more memory than that. `each` must not use this reader.
  virtual io::Result<> histories(mail::WallTime since,
                                 const std::function<void(const RecipientHistory&)>& each) = 0;
  /// What is due at `now` and claimed before this recipient; zeros when it does not wait.
  virtual io::Result<Before> before(mail::RecipientId recipient, mail::WallTime now) = 0;
  /// The header section and, up to `limit` bytes, the body.
  virtual io::Result<ContentsRead> contents(mail::QueueId message, std::size_t limit) = 0;
  /// What receivers taught, the newest first; at most mail::kMostLessons.
  virtual io::Result<std::vector<mail::Lesson>> lessons() = 0;
  /// Addresses that mail does not reach, those that changed last first.
  virtual io::Result<std::vector<Suppression>> suppressions(std::size_t limit) = 0;
  /// For each the newest message of ours that it names and that went to that recipient.
  virtual io::Result<std::vector<std::optional<Sent>>> find_sent(
      const std::vector<Sought>& sought) = 0;
  /// PRAGMA integrity_check, the schema's CHECKs read back, contents present and whole, and each
  /// promise of docs/queue-states.md that rows can show.
  virtual io::Result<std::vector<Violation>> check(mail::WallTime now) = 0;
};

/// Files that a daemon would take in of this drop folder, counted up to `most`. Errors: not_found,
/// denied.
[[nodiscard]] io::Result<std::int64_t> count_dropped(const std::string& drop_directory,
                                                     std::int64_t most);

}  // namespace tenax::queue

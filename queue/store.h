// SPDX-License-Identifier: Apache-2.0
#pragma once
// The durable queue. What it promises is docs/queue-states.md; every implementation passes
// tests/queue/store_contract_test.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/lesson.h"
#include "mail/message.h"

#include "io/async.h"
#include "io/byte_source.h"
#include "io/result.h"

#include "queue/selection.h"
#include "queue/settlement.h"

namespace tenax::queue {

/// Contents on their way in. Small ones stay in memory, large ones go to a file: constant memory
/// either way. Destroyed before enqueue: forgotten without a trace. Concurrency: one user at a
/// time.
class IncomingContents {
 public:
  virtual ~IncomingContents() = default;
  /// Errors: disk_full, disk_failed.
  virtual io::Async<io::Result<>> append(std::string_view bytes) = 0;
  /// All are there: nothing may be appended afterwards. Large ones are on the disk when it ends, so
  /// that enqueue() enters its commit at once. The same errors.
  virtual io::Async<io::Result<>> close() = 0;
  [[nodiscard]] virtual std::int64_t size() const = 0;
};

/// Destinations that are left out, but for messages whose lifetime is over: those have their last
/// attempt all the same. Concurrency: value.
struct LastChances {
  std::vector<std::string> destinations;  // Destination texts; a few recipients for each
  mail::WallTime now;
  mail::Duration lifetime{};
  std::map<std::string, mail::Duration> lifetimes = {};  // of those of them that have another
};

/// Due first attempts of one message at one destination that go before all others, whatever
/// `except` and the bounds of the order say. Concurrency: value.
struct Ahead {
  mail::QueueId message;
  std::string destination;     // Destination text
  std::size_t recipients = 1;  // at most
};

/// What the feed asks for. Concurrency: value.
struct ClaimOrder {
  mail::WallTime now;
  std::size_t max_recipients = 1000;
  std::size_t max_per_destination =
      200;                          // so that one huge destination does not fill the active set
  std::vector<std::string> except;  // Destination texts with no room in their lane; at most 10,000
  LastChances last_chances;         // some of `except`
  std::vector<std::string> early;   // whose waiting recipients are taken before their dates as well
  std::vector<Ahead> ahead;         // of senders that have little, from behind a crowd
  bool later_first = false;         // later attempts before first ones, for once
  mail::Duration guard{};           // next_attempt becomes now + guard: what a crash leaves
};

struct EnqueueResult {
  mail::QueueId id;
  bool repeated = false;                       // this submission was enqueued before, under `id`
  std::vector<mail::RecipientId> leased = {};  // of a new message that enters leased: in its order
};

/// Which way mail goes. Concurrency: value; `destination_of` is called on any thread.
struct Routing {
  std::string routes;  // all that `destination_of` depends on, in one text
  std::function<mail::Destination(const mail::Address&)> destination_of;
};

struct Rerouted {
  std::int64_t changed = 0;  // recipients that go another way now
  bool done = false;         // all were looked at
};

/// Of all whom a verb meant when it began, those to whom it has not come yet. Concurrency: value.
struct Rest {
  std::shared_ptr<const std::vector<Meant>> all = {};  // nullptr: it has not begun
  std::size_t done = 0;
  [[nodiscard]] bool empty() const { return all == nullptr || done == all->size(); }
};

/// What an operator gives up is leased in rounds, and each of them enters notices that may be of
/// the same kind: nobody is selected who was not there when the first round was. Concurrency:
/// value.
struct Selected {
  std::vector<mail::DeliveryRequest> requests;
  Rest rest = {};                           // for the next call
  std::vector<mail::QueueId> unknown = {};  // as in Operated
  std::int64_t in_delivery = 0;             // of those selected: told when no other is left
};

/// What start-up found, for one log line.
struct Recovery {
  std::int64_t messages = 0;       // open messages
  std::int64_t recipients = 0;     // open recipients
  std::int64_t lapsed_leases = 0;  // leased when the last daemon died; now waiting
  std::int64_t orphans = 0;        // contents files no message knows; removed
  std::int64_t missing = 0;        // open messages whose contents are gone or short: held
  std::int64_t owed_unread = 0;    // failures to be told of, whose rows cannot be read
  std::int64_t mended = 0;         // recipients and messages whose rows said two things at once
  // The latest date at which the queue says that something happened; 1970 if it says nothing.
  mail::WallTime newest{};
};

struct NoticeDue {
  mail::QueueId message;
  mail::Envelope envelope;
  mail::Origin origin = mail::Origin::submitted;
  mail::WallTime accepted;
  struct Recipient {
    mail::RecipientId id;
    mail::Address address;
    mail::Notify notify;
    std::optional<mail::OriginalRecipient> original;
    mail::Destination destination;
    int attempts = 0;
    std::optional<mail::WallTime> next_attempt;
    mail::WallTime due;                 // the notice's own time
    std::optional<mail::Verdict> last;  // the last attempt's verdict, if there was one
    mail::RecipientState state = mail::RecipientState::waiting;
    mail::Knocks knocks = {};
    bool stormed = false;  // held, because of a storm of refusals
  };
  std::vector<Recipient> recipients;
};

/// What one sender is to be told in a digest. Concurrency: value.
struct DigestDue {
  mail::Address sender;
  struct Failure {
    OwedFailure why;
    mail::QueueId message;
    mail::WallTime accepted;
    std::string subject;  // of the message
    std::string envid;    // likewise
    mail::Address address;
    std::optional<mail::OriginalRecipient> original;
    int attempts = 0;
    std::optional<mail::WallTime> last_attempt;
    mail::Verdict verdict;
  };
  /// Who waits, or is held in a storm, as for a notice of that.
  struct Delay {
    NoticeDue of;  // with one recipient
    std::string subject;
    std::optional<mail::WallTime> last_attempt;
  };
  std::vector<Failure> failures;
  std::vector<Delay> delays = {};
  std::vector<mail::RecipientId> unread = {};  // owed, and their rows cannot be read
};

/// A storm of refusals that the operator is to be told of, or its end. Concurrency: value.
struct StormDue {
  std::string destination;
  mail::WallTime began;
  bool over = false;       // nothing is held because of it any more
  std::int64_t mails = 0;  // that have told of it
  // What is held, while it goes on.
  std::int64_t messages = 0, recipients = 0;
  std::int64_t senders = 0;  // different ones, the null path not counted
  struct Said {
    std::string text;
    std::int64_t recipients = 0;
  };
  std::vector<Said> said;  // the last answers of at most 10,000 of them, the most frequent first
};

/// An attempt that was counted, as it was settled. Concurrency: value.
struct PastAttempt {
  mail::RecipientId recipient;
  mail::WallTime finished;
  mail::RemoteHost host;
  std::string text;  // the reply, or our words
};

/// The queue as the engine writes it. All methods are called from one strand; each resumes there.
///
/// Every change is durable when its call returns success (one fsync, shared with the neighbours).
/// Errors: disk_full (nothing changed, try later), closed_intake (a commit or a sync failed; the
/// state on disk is unknown until the store is opened anew; every further change fails at once),
/// corrupt, cancelled. Concurrency: the engine's strand.
class Store {
 public:
  virtual ~Store() = default;

  /// Never given out before, by this or any earlier process on this queue.
  virtual mail::QueueId new_id(mail::WallTime now) = 0;

  virtual std::unique_ptr<IncomingContents> new_contents() = 0;

  /// Takes responsibility. `destinations` has one entry per recipient of `message`. First attempts
  /// are due at once; with `message.leased` they are the caller's, as if claimed, and a crash
  /// leaves them due at once. `first_notice` is when the delay notice of the recipients falls due
  /// (nullopt: never).
  virtual io::Async<io::Result<EnqueueResult>> enqueue(
      mail::NewMessage message, std::vector<mail::Destination> destinations,
      std::optional<mail::WallTime> first_notice, std::unique_ptr<IncomingContents> contents) = 0;

  /// Leases due recipients, first attempts before later ones, else oldest due first; grouped into
  /// one request per message and destination.
  virtual io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim(ClaimOrder order) = 0;

  /// Leases the selected recipients that are waiting or held, whatever their time (for `expire`).
  /// Some 10,000, of whole messages; the next ones by asking again, with `rest` as the last answer
  /// has it, until that is empty. Whom it means the first call reads, and who has changed until his
  /// turn comes is passed over.
  virtual io::Async<io::Result<Selected>> claim_selected(Selection selection, Rest rest,
                                                         mail::WallTime now,
                                                         mail::Duration guard) = 0;

  /// Gives leases back unused: nothing is counted (promise 9). Waiting again, due at
  /// `next_attempt`; what was held is held again.
  virtual io::Async<io::Result<>> put_back(std::vector<mail::RecipientId> recipients,
                                           mail::WallTime next_attempt) = 0;

  /// Applies a report. Outcomes of recipients that are no longer leased (removed meanwhile) are
  /// skipped: a final state is never overwritten. When the last recipient closes, the contents are
  /// forgotten; the history stays. Whether a notice with a cap enters is decided in the commit.
  virtual io::Async<io::Result<Settled>> settle(Settlement settlement) = 0;

  /// Who has been owed something until now: one sender, at most 2,000 of its failures and delays,
  /// the oldest first; more are found by asking again when those are told. Delays that are over are
  /// owed no more; those in delivery wait for the end of that.
  virtual io::Async<io::Result<std::optional<DigestDue>>> digest_due(mail::WallTime now) = 0;

  /// The digest enters, and what it tells of is owed no more. Errors also: protocol (some of it was
  /// not owed, or is no longer true: nothing changed).
  virtual io::Async<io::Result<>> tell_owed(ToldOwed told) = 0;

  /// The storm that the operator is to be told of first; more are found by asking again.
  virtual io::Async<io::Result<std::optional<StormDue>>> storm_due(mail::WallTime now) = 0;

  /// That much of a storm is told, and its mail, if there is one, enters. Errors also: protocol (it
  /// was told, or is no longer as it was: nothing changed).
  virtual io::Async<io::Result<>> tell_storm(ToldStorm told) = 0;

  /// Recipients whose delay notice is due, oldest first. Not those leased right now: the attempt
  /// may make the notice needless, and only its end knows the date of the next one.
  virtual io::Async<io::Result<std::vector<NoticeDue>>> notices_due(mail::WallTime now,
                                                                    std::size_t max_messages) = 0;

  /// The newest `most` counted attempts of each of these recipients, those of one together, the
  /// oldest first.
  virtual io::Async<io::Result<std::vector<PastAttempt>>> past_attempts(
      std::vector<mail::RecipientId> recipients, std::size_t most) = 0;

  /// Destinations with recipients that are held because of a storm of refusals; at most 1,000.
  virtual io::Async<io::Result<std::vector<std::string>>> stormed() = 0;

  /// The earliest moment at which claim(), notices_due(), digest_due() or storm_due() would find
  /// something;
  /// nullopt when nothing waits. `except` and `last_chances` as in ClaimOrder.
  virtual io::Async<io::Result<std::optional<mail::WallTime>>> next_due(
      std::vector<std::string> except, LastChances last_chances) = 0;

  /// The same of notices_due(), digest_due() and storm_due() alone.
  virtual io::Async<io::Result<std::optional<mail::WallTime>>> next_to_tell() = 0;

  /// Carries out an operator's verb; leased recipients cannot be held (they are told apart in the
  /// result). Of more than some 5,000 recipients, unless their messages are named, whole messages
  /// are done in each of several commits, with others between them; who enters meanwhile is not
  /// meant. An error then says how many it was done to: that stays.
  virtual io::Async<io::Result<Operated>> operate(Operation operation) = 0;

  /// Files open recipients under the Destination they have by `routing`, at most `most` of them;
  /// again, with `begin` false, until done. A next `begin` with the same routes is done at once,
  /// whoever opened the store meanwhile. Leased ones too: they go that way if they come back.
  virtual io::Async<io::Result<Rerouted>> reroute(Routing routing, bool begin,
                                                  std::size_t most) = 0;

  /// Changes the suppression list, or notes whose mail came back; of that, causes in `counted` are
  /// counted. `by` is kept.
  virtual io::Async<io::Result<Operated>> edit_suppressions(std::vector<SuppressionEdit> edits,
                                                            std::vector<std::string> counted,
                                                            mail::Duration expires, std::string by,
                                                            mail::WallTime now) = 0;

  /// Those of these addresses (suppression_key()) that are on the list, in force or not.
  /// Concurrency: thread-safe, resumes where it was called.
  virtual io::Async<io::Result<std::vector<Suppression>>> suppressions_of(
      std::vector<std::string> addresses) = 0;

  /// Errors: not_found when the message or its contents are gone. Concurrency: thread-safe, resumes
  /// where it was called; what it gives is for one user.
  virtual io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_body(
      mail::QueueId message) = 0;

  /// Keeps what receivers taught; a lesson without a text is forgotten. At most mail::kMostLessons
  /// are kept, the newest.
  virtual io::Async<io::Result<>> keep_lessons(std::vector<mail::Lesson> lessons) = 0;

  /// All that are kept, the newest first.
  virtual io::Async<io::Result<std::vector<mail::Lesson>>> lessons() = 0;

  /// The calendar was corrected by `step` while we ran: open messages move along, so that nobody
  /// waits or expires for it.
  virtual io::Async<io::Result<>> clock_stepped(mail::Duration step) = 0;

  /// Removes at most `max_messages` messages that ended before `before`, with their history; true
  /// if more are left.
  virtual io::Async<io::Result<bool>> purge(mail::WallTime before, std::size_t max_messages) = 0;

  /// Writes out what is kept in short (docs/queue-states.md), where readers find it.
  virtual io::Async<io::Result<>> write_out() = 0;

  /// Ends after the writes that are under way. Nothing may be called afterwards.
  virtual void close() = 0;
};

}  // namespace tenax::queue

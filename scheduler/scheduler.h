// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who goes next. Holds the claimed requests in one Lane per Destination and gives out what windows,
// parking and fairness allow. Decides only: it starts nothing and waits for nothing.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"
#include "mail/lesson.h"
#include "mail/time.h"

#include "scheduler/advice.h"
#include "scheduler/lane_policy.h"
#include "scheduler/overrides.h"
#include "scheduler/rehearsal.h"
#include "scheduler/sender.h"

namespace tenax::scheduler {

struct SchedulerPolicy {
  LanePolicy lane = {};
  std::size_t active_recipients = 10'000;  // bound of what is claimed and in memory
  std::size_t lane_recipients = 1'000;  // bound per destination, so that none fills the active set
  std::size_t sessions = 500;           // deliveries at once, all destinations together
  std::size_t remembered_lanes = 10'000;  // idle ones of which we still know something
  mail::Duration lifetime =
      std::chrono::hours{24 * 5};  // of a message, as in RetryPolicy: one that is older has its
                                   // last attempt even while its lane is parked, one at a time
  std::optional<MemoryPolicy> learning = {};  // set: what sites taught us decides, not windows
  Overrides overrides = {};                   // of some destinations, instead of `lane`, `lifetime`
};

/// What `tenax destination` and the tests see of a lane.
struct LaneView {
  mail::Destination destination;
  int window = 0;
  int in_flight = 0;
  std::size_t waiting = 0;                     // recipients
  std::optional<mail::WallTime> parked_until;  // passed: on probation, one canary at a time
  int failures = 0;                            // in a row
  int line = 0;  // of the configuration, which says something of it; 0: it does not
  std::optional<mail::WallTime> paced_until = {};  // no more before that, by the operator's rate
  // Nor before that, by what its site has taught; passed: one asks whether it takes more.
  std::optional<mail::WallTime> door_until = {};
};

/// A request that has to go back to the queue because its lane is parked (or holds more than it
/// may), and when it may be claimed again.
struct Shed {
  mail::DeliveryRequest request;
  mail::WallTime next_attempt;
};

/// Concurrency: one user at a time; pure otherwise. `now` never comes from a clock of its own.
class Scheduler {
 public:
  explicit Scheduler(SchedulerPolicy policy);
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// A new policy for what comes; lanes keep what they learnt (SIGHUP).
  void adopt(SchedulerPolicy policy);

  /// How many recipients may be claimed now; those in flight are counted as held.
  [[nodiscard]] std::size_t appetite() const;
  /// How many recipients lie here or are in flight.
  [[nodiscard]] std::size_t held() const;
  /// How many of the appetite for one destination: what every lane not named by except() has room
  /// for.
  [[nodiscard]] std::size_t lane_appetite() const;
  /// What a claim in due order leaves of the appetite, for senders that have little here: a crowd
  /// of others' mail does not keep theirs in the queue.
  [[nodiscard]] std::size_t spare() const;
  /// So many recipients of that sender may enter that lane before the crowd's: 0 when it has its
  /// share there already, or the lane is full to the brim, or closed for another reason.
  [[nodiscard]] std::size_t room_ahead(const std::string& lane, Sender sender,
                                       mail::WallTime now) const;
  /// Where a destination's mail waits, as far as is known now.
  [[nodiscard]] std::string lane_name(const mail::Destination& destination) const;
  /// Is nothing claimed for that lane?
  [[nodiscard]] bool is_closed(const std::string& lane, mail::WallTime now) const;

  /// Destinations that must not be claimed for: their lane is full, parked, or waiting for what its
  /// canary says. Of at most 1000 lanes, fullest first; at most 10,000.
  [[nodiscard]] std::vector<std::string> except(mail::WallTime now) const;

  /// Would a claim for all of these be right now: is there an appetite, and none in except()?
  [[nodiscard]] bool welcomes(const std::vector<mail::Destination>& destinations,
                              std::size_t recipients, mail::WallTime now) const;

  /// Counts how often a destination entered except() or left it. Unchanged: what was claimed in
  /// vain would be again.
  [[nodiscard]] std::uint64_t turnings() const;

  /// Of those: destinations that still take a few messages whose lifetime is over.
  [[nodiscard]] std::vector<std::string> last_chances(mail::WallTime now) const;

  /// Files a claimed request in its lane. First attempts stand before later ones.
  void add(mail::DeliveryRequest request, mail::WallTime now);

  /// What may start now; each counts against its lane's window until landed(). A lane that comes
  /// out of parking gives one request only (the canary) until that one is finished.
  [[nodiscard]] std::vector<mail::DeliveryRequest> take_ready(mail::WallTime now);

  /// Requests of parked lanes that should not sit in memory until the parking ends. The first of a
  /// lane comes back when the parking ends, the others spread behind it.
  [[nodiscard]] std::vector<Shed> shed(mail::WallTime now);

  /// A delivery ended: its session is free for the next one. Widens, narrows or parks the lane.
  void landed(const mail::Destination& destination, mail::Health health, mail::WallTime now);
  /// What came of it is written down. Until then its recipients count as held, and of those in
  /// between there are never more than the lane's window. `recipients`: how many its request had; 0
  /// when not known: then the smallest one is taken for it, so that the bounds hold.
  void settled(const mail::Destination& destination, mail::WallTime now,
               std::size_t recipients = 0);
  /// Both at once.
  void finished(const mail::Destination& destination, mail::Health health, mail::WallTime now,
                std::size_t recipients = 0) {
    landed(destination, health, now);
    settled(destination, now, recipients);
  }

  /// The same for one that learns: also says what becomes of each deferred recipient.
  [[nodiscard]] std::vector<Advice> landed(const mail::DeliveryRequest& request,
                                           const mail::DeliveryReport& report, mail::WallTime now);
  /// Does that report teach anything? Otherwise its lane is as one of a scheduler that does not
  /// learn, and the next one tells it of the end.
  [[nodiscard]] bool learns_of(mail::QueueId message, const mail::Destination& destination) const;
  void landed(mail::QueueId message, const mail::Destination& destination, mail::Health health,
              mail::WallTime now);
  /// Of the request that had so many recipients of this message for this destination.
  void settled(mail::QueueId message, const mail::Destination& destination, mail::WallTime now,
               std::size_t recipients);
  [[nodiscard]] std::vector<Advice> finished(const mail::DeliveryRequest& request,
                                             const mail::DeliveryReport& report,
                                             mail::WallTime now) {
    std::vector<Advice> advice = landed(request, report, now);
    settled(request.message, request.destination, now, request.recipients.size());
    return advice;
  }

  /// A report named the mail hosts of a destination: what the operator says of those holds for it
  /// from now on.
  void met(const mail::Destination& destination, const std::vector<std::string>& mail_hosts);
  /// What the operator says of it, as far as its mail hosts are known; nullptr: nothing.
  [[nodiscard]] OverridePtr entry_of(const mail::Destination& destination) const;

  /// Is it one that learns? Decided once, by its first policy.
  [[nodiscard]] bool learns() const;
  /// What is going to happen to a recipient that waits, by what is known of its destination now. Of
  /// one that learns there only; nothing is learnt from it.
  [[nodiscard]] Rehearsal rehearse(const Role& role, mail::WallTime now,
                                   std::size_t limit = kMostRehearsed) const;
  /// Would take_early(), or shed() because somebody's turn came too early, give something?
  [[nodiscard]] bool has_early() const;
  [[nodiscard]] bool has_too_early() const;
  /// Destinations whose waiting recipients may be claimed before their dates, because something was
  /// learnt; each is said once. Whoever may not go after all comes back by shed().
  [[nodiscard]] std::vector<std::string> take_early();
  /// They were not claimed after all: take_early() says them again.
  void call_again(const std::vector<std::string>& destinations);

  /// As Memory has them. One that does not learn keeps nothing.
  [[nodiscard]] std::vector<mail::Lesson> take_lessons(mail::WallTime now, std::size_t most,
                                                       bool all = false);
  [[nodiscard]] std::optional<mail::WallTime> next_lesson() const;
  /// Before anything else is asked of it.
  Restored restore(std::vector<mail::Lesson> lessons, mail::WallTime now);
  bool unlearn(const mail::Destination& destination, mail::WallTime now);

  /// Takes every request out, for shutdown; those in flight are not among them.
  [[nodiscard]] std::vector<mail::DeliveryRequest> drain();

  /// When take_ready() might give more, or except() name less, although nothing finishes and
  /// nothing is added: a parking ends. nullopt: never.
  [[nodiscard]] std::optional<mail::WallTime> next_wakeup(mail::WallTime now) const;

  /// The operator said retry now: parking ends for these destinations (empty: all).
  void unpark(const std::vector<std::string>& destinations, mail::WallTime now);

  /// The calendar was corrected while we ran.
  void clock_stepped(mail::Duration step);

  [[nodiscard]] std::vector<LaneView> lanes() const;
  /// One of them, without looking at the others; nullopt: nothing is known of that destination.
  [[nodiscard]] std::optional<LaneView> lane(const mail::Destination& destination) const;
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] mail::Duration lifetime() const;
  [[nodiscard]] mail::Duration lifetime(const mail::Destination& destination) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenax::scheduler

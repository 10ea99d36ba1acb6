// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ten promises of docs/queue-states.md as checks: on every fact while it runs, and on the queue
// at the end.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/observer.h"
#include "engine/settle.h"
#include "scheduler/rehearsal.h"
#include "scheduler/scheduler.h"
#include "tests/simulation/remembrance.h"
#include "tests/simulation/script.h"
#include "tests/support/fake_mx.h"

namespace tenax::simulation {

/// What is known of one recipient of a letter, or of a sender as the recipient of notices.
struct Fate {
  std::size_t letter = 0;
  int copies = 0;
  int doubts = 0;         // attempts that ended in doubt
  int open_at_death = 0;  // times a lease was open when the daemon died
  bool in_flight = false;
  bool held = false;
  bool ever_held = false;
  bool ended = false;                      // as far as we heard
  int delays_told = 0;                     // delay notices about it
  std::optional<int> attempts = 0;         // counted; unset: a death may hide one
  std::optional<mail::WallTime> expected;  // when it is next due
  std::vector<mail::WallTime> forecast;    // as made at its last deferral
  std::string answer;                      // which a rehearsal went on from
  std::size_t site_events = 0;             // at its destination, when that was made
  std::size_t disturbances = 0;            // of everything, when `expected` was told
  std::size_t lane_disturbances = 0;       // and of its destination
  std::set<std::string> failure_notices;   // their ids, as they came to the sender's mailbox
};

class Oracles final : public engine::Observer {
 public:
  /// The first dates that are foretold to one who waits.
  using Rehearse = std::function<std::vector<mail::WallTime>(const scheduler::Role&)>;

  Oracles(const Script& script, const engine::Terms& terms);

  // The simulation tells what the facts do not.
  void born(std::function<std::vector<scheduler::LaneView>()> lanes, std::function<Span()> clock,
            Rehearse rehearse);
  void remembers(const std::vector<mail::Lesson>& lessons, mail::WallTime now) {
    remembrance_.born(lessons, now);
  }
  void died();     // killed: whatever was in flight is open
  void stopped();  // in good order
  void stepped();
  void handed_over(std::size_t letter) { handed_over_.emplace(letter, clock_()); }
  void kept(std::size_t letter, mail::QueueId id);
  void was_operated(std::size_t letter, Event::Kind verb, const queue::Operated& outcome);
  void taken(const testing::TakenMail& mail);

  // Facts.
  void started(const engine::Started& fact) override;
  void attempted(const engine::Attempted& fact) override;
  void noticed(const engine::Noticed& fact) override;
  void gathered(const engine::Gathered& fact) override;
  void digested(const engine::Digested& fact) override;
  void storm_told(const engine::StormTold& fact) override;
  void parked(const engine::Parked& fact) override;
  void clock_stepped(const engine::ClockStep& fact) override;
  void trouble(const engine::Trouble& fact) override;

  /// Reads the queue of a daemon that has ended.
  void check_at_end(const std::string& database);

  void violation(int promise, const std::string& what);
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] bool all_kept() const { return kept_.size() == script_.letters.size(); }
  [[nodiscard]] std::optional<mail::QueueId> id_of(std::size_t letter) const;
  [[nodiscard]] std::size_t attempts_seen() const { return attempts_seen_; }
  [[nodiscard]] std::size_t dates_kept() const { return dates_kept_; }
  [[nodiscard]] std::size_t lessons_used() const { return remembrance_.used(); }
  [[nodiscard]] std::size_t digests_seen() const { return digests_seen_; }
  [[nodiscard]] std::size_t late_digested() const { return late_digested_; }
  [[nodiscard]] std::size_t storms_seen() const { return storms_seen_; }

 private:
  /// Recipients of letters by their address, which stands for one letter; those of notices by the
  /// notice too, since a sender may hear of much.
  Fate& fate_of(mail::QueueId message, const std::string& address);
  [[nodiscard]] std::optional<scheduler::LaneView> lane_of(const mail::Destination& to) const;
  [[nodiscard]] const scheduler::RetryPolicy& policy_of(const mail::Destination& to) const;
  void check_pace(const mail::Destination& to);
  void ask_for_the_delay_notice(const Fate& fate, const engine::Attempted& fact);
  void follow_the_forecast(Fate& fate, const engine::Attempted& fact);
  /// The same for a scheduler that learns.
  void starts_as_foretold(const Fate& fate, const engine::Started& fact,
                          const std::string& address);
  void follow_the_rehearsal(Fate& fate, const engine::Attempted& fact);
  [[nodiscard]] mail::ReversePath sender_of(const engine::Attempted& fact) const;
  void check_storms(const std::string& database);
  void check_recipients(const std::string& database);
  void check_recipient(const std::string& address, const std::string& state, bool told_on);

  const Script& script_;
  Remembrance remembrance_;
  scheduler::RetryPolicy policy_;
  scheduler::Overrides overrides_;
  std::map<std::string, std::vector<Span>> begun_;  // by this process, where a rate holds
  std::function<std::vector<scheduler::LaneView>()> lanes_;
  Rehearse rehearse_;
  std::map<std::string, Fate> fates_;
  std::function<Span()> clock_;  // steady
  std::map<std::size_t, mail::QueueId> kept_;
  std::map<std::size_t, Span> handed_over_;  // for the first time
  bool step_unseen_ = false;                 // by the engine
  bool calendar_lost_ = false;               // a step nobody can know of: it fell into a death
  std::set<mail::QueueId> notices_;
  std::map<std::string, mail::WallTime> last_end_;        // of an attempt, by destination
  std::map<std::string, std::size_t> site_events_;        // starts and ends, by destination
  std::map<std::string, std::size_t> lane_disturbances_;  // parked, or others in the way
  std::size_t disturbances_ = 0;
  bool all_facts_heard_ = true;  // a death may have hidden one, a step have moved one's time
  std::size_t attempts_seen_ = 0;
  std::size_t dates_kept_ = 0;
  std::size_t digests_seen_ = 0;
  std::size_t late_digested_ = 0;
  std::size_t storms_seen_ = 0;
  bool ever_stepped_ = false;
  std::vector<std::string> violations_;
};

}  // namespace tenax::simulation

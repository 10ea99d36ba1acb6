// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine: one loop and one timer that carry mail from room to room. It decides nothing itself:
// the scheduler says who goes, settle() says what becomes of a report, the store says what is due.
// The loop is in engine.cpp, what happens to a delivery that ended in engine_homecoming.cpp, what
// is asked of the engine in engine_doors.cpp.

#include <memory>
#include <optional>
#include <vector>

#include "delivery/agent.h"
#include "engine/calendar.h"
#include "engine/dispatch.h"
#include "engine/doorbell.h"
#include "engine/feed.h"
#include "engine/gathering.h"
#include "engine/notebook.h"
#include "engine/observer.h"
#include "engine/route.h"
#include "engine/settler.h"
#include "engine/storm.h"
#include "engine/world.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

enum class Mode {
  serve,  // until stop()
  once,   // until nothing is due now and everything in flight has ended
};

/// Concurrency: the engine's strand, for every function.
class Engine {
 public:
  Engine(World world, Plan plan, Observer& observer);
  ~Engine();

  /// Before run(): of the store that was opened. A calendar that was set back while nobody ran is
  /// followed like one that is stepped meanwhile.
  void go_on_from(const queue::Recovery& found) { calendar_.go_on_from(found.newest); }

  /// The queue's whole life in this process. Succeeds after stop(); fails with closed_intake when
  /// the store has to be opened anew, after the sessions in flight were ended, and in Mode::once
  /// with what kept the queue from being run.
  io::Async<io::Result<>> run(Mode mode);

  /// Nothing new begins; what is in flight may end within the plan's grace. Again: at once.
  void stop();

  /// A new plan (SIGHUP). Mail that is queued follows its routes before anything else is claimed; a
  /// delivery under way ends as it began.
  void adopt(Plan plan);

  /// Mail that would come back to this door of ours is not sent there.
  void listens_at(const io::Endpoint& door);

  [[nodiscard]] const Plan& plan() const { return plan_; }

  /// The time that is written into the queue.
  [[nodiscard]] mail::WallTime now() const { return calendar_.now(); }

  /// Takes responsibility for a message: durable when it returns success. Errors as Store::enqueue.
  io::Async<io::Result<queue::EnqueueResult>> accept(
      mail::NewMessage message, std::unique_ptr<queue::IncomingContents> contents);

  /// A submission was turned away at a door.
  void refuse(const Refused& fact) { observer_.refused(fact); }

  // For the operator. What lies in memory but is not in flight goes back to the queue first, so the
  // store's answer holds for all but the sessions under way.

  /// `operation.now` is filled in. A retry also ends the parking of the destination it names, or of
  /// all when it names none.
  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation);

  /// Ends what is selected with a failure notice, while other mail goes on its way. `leased` counts
  /// what is in flight at the end and was left.
  io::Async<io::Result<queue::Operated>> expire(queue::Selection selection, std::string by);

  /// Nothing is known any more of the site that this destination leads to. False: nothing was.
  io::Async<io::Result<bool>> forget(mail::Destination destination);

  /// Changes the suppression list, or notes what came back.
  io::Async<io::Result<queue::Operated>> suppress(std::vector<queue::SuppressionEdit> edits,
                                                  std::string by);

  [[nodiscard]] std::vector<scheduler::LaneView> lanes() const { return scheduler_.lanes(); }
  [[nodiscard]] std::optional<scheduler::LaneView> lane(const mail::Destination& to) const {
    return scheduler_.lane(to);
  }
  /// What is going to happen to these; nullopt: the schedule decides, which whoever asks can read.
  [[nodiscard]] std::optional<std::vector<scheduler::Rehearsal>> rehearse(
      const std::vector<scheduler::Role>& roles, std::size_t limit) const;
  [[nodiscard]] std::size_t in_flight() const { return dispatch_.in_flight(); }
  [[nodiscard]] std::vector<UnderWay> under_way(const std::vector<mail::QueueId>& messages) const {
    return dispatch_.under_way(messages);
  }

 private:
  io::Async<> follow_the_calendar();
  io::Async<> pause();
  io::Async<> keep_house();
  io::Async<> write_out_what_passed();
  void keep_lessons();
  io::Async<> write_lessons();
  io::Async<> follow_the_routes();
  io::Async<std::size_t> tell_of_delays(mail::WallTime now);
  io::Async<std::size_t> tell_what_is_owed(mail::WallTime now);
  io::Async<std::size_t> tell_of_storms(mail::WallTime now);
  io::Async<std::size_t> tell_who_is_due();
  io::Async<std::size_t> one_round();
  std::size_t start_what_is_ready();
  void carry_on();
  [[nodiscard]] io::Instant next_of_ours() const;
  io::Async<io::Instant> next_wake();
  io::Async<io::Instant> wake_in_a_pause();
  io::Async<> wind_down();

  struct Flown {
    mail::QueueId message;
    mail::Destination destination;
    mail::Health health;
    std::size_t recipients;
    bool counted_in;  // the scheduler knows already
  };
  void landed(mail::DeliveryRequest request, mail::DeliveryReport report);
  void settle_overdue();
  io::Async<> come_home(std::vector<Landing> landings, Flown flown);
  io::Async<> settle_landings(std::vector<Landing> landings);
  void count_in(const Flown& flown);
  void tell_of_parking(const mail::Destination& destination,
                       const std::optional<scheduler::LaneView>& before);
  void watch_for_storms(const mail::DeliveryReport& report);
  io::Async<> read_storms();
  io::Async<io::Result<queue::Selected>> lease_to_expire(queue::Selection selection,
                                                         queue::Rest rest);
  void note_due(const queue::RecipientOutcome& outcome);
  io::Async<> settle_delay(queue::NoticeDue due);
  void heed_parked_lanes(queue::NoticeDue& due) const;
  [[nodiscard]] Terms terms_of_delays() const;
  [[nodiscard]] Rehearse what_was_learnt(mail::WallTime now) const;
  void tell(const Committed& committed, mail::QueueId message, const std::vector<Untold>& untold);

  /// Trouble with the store: it is left alone for a while.
  void note(std::string doing, const io::Error& error);
  /// What was refused to somebody at a door: no reason to leave what waits in the queue.
  void tell_trouble(std::string doing, const io::Error& error);
  void spawn(io::Async<> work);
  [[nodiscard]] bool held_up() const { return world_.clock.now() < not_before_; }
  [[nodiscard]] bool quiet() const { return open_ == 0 && dispatch_.in_flight() == 0; }

  World world_;
  Plan plan_;
  Observer& observer_;
  Calendar calendar_;
  Doorbell doorbell_;
  scheduler::Scheduler scheduler_;
  delivery::Agent agent_;
  Feed feed_;
  Settler settler_;
  Gathering gathering_;
  StormWatch storms_;
  Notebook notebook_;
  Dispatch dispatch_;

  std::size_t open_ = 0;       // coroutines of ours beside run(); it waits for them before it ends
  std::size_t telling_ = 0;    // delay notices under way
  std::size_t operating_ = 0;  // operator's verbs under way: nothing is claimed meanwhile
  std::size_t expiring_ = 0;   // those that leave the others their way: mail is ended, or leased
  io::Instant next_housekeeping_;
  std::optional<io::Instant> next_writing_out_;  // of mail that passed
  io::Instant next_telling_;                     // while a crowd is claimed
  io::Instant not_before_;  // after trouble with the disk: the store is left alone until then
  io::Span pause_{};
  std::optional<io::Error> trouble_;       // the last one, until something succeeds
  std::optional<io::Error> failure_;       // the end
  io::Instant wake_ = io::Instant::min();  // until when the loop sleeps; min: it does not
  bool once_ = false;
  bool stopping_ = false;
  bool routes_are_new_ = true;  // to the store, as far as we know
  bool hurrying_ = false;
  bool cut_short_ = false;  // what is in flight was cancelled
};

}  // namespace tenax::engine

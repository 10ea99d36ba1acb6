// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts: what happened, told to whoever listens. Log lines, counters and the simulation's checks
// are observers; the rooms themselves neither log nor count.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"
#include "mail/message.h"

#include "bounce/notice.h"
#include "queue/selection.h"
#include "queue/store.h"

namespace tenax::engine {

/// A message is ours now: its commit is on the disk.
struct Accepted {
  mail::QueueId message;
  mail::Envelope envelope;
  mail::Submitter submitter;
  std::string message_id;
  std::size_t recipients = 0;
  bool repeated = false;  // handed over before; nothing was added
};

/// Somebody was turned away at a door.
struct Refused {
  mail::Submitter submitter;
  int exit_code = 0;  // of sysexits.h, as he was told
  std::string why;
};

/// A delivery begins.
struct Started {
  mail::DeliveryRequest request;
  mail::WallTime when;
};

/// One recipient's part in a finished, committed attempt.
struct Attempted {
  mail::QueueId message;
  mail::RecipientId recipient;
  mail::Address address;
  mail::Destination destination;
  mail::Verdict verdict;
  mail::RecipientState state = mail::RecipientState::waiting;  // what became of it
  bool counted = true;
  int attempts = 0;  // counted ones, this one included
  std::optional<mail::WallTime> next_attempt;
  mail::WallTime accepted;
  mail::WallTime when;
  mail::Duration took{};
  mail::Knocks knocks = {};                  // as they are kept beside it
  mail::Health health = mail::Health::well;  // of the whole delivery
};

/// A notice entered the queue.
struct Noticed {
  mail::QueueId message;  // the one it is about
  mail::QueueId notice;
  bounce::NoticeKind kind = bounce::NoticeKind::failed;
  mail::Address to;
  std::vector<mail::Address> about;
  std::vector<mail::WallTime> promised;  // delayed: the next attempts it names
};

/// A notice of failures or delays did not enter the queue: its sender has had enough of them within
/// the hour, and a digest will tell what it would have.
struct Gathered {
  mail::QueueId message;
  bounce::NoticeKind kind = bounce::NoticeKind::failed;
  mail::Address to;
  std::vector<mail::Address> about;
  mail::WallTime due;
};

/// A digest entered the queue.
struct Digested {
  mail::QueueId notice;
  mail::Address to;
  struct About {
    mail::QueueId message;
    mail::Address address;
    bounce::NoticeKind kind = bounce::NoticeKind::failed;
  };
  std::vector<About> about;
  std::size_t unread = 0;  // failures whose rows cannot be read: it says how many
};

/// A failure nobody can be told of: the message came from the null path.
struct DoubleBounce {
  mail::QueueId message;
  mail::Address address;
  std::string text;
};

/// A destination gets no mail until then.
struct Parked {
  mail::Destination destination;
  mail::WallTime until;
  int failures = 0;
};

/// A destination that took mail suddenly refuses most of it: from now on that is held, not failed.
struct StormBegan {
  mail::Destination destination;
  std::string text;  // the last refusal
};

/// A mail about a storm entered the queue.
struct StormTold {
  std::string destination;
  bool over = false;  // it is the last one
  mail::QueueId mail;
  mail::Address to;
  std::int64_t messages = 0;  // held
};

struct ClockStep {
  mail::Duration step{};
};

struct Recovered {
  queue::Recovery recovery;
};

/// Queued mail goes another way, as the config says now.
struct Rerouted {
  std::int64_t recipients = 0;
};

struct Operated {
  queue::Operation operation;
  queue::Operated outcome;
};

struct SuppressionsEdited {
  std::string by;
  std::size_t asked = 0;
  std::int64_t changed = 0;
};

/// Something of our own does not work; mail waits for it.
struct Trouble {
  std::string doing;  // "claiming"
  std::string why;
  std::optional<mail::QueueId> message;
};

enum class Phase { starting, ready, reloading, stopping, stopped };

/// Every function is called on the engine's strand and must not wait. Concurrency: the engine's
/// strand.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void accepted(const Accepted&) {}
  virtual void refused(const Refused&) {}
  virtual void started(const Started&) {}
  virtual void attempted(const Attempted&) {}
  virtual void noticed(const Noticed&) {}
  virtual void gathered(const Gathered&) {}
  virtual void digested(const Digested&) {}
  virtual void double_bounce(const DoubleBounce&) {}
  virtual void parked(const Parked&) {}
  virtual void storm_began(const StormBegan&) {}
  virtual void storm_told(const StormTold&) {}
  virtual void clock_stepped(const ClockStep&) {}
  virtual void recovered(const Recovered&) {}
  virtual void rerouted(const Rerouted&) {}
  virtual void operated(const Operated&) {}
  virtual void suppressions_edited(const SuppressionsEdited&) {}
  virtual void trouble(const Trouble&) {}
  virtual void phase(Phase) {}
};

/// Tells several, in order. Concurrency: the engine's strand.
class Observers final : public Observer {
 public:
  explicit Observers(std::vector<Observer*> listeners) : listeners_{std::move(listeners)} {}
  void add(Observer& listener) { listeners_.push_back(&listener); }

  void accepted(const Accepted& fact) override { tell(&Observer::accepted, fact); }
  void refused(const Refused& fact) override { tell(&Observer::refused, fact); }
  void started(const Started& fact) override { tell(&Observer::started, fact); }
  void attempted(const Attempted& fact) override { tell(&Observer::attempted, fact); }
  void noticed(const Noticed& fact) override { tell(&Observer::noticed, fact); }
  void gathered(const Gathered& fact) override { tell(&Observer::gathered, fact); }
  void digested(const Digested& fact) override { tell(&Observer::digested, fact); }
  void double_bounce(const DoubleBounce& fact) override { tell(&Observer::double_bounce, fact); }
  void parked(const Parked& fact) override { tell(&Observer::parked, fact); }
  void storm_began(const StormBegan& fact) override { tell(&Observer::storm_began, fact); }
  void storm_told(const StormTold& fact) override { tell(&Observer::storm_told, fact); }
  void clock_stepped(const ClockStep& fact) override { tell(&Observer::clock_stepped, fact); }
  void recovered(const Recovered& fact) override { tell(&Observer::recovered, fact); }
  void rerouted(const Rerouted& fact) override { tell(&Observer::rerouted, fact); }
  void operated(const Operated& fact) override { tell(&Observer::operated, fact); }
  void suppressions_edited(const SuppressionsEdited& fact) override {
    tell(&Observer::suppressions_edited, fact);
  }
  void trouble(const Trouble& fact) override { tell(&Observer::trouble, fact); }
  void phase(Phase now) override {
    for (Observer* listener : listeners_) listener->phase(now);
  }

 private:
  template <class Fact>
  void tell(void (Observer::*hear)(const Fact&), const Fact& fact) {
    for (Observer* listener : listeners_) (listener->*hear)(fact);
  }

  std::vector<Observer*> listeners_;  // not owned
};

}  // namespace tenax::engine

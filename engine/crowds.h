// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> scheduler. Whose fresh mail waits in the queue because its lane is crowded or
// closed, so that a sender with little need not stand there behind another's twenty thousand.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mail/ids.h"

#include "queue/store.h"
#include "scheduler/sender.h"

namespace tenax::engine {

/// One message at one destination that was left in the queue, or came out of it.
struct LeftBehind {
  std::string lane;
  scheduler::Sender sender;
  mail::QueueId message;
  std::string destination;
  std::size_t recipients = 0;
};

/// Hints only: what is not known here, or not any more, waits in due order. So nothing is kept on
/// disk, a new daemon begins with none, and beyond its bounds nothing is remembered: a thousand
/// lanes, fifty messages of a sender in each, 10,000 messages. Concurrency: value.
class Crowds {
 public:
  void left(const LeftBehind& one);
  void claimed(const LeftBehind& one);

  /// How many recipients of that sender its lane takes before the crowd's.
  using Room = std::function<std::size_t(const std::string& lane, scheduler::Sender)>;
  /// Takes out at most `most` recipients that stand behind a crowd and may go ahead of it.
  [[nodiscard]] std::vector<queue::Ahead> take_ahead(std::size_t most, const Room& room);

  /// Nothing is left of these lanes' mail.
  void forget(const std::function<bool(const std::string& lane)>& lanes);

  [[nodiscard]] bool empty() const { return crowds_.empty(); }
  [[nodiscard]] std::size_t messages() const { return messages_; }

 private:
  struct Waiting {
    mail::QueueId message;
    std::string destination;
    std::size_t recipients = 0;
  };
  struct Crowd {
    std::size_t recipients = 0;  // of all that are left
    std::map<scheduler::Sender, std::deque<Waiting>> senders;
    scheduler::Sender served;  // the last one who went ahead
  };

  void take_from(Crowd& crowd, const std::string& lane, std::size_t& most, const Room& room,
                 std::vector<queue::Ahead>& ahead);

  std::map<std::string, Crowd> crowds_;  // by lane
  std::string served_;                   // the last lane that was looked at
  std::size_t messages_ = 0;
};

}  // namespace tenax::engine

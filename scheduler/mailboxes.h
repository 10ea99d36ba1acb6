// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mailboxes that take nothing for now: full, or unknown without a last word.

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "mail/time.h"

#include "scheduler/outage.h"

namespace tenax::scheduler {

/// Why a mailbox takes nothing for now.
enum class MailboxTrouble {
  full,     // it may be emptied at any time
  busy,     // it has had too much mail for the time
  unknown,  // mostly for ever; but many a server says that at first only, while it asks another one
            // or to see whether we come again
};

/// Each is asked by one message at a time, ever more slowly; what else waits for it goes when one
/// was taken. At most `most` are remembered, the least recently asked goes first. Concurrency:
/// value.
class Mailboxes {
 public:
  explicit Mailboxes(std::size_t most) : most_{most} {}

  void refused(std::uint64_t mailbox, MailboxTrouble trouble, mail::WallTime when,
               mail::WallTime now);
  /// True if something may wait for it.
  bool taken(std::uint64_t mailbox, mail::WallTime now);
  /// One of its messages goes: nobody else asks meanwhile.
  void asking(std::uint64_t mailbox, mail::WallTime now);

  /// Not before; nullopt: no reason to wait.
  [[nodiscard]] std::optional<mail::WallTime> not_before(std::uint64_t mailbox) const;
  /// A copy that knows this one only.
  [[nodiscard]] Mailboxes only(std::uint64_t mailbox) const;
  /// Did it take something again, lately?
  [[nodiscard]] bool freed(std::uint64_t mailbox, mail::WallTime now) const;
  void shift(mail::Duration step);

 private:
  struct Mailbox {
    Outage refusing;
    std::optional<mail::WallTime> freed;
    std::list<std::uint64_t>::iterator place;
  };
  std::size_t most_;
  std::unordered_map<std::uint64_t, Mailbox> mailboxes_;
  std::list<std::uint64_t> order_;  // least recently asked first
};

/// How long one message stays away from such a mailbox after so many attempts: a dozen last for a
/// message's life. Concurrency: pure.
[[nodiscard]] mail::Duration cheap_patience(int attempts, MailboxTrouble trouble,
                                            mail::Duration lifetime);

}  // namespace tenax::scheduler

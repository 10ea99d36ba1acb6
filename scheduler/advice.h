// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a scheduler that learns is told to keep in mind, and what it says of a deferred recipient.

#include <cstddef>
#include <optional>

#include "mail/delivery_request.h"
#include "mail/time.h"

#include "scheduler/reason.h"

namespace tenax::scheduler {

struct MemoryPolicy {
  std::size_t sites = 100'000;         // remembered; the least recently met goes first
  std::size_t destinations = 200'000;  // that are known to lead to them
  mail::Duration keeps = std::chrono::hours{24 * 30};  // what a site taught that nobody met since
  std::size_t mailboxes = 20'000;                      // that refused for now
  std::size_t acquaintances = 65'536;                  // pairs, senders: who was taken where
  mail::Duration lifetime = std::chrono::hours{24 * 5};
  mail::Duration floor = std::chrono::seconds{1};   // between an attempt and the next, at least
  mail::Duration ceiling = std::chrono::hours{36};  // and at most
  mail::Duration first_delay =
      std::chrono::minutes{5};  // until the first who was refused asks again
  int first_window = 2;
  int longest_window = 20;
};

/// What becomes of a recipient that was deferred. Concurrency: value.
struct Advice {
  mail::RecipientId recipient;
  std::optional<mail::WallTime> next_attempt;  // nullopt: its lifetime is over
  bool counted = true;                         // an attempt that counts against it
  mail::Knocks knocks;                         // to be kept beside it
  Reason reason = Reason::growing;             // why then
};

/// What became of lessons that were kept. Concurrency: value.
struct Restored {
  std::size_t lessons = 0;
  std::size_t refused = 0;  // damaged, or of another version
};

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a reply says of time, rate and number: "try again in 300 seconds", "max 100 messages per
// hour", "too many connections". Read from the server's own lines only, never from our texts.

#include <cstddef>
#include <optional>
#include <vector>

#include "mail/reply.h"
#include "mail/time.h"

namespace tenax::scheduler {

/// What the server asks for.
enum class HintKind {
  wait,             // come back after so long, or at that time
  rate,             // so many messages, recipients or connections in a period
  concurrency,      // so many connections at once
  per_connection,   // so many messages (or recipients) in one connection
  per_transaction,  // so many recipients of one message
};

/// Whom it counts for.
enum class HintScope {
  recipient,    // that mailbox: it gets too much, from whomever
  pair,         // this sender with this recipient, as greylisting keys on
  destination,  // all our mail for the domain, or the domain we send for
  host,         // that server
  address,      // our own IP address
};

/// One thing a reply says. Zeros mean "not stated": a wait of 0 is a wait of unknown length, most
/// often greylisting (scope pair); a rate or a cap of count 0 is one that was run into.
struct Hint {
  HintKind kind = HintKind::wait;
  HintScope scope = HintScope::recipient;
  mail::Duration wait{};  // wait: how long, at most kLongestWait; rate: the period; 0: not stated
  int count = 0;          // rate, concurrency, caps; 0: not stated
  double confidence = 0;  // (0, 1]: how unambiguous the words are, not how honest the server is

  friend bool operator==(const Hint&, const Hint&) = default;
};

/// A longer wait is nonsense, or means "never".
inline constexpr mail::Duration kLongestWait = std::chrono::hours{24 * 7};
/// What is looked at of a reply; the rest of a longer one says nothing.
inline constexpr std::size_t kOctetsRead = 4096;
inline constexpr std::size_t kMostHints = 8;

/// All that `reply` says, the surest first; at most kMostHints, no two of the same kind and scope.
/// `now` is for times of day: one that is past means the next such time. Positive replies say
/// nothing, permanent ones nothing of waiting. Case, punctuation and the ends of lines (at a blank)
/// make no difference. Any bytes will do. Concurrency: pure.
[[nodiscard]] std::vector<Hint> hints_in(const mail::Reply& reply, mail::WallTime now);

/// The surest hint of a wait whose length is stated. Concurrency: pure.
[[nodiscard]] std::optional<Hint> stated_wait(const std::vector<Hint>& hints);

}  // namespace tenax::scheduler

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lengths of time and moments, as token by token they stand in a reply.

#include <cstddef>
#include <optional>

#include "mail/time.h"

#include "scheduler/hint_words.h"

namespace tenax::scheduler::hints {

/// A length of time, or the time from now to a moment.
struct Stretch {
  std::size_t end = 0;      // the token behind it
  mail::Duration length{};  // not negative; not bounded otherwise, but far from overflow
  double sure = 1.0;        // 1, less where the words leave it open: "a few minutes", no zone
  bool any_day = false;     // a time of day, without a date
};

/// One of it: "minute", "hour"; 0 for other words.
[[nodiscard]] mail::Duration unit(Word word);

/// "5 minutes", "an hour and a half", "10 min 30 sec", "5-10 minutes", "a few hours", "5m30s",
/// starting at token i. Concurrency: pure, as all here.
[[nodiscard]] std::optional<Stretch> length_at(const Said& said, std::size_t i);

/// A clock read as a length: "00:04:59"; with two parts minutes and seconds, unsurely.
[[nodiscard]] std::optional<Stretch> clock_as_length(const Said& said, std::size_t i);

/// "14:30 UTC", "2026-11-24T14:30:00Z", "Tue, 24 Nov 2026 14:30:00 +0100", "tomorrow at 9:00",
/// "midnight". A time of day that is past means tomorrow's; of a date that is past the length is 0.
[[nodiscard]] std::optional<Stretch> moment_at(const Said& said, std::size_t i, mail::WallTime now);

}  // namespace tenax::scheduler::hints

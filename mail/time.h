// SPDX-License-Identifier: Apache-2.0
#pragma once
// Calendar time and lengths of time as mail speaks of them, and how they are written.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenax::mail {

/// A length of time; the queue counts in milliseconds.
using Duration = std::chrono::milliseconds;

/// A moment on the calendar, in UTC. The same type as io::WallTime.
using WallTime = std::chrono::sys_time<Duration>;

/// "Tue, 24 Nov 2026 02:26:00 +0000" (RFC 5322 3.3); `offset_minutes` east of UTC.
[[nodiscard]] std::string to_rfc5322(WallTime when, int offset_minutes = 0);

/// "2026-11-24T02:26:00Z" (RFC 3339), whole seconds.
[[nodiscard]] std::string to_rfc3339(WallTime when);

/// For people: "3 hours 20 minutes", "45 seconds", "less than a second"; at most two units, rounded
/// down.
[[nodiscard]] std::string in_words(Duration length);

/// For logs and tables: "14m", "2h05m", "5d", "350ms"; at most two units, rounded down.
[[nodiscard]] std::string in_short(Duration length);

/// "90s", "15m", "4h", "5d", "1h30m", "250ms", "2w"; nullopt when it is none, negative or past 100
/// years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// Milliseconds since 1970 UTC, as the queue stores it; and back.
[[nodiscard]] constexpr std::int64_t to_millis(WallTime when) {
  return when.time_since_epoch().count();
}
[[nodiscard]] constexpr WallTime from_millis(std::int64_t millis) {
  return WallTime{Duration{millis}};
}

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Something receivers taught us, as it is kept from one life of the daemon to the next.

#include <cstddef>
#include <string>

#include "mail/time.h"

namespace tenax::mail {

/// The words are the scheduler's; whoever keeps it looks at key and time only. Concurrency: value.
struct Lesson {
  std::string key;   // what of: "site example.net"
  std::string text;  // "": to be forgotten
  WallTime learnt;
};

inline constexpr std::size_t kLongestLessonKey = 512;
inline constexpr std::size_t kLongestLesson = 16 * 1024;
/// That are kept; the ones learnt longest ago go first.
inline constexpr std::size_t kMostLessons = 12'000;

}  // namespace tenax::mail

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator wanted tried while no daemon ran: it lies among the lessons until one does.

#include <string>
#include <string_view>

#include "mail/lesson.h"
#include "mail/time.h"

namespace tenax::scheduler {

inline constexpr std::string_view kInsisted = "insisted ";

/// Has a memory that is restored insist on what is due at exactly this moment. Concurrency: pure.
[[nodiscard]] inline mail::Lesson insisted_at(mail::WallTime due) {
  const std::string moment = std::to_string(mail::to_millis(due));
  return {std::string{kInsisted} + moment, moment, due};
}

}  // namespace tenax::scheduler

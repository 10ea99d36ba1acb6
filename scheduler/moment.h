// SPDX-License-Identifier: Apache-2.0
#pragma once
// What becomes of a date that is remembered when the calendar is corrected.

#include <optional>

#include "mail/time.h"

namespace tenax::scheduler {

/// It moves along; one that never was stays so.
inline void move_along(mail::WallTime& when, mail::Duration step) {
  if (when != mail::WallTime{}) when += step;
}
inline void move_along(std::optional<mail::WallTime>& when, mail::Duration step) {
  if (when) *when += step;
}

}  // namespace tenax::scheduler
